"""The service: the only room that knows the others (doors, services, database)."""
