"""Whom to invite: actors the ranking proposes to those who are there, the worst served of them first."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from sqlmodel import Session

from app.security import Principal
from app.services.bridges import affinity_in_force
from app.services.events import get_event, list_participants
from app.services.match import find_matches
from app.services.meaning import Meaning
from app.services.pool import LoadedPool, PoolCache
from app.services.weights import weights_of_event
from matching.ranking.parts import Scoring
from matching.ranking.rank import score_pools
from models.event import ParticipantPublic
from models.match import MatchFilters, MatchRequest, Suggestion

MOST_ASKING = 10
"""Participants who are asked for whom they miss; each is one ranking of the whole pool."""
EACH = 6


@dataclass
class Guest:
    """An actor who is not registered, and who of those who are would gain by it."""

    best: Suggestion
    asker: ParticipantPublic
    gain: float = 0.0
    fits: list[ParticipantPublic] = field(default_factory=list)


@dataclass(frozen=True)
class Guests:
    """Whom to invite, best first; `served` says how many good partners those who were asked have already."""

    guests: list[Guest]
    threshold: float
    served: list[tuple[ParticipantPublic, int]]


MOST = 12
"""Guests proposed."""


def propose_guests(
    session: Session, *, meaning: Meaning, cache: PoolCache, event_id: int, lang: str, principal: Principal
) -> Guests:
    """Actors above the threshold for the worst served participants; who fits several of them comes first."""
    event = get_event(session, event_id=event_id)
    people = list_participants(session, event_id=event_id)
    loaded = cache.get(session, encoder=meaning.name)
    weights, affinity = weights_of_event(session, event_id=event_id), affinity_in_force(session)
    scoring = Scoring(weights=weights, affinity=affinity, hub_level=loaded.hub_level)
    served = worst_served(loaded, people, scoring, cross_side_only=event.cross_side_only)[:MOST_ASKING]
    exclude = MatchFilters(exclude=[p.actor_id for p in people])
    found: dict[int, Guest] = {}
    threshold = scoring.calibration.threshold
    for person, _ in served:
        asked = MatchRequest(
            actor_id=person.actor_id, k=EACH, lang=lang, cross_side=event.cross_side_only, filters=exclude
        )
        answer = find_matches(session, meaning=meaning, cache=cache, request=asked, principal=principal)
        for suggestion in answer.suggestions:
            guest = found.setdefault(suggestion.actor.id, Guest(suggestion, person))
            guest.gain += suggestion.score
            guest.fits.append(person)
            if suggestion.score > guest.best.score:
                guest.best, guest.asker = suggestion, person
    ranked = sorted(found.values(), key=lambda g: (-g.gain, g.best.actor.name))
    return Guests(ranked[:MOST], threshold, served)


def worst_served(
    loaded: LoadedPool, people: Sequence[ParticipantPublic], scoring: Scoring, *, cross_side_only: bool
) -> list[tuple[ParticipantPublic, int]]:
    """Participants with the number of good partners among those who are there, the fewest first."""
    known = [p for p in people if p.actor_id in loaded.pool.row_of]
    if not known:
        return [(p, 0) for p in people]
    pool = loaded.pool.take([loaded.pool.row_of[p.actor_id] for p in known])
    good = score_pools(pool, pool, scoring).probability >= scoring.calibration.threshold
    sides = np.array([p.side for p in known])
    apart = sides[:, None] != sides[None, :] if cross_side_only else ~np.eye(len(known), dtype=bool)
    counts = (good & apart).sum(axis=1)
    return sorted(zip(known, counts.tolist(), strict=True), key=lambda pair: (pair[1], pair[0].name.casefold()))
