"""An event as a pairing problem: who, when, where, and how much each pair is worth."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import and_, func
from sqlmodel import Session, col, select

from app.errors import BadInput, Unavailable
from app.services.backlog import waiting
from app.services.bridges import affinity_in_force
from app.services.events import (
    get_event,
    list_interpreters,
    list_locks,
    list_participants,
    list_places,
    list_rounds,
    list_wishes,
)
from app.services.histories import histories
from app.services.pairings import read_form
from app.services.pool import hub_level, load_actors
from app.services.weights import weights_of_event
from matching.pairing.parse import problem_from_dict
from matching.pairing.problem import Problem
from matching.ranking.parts import Scoring
from matching.ranking.rank import score_matrix
from models.actor import Actor
from models.event import Delegate, Event, Lock, ParticipantPublic, WishCreate
from models.passage import Passage
from models.plan import Meeting, Plan, PlanCreate

WISH_BONUS = 0.25
"""What a participant's wish adds to the score of a pair (capped at 1)."""


def build_problem(session: Session, *, encoder: str, event_id: int, options: PlanCreate) -> Problem:
    """The pairing problem an event poses today: who, when, where, and how much each pair is worth by this model."""
    event = get_event(session, event_id=event_id)
    people = list_participants(session, event_id=event_id)
    rounds, places = list_rounds(session, event_id=event_id), list_places(session, event_id=event_id)
    _require_enough(event, people, len(rounds), len(places))
    _require_meaning(session, encoder, [p.actor_id for p in people])
    wishes = list_wishes(session, event_id=event_id)
    data = _frame(session, event, people, wishes) | {
        "utility": _utilities(session, encoder, event_id, people, wishes),
        "past": _past_pairs(session, event_id, people) if event.avoid_repeats else [],
        "time_limit_s": options.time_limit_s,
        "seed": options.seed,
    }
    return read_form(problem_from_dict, data, "event")


def set_up_problem(session: Session, *, event_id: int) -> Problem:
    """The same without what pairs are worth: enough to judge a plan by, in milliseconds.

    An event that has lost its last round poses one in which nothing can take place.
    """
    event = get_event(session, event_id=event_id)
    people = list_participants(session, event_id=event_id)
    data = _frame(session, event, people, list_wishes(session, event_id=event_id))
    return read_form(problem_from_dict, data | {"rounds": data["rounds"] or 1}, "event")


def _frame(
    session: Session, event: Event, people: Sequence[ParticipantPublic], wishes: Sequence[WishCreate]
) -> dict[str, Any]:
    """Who, when and where, and the rules."""
    rounds, places = len(list_rounds(session, event_id=event.id)), list_places(session, event_id=event.id)
    return {
        "rounds": rounds,
        "places": [{"id": p.index, **_hours(p.available, rounds)} for p in places],
        "participants": [participant_form(event, person, rounds) for person in people],
        "interpreters": _interpreters(session, event, rounds),
        "must": _pairs(wishes, "must"),
        "never": _pairs(wishes, "veto"),
        "locked": [
            {"a": str(lock.a), "b": str(lock.b), "round": lock.round, **_given("place", lock.place)}
            for lock in _possible_locks(session, event.id, people, rounds, len(places))
        ],
        "tracks": [_track(track, rounds, len(places)) for track in event.tracks],
        **_given("max_consecutive", event.max_consecutive),
        "raise_floor": event.raise_floor,
        "cross_side_only": event.cross_side_only,
    }


def participant_names(session: Session, *, event_id: int) -> dict[str, str]:
    """Names by the id that problems and plans use."""
    return {str(p.actor_id): p.name for p in list_participants(session, event_id=event_id)}


def _require_enough(event: Event, people: Sequence[ParticipantPublic], rounds: int, places: int) -> None:
    if not rounds:
        raise BadInput.of_code("rounds", "no_rounds")
    if not places:
        raise BadInput.of_code("places", "no_places")
    if len(people) < 2:
        raise BadInput.of_code("participants", "too_few_participants", count=len(people))
    sides = sorted({p.side for p in people})
    if event.cross_side_only and len(sides) < 2:
        raise BadInput.of_code("participants", "one_side_only", count=len(people), side=sides[0])


def _require_meaning(session: Session, encoder: str, ids: Sequence[int]) -> None:
    """A plan made before the participants' texts are understood would be proven optimal and mean nothing."""
    texts = select(func.count()).select_from(Passage).where(waiting(encoder), col(Passage.actor_id).in_(ids))
    people = select(func.count()).select_from(Actor).where(col(Actor.hubness).is_(None), col(Actor.id).in_(ids))
    for missing, what in ((session.exec(texts).one(), "texts"), (session.exec(people).one(), "profiles")):
        if missing:
            raise Unavailable.by_code("meaning_awaited", count=missing, what=what)


def participant_form(event: Event, person: ParticipantPublic, rounds: int) -> dict[str, Any]:
    """A registration as a participant of a problem (DESIGN §6.1)."""
    highest = person.max if person.max is not None else event.max_meetings
    highest = min(highest if highest is not None else rounds * person.parallel, rounds * person.parallel)
    lowest = person.min if person.min is not None else event.min_meetings
    said: dict[str, Any] = {
        "id": str(person.actor_id),
        "side": person.side,
        "min": min(lowest, highest),
        "max": highest,
    }
    said |= _hours(person.available, rounds) | _given("max_consecutive", person.max_consecutive)
    if person.delegates:
        said["parallel"] = person.parallel
        said["delegates"] = [_delegate(d, event, rounds) for d in person.delegates]
    themes = {track["id"] for track in event.tracks}
    if themes.intersection(person.tracks):
        said["tracks"] = [name for name in person.tracks if name in themes]
    if event.require_language:
        said["languages"] = person.languages
    return said


def _delegate(delegate: Delegate, event: Event, rounds: int) -> dict[str, Any]:
    languages = delegate.languages if event.require_language else []
    return {"id": delegate.id, "languages": languages, **_hours(delegate.available, rounds)}


def _track(track: dict[str, Any], rounds: int, places: int) -> dict[str, Any]:
    """A track with those of its rounds and places that are still there."""
    told = {"id": track["id"]}
    for name, count in (("rounds", rounds), ("places", places)):
        if track.get(name) is not None:
            told[name] = [n for n in track[name] if n < count]
    return told


def _hours(available: Sequence[int] | None, rounds: int) -> dict[str, Any]:
    """When somebody is there, among the rounds there are: the set-up may have lost some since it was said."""
    return {} if available is None else {"available": [n for n in available if n < rounds]}


def _given(name: str, value: Any) -> dict[str, Any]:
    """A field of a problem, left out where nothing is said."""
    return {} if value is None else {name: value}


def _past_pairs(session: Session, event_id: int, people: Sequence[ParticipantPublic]) -> list[list[str]]:
    """Pairs of participants who met at another event, by its published plan."""
    ids = [p.actor_id for p in people]
    rows = session.exec(
        select(Meeting.a, Meeting.b)
        .join(Plan, and_(col(Plan.event_id) == Meeting.event_id, col(Plan.number) == Meeting.number))
        .where(Plan.state == "published", Plan.event_id != event_id, col(Meeting.a).in_(ids), col(Meeting.b).in_(ids))
    )
    return [[str(a), str(b)] for a, b in sorted({(min(a, b), max(a, b)) for a, b in rows})]


def _interpreters(session: Session, event: Event, rounds: int) -> list[dict[str, Any]]:
    told = list_interpreters(session, event_id=event.id) if event.require_language else []
    return [{"id": str(p.index), "languages": p.languages, **_hours(p.available, rounds)} for p in told]


def _possible_locks(
    session: Session, event_id: int, people: Sequence[ParticipantPublic], rounds: int, places: int
) -> list[Lock]:
    """The meetings that stand, but for those whose people, round or place the event no longer has."""
    there = {p.actor_id for p in people}
    return [
        lock
        for lock in list_locks(session, event_id=event_id)
        if {lock.a, lock.b} <= there and lock.round < rounds and (lock.place is None or lock.place < places)
    ]


def _pairs(wishes: Sequence[WishCreate], kind: str) -> list[list[str]]:
    pairs = {tuple(sorted((w.actor_id, w.target_id))) for w in wishes if w.kind == kind}
    return [[str(a), str(b)] for a, b in sorted(pairs)]


def _utilities(
    session: Session,
    encoder: str,
    event_id: int,
    people: Sequence[ParticipantPublic],
    wishes: Sequence[WishCreate],
) -> NDArray[np.float64]:
    """What every pair is worth, [n, n] in the order of `people`: the ranking's score and what the two wished."""
    ids = [p.actor_id for p in people]
    actors = load_actors(session, encoder=encoder, ids=ids)
    profiles = [actors[i].profile for i in ids]
    scoring = Scoring(
        weights=weights_of_event(session, event_id=event_id),
        affinity=affinity_in_force(session),
        relations=histories(session, ids=ids),
        hub_level=hub_level(session),
    )
    scores = score_matrix(profiles, scoring=scoring, same_side=None)
    position = {actor_id: row for row, actor_id in enumerate(ids)}
    for wish in wishes:
        if wish.kind == "wish":
            a, b = position[wish.actor_id], position[wish.target_id]
            scores[a, b] = scores[b, a] = min(1.0, scores[a, b] + WISH_BONUS)
    upper = np.triu(scores.round(6), 1)
    return upper + upper.T
