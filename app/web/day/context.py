"""What the head of every page of the day says."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session

from app.services.attendance import AWAY, count_states, list_steps
from app.services.day import disturbed_seats
from app.services.seats import Seat
from app.services.today import happened_of, list_newcomers
from app.web.day.frame import DayFrame
from app.web.day.steps import told_step
from models.day import AttendancePublic, AttendanceSay, DayStepPublic


def frame_context(session: Session, frame: DayFrame, *, room: str) -> dict[str, Any]:
    """For the templates: `room` names the page within the day."""
    event_id = frame.event.id
    last = _last_step(list_steps(session, event_id=event_id, limit=20))
    fresh: Sequence[int] = ()
    if frame.number is not None:
        fresh = list_newcomers(session, event_id=event_id, number=frame.number, people=frame.people)
    to_come = [seat for seat in frame.seats if seat.round >= frame.here.first_open]
    disturbed = disturbed_seats(to_come, happened_of(frame.people, frame.losses))
    return {
        "event": frame.event,
        "rounds": frame.rounds,
        "day": frame,
        "room": room,
        "counts": count_states(frame.people),
        "disturbed": disturbed,
        **_causes(frame, disturbed),
        "newcomers": [frame.names[i] for i in fresh],
        "last": told_step(frame, last) if last else None,
        "since": round(frame.now.timestamp() * 1000),
    }


def _causes(frame: DayFrame, disturbed: Sequence[Seat]) -> dict[str, list[Any]]:
    """Who and what disturbs these meetings: people and places by name, rounds by index."""
    touched = {actor_id for seat in disturbed for actor_id in (seat.a, seat.b)}
    people = [p.name for p in frame.people if p.actor_id in touched and _disturbs(p, disturbed)]
    places = sorted({seat.place for seat in disturbed if seat.place is not None} & frame.losses.places)
    rounds = sorted({seat.round for seat in disturbed if seat.round in frame.losses.rounds})
    return {
        "causes_people": people,
        "causes_places": [frame.labels.get(i, str(i + 1)) for i in places],
        "causes_rounds": rounds,
    }


def _disturbs(person: AttendancePublic, seats: Sequence[Seat]) -> bool:
    """Whether it is for this person, or a delegate of theirs, that one of these meetings falls."""
    rounds = [s.round for s in seats if person.actor_id in (s.a, s.b)]

    def misses(word: AttendanceSay) -> bool:
        if word.state == "late" and word.round is not None:
            return min(rounds) < word.round
        return word.state in AWAY and max(rounds) >= (word.round or 0)

    return any(misses(word) for word in (person, *person.delegates))


def _last_step(steps: Sequence[DayStepPublic]) -> DayStepPublic | None:
    """The last step that changed something and stands."""
    return next((s for s in steps if not s.undone and s.kind != "replan"), None)
