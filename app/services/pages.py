"""What pages show beside the answers the API gives: choices to filter by, and a search by words alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func
from sqlalchemy.orm import Mapped
from sqlmodel import Session, col, select

from app.services.discretion.sight import EVERYBODY, Sight
from app.services.texts import fold
from models.actor import Actor, ActorBrief

_SHORTEST_WORD = 4
"""Shorter words are mostly articles and prepositions, in every language of the interface."""
_PREFIX = 6
"""Letters of a word that must agree, so that 'textiles' finds 'textilien' and 'textiel' is found by 'textielsector'."""


@dataclass(frozen=True)
class Side:
    """A side of a border with its actors: the country or, inside one country, the region that names it."""

    code: str
    country: str
    region: str | None
    actors: int
    whole_country: bool


@dataclass(frozen=True)
class Choice:
    """One value of a filter and how many actors have it."""

    code: str
    actors: int


@dataclass(frozen=True)
class Choices:
    """What the directory can be narrowed to, over all actors."""

    sides: list[Side]
    countries: list[Choice]
    kinds: list[Choice]
    sectors: list[Choice]


def list_sides(session: Session) -> list[Side]:
    """Every side that has actors, by code; its region is the commonest one among them."""
    rows = session.exec(
        select(
            Actor.side,
            func.count(),
            func.mode().within_group(col(Actor.country)),
            func.mode().within_group(col(Actor.region)).filter(~col(Actor.anonymous), col(Actor.visibility) == {}),
        )
        .group_by(col(Actor.side))
        .order_by(col(Actor.side))
    ).all()
    return [Side(code, country, region, count, code == country) for code, count, country, region in rows]


def list_choices(session: Session) -> Choices:
    """The values of every filter with their counts; four queries whatever the number of actors."""
    sector = func.unnest(Actor.sectors).label("sector")
    return Choices(
        sides=list_sides(session),
        countries=_counted(session, col(Actor.country)),
        kinds=_counted(session, col(Actor.kind)),
        sectors=_counted(session, sector),
    )


def _counted(session: Session, value: Mapped[str] | ColumnElement[str]) -> list[Choice]:
    rows = session.exec(select(value, func.count()).select_from(Actor).group_by(value).order_by(value)).all()
    return [Choice(code, count) for code, count in rows]


def actors_by_words(
    session: Session, *, words: str, not_side: str | None = None, limit: int = 10, sight: Sight = EVERYBODY
) -> list[ActorBrief]:
    """Actors that share words with a question, those that share most first; for when meaning is not to be had."""
    terms = [t for t in fold(words).split() if len(t) >= _SHORTEST_WORD] or fold(words).split()
    if not terms:
        return []
    question = func.to_tsquery("simple", " | ".join(f"{t[:_PREFIX]}:*" for t in terms))
    where: list[ColumnElement[bool]] = [sight.has_words(question)]
    if not_side:
        where.append(col(Actor.side) != not_side)
    best = func.ts_rank(func.to_tsvector("simple", sight.words()), question).desc()
    rows: Sequence[Actor] = session.exec(select(Actor).where(*where).order_by(best, sight.order()).limit(limit)).all()
    return [sight.brief(actor) for actor in rows]
