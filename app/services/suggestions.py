"""What the ranking found, as answers tell it: its dataclasses and rows of the pool become shapes here alone."""

from collections.abc import Iterable

from app.services.pool import PoolActor
from matching.ranking.profile import Fragment as Quoted
from matching.ranking.profile import Reason as Found
from matching.ranking.profile import Suggestion as Ranked
from matching.ranking.reasons import render_reason
from models.actor import ActorBrief
from models.match import Evidence, Fragment, Reason, Suggestion


def suggestion_of(ranked: Ranked, actor: PoolActor, lang: str) -> Suggestion:
    """A ranked actor with its score, its parts, and its reasons in the reader's language."""
    return Suggestion(
        actor=brief_of(actor),
        score=round(ranked.score, 4),
        parts={name: round(value, 4) for name, value in ranked.parts.items()},
        reasons=reasons_of(ranked.reasons, lang),
        relation=ranked.relation,
        common_languages=list(ranked.common_languages),
        distance_km=ranked.distance_km,
    )


def reasons_of(found: Iterable[Found], lang: str) -> list[Reason]:
    """Reasons in the reader's language, with the words of the two that met in their own."""
    return [
        Reason(
            part=reason.part,
            text=render_reason(reason, lang),
            evidence=Evidence(
                yours=_fragment(reason.evidence.yours),
                theirs=_fragment(reason.evidence.theirs),
                similarity=reason.evidence.similarity,
            )
            if reason.evidence
            else None,
        )
        for reason in found
    ]


def brief_of(actor: PoolActor) -> ActorBrief:
    """An actor of the pool as answers name it."""
    profile = actor.profile
    return ActorBrief(
        id=int(profile.id),
        name=profile.name,
        kind=profile.kind or "other",
        country=profile.country or "",
        region=actor.region,
        city=actor.city,
        sectors=list(profile.sectors),
    )


def _fragment(quoted: Quoted) -> Fragment:
    return Fragment(lang=quoted.lang, text=quoted.text, marks=list(quoted.marks))
