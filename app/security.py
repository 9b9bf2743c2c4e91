"""Who asks: the one thing doors hand to services about the person or program behind a request."""

from dataclasses import dataclass, field
from typing import Literal

Role = Literal["admin", "organiser", "reader", "participant", "public"]


@dataclass(frozen=True)
class Principal:
    """Somebody who asks, and what they may see. Services take it where the answer depends on it."""

    role: Role
    name: str = ""
    """For the audit trail, never a person's name: `key:12`, `link:7`, `local`."""
    events: frozenset[int] = field(default_factory=frozenset)
    """Events an organiser runs, or the one a participant belongs to."""
    actor_id: int | None = None
    """The actor a participant speaks for."""

    def runs(self, event_id: int) -> bool:
        """Whether they may prepare and change this event."""
        return self.role == "admin" or (self.role == "organiser" and event_id in self.events)


ANYBODY = Principal("public")
"""Who says nothing of themselves."""
