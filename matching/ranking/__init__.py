"""Whom should I meet across the border, and why? Actors in, a calibrated and explained ranking out."""

from matching.ranking.affinity import Affinity
from matching.ranking.calibration import Calibration
from matching.ranking.fragments import split_text
from matching.ranking.hubs import measure_hubness
from matching.ranking.learn import Judgement, Proposal, propose_weights
from matching.ranking.marks import mark_by_meaning
from matching.ranking.parts import HISTORY_VALUE, PARTS, Relation, Scoring
from matching.ranking.profile import Evidence, Fragment, Passage, Pool, Profile, Reason, Suggestion
from matching.ranking.rank import Ranking, Request, rank, score_matrix
from matching.ranking.reasons import LANGUAGES, render_reason
from matching.ranking.weights import Weights

__all__ = [
    "HISTORY_VALUE",
    "LANGUAGES",
    "PARTS",
    "Affinity",
    "Calibration",
    "Evidence",
    "Fragment",
    "Judgement",
    "Passage",
    "Pool",
    "Profile",
    "Proposal",
    "Ranking",
    "Reason",
    "Relation",
    "Request",
    "Scoring",
    "Suggestion",
    "Weights",
    "mark_by_meaning",
    "measure_hubness",
    "propose_weights",
    "rank",
    "render_reason",
    "score_matrix",
    "split_text",
]
