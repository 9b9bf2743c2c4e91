"""How far what is said of an actor goes."""

from typing import Literal, get_args

Audience = Literal["public", "event", "mutual", "organiser"]
"""Each takes in those after it. public: readers and everybody where the directory is open; event: participants of an
event that the actor comes to; mutual: whom it met, after a yes on both sides or two advisers' word; organiser: admins
and organisers of an event that it comes to."""

HideableField = Literal[
    "description", "offers", "needs", "aliases", "region", "nuts", "city", "position", "website", "size", "relations"
]
"""Fields whose audience an actor may choose. `position` is `lat` and `lon`; `relations` are tandems too."""

AUDIENCES: tuple[Audience, ...] = get_args(Audience)
HIDEABLE: tuple[HideableField, ...] = get_args(HideableField)

Disclosure = Literal["open", "confidential", "withheld"]
"""Whether who an actor is is told: to everybody; to whoever asks here, and not to everybody; not to whoever asks."""
