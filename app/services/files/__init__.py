"""An event's plan as files that people keep: calendars, tables, JSON, one page that works without a network."""
