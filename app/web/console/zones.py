"""Time zones that a form proposes; any other IANA zone may be typed."""

from functools import cache
from zoneinfo import available_timezones


@cache
def zones() -> list[str]:
    """The zones of Europe and of its outlying regions."""
    outlying = {"Africa/Ceuta", "America/Cayenne", "America/Guadeloupe", "America/Martinique", "Indian/Reunion"}
    europe = {z for z in available_timezones() if z.startswith("Europe/")}
    return sorted(europe | outlying | {"Atlantic/Azores", "Atlantic/Canary", "Atlantic/Faroe", "Atlantic/Madeira"})
