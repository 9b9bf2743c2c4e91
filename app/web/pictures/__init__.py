"""Pictures drawn by the server as SVG: maps, matrices, networks; each stands beside the table it repeats."""
