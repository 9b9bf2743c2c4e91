"""The whole event as one HTML file that needs no network, and what comes back from it."""
