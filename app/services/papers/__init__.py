"""An event's plan on paper: sheets, badges and table signs, as PDF."""
