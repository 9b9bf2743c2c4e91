"""The certificate of a plan in groups that words can be put to: who has what was asked, who is short, who is away."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.web.board.view import held_by
from models.edit import Asked
from models.event import ParticipantPublic
from models.plan import PlanRead


@dataclass(frozen=True)
class Short:
    """Somebody with fewer meetings than asked for."""

    id: int
    name: str
    got: int
    asked: int
    cause: str
    rounds: int


@dataclass(frozen=True)
class Alone:
    """Somebody who meets nobody though nothing was asked for them."""

    id: int
    name: str
    cause: str


@dataclass(frozen=True)
class Standing:
    """How the floors stand in a plan.

    `floor`: most that was asked for anybody; `kept` of `counted` have what was asked. `excused`: nothing was asked for
    them in this plan, because they were reported away when it was re-planned; `own`: they asked for fewer.
    """

    floor: int
    kept: int
    counted: int
    short: list[Short]
    excused: list[Short]
    own: int
    alone: list[Alone]


def standing(plan: PlanRead, asked: Sequence[Asked], people: Sequence[ParticipantPublic], lowest: int) -> Standing:
    """Sort the participants of a plan by what was asked for them and what they have; `lowest` is the event's floor."""
    held = held_by(plan)
    registered = {p.actor_id: p for p in people}
    causes = {int(u["participant"]): str(u["cause"]) for u in plan.certificate.get("unmet", [])}
    lonely = {int(u["participant"]): str(u["cause"]) for u in plan.certificate.get("unmatched", [])}

    def told(a: Asked) -> Short:
        person = registered.get(a.id)
        name = person.name if person else f"{a.id}"
        return Short(a.id, name, held[a.id], a.min, causes.get(a.id, lonely.get(a.id, "")), a.rounds)

    short = [told(a) for a in asked if held[a.id] < a.min]
    excused = [told(a) for a in asked if a.min < _own(registered.get(a.id), lowest)]
    away = {e.id for e in excused} | {s.id for s in short}
    return Standing(
        floor=max((a.min for a in asked), default=0),
        kept=sum(1 for a in asked if 0 < a.min <= held[a.id]),
        counted=sum(1 for a in asked if a.min),
        short=sorted(short, key=lambda s: (s.got - s.asked, s.name.casefold())),
        excused=sorted(excused, key=lambda s: s.name.casefold()),
        own=sum(1 for a in asked if a.id not in away and a.min < lowest),
        alone=[Alone(a.id, told(a).name, lonely.get(a.id, "")) for a in asked if not held[a.id] and a.id not in away],
    )


def _own(person: ParticipantPublic | None, lowest: int) -> int:
    """What a registration asks for, as problems are told it."""
    if person is None:
        return 0
    asked = person.min if person.min is not None else lowest
    return asked if person.max is None else min(asked, person.max)


_IDS = re.compile(r"^\d+\b|(?<= and )\d+\b|(?<=meet )\d+\b")
_ROUND = re.compile(r"(?<=round )\d+")


def contradiction(certificate: dict[str, Any], names: Mapping[int, str]) -> list[str]:
    """The rules that cannot hold together, with names for ids and rounds counted from 1 as people do."""

    def told(rule: str) -> str:
        counted = _ROUND.sub(lambda found: str(int(found[0]) + 1), rule)
        return _IDS.sub(lambda found: names.get(int(found[0]), found[0]), counted)

    return [told(rule) for rule in certificate.get("contradiction", [])]


def lost_at_most(certificate: dict[str, Any], meetings: int) -> int:
    """By how many average meetings a better plan could at most be worth more, rounded up."""
    bound, worth = certificate.get("bound"), certificate.get("utility") or 0.0
    if bound is None or not meetings or worth <= 0:
        return 0
    each = worth / meetings
    return max(1, -int(-(bound - worth) // each))
