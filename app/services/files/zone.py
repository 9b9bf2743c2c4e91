"""The rules of a time zone for a calendar file (VTIMEZONE), read off the zone itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from icalendar import Timezone


@dataclass(frozen=True)
class Change:
    """A moment (UTC) from which another offset holds."""

    at: datetime
    before: timedelta
    after: timedelta
    name: str
    is_summer: bool


def changes(zone: ZoneInfo, first_year: int, last_year: int) -> Iterator[Change]:
    """Every change of offset from the first of January of one year to that of another, to the minute."""
    day, end = datetime(first_year, 1, 1, tzinfo=UTC), datetime(last_year, 1, 1, tzinfo=UTC)
    while day < end:
        following = day + timedelta(days=1)
        if _offset(zone, day) != _offset(zone, following):
            at = _moment(zone, day, following)
            local = at.astimezone(zone)
            yield Change(at, _offset(zone, day), _offset(zone, at), local.tzname() or "", bool(local.dst()))
        day = following


def zone_component(name: str, first_year: int, last_year: int) -> "Timezone":
    """The zone with all its changes of these years; local beginnings are told in the offset before them (RFC 5545)."""
    from icalendar import Timezone, TimezoneDaylight, TimezoneStandard  # noqa: PLC0415 - slow import

    zone = ZoneInfo(name)
    component = Timezone()
    component.add("tzid", name)
    start = datetime(first_year, 1, 1, tzinfo=UTC)
    local, offset = start.astimezone(zone), _offset(zone, start)
    opening = Change(start - offset, offset, offset, local.tzname() or "", bool(local.dst()))
    for change in (opening, *changes(zone, first_year, last_year)):
        part = TimezoneDaylight() if change.is_summer else TimezoneStandard()
        part.add("dtstart", (change.at + change.before).replace(tzinfo=None))
        part.add("tzoffsetfrom", change.before)
        part.add("tzoffsetto", change.after)
        part.add("tzname", change.name)
        component.add_component(part)
    return component


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta(0)


def _moment(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """When between these two the offset changes."""
    old = _offset(zone, before)
    while after - before > timedelta(minutes=1):
        middle = before + (after - before) / 2
        middle = middle.replace(second=0, microsecond=0)
        if middle <= before:
            break
        before, after = (middle, after) if _offset(zone, middle) == old else (before, middle)
    return after
