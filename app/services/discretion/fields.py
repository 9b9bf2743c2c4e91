"""The one table that says how far each field of an actor goes; an actor may choose otherwise where it says so."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from models.visibility import AUDIENCES, Audience

RANKS: Mapping[Audience, int] = {audience: rank for rank, audience in enumerate(AUDIENCES)}
"""public 0, event 1, mutual 2, organiser 3: who stands at a rank sees what goes that far or further."""
PUBLIC, EVENT, MUTUAL, ORGANISER = range(4)


class Hiding(Protocol):
    """What decides how far an actor's fields go: a row, or the shape that makes one."""

    @property
    def anonymous(self) -> bool: ...
    @property
    def visibility(self) -> Mapping[Any, str]: ...


@dataclass(frozen=True)
class Rule:
    """How far a field goes: of an actor that is open, of one that is anonymous, and whether it may choose."""

    open: Audience = "public"
    anonymous: Audience = "public"
    choice: bool = True
    """False: nothing but the table decides."""
    telling: bool = False
    """True: it says who an actor is, so that an anonymous one may narrow it and not widen it."""


RULES: Mapping[str, Rule] = {
    "anonymous": Rule(choice=False),
    # What everybody filters by.
    "kind": Rule(choice=False),
    "country": Rule(choice=False),
    "side": Rule(choice=False),
    "languages": Rule(choice=False),
    "sectors": Rule(choice=False),
    # What it can do and looks for; names, towns and addresses in it are left out while it is anonymous.
    "description": Rule(),
    "offers": Rule(),
    "needs": Rule(),
    # Who it is.
    "name": Rule(anonymous="mutual", choice=False, telling=True),
    "aliases": Rule(anonymous="mutual", telling=True),
    "website": Rule(anonymous="mutual", telling=True),
    "city": Rule(anonymous="mutual", telling=True),
    "position": Rule(anonymous="mutual", telling=True),
    "relations": Rule(anonymous="mutual", telling=True),
    # Narrower than its country, or telling with the rest: closed unless it says otherwise.
    "region": Rule(anonymous="mutual"),
    "nuts": Rule(anonymous="mutual"),
    "size": Rule(anonymous="mutual"),
    # When it was entered and changed says with whom it came.
    "dates": Rule(anonymous="mutual", choice=False, telling=True),
}
"""Field → rule. A field that is not here goes to organisers alone. Contacts say for themselves how far they go."""
_UNKNOWN = Rule("organiser", "organiser", choice=False)
_COLUMNS = {"lat": "position", "lon": "position", "created_at": "dates", "updated_at": "dates"}


def audience_of(actor: Hiding, field: str) -> Audience:
    """How far a field (or column) of this actor goes."""
    name = _COLUMNS.get(field, field)
    rule = RULES.get(name, _UNKNOWN)
    usual = rule.anonymous if actor.anonymous else rule.open
    chosen = next((audience for audience in AUDIENCES if audience == actor.visibility.get(name)), None)
    if chosen is None or not rule.choice:
        return usual
    return usual if actor.anonymous and rule.telling and RANKS[chosen] < RANKS[usual] else chosen


def is_shown(actor: Hiding, field: str, rank: int) -> bool:
    """Whether somebody of this rank sees a field."""
    return RANKS[audience_of(actor, field)] <= rank


def is_veiled(actor: Hiding) -> bool:
    """Whether anything of an actor goes less far than to everybody."""
    return actor.anonymous or any(audience != "public" for audience in actor.visibility.values())
