"""What every page of the day shows at its head: the clock, what the plan suffers, and the last step."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from fastapi import Request
from sqlmodel import Session

from app.services import events
from app.services.attendance import Losses, list_attendance, list_losses
from app.services.seats import Seat, list_seats
from app.services.timetable import Moment, ends_at, moment
from app.services.today import published_number
from models.day import AttendancePublic
from models.event import Event, ParticipantPublic, PlacePublic, RoundPublic


@dataclass(frozen=True)
class DayFrame:
    """One event as it stands at this moment."""

    event: Event
    now: datetime
    rounds: Sequence[RoundPublic]
    places: Sequence[PlacePublic]
    people: Sequence[AttendancePublic]
    losses: Losses
    here: Moment
    number: int | None
    seats: Sequence[Seat]
    """Meetings of the published plan from the current round on."""

    @property
    def until(self) -> datetime | None:
        """When the round that runs is over, or the next one begins."""
        slot = self.here.current
        if slot is None:
            return None
        return ends_at(slot) if self.here.phase == "round" else slot.starts_at

    @cached_property
    def names(self) -> dict[int, str]:
        """Names of the participants."""
        return {p.actor_id: p.name for p in self.people}

    @cached_property
    def labels(self) -> dict[int, str]:
        """Labels of the places."""
        return {p.index: p.label for p in self.places}


def load_frame(session: Session, *, event_id: int, now: datetime) -> DayFrame:
    """Read it; a handful of queries whatever the number of participants."""
    event = events.get_event(session, event_id=event_id)
    rounds, losses = events.list_rounds(session, event_id=event_id), list_losses(session, event_id=event_id)
    here = moment(rounds, now, losses.rounds)
    number = published_number(session, event_id=event_id)
    first = here.current.index if here.current else len(rounds)
    return DayFrame(
        event=event,
        now=now,
        rounds=rounds,
        places=events.list_places(session, event_id=event_id),
        people=list_attendance(session, event_id=event_id),
        losses=losses,
        here=here,
        number=number,
        seats=list_seats(session, event_id=event_id, number=number, first=first),
    )


def wants_parts(request: Request) -> bool:
    """Whether our own script sent a form and takes the parts that changed."""
    return request.headers.get("x-live") == "1"


def side_of(people: Sequence[AttendancePublic] | Sequence[ParticipantPublic], actor_id: int) -> str:
    """The side of a participant; empty when they are registered no more."""
    return next((p.side for p in people if p.actor_id == actor_id), "")
