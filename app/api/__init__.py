"""Door 1: JSON over HTTP."""
