"""Rounds from a start, a length, a pause and a number; breaks push the rounds that would touch them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from models.event import RoundCreate


@dataclass(frozen=True)
class Break:
    """A break at the same hour of every day."""

    at: time
    minutes: int


@dataclass(frozen=True)
class Timetable:
    """What an organiser says of the rounds of an event; `number` is meant for each of the `days`."""

    day: date
    start: time
    zone: str
    minutes: int
    pause: int
    number: int
    days: int = 1
    breaks: tuple[Break, ...] = ()


@dataclass(frozen=True)
class Slot:
    """A stretch of the day; rounds are counted from 0 through all days, breaks have no index."""

    kind: Literal["round", "break"]
    starts_at: datetime
    minutes: int
    index: int | None = None

    @property
    def ends_at(self) -> datetime:
        """When it is over."""
        return self.starts_at + timedelta(minutes=self.minutes)


class PastMidnight(ValueError):
    """The rounds of one day do not fit into it."""


def make_slots(table: Timetable) -> list[Slot]:
    """Rounds and the breaks between them, in their order. PastMidnight when a day is too short."""
    slots: list[Slot] = []
    for offset in range(table.days):
        day = table.day + timedelta(days=offset)
        slots += _day(table, day, first=offset * table.number)
    return slots


def rounds_of(slots: Sequence[Slot]) -> list[RoundCreate]:
    """The rounds alone, as they are stored."""
    return [RoundCreate(starts_at=s.starts_at, minutes=s.minutes) for s in slots if s.kind == "round"]


def _day(table: Timetable, day: date, first: int) -> Iterator[Slot]:
    """One day. Lengths are real minutes: on the night the clocks change no round is shorter than the others."""
    zone = ZoneInfo(table.zone)
    now = datetime.combine(day, table.start, zone).astimezone(UTC)
    waiting = sorted((datetime.combine(day, b.at, zone).astimezone(UTC), b.minutes) for b in table.breaks)
    for index in range(first, first + table.number):
        while waiting and waiting[0][0] < now + timedelta(minutes=table.minutes):
            at, minutes = waiting.pop(0)
            if at + timedelta(minutes=minutes) > now:
                if index > first:
                    yield Slot("break", at, minutes)
                now = at + timedelta(minutes=minutes)
        slot = Slot("round", now, table.minutes, index)
        if (slot.ends_at - timedelta(microseconds=1)).astimezone(zone).date() != day:
            raise PastMidnight
        yield slot
        now = slot.ends_at + timedelta(minutes=table.pause)
