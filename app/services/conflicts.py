"""Words about pairs that contradict each other or the rules of the event."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import and_, exists, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from app.services.events import get_event, list_interpreters, list_participants, list_rounds, list_wishes
from models.event import Event, InterpreterPublic, ParticipantPublic, Wish, WishCreate

Cause = Literal["veto_must", "veto_wish", "same_side", "language", "hours", "too_many"]


@dataclass(frozen=True)
class Pair:
    """Two participants and what is said about them."""

    a: ParticipantPublic
    b: ParticipantPublic
    words: tuple[WishCreate, ...]


@dataclass(frozen=True)
class Conflict:
    """What cannot be kept: `b` is None where it concerns one alone."""

    cause: Cause
    a: ParticipantPublic
    b: ParticipantPublic | None = None
    number: int = 0

    @property
    def is_hard(self) -> bool:
        """Whether no plan can be made while it stands; a wish against a veto is only lost."""
        return self.cause != "veto_wish"


def pairs_spoken_of(session: Session, *, event_id: int) -> list[Pair]:
    """Every pair about which a word was said, by name."""
    return _pairs(session, event_id, list_wishes(session, event_id=event_id))


def _pairs(session: Session, event_id: int, wishes: Sequence[WishCreate]) -> list[Pair]:
    people = {p.actor_id: p for p in list_participants(session, event_id=event_id)}
    said: dict[tuple[int, int], list[WishCreate]] = defaultdict(list)
    for wish in wishes:
        if wish.actor_id in people and wish.target_id in people:
            low, high = sorted((wish.actor_id, wish.target_id), key=lambda i: (people[i].name.casefold(), i))
            said[low, high].append(wish)
    pairs = [Pair(people[a], people[b], tuple(words)) for (a, b), words in said.items()]
    return sorted(pairs, key=lambda pair: (pair.a.name.casefold(), pair.b.name.casefold()))


def conflicts(session: Session, *, event_id: int, pairs: Sequence[Pair]) -> list[Conflict]:
    """What contradicts what: a must against a veto, a side, languages, hours or a cap; a wish against a veto."""
    event = get_event(session, event_id=event_id)
    interpreters = list_interpreters(session, event_id=event_id)
    rounds = len(list_rounds(session, event_id=event_id))
    found = [conflict for pair in pairs for conflict in _of_pair(event, interpreters, rounds, pair)]
    musts = Counter(p.actor_id for pair in pairs if "must" in _kinds(pair) for p in (pair.a, pair.b))
    people = {p.actor_id: p for pair in pairs for p in (pair.a, pair.b)}
    for actor_id, number in musts.items():
        if rounds and number > _most(event, people[actor_id], rounds):
            found.append(Conflict("too_many", people[actor_id], number=number))
    return found


def all_conflicts(session: Session, *, event_id: int) -> list[Conflict]:
    """Every contradiction among the words of an event."""
    return conflicts(session, event_id=event_id, pairs=_pairs(session, event_id, _disputable(session, event_id)))


def _disputable(session: Session, event_id: int) -> list[WishCreate]:
    """Words about pairs with a must or a veto: of a hundred thousand wishes alone nothing contradicts another."""
    theirs = aliased(Wish)
    answered = and_(col(theirs.actor_id) == col(Wish.target_id), col(theirs.target_id) == col(Wish.actor_id))
    against = exists().where(col(theirs.event_id) == event_id, answered, col(theirs.kind) != "wish")
    asked = select(Wish).where(Wish.event_id == event_id, or_(col(Wish.kind) != "wish", against))
    rows = session.exec(asked.order_by(col(Wish.actor_id), col(Wish.target_id)))
    return [WishCreate.model_validate(w.model_dump(exclude={"event_id"})) for w in rows]


def hard_conflicts(session: Session, *, event_id: int) -> list[Conflict]:
    """Those that leave no plan possible."""
    return [c for c in all_conflicts(session, event_id=event_id) if c.is_hard]


def _of_pair(event: Event, interpreters: Sequence[InterpreterPublic], rounds: int, pair: Pair) -> Iterator[Conflict]:
    kinds = _kinds(pair)
    if "veto" in kinds and len(kinds) > 1:
        yield Conflict("veto_must" if "must" in kinds else "veto_wish", pair.a, pair.b)
    if "must" not in kinds:
        return
    if event.cross_side_only and pair.a.side == pair.b.side:
        yield Conflict("same_side", pair.a, pair.b)
    if event.require_language and not _can_speak(pair, interpreters):
        yield Conflict("language", pair.a, pair.b)
    if rounds and not _hours(pair.a, rounds) & _hours(pair.b, rounds):
        yield Conflict("hours", pair.a, pair.b)


def _kinds(pair: Pair) -> set[str]:
    return {wish.kind for wish in pair.words}


def _can_speak(pair: Pair, interpreters: Sequence[InterpreterPublic]) -> bool:
    a, b = set(pair.a.languages), set(pair.b.languages)
    bridged = any(a & set(i.languages) and b & set(i.languages) for i in interpreters)
    return not a or not b or bool(a & b) or bridged


def _hours(person: ParticipantPublic, rounds: int) -> set[int]:
    return set(range(rounds)) if person.available is None else set(person.available)


def _most(event: Event, person: ParticipantPublic, rounds: int) -> int:
    caps = [person.max, None if person.max is not None else event.max_meetings]
    return min([len(_hours(person, rounds)) * person.parallel, *(c for c in caps if c is not None)])
