"""Search by words and by meaning together: a name typed is found first, then words that stand in the texts, then what
says the like in other words."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from math import log
from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, func, literal, union_all
from sqlmodel import Session, col, select

from app.services.actors import ActorQuery, conditions
from app.services.discretion.sight import EVERYBODY, Sight
from app.services.meaning import Meaning
from app.services.nearest import actors_by_meaning
from app.services.pool import PoolCache
from app.services.texts import FACET_FIELDS, SMALL_WORDS, acronyms, fold
from models.actor import Actor, ActorHit
from models.passage import Passage

_CANDIDATES = 2000
"""Actors looked at for one word; a word that more have decides nothing."""
_NAMES = 100
"""Actors looked at whose text holds the question as it stands, those that hold it earliest."""
_MOST_WORDS = 12
"""Longer questions are sentences, and nobody's name."""
_SHORTEST = 3
_ENOUGH = 0.5
"""Share of a question's words, by how rare they are, that must stand in a text to call it found by words."""
_COMMON = 0.05
_SELDOM = 20
"""A word that more than 20 actors and more than 5 % of all have does not find anybody alone."""
Narrowed = Sequence[ColumnElement[bool]]
NOBODY_LEFT_OUT = ActorQuery()


@dataclass(frozen=True)
class Words:
    """What was typed, folded."""

    phrase: str
    terms: tuple[str, ...]

    @classmethod
    def of(cls, query: str) -> "Words":
        """Fold a question and part it into different words, in their order."""
        phrase = fold(query)
        return cls(phrase, tuple(dict.fromkeys(phrase.split())))

    def telling(self) -> tuple[str, ...]:
        """The words without articles and prepositions, unless there are no others."""
        return tuple(term for term in self.terms if term not in SMALL_WORDS) or self.terms

    def telling_question(self) -> str:
        """All telling words, the last one perhaps unfinished."""
        return " & ".join([*self.telling()[:-1], f"{self.telling()[-1]}:*"])

    def lexemes(self) -> list[str]:
        """The words as PostgreSQL looks for them; the last one may be unfinished, people search while they type."""
        return [*self.terms[:-1], f"{self.terms[-1]}:*"] if self.terms else []


def search_actors(
    session: Session,
    *,
    meaning: Meaning | None,
    cache: PoolCache,
    query: str,
    limit: int = 20,
    filters: ActorQuery = NOBODY_LEFT_OUT,
) -> list[ActorHit]:
    """Actors by name, then by words, then by meaning, none twice; without a `meaning`, by name and words alone."""
    words, narrowed, sight = Words.of(query), conditions(filters), filters.sight
    hits: dict[int, ActorHit] = {}
    steps: list[Callable[[], list[ActorHit]]] = [
        lambda: actors_by_name(session, words=words, narrowed=narrowed, limit=limit, sight=sight),
        lambda: actors_with_all_words(session, words=words, narrowed=narrowed, limit=limit, sight=sight),
        lambda: _actors_with_some_words(session, words, narrowed, limit, sight),
    ]
    if meaning is not None:
        by_meaning = partial(actors_by_meaning, meaning=meaning, cache=cache, query=query)
        steps.append(lambda: by_meaning(session, filters=filters, limit=limit + len(hits)))
    for step in steps:
        if len(hits) >= limit:
            break
        for hit in step():
            hits.setdefault(hit.actor.id, hit)
    return list(hits.values())[:limit]


def actors_by_name(
    session: Session, *, words: Words, narrowed: Narrowed = (), limit: int = 20, sight: Sight = EVERYBODY
) -> list[ActorHit]:
    """Those whose name, alias or acronym it is; whose name begins with it; has it; has its words, articles apart."""
    if not 0 < len(words.terms) <= _MOST_WORDS:
        return []
    # A profile's searchable words begin with its names, so the earlier a word stands, the likelier it is in a name.
    position = func.strpos(sight.words(), words.telling()[0])
    asked = select(Actor).where(_has(words.telling_question(), sight), sight.may_know(), *narrowed)
    rows = session.exec(asked.order_by(position, col(Actor.id)).limit(_NAMES)).all()
    ranked = [(*known, actor) for actor in rows if (known := _known_by(sight.names(actor), words))]
    ranked.sort(key=lambda row: (row[0], len(row[1]), row[2].name, row[2].id))
    return [
        ActorHit(actor=sight.brief(actor), found_by="name", text=name, lang=None) for _, name, actor in ranked[:limit]
    ]


def _known_by(names: Sequence[str], words: Words) -> tuple[int, str] | None:
    """(how well, the name) of the best of an actor's names, or None."""
    found = [(how, name) for name in names if (how := _fit(name, words)) is not None]
    return min(found, key=lambda pair: pair[0]) if found else None


def _fit(name: str, words: Words) -> int | None:
    """0 it is the name, 1 its beginning, 2 inside it, 3 its words in another order; None none of these."""
    folded = fold(name)
    if words.phrase == folded or words.phrase in acronyms(name):
        return 0
    if folded.startswith(words.phrase):
        return 1
    if len(words.phrase) < _SHORTEST:
        return None
    if f" {words.phrase}" in folded:
        return 2
    return 3 if all(f" {term}" in f" {folded}" for term in words.telling()) else None


def actors_with_all_words(
    session: Session, *, words: Words, narrowed: Narrowed = (), limit: int = 20, sight: Sight = EVERYBODY
) -> list[ActorHit]:
    """Actors that have every telling word; those that have them as they were typed first, then by how often."""
    if not words.terms:
        return []
    question = words.telling_question()
    # Looked up first and ranked after: a rank needs the words of a whole profile parted again.
    asked = select(Actor.id).where(_has(question, sight), *narrowed).limit(_CANDIDATES)
    some = asked.cte("some").prefix_with("MATERIALIZED")
    together = func.strpos(sight.words(), words.phrase) > 0
    whole = func.strpos(sight.words().concat(" "), f"{words.phrase} ") > 0
    rows = session.exec(
        select(Actor)
        .where(col(Actor.id).in_(select(some.c.id)))
        .order_by(whole.desc(), together.desc(), _rank(question, sight).desc(), sight.order())
        .limit(limit)
    ).all()
    return _hits(session, rows, words.terms, sight)


def _actors_with_some_words(
    session: Session, words: Words, narrowed: Narrowed, limit: int, sight: Sight
) -> list[ActorHit]:
    """Actors that have the greater part of the words, by how rare these are."""
    shares = _shares(session, words, narrowed, sight)
    best = sorted(shares, key=lambda i: (-shares[i], i))[:_CANDIDATES]
    rank = _rank(" | ".join(words.lexemes()), sight)
    rows = session.exec(select(Actor, rank).where(col(Actor.id).in_(best))).all() if best else []
    ordered = sorted(rows, key=lambda row: (-shares[row[0].id], -row[1], sight.number(row[0])))
    return _hits(session, [actor for actor, _ in ordered[:limit]], words.terms, sight)


def _shares(session: Session, words: Words, narrowed: Narrowed, sight: Sight) -> dict[int, float]:
    """Actor → its share of the question, for those with enough of it; a word that nobody has counts as the rarest."""
    lexemes = [word for word in words.lexemes() if len(word) >= _SHORTEST][:_MOST_WORDS]
    if len(lexemes) < 2:
        return {}
    everybody = session.exec(select(func.count()).select_from(Actor)).one()
    holders: dict[int, set[int]] = {number: set() for number in range(len(lexemes))}
    for number, actor_id in session.execute(
        union_all(*(_holders(n, _has(word, sight), narrowed) for n, word in enumerate(lexemes)))
    ):
        holders[number].add(actor_id)
    weight = {number: log((everybody + 1) / (len(ids) + 1)) + 1e-9 for number, ids in holders.items()}
    rare = {number for number, ids in holders.items() if len(ids) <= max(_SELDOM, _COMMON * everybody)}
    gained: dict[int, float] = defaultdict(float)
    for number, ids in holders.items():
        for actor_id in ids:
            gained[actor_id] += weight[number]
    telling = {actor_id for number in rare for actor_id in holders[number]}
    whole = sum(weight.values())
    return {i: gained[i] / whole for i in telling if gained[i] / whole >= _ENOUGH}


def _holders(number: int, have: ColumnElement[bool], narrowed: Narrowed) -> Any:
    """(number of the word, id) of actors that have a word."""
    found = select(literal(number, Integer).label("number"), col(Actor.id)).where(and_(have, *narrowed))
    return found.limit(_CANDIDATES).subquery().select()


def _has(question: str, sight: Sight) -> ColumnElement[bool]:
    return sight.has_words(func.to_tsquery("simple", question))


def _rank(question: str, sight: Sight) -> Any:
    return func.ts_rank(func.to_tsvector("simple", sight.words()), func.to_tsquery("simple", question))


def _hits(session: Session, actors: Sequence[Actor], terms: Sequence[str], sight: Sight) -> list[ActorHit]:
    """Hits by words, each with the piece of its texts that has most of them, of those that may be read."""
    pieces = session.exec(
        select(Passage.actor_id, Passage.facet, Passage.lang, Passage.text)
        .where(col(Passage.actor_id).in_([a.id for a in actors]))
        .order_by(col(Passage.actor_id), col(Passage.ordinal))
    ).all()
    by_id = {actor.id: actor for actor in actors}
    best: dict[int, tuple[int, str, str]] = {}
    for actor_id, facet, lang, text in pieces:
        count = _count(text, terms)
        if count > best.get(actor_id, (0, "", ""))[0] and sight.shows(by_id[actor_id], FACET_FIELDS[facet]):
            best[actor_id] = (count, lang, text)
    told = [(sight.brief(actor), best.get(actor.id, (0, None, None))) for actor in actors]
    return [ActorHit(actor=actor, found_by="words", text=text, lang=lang) for actor, (_, lang, text) in told]


def _count(text: str, terms: Iterable[str]) -> int:
    inside = f" {fold(text)}"
    return sum(f" {term}" in inside for term in terms)
