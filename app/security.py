"""Who asks: the one thing doors hand to services about the person or program behind a request."""

from dataclasses import dataclass, field
from typing import Literal

from app.errors import Forbidden

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
    creates: bool = False
    """Whether an organiser may create events."""

    def runs(self, event_id: int) -> bool:
        """Whether they may prepare and change this event."""
        return self.role == "admin" or (self.role == "organiser" and event_id in self.events)

    @property
    def sees(self) -> frozenset[int] | None:
        """The events that lists show them; None: all."""
        return None if self.role == "admin" else self.events if self.role == "organiser" else frozenset()

    @property
    def organises(self) -> bool:
        """Whether notes that organisers write for each other are for them."""
        return self.role in {"admin", "organiser"}

    def must_run(self, event_id: int | None) -> None:
        """Forbidden unless they run this event; what belongs to no event is the admins'."""
        if self.role != "admin" and (event_id is None or not self.runs(event_id)):
            if event_id is None:
                raise Forbidden.by_code("of_no_event")
            raise Forbidden.by_code("event_of_others", number=event_id)


def participant(event_id: int, actor_id: int, name: str = "") -> Principal:
    """Who holds the link to an agenda."""
    return Principal("participant", name, frozenset({event_id}), actor_id)


AT_THE_TERMINAL = Principal("admin", "terminal")
"""Who runs commands on the machine itself."""
ANYBODY = Principal("public")
"""Who says nothing of themselves."""
