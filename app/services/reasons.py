"""Why two participants meet: the score of their pair, its parts and the fragments behind them."""

from sqlmodel import Session

from app.services.histories import histories
from app.services.match import pool_brief
from app.services.plans import get_plan
from app.services.pool import hub_level, load_actors
from app.services.weights import stored_weights
from matching.ranking.parts import Scoring
from matching.ranking.profile import Fragment as Quoted
from matching.ranking.rank import Request, rank
from matching.ranking.reasons import render_reason
from models.match import Evidence, Fragment, Reason, Suggestion


def explain_meeting(
    session: Session, *, encoder: str, event_id: int, number: int, pair: tuple[int, int], lang: str
) -> Suggestion | None:
    """The second of the pair as a suggestion for the first, valued as the plan was; None when one of them is gone."""
    weights = stored_weights(get_plan(session, event_id, number).weights)
    actors = load_actors(session, encoder=encoder, ids=pair)
    if len(actors) < 2:
        return None
    a, b = (actors[i] for i in pair)
    scoring = Scoring(weights=weights, relations=histories(session, ids=list(pair)), hub_level=hub_level(session))
    ranking = rank(a.profile, [b.profile], Request(k=1, min_score=0.0, cross_side=False, scoring=scoring))
    found = ranking.suggestions[0]
    return Suggestion(
        actor=pool_brief(b),
        score=round(found.score, 4),
        parts={name: round(value, 4) for name, value in found.parts.items()},
        reasons=[
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
            for reason in found.reasons
        ],
        relation=found.relation,
        common_languages=list(found.common_languages),
        distance_km=found.distance_km,
    )


def _fragment(quoted: Quoted) -> Fragment:
    return Fragment(lang=quoted.lang, text=quoted.text, marks=list(quoted.marks))
