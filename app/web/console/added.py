"""What a registration did, told on the page that follows: who is in now, who was in already, and the way back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from fastapi import Request

from models.event import ParticipantPublic

MOST = 150
"""Participants that an address can name; more are counted, and taken back one by one."""
_DIGITS = 18


@dataclass(frozen=True)
class Added:
    """Those who were registered just now and those who were there before, by name; how many more were registered."""

    new: list[ParticipantPublic] = field(default_factory=list)
    before: list[ParticipantPublic] = field(default_factory=list)
    unnamed: int = 0

    @property
    def number(self) -> int:
        """How many were registered just now."""
        return len(self.new) + self.unnamed


def added_query(new: Sequence[int], before: Iterable[int] = ()) -> str:
    """What an address says of a registration."""
    told = {"added": _written(new), "before": _written(before), "unnamed": str(max(0, len(new) - MOST) or "")}
    return urlencode({name: words for name, words in told.items() if words}, safe=",")


def read_added(request: Request, people: Iterable[ParticipantPublic]) -> Added | None:
    """What the address says, as far as it is still so; None when it says nothing."""
    asked = request.query_params
    new, before = _read(asked.get("added", "")), _read(asked.get("before", ""))
    by_id = {p.actor_id: p for p in people}
    told = Added(
        [p for i, p in by_id.items() if i in new],
        [p for i, p in by_id.items() if i in before],
        next(iter(_read(asked.get("unnamed", ""))), 0),
    )
    return told if told.new or told.before else None


def _written(numbers: Iterable[int]) -> str:
    return ",".join(map(str, [*numbers][:MOST]))


def _read(words: str) -> set[int]:
    found = (word for word in words.split(",")[:MOST] if word.isascii() and word.isdigit() and len(word) <= _DIGITS)
    return {int(word) for word in found}
