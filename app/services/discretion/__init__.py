"""Discretion: what of an actor is shown to whom. Every answer about an actor goes through here (sight.py)."""
