"""Whom should this actor, profile or question meet? One pool, one pure call, one answer."""

import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlmodel import Session

from app.errors import NotFound
from app.security import ANYBODY, Principal
from app.services.actor_rows import PoolActor
from app.services.discretion.sight import Sight
from app.services.histories import histories
from app.services.language_means import neutral_units
from app.services.meaning import Meaning
from app.services.pool import LoadedPool, PoolCache, load_actors
from app.services.suggestions import Reader, suggestion_of
from app.services.texts import pieces, tagged
from app.services.wanted import Facts, Wanted, who_is_wanted
from app.services.weights import revision_and_weights
from matching.encoder.language import detect_language
from matching.ranking.calibration import Calibration
from matching.ranking.crowd import Crowd
from matching.ranking.glance import best_merits, find_best
from matching.ranking.hubs import measure_hubness
from matching.ranking.parts import Relations, Scoring
from matching.ranking.profile import Passage, Pool, Profile
from matching.ranking.rank import Ranking, Request, rank, shortlist_length
from models.actor import LocalText
from models.match import InlineProfile, MatchAnswer, MatchRequest

_WORKING = frozenset({"agreement", "active"})
_NOWHERE = "?"
_RUNNERS_UP = 8
"""Actors of a crowd that are ranked beyond those asked for: what 8 bits a number may have put in the wrong order."""
_ASKING = 0
"""Identity of a query that is not stored; ids of actors begin at 1."""


@dataclass(frozen=True)
class Question:
    """Who asks, and which sides and countries do not answer."""

    profile: Profile
    own_side: str
    own_country: str | None = None
    stored: PoolActor | None = None


def find_matches(
    session: Session, *, meaning: Meaning, cache: PoolCache, request: MatchRequest, principal: Principal = ANYBODY
) -> MatchAnswer:
    """Ranked cross-border suggestions with parts, reasons and evidence, as far as `principal` may see them."""
    started = time.perf_counter()
    reader = Reader(request.lang, Sight(session, principal))
    revision, in_force = revision_and_weights(session)
    loaded = cache.get(session, encoder=meaning.name, revision=revision)
    request = _with_own_numbers(request, reader.sight, loaded)
    question = _measured(ask(session, meaning=meaning, loaded=loaded, request=request), loaded)
    weights = in_force.changed(request.weights)
    known = histories(session, ids=[int(question.profile.id)], reader=principal)
    relations = _open(known, reader.sight, loaded)
    wanted = _wanted(question, request, relations)
    asked = Request(
        k=request.k,
        min_score=request.min_score,
        cross_side=False,
        diversity=request.diversity,
        explain=request.explain,
        scoring=Scoring(
            weights=weights,
            calibration=_calibration(question.profile),
            affinity=in_force.affinity,
            relations=relations,
            hub_level=loaded.hub_level,
        ),
    )
    if loaded.crowd is not None:
        near = _nearest(loaded.crowd, question.profile, wanted, asked)
        loaded = _unpacked(session, meaning, loaded, near)
    allowed = who_is_wanted(loaded.facts, wanted) & ~loaded.silent
    ranking = _ranked(question, loaded, asked, allowed)
    return MatchAnswer(
        suggestions=[suggestion_of(s, loaded.actors[int(s.id)], reader, question.stored) for s in ranking.suggestions],
        threshold=ranking.threshold,
        none_suitable=ranking.none_suitable,
        model=meaning.name,
        weights=weights.to_dict(),
        weights_proposal=in_force.proposal,
        took_ms=round((time.perf_counter() - started) * 1000, 2),
    )


def _ranked(question: Question, loaded: LoadedPool, asked: Request, allowed: NDArray[np.bool_]) -> Ranking:
    """The ranking; of a stored actor, the one of before where nothing that it depends on is otherwise."""
    if question.stored is None or not loaded.complete:
        return rank(question.profile, loaded.pool, asked, allowed)
    scoring = asked.scoring
    # What is not named here, the bridges between sectors say, raises the revision when it changes: another pool.
    key = (
        question.profile.id,
        (asked.k, asked.min_score, asked.diversity, asked.explain),
        scoring.weights,
        frozenset(scoring.relations.items()),
        allowed.tobytes(),
    )
    return loaded.rankings.get_or(key, lambda: rank(question.profile, loaded.pool, asked, allowed))


def _with_own_numbers(request: MatchRequest, sight: Sight, loaded: LoadedPool) -> MatchRequest:
    """The question with numbers of actors in place of pseudonyms; NotFound for who must not be known."""
    changes: dict[str, Any] = {}
    if request.actor_id is not None:
        changes["actor_id"] = sight.own_number(request.actor_id, loaded.told)
    if request.filters.exclude:
        exclude = sight.own_numbers(request.filters.exclude, loaded.told)
        changes["filters"] = request.filters.model_copy(update={"exclude": exclude})
    return request.model_copy(update=changes)


def _open(relations: Relations, sight: Sight, loaded: LoadedPool) -> Relations:
    """What pairs went through, as far as neither hides it: a score would tell it as words do."""
    hiding = sight.hiding("relations", {int(end) for pair in relations for end in pair}, loaded.told)
    return {pair: told for pair, told in relations.items() if hiding.isdisjoint(pair)} if hiding else relations


def _wanted(question: Question, request: MatchRequest, relations: Relations) -> Wanted:
    """Who may be suggested: not the asker, nor those with whom it works already, unless asked for."""
    across = request.cross_side
    return Wanted(
        not_side=question.own_side if across else None,
        not_country=question.own_country if across else None,
        sides=request.sides,
        filters=request.filters,
        hidden={question.profile.id, *([] if request.known_partners else _partners(relations))},
    )


def _nearest(crowd: Crowd, asker: Profile, wanted: Wanted, asked: Request) -> list[int]:
    """Of a crowd: those among whom the best answers stand."""
    flags = who_is_wanted(Facts(crowd.ids, crowd.columns), wanted)
    return find_best(crowd, asker, flags, asked.scoring, shortlist_length(asked.k, asked.diversity, _RUNNERS_UP))


def _unpacked(session: Session, meaning: Meaning, loaded: LoadedPool, ids: list[int]) -> LoadedPool:
    """The same pool with these actors alone, as exact as the database has them."""
    actors = load_actors(session, encoder=meaning.name, ids=ids, shift=loaded.shift)
    pool = Pool.from_profiles((actor.profile for actor in actors.values()), np.float64)
    return replace(loaded, pool=pool, actors=actors)


def ask(session: Session, *, meaning: Meaning, loaded: LoadedPool, request: MatchRequest) -> Question:
    """The asking side of a request as a profile with vectors."""
    if request.actor_id is not None:
        return _stored_question(session, meaning, loaded, request.actor_id)
    if request.profile is not None:
        return _inline_question(meaning, loaded, request.profile)
    assert request.text is not None
    return _free_question(meaning, loaded, request.text, request.lang)


def _measured(question: Question, loaded: LoadedPool) -> Question:
    """The question with the asker's hubness, measured now where none is stored: a score needs both ends' own.

    A question that is less than a profile, free words or a need alone, counts as an average asker: taking off its own
    best merits would make every answer look alike, the fitting and the far-fetched.
    """
    profile = question.profile
    if profile.hubness is not None or not _is_whole(profile):
        return question
    beside = None
    if loaded.crowd is not None:
        facts = Facts(loaded.crowd.ids, loaded.crowd.columns)
        others = who_is_wanted(facts, Wanted(not_side=profile.side, hidden=[profile.id]))
        beside = [best_merits(loaded.crowd, profile, others, Scoring(), Calibration.default().hub_neighbours)]
    elif not len(loaded.pool):
        return question
    return replace(
        question, profile=profile.with_hubness(float(measure_hubness([profile], loaded.pool, beside=beside)[0]))
    )


def _is_whole(profile: Profile) -> bool:
    return {"need", "offer"} <= {passage.facet for passage in profile.passages}


def _calibration(asker: Profile) -> Calibration:
    """Words alone, of which no field, kind or place is known either, are judged as such. Stored actors never are: a
    pair's score is the same whoever of the two asks.
    """
    placed = asker.lat is not None or asker.kind is not None or bool(asker.sectors)
    alone = asker.id == _ASKING and not placed and not _is_whole(asker)
    return Calibration.default().for_words() if alone else Calibration.default()


def _stored_question(session: Session, meaning: Meaning, loaded: LoadedPool, actor_id: int) -> Question:
    known = loaded.actors.get(actor_id)
    if known is None:
        if not 0 < actor_id < 2**63:
            raise NotFound.by_code("no_actor", number=actor_id)
        known = load_actors(session, encoder=meaning.name, ids=[actor_id], shift=loaded.shift).get(actor_id)
    if known is None:
        raise NotFound.by_code("no_actor", number=actor_id)
    if any(p.vector is None for p in known.profile.passages):
        known = replace(known, profile=_embedded(meaning, loaded, known.profile))
    return Question(known.profile, known.profile.side, stored=known)


def _embedded(meaning: Meaning, loaded: LoadedPool, profile: Profile) -> Profile:
    """The profile with the vectors its backlog still owes, so that a fresh actor can ask at once."""
    # Free words stand as a need and as a profile: what is said twice is encoded once.
    said = list(dict.fromkeys((p.text, p.lang) for p in profile.passages))
    languages = [lang for _, lang in said]
    vectors = neutral_units(meaning.question([text for text, _ in said], languages), languages, loaded.shift)
    known = dict(zip(said, vectors, strict=True))
    return replace(profile, passages=tuple(replace(p, vector=known[p.text, p.lang]) for p in profile.passages))


def _inline_question(meaning: Meaning, loaded: LoadedPool, inline: InlineProfile) -> Question:
    texts = {
        name: [t.model_dump() for t in tagged(getattr(inline, name))] for name in ("description", "offers", "needs")
    }
    side = inline.side or inline.country or _NOWHERE
    profile = Profile(
        id=_ASKING,
        name=inline.name or "",
        side=side,
        country=inline.country,
        kind=inline.kind if inline.kind != "other" else None,
        languages=tuple(inline.languages),
        sectors=tuple(inline.sectors),
        lat=inline.lat,
        lon=inline.lon,
        size=inline.size,
        passages=tuple(Passage(facet, lang, text) for facet, lang, text in pieces(texts)),  # type: ignore[arg-type]
    )
    # Without a side of its own the profile stands in its country, whatever sides the country is divided into.
    return Question(_embedded(meaning, loaded, profile), side, None if inline.side else inline.country)


def _free_question(meaning: Meaning, loaded: LoadedPool, text: str, reader: str) -> Question:
    """Free words are a need: "whom do you look for?". They stand on no side, so every side may answer."""
    lang, confidence = detect_language(text)
    words = [LocalText(lang=lang if confidence >= 0.5 else reader, text=text).model_dump()]
    # The words stand for a need, and for a profile too: people describe what they offer partly in their profile's text.
    texts = {"needs": words, "description": words}
    passages = tuple(Passage(facet, lang, piece) for facet, lang, piece in pieces(texts))  # type: ignore[arg-type]
    return Question(_embedded(meaning, loaded, Profile(id=_ASKING, side=_NOWHERE, passages=passages)), _NOWHERE)


def _partners(relations: Relations) -> set[int | str]:
    """With whom the asker works already."""
    return {actor for pair, relation in relations.items() if relation.kind in _WORKING for actor in pair}
