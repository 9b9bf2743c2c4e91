"""The timetable by the clock: which round runs, how long it lasts, and how the rest of the day moves."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from app.errors import BadInput, NotFound
from models.day import TimetableSay
from models.event import Round, RoundPublic

Phase = Literal["unplanned", "before", "round", "pause", "after"]


@dataclass(frozen=True)
class Moment:
    """Where the day stands. `current` runs, or comes next when none runs; both None: nothing comes any more."""

    phase: Phase
    current: RoundPublic | None
    following: RoundPublic | None
    first_open: int
    """The first round that has not begun."""


def ends_at(slot: RoundPublic) -> datetime:
    """When a round is over."""
    return slot.starts_at + timedelta(minutes=slot.minutes)


def on_several_days(rounds: Sequence[RoundPublic], zone: str) -> bool:
    """Whether rounds, by time, begin on more than one day by the clock of their event."""
    there = ZoneInfo(zone)
    days = [rounds[at].starts_at.astimezone(there).date() for at in (0, -1)] if rounds else []
    return len({*days}) > 1


def moment(rounds: Sequence[RoundPublic], now: datetime, cancelled: Collection[int] = ()) -> Moment:
    """Where the day stands at `now`; rounds that are cancelled do not take place and are passed over."""
    held = [r for r in rounds if r.index not in cancelled]
    first_open = sum(r.starts_at <= now for r in rounds)
    ahead = [r for r in held if now < ends_at(r)]
    if not held:
        return Moment("unplanned", None, None, first_open)
    if not ahead:
        return Moment("after", None, None, first_open)
    current, following = ahead[0], ahead[1] if len(ahead) > 1 else None
    if current.starts_at <= now:
        return Moment("round", current, following, first_open)
    return Moment("before" if current is held[0] else "pause", current, following, first_open)


def change_timetable(session: Session, *, event_id: int, said: TimetableSay, now: datetime) -> list[RoundPublic]:
    """Give a round another length or start; rounds after it follow by as much as its end moves.

    Raises:
        NotFound: there is no such round. BadInput: it is over, has begun (and was to be shifted), or would overlap.
    """
    rows = session.exec(select(Round).where(Round.event_id == event_id).order_by(col(Round.ordinal))).all()
    row = next((r for r in rows if r.ordinal == said.round), None)
    if row is None:
        raise NotFound(f"event {event_id} has no round {said.round}")
    end = row.starts_at + timedelta(minutes=row.minutes)
    if end <= now:
        raise BadInput.of("round", f"round {said.round + 1} is over")
    if said.shift and row.starts_at <= now:
        raise BadInput.of("shift", f"round {said.round + 1} has begun; change its length instead")
    row.starts_at += timedelta(minutes=said.shift)
    row.minutes = said.minutes or row.minutes
    moved = row.starts_at + timedelta(minutes=row.minutes) - end
    if said.follow:
        for later in rows[rows.index(row) + 1 :]:
            later.starts_at += moved
    _refuse_overlap(rows, said, now)
    session.flush()
    return [RoundPublic(index=r.ordinal, starts_at=r.starts_at, minutes=r.minutes) for r in rows]


def end_round_now(slot: RoundPublic, now: datetime) -> int:
    """The length that ends a running round within this minute."""
    return max(1, int((now - slot.starts_at).total_seconds()) // 60)


def _refuse_overlap(rows: Sequence[Round], said: TimetableSay, now: datetime) -> None:
    for earlier, later in pairwise(rows):
        if later.starts_at < earlier.starts_at + timedelta(minutes=earlier.minutes):
            raise BadInput.of(
                "follow",
                f"rounds {earlier.ordinal + 1} and {later.ordinal + 1} would overlap: let the later ones follow",
            )
    if said.shift < 0 and any(r.ordinal >= said.round and r.starts_at < now for r in rows):
        raise BadInput.of("shift", f"round {said.round + 1} would have begun already")
