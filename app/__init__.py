"""The service: the only room that knows the others (doors, services, database)."""

__version__ = "0.1.0"
