"""Thinking: text in, vectors; actors in, ranking; problem in, plan. Pure, usable on its own."""
