"""Absences that were noted without a network, taken in."""

from datetime import datetime
from typing import Literal

from sqlmodel import Field, Session

from app.errors import BadInput
from app.services import attendance
from app.services.events import list_participants
from models.actor import Shape
from models.day import AttendancePublic, AttendanceSay, Presence


class OfflineWord(Shape):
    """What somebody noted of a participant, and when by their clock."""

    actor_id: int
    state: Presence
    round: int | None = Field(default=None, ge=0, le=200)
    at: datetime


class OfflineFile(Shape):
    """The file that the offline page saves."""

    kind: Literal["viaduc-attendance"]
    version: Literal[1]
    event_id: int
    plan: int | None = None
    made: datetime
    saved: datetime
    said: list[OfflineWord] = Field(max_length=5000)


class OfflineReport(Shape):
    """What became of a file."""

    taken: int = Field(description="Words that changed something")
    same: int = Field(description="Words that the desk knew already")
    newer: list[int] = Field(description="Actors of whom the desk said something later: left alone")
    unknown: list[int] = Field(description="Actors who are not registered (any more): left out")


def take_offline(session: Session, *, event_id: int, file: OfflineFile, by: str = "") -> OfflineReport:
    """Note what the file says, as one step that can be taken back; what the desk said later stands.

    The same file twice changes nothing. Raises BadInput for another event's file or a round that is unknown,
    NotFound when there is no such event.
    """
    if file.event_id != event_id:
        raise BadInput.of("event_id", f"this file is of event {file.event_id}, not of event {event_id}")
    registered = {p.actor_id for p in list_participants(session, event_id=event_id)}
    known = {p.actor_id: p for p in attendance.list_attendance(session, event_id=event_id)}
    report = OfflineReport(taken=0, same=0, newer=[], unknown=[])
    wanted: list[AttendanceSay] = []
    for word in {word.actor_id: word for word in file.said}.values():
        if word.actor_id not in registered:
            report.unknown.append(word.actor_id)
        elif _is_same(known[word.actor_id], word):
            report.same += 1
        elif _is_newer(known[word.actor_id], word):
            report.newer.append(word.actor_id)
        else:
            wanted.append(AttendanceSay(actor_id=word.actor_id, state=word.state, round=word.round))
    if wanted:
        attendance.say_attendance(session, event_id=event_id, said=wanted, by=by)
    report.taken = len(wanted)
    return report


def _is_same(known: AttendancePublic, word: OfflineWord) -> bool:
    return (known.state, known.round) == (word.state, word.round)


def _is_newer(known: AttendancePublic, word: OfflineWord) -> bool:
    return known.said_at is not None and word.at.tzinfo is not None and known.said_at > word.at
