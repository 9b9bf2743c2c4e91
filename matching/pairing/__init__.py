"""Problem in, plan with certificate out."""
