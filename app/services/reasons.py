"""Why two participants meet: the score of their pair, its parts and the fragments behind them."""

from sqlmodel import Session

from app.services.bridges import affinity_in_force
from app.services.histories import histories
from app.services.plans import get_plan
from app.services.pool import hub_level, load_actors
from app.services.suggestions import Reader, suggestion_of
from app.services.weights import stored_weights
from matching.ranking.parts import Scoring
from matching.ranking.rank import Request, rank
from models.match import Suggestion


def explain_meeting(
    session: Session, *, encoder: str, event_id: int, number: int, pair: tuple[int, int], reader: Reader
) -> Suggestion | None:
    """The second of the pair as a suggestion for the first, valued as the plan was; None when one of them is gone."""
    weights = stored_weights(get_plan(session, event_id, number).weights)
    actors = load_actors(session, encoder=encoder, ids=pair)
    if len(actors) < 2:
        return None
    a, b = (actors[i] for i in pair)
    scoring = Scoring(
        weights=weights,
        affinity=affinity_in_force(session),
        relations=histories(session, ids=list(pair)),
        hub_level=hub_level(session),
    )
    ranking = rank(a.profile, [b.profile], Request(k=1, min_score=0.0, cross_side=False, scoring=scoring))
    return suggestion_of(ranking.suggestions[0], b, reader, a)
