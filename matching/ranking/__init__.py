"""Actors in, ranked suggestions with reasons out."""
