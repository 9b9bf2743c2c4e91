"""What the ranking found, as answers tell it: its dataclasses and rows of the pool become shapes here alone."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from app.services.actor_rows import PoolActor
from app.services.discretion.fields import is_veiled
from app.services.discretion.sight import EVERYBODY, Sight
from app.services.texts import FACET_FIELDS
from matching.ranking.profile import Fragment as Quoted
from matching.ranking.profile import Passage
from matching.ranking.profile import Reason as Found
from matching.ranking.profile import Suggestion as Ranked
from matching.ranking.reasons import render_reason
from models.match import Evidence, Fragment, Reason, Suggestion

_UNREAD = Quoted("und", "…")


@dataclass(frozen=True)
class Reader:
    """Who reads answers: in which language, and what they may see."""

    lang: str
    sight: Sight = EVERYBODY


def suggestion_of(ranked: Ranked, actor: PoolActor, reader: Reader, asker: PoolActor | None = None) -> Suggestion:
    """A ranked actor with its score, its parts, and its reasons in the reader's language.

    `asker`: for whom it is suggested, where that is a stored actor.
    """
    return Suggestion(
        actor=reader.sight.brief(actor.told),
        score=round(ranked.score, 4),
        parts={name: round(value, 4) for name, value in ranked.parts.items()},
        reasons=reasons_of(ranked.reasons, reader, actor, asker),
        relation=ranked.relation,
        common_languages=list(ranked.common_languages),
        distance_km=ranked.distance_km,
    )


def reasons_of(
    found: Iterable[Found], reader: Reader, actor: PoolActor, asker: PoolActor | None = None
) -> list[Reason]:
    """Reasons in the reader's language, with the words of the two that met in their own, as far as they may be read."""
    return [_reason(reason, reader, actor, asker) for reason in found]


def readable(actor: PoolActor, sight: Sight) -> Iterator[Passage]:
    """The passages of an actor that may be read; all count in the ranking."""
    shown = {facet for facet, field in FACET_FIELDS.items() if sight.shows(actor.told, field)}
    return (passage for passage in actor.profile.passages if passage.facet in shown)


def _reason(found: Found, reader: Reader, actor: PoolActor, asker: PoolActor | None) -> Reason:
    met = found.evidence
    if met is None:
        return Reason(part=found.part, text=render_reason(found, reader.lang))
    shown = replace(
        met, theirs=_as_read(met.theirs, actor, reader.sight), yours=_as_read(met.yours, asker, reader.sight)
    )
    evidence = None
    if shown == met:
        evidence = Evidence(yours=_fragment(met.yours), theirs=_fragment(met.theirs), similarity=met.similarity)
    return Reason(part=found.part, text=render_reason(replace(found, evidence=shown), reader.lang), evidence=evidence)


def _as_read(quoted: Quoted, actor: PoolActor | None, sight: Sight) -> Quoted:
    """The words, or an ellipsis where they may not be read. Words that were typed with the question may be."""
    if actor is None or not is_veiled(actor.told):
        return quoted
    return quoted if any(quoted.text == passage.text for passage in readable(actor, sight)) else _UNREAD


def _fragment(quoted: Quoted) -> Fragment:
    return Fragment(lang=quoted.lang, text=quoted.text, marks=list(quoted.marks))
