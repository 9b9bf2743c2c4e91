"""Published plans as calendars (RFC 5545): one event a meeting, the same UID for ever, cancelled ones told as such.

How a calendar knows what changed:

- **UID**: of the event and the pair (a pair meets at most once), so a meeting that moves stays one entry. Of who is
  anonymous, or was, its secret stands in for its number: numbers are few, and whoever tries them all would find it.
- **SEQUENCE**: seconds between the event's creation and the publication that put the meeting where it is, or that took
  it out; at least the moment the day's rounds were last moved or cancelled. It never falls: publishing an old plan
  again (undo) gives it a new moment. Where nothing changed it stays; publishing again may raise it needlessly.
- **STATUS**: CONFIRMED; CANCELLED for a meeting of an earlier publication that the present one lacks, and for those of
  a round that does not take place.
"""

import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlmodel import Session, col, select

from app.services.attendance import list_losses
from app.services.events import get_event
from app.services.files.reasons import Pair, Why, why_for, why_pairs
from app.services.files.timetable import Encounter, Timetable, read_timetable
from app.services.files.wording import Wording
from app.services.files.zone import zone_component
from models.actor import Actor
from models.day import DayStep
from models.event import Event
from models.plan import Meeting, Plan

if TYPE_CHECKING:
    from icalendar import Calendar
    from icalendar import Event as Entry

REFRESH = timedelta(minutes=15)
"""How often a calendar that subscribed is asked to look again."""
_NO_TEXT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
"""What RFC 5545 lets into no text: a calendar refuses the whole file for one of them, and some end a line there."""
_NAMESPACE = uuid.UUID("6f0b1f0e-3d0c-5c53-9b0a-6a9c1a5d7e21")


@dataclass(frozen=True)
class Standing:
    """Where a pair's meeting stands after the last publication: `last` is where it is, or was when it was cancelled."""

    last: Encounter
    held: bool
    sequence: int
    changed_at: datetime


@dataclass(frozen=True)
class Publication:
    """One published version of the plan."""

    at: datetime
    meetings: Mapping[Pair, Encounter]


@dataclass(frozen=True)
class Reader:
    """Who reads a calendar: in which words, as which participant, with which link to the agenda."""

    wording: Wording
    actor_id: int | None = None
    agenda: str | None = None


def event_calendar(session: Session, *, event_id: int, wording: Wording) -> bytes:
    """All meetings of the published plan, and those that publications before it held. NotFound: no such event."""
    return _calendar(session, event_id, Reader(wording))


def person_calendar(session: Session, *, event_id: int, reader: Reader) -> bytes:
    """One participant's meetings. NotFound: no such event, or not registered for it."""
    return _calendar(session, event_id, reader)


def standings(publications: Sequence[Publication], created_at: datetime) -> dict[Pair, Standing]:
    """Where every meeting of any publication stands now, from the first publication to the last."""
    found: dict[Pair, Standing] = {}
    for publication in publications:
        at = int((publication.at - created_at).total_seconds())
        for pair in {*found, *publication.meetings}:
            now, before = publication.meetings.get(pair), found.get(pair)
            if before is not None and (before.last if before.held else None) == now:
                continue
            sequence = max(0, at) if before is None else max(at, before.sequence + 1)
            last = now or before.last if before else now
            assert last is not None
            found[pair] = Standing(last, now is not None, sequence, publication.at)
    return found


def uid_of(event: Event, pair: Pair, veils: Mapping[int, str]) -> str:
    """The meeting's name for ever: of the event (and when it was made, so that two services differ) and the pair."""
    made = event.created_at.astimezone(UTC).isoformat()
    one, other = (veils.get(number, number) for number in pair)
    return f"{uuid.uuid5(_NAMESPACE, f'{event.id}/{made}/{one}/{other}')}@viaduc"


def _calendar(session: Session, event_id: int, reader: Reader) -> bytes:
    event = get_event(session, event_id=event_id)
    timetable = read_timetable(session, event_id=event_id)
    if reader.actor_id is not None:
        timetable.person(reader.actor_id)
        timetable = timetable.seen_by(reader.actor_id)
    told = _of_day(session, event, standings(_publications(session, event_id), event.created_at))
    told = {
        pair: standing
        for pair, standing in told.items()
        if (reader.actor_id is None or reader.actor_id in pair) and standing.last.slot in timetable.slots
    }
    reasons = why_pairs(session, pairs=[pair for pair, s in told.items() if s.held]) if reader.actor_id else {}
    veils = _veils(session, told)
    calendar = _head(timetable)
    calendar.add_component(zone_component(timetable.event.zone, *_years(timetable)))
    for pair, standing in sorted(told.items(), key=lambda item: (item[1].last.slot, item[0])):
        calendar.add_component(_entry(timetable, uid_of(event, pair, veils), standing, reader, reasons))
    return bytes(calendar.to_ical())


def _veils(session: Session, pairs: Iterable[Pair]) -> dict[int, str]:
    """The secrets of those in these pairs who have one."""
    ids = {number for pair in pairs for number in pair}
    rows = session.exec(select(Actor.id, Actor.veil).where(col(Actor.id).in_(ids), col(Actor.veil).is_not(None)))
    return {number: veil for number, veil in rows if veil is not None}


def _publications(session: Session, event_id: int) -> list[Publication]:
    """The versions of the plan that were published, oldest first, each with its meetings."""
    rows = session.exec(
        select(Plan.number, Plan.published_at)
        .where(Plan.event_id == event_id, col(Plan.published_at).is_not(None))
        .order_by(col(Plan.published_at), col(Plan.number))
    ).all()
    held: dict[int, dict[Pair, Encounter]] = {number: {} for number, _ in rows}
    for m in session.exec(select(Meeting).where(Meeting.event_id == event_id, col(Meeting.number).in_(held))):
        index = int(m.interpreter) if m.interpreter is not None and m.interpreter.isdecimal() else None
        meeting = Encounter(min(m.a, m.b), max(m.a, m.b), m.round, m.place, index)
        held[m.number][meeting.pair] = meeting
    return [Publication(at, held[number]) for number, at in rows if at is not None]


def _of_day(session: Session, event: Event, told: Mapping[Pair, Standing]) -> dict[Pair, Standing]:
    """What the day made of it: rounds that were moved raise every sequence, rounds that are cancelled cancel."""
    steps = session.exec(
        select(DayStep.said_at, DayStep.undone_at).where(
            DayStep.event_id == event.id, col(DayStep.kind).in_(("rounds", "loss"))
        )
    ).all()
    moments = [moment for step in steps for moment in step if moment is not None]
    if not moments:
        return dict(told)
    moved_at = max(moments)
    sequence = int((moved_at - event.created_at).total_seconds())
    cancelled = list_losses(session, event_id=event.id).rounds
    return {
        pair: replace(
            s,
            held=s.held and s.last.slot not in cancelled,
            sequence=max(s.sequence, sequence),
            changed_at=max(s.changed_at, moved_at),
        )
        for pair, s in told.items()
    }


def _head(timetable: Timetable) -> "Calendar":
    from icalendar import Calendar, vText  # noqa: PLC0415 - slow import

    calendar = Calendar()
    calendar.add("prodid", "-//Viaduc//Viaduc//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    # What the standard does not name is written as it comes, unless it is said to be a text.
    calendar.add("x-wr-calname", vText(_text(timetable.event.name)))
    calendar.add("x-wr-timezone", timetable.event.zone)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT15M")
    return calendar


def _entry(timetable: Timetable, uid: str, standing: Standing, reader: Reader, reasons: Mapping[Pair, Why]) -> "Entry":
    from icalendar import Event as Entry  # noqa: PLC0415 - slow import

    meeting, slot = standing.last, timetable.slots[standing.last.slot]
    entry = Entry()
    entry.add("uid", uid)
    entry.add("dtstamp", standing.changed_at.astimezone(UTC))
    entry.add("last-modified", standing.changed_at.astimezone(UTC))
    entry.add("sequence", standing.sequence)
    entry.add("status", "CONFIRMED" if standing.held else "CANCELLED")
    entry.add("dtstart", slot.start)
    entry.add("dtend", slot.end)
    entry.add("summary", _text(_summary(timetable, meeting, reader)))
    where = [part for part in (timetable.place_name(meeting.place, reader.wording), timetable.event.place) if part]
    if where:
        entry.add("location", _text(", ".join(where)))
    lines = list(_lines(meeting, reader, reasons))
    if lines:
        entry.add("description", _text("\n".join(lines)))
    if reader.agenda:
        entry.add("url", reader.agenda)
    return entry


def _text(words: str) -> str:
    return _NO_TEXT.sub(" ", words.replace("\r\n", "\n"))


def _summary(timetable: Timetable, meeting: Encounter, reader: Reader) -> str:
    if reader.actor_id is None:
        return " – ".join(_name(timetable, actor_id) for actor_id in (meeting.a, meeting.b))
    return reader.wording.say("meeting_with", name=_name(timetable, meeting.other(reader.actor_id)))


def _name(timetable: Timetable, actor_id: int) -> str:
    """Who was taken out of the event since has no name here any more."""
    known = timetable.people.get(actor_id)
    return known.name if known else "–"


def _lines(meeting: Encounter, reader: Reader, reasons: Mapping[Pair, Why]) -> Iterable[str]:
    words = reader.wording
    if meeting.interpreter is not None:
        yield words.say("interpreter_number", number=meeting.interpreter + 1)
    if reader.actor_id is not None:
        why = why_for(reasons, reader.actor_id, meeting.other(reader.actor_id))
        if why is not None:
            yield f"{words.say('you_' + why.mine)}: {why.yours.text}"
            yield f"{words.say('they_' + why.theirs)}: {why.their.text}"
    if reader.agenda:
        yield reader.agenda


def _years(timetable: Timetable) -> tuple[int, int]:
    """From the year before the event to the end of the year after it."""
    plan = timetable.plan
    days = [slot.start for slot in timetable.slots.values()] or [plan.created_at if plan else datetime.now(UTC)]
    return min(days).year - 1, max(days).year + 2
