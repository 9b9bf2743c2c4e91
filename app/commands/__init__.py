"""What the commands of `viaduc` do; app/cli.py says how they are called."""
