"""Use cases, one file per noun."""
