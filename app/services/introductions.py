"""Introductions: two advisers, one for each side, make two actors of an event known to each other."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from app.errors import BadInput, Conflict, NotFound
from app.security import Principal
from app.services.answers import mutual_yes, tell_agendas
from app.services.cursors import Part
from app.services.discretion.openings import mutual_pairs
from app.services.events import get_event
from models.actor import Actor
from models.base import utc_now
from models.event import Participant
from models.introduction import AdviserWord, Introduction, IntroductionPublic
from models.plan import Meeting, Plan


@dataclass(frozen=True)
class Between:
    """For whom an adviser speaks, towards whom, at which event."""

    event_id: int
    actor_id: int
    other_id: int

    @property
    def pair(self) -> tuple[int, int]:
        """The two, the lower id first."""
        return (min(self.actor_id, self.other_id), max(self.actor_id, self.other_id))


def introduce(session: Session, *, between: Between, principal: Principal) -> IntroductionPublic:
    """An adviser's word that the other may know who the actor is; said again it changes nothing.

    Raises:
        BadInput: one of the two is not registered. Conflict: neither is anonymous, or the same adviser spoke for the
        other side.
    """
    low, high = _ends(session, between)
    if not (low.anonymous or high.anonymous):
        raise Conflict("neither of the two is anonymous: there is nobody to introduce")
    # Made first, so that of two who speak in the same moment the second waits and sees the word of the first.
    key = {"event_id": between.event_id, "actor_id": low.id, "partner_id": high.id}
    session.connection().execute(insert(Introduction).values(key).on_conflict_do_nothing())
    row = session.get_one(Introduction, key, with_for_update=True)
    mine, theirs = ("actor", "partner") if between.actor_id == low.id else ("partner", "actor")
    if getattr(row, f"{theirs}_by") == principal.name:
        raise Conflict("you spoke for the other side already: an introduction takes two advisers, one for each side")
    if getattr(row, f"{mine}_by") is None:
        setattr(row, f"{mine}_by", principal.name)
        setattr(row, f"{mine}_at", utc_now())
    session.add(row)
    session.flush()
    if getattr(row, f"{theirs}_by") is not None:  # of one adviser's word the two learn nothing
        tell_agendas(session, event_id=between.event_id, who=between.pair)
    return _public(row, low, high, mutual_yes(session, event_id=between.event_id, a=low.id, b=high.id))


def withdraw_introduction(session: Session, *, between: Between) -> None:
    """Take the word for one side back; NotFound when it was not said. What was read meanwhile was read."""
    row = session.get(Introduction, (between.event_id, *between.pair), with_for_update=True)
    mine = "actor" if between.actor_id == between.pair[0] else "partner"
    if row is None or getattr(row, f"{mine}_by") is None:
        raise NotFound("nobody spoke for that side")
    was_open = row.actor_by is not None and row.partner_by is not None
    setattr(row, f"{mine}_by", None)
    setattr(row, f"{mine}_at", None)
    session.flush()
    if row.actor_by is None and row.partner_by is None:
        session.delete(row)
        session.flush()
    if was_open:
        tell_agendas(session, event_id=between.event_id, who=between.pair)


def list_introductions(
    session: Session, *, event_id: int, actor_id: int | None = None, part: Part | None = None
) -> list[IntroductionPublic]:
    """Pairs with an anonymous end that meet by the published plan, or of whom an adviser spoke; of one actor or all."""
    get_event(session, event_id=event_id)
    spoken = {
        (row.actor_id, row.partner_id): row
        for row in session.exec(select(Introduction).where(Introduction.event_id == event_id))
    }
    met = {(min(a, b), max(a, b)) for a, b in session.exec(_meetings(event_id))}
    pairs = sorted(pair for pair in met | spoken.keys() if actor_id is None or actor_id in pair)
    people = _people(session, {end for pair in pairs for end in pair})
    hiding = [(a, b) for a, b in pairs if a in people and b in people and (people[a].anonymous or people[b].anonymous)]
    hiding = hiding if part is None else [*part.slice(hiding)]
    yes = mutual_pairs(session, event_id=event_id) if hiding else set()
    return [
        _public(
            spoken.get((a, b)) or Introduction(event_id=event_id, actor_id=a, partner_id=b),
            people[a],
            people[b],
            frozenset((a, b)) in yes,
        )
        for a, b in hiding
    ]


def _meetings(event_id: int) -> Any:
    same = (col(Plan.event_id) == Meeting.event_id) & (col(Plan.number) == Meeting.number)
    return select(Meeting.a, Meeting.b).join(Plan, same).where(Plan.event_id == event_id, Plan.state == "published")


def _ends(session: Session, between: Between) -> tuple[Actor, Actor]:
    """The two actors, the lower id first."""
    get_event(session, event_id=between.event_id)
    if between.actor_id == between.other_id:
        raise BadInput.of("other_id", "nobody is introduced to itself")
    for end, actor_id in (("actor_id", between.actor_id), ("other_id", between.other_id)):
        if not 0 < actor_id < 2**63 or session.get(Participant, (between.event_id, actor_id)) is None:
            raise BadInput.of_code(end, "not_registered", number=actor_id, event=between.event_id)
    low, high = between.pair
    return session.get_one(Actor, low), session.get_one(Actor, high)


def _people(session: Session, ids: Iterable[int]) -> dict[int, Actor]:
    return {actor.id: actor for actor in session.exec(select(Actor).where(col(Actor.id).in_(ids)))}


def _public(row: Introduction, low: Actor, high: Actor, mutual: bool) -> IntroductionPublic:
    words = [
        AdviserWord(by=by, at=at) if by is not None and at is not None else None
        for by, at in ((row.actor_by, row.actor_at), (row.partner_by, row.partner_at))
    ]
    return IntroductionPublic(
        actor_id=low.id,
        actor_name=low.name,
        partner_id=high.id,
        partner_name=high.name,
        actor_word=words[0],
        partner_word=words[1],
        mutual_yes=mutual,
        opened=mutual or None not in words,
    )
