"""Door 2: pages."""
