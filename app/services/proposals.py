"""Weights learned from feedback: proposals with their figures, which an organiser accepts or rejects."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from app.db import session_scope
from app.errors import Conflict, NotFound
from app.services.bridges import affinity_in_force
from app.services.cursors import Part, in_order, part_of
from app.services.feedback import judged_pairs
from app.services.idempotency import Keep, keep_nothing
from app.services.meaning import Meaning
from app.services.pool import hub_level, load_actors
from app.services.weights import weights_in_force
from matching.ranking.affinity import Affinity
from matching.ranking.learn import FEWEST, Judgement, Proposal, propose_weights
from matching.ranking.parts import Scoring
from models.base import utc_now
from models.weights import WeightProposal, WeightProposalPublic

__all__ = ["FEWEST", "accept", "list_proposals", "propose", "read_proposal", "reject"]

FOLDS = 5
MOST = 2_000
"""Pairs that are learned from at most, the ones judged last: the answer is to come while somebody waits."""


@dataclass(frozen=True)
class Lesson:
    """What there is to learn from: judged pairs, the mean hubness of the corpus, the tables of sectors and kinds."""

    judgements: list[Judgement]
    hub_level: float | None
    affinity: Affinity

    @property
    def worthy(self) -> int:
        """Pairs that were worth meeting."""
        return sum(judgement.worthy for judgement in self.judgements)


def propose(engine: Engine, *, meaning: Meaning, keep: Keep = keep_nothing) -> WeightProposalPublic:
    """Learn weights and keep them as a proposal; Conflict says what feedback is missing.

    Two short transactions with the learning between them: no connection waits for it. `keep` remembers for the request
    what was stored.
    """
    with session_scope(engine) as session:
        lesson = _load_lesson(session, meaning)
    proposal = _learn(lesson)
    with session_scope(engine) as session:
        made = _store(session, lesson, proposal)
        keep(session, {"number": made.number})
        return made


def _load_lesson(session: Session, meaning: Meaning) -> Lesson:
    """What was judged, read in one go so that learning holds no connection; actors not yet understood are left out.

    The pairs of an actor stay in one fold, as seen from one of their ends: what is tested is mostly the taste of those
    of whom nothing was learned.
    """
    judged = dict(list(judged_pairs(session).items())[-MOST:])
    actors = load_actors(session, encoder=meaning.name, ids=sorted({i for pair in judged for i in pair}))
    told = {i for i, actor in actors.items() if any(p.vector is not None for p in actor.profile.passages)}
    usable = {pair: worthy for pair, worthy in judged.items() if told.issuperset(pair)}
    fold = _folds(list(usable))
    judgements = [
        Judgement(actors[pair[0]].profile, actors[pair[1]].profile, worthy, fold[pair])
        for pair, worthy in usable.items()
    ]
    return Lesson(judgements, hub_level(session), affinity_in_force(session))


def _folds(pairs: Sequence[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """Pairs spread over folds by the end that has more different actors."""
    end = max((0, 1), key=lambda side: len({pair[side] for pair in pairs}))
    order = {actor: n for n, actor in enumerate(sorted({pair[end] for pair in pairs}))}
    return {pair: order[pair[end]] % FOLDS for pair in pairs}


def _learn(lesson: Lesson) -> Proposal:
    """Weights learned from feedback, drawn towards the shipped ones; Conflict says what is missing."""
    count = len(lesson.judgements)
    try:
        # Always from the shipped weights: drawing towards an earlier proposal would count the same feedback twice.
        return propose_weights(lesson.judgements, Scoring(affinity=lesson.affinity, hub_level=lesson.hub_level))
    except ValueError as error:
        raise Conflict(
            f"too little feedback to learn from: {count} pairs are judged ({lesson.worthy} worth it, "
            f"{count - lesson.worthy} not); it takes {FEWEST} or more, of both answers and about several actors"
        ) from error


def _store(session: Session, lesson: Lesson, proposal: Proposal) -> WeightProposalPublic:
    """Keep a proposal with its figures; nothing changes until it is accepted."""
    row = WeightProposal(
        weights=proposal.weights.to_dict(),
        before=weights_in_force(session).weights.to_dict(),
        judgements=proposal.judgements,
        worthy=lesson.worthy,
        folds=len({j.fold for j in lesson.judgements}),
        loss_default=proposal.loss_default,
        loss_learned=proposal.loss_learned,
    )
    session.add(row)
    session.flush()
    return _public(row)


def list_proposals(session: Session, *, part: Part | None = None) -> list[WeightProposalPublic]:
    """Every proposal, newest first."""
    rows = session.exec(in_order(select(WeightProposal), part, col(WeightProposal.number), falling=True)).all()
    return [_public(row) for row in part_of(rows, part, lambda row: (row.number,))]


def read_proposal(session: Session, *, number: int) -> WeightProposalPublic:
    """One proposal as it is now, or NotFound."""
    return _public(_get(session, number))


def accept(session: Session, *, number: int) -> WeightProposalPublic:
    """Make a proposal's weights those of the service; the one accepted before is superseded and may come back."""
    row = _get(session, number)
    if row.state == "rejected":
        raise Conflict(f"proposal {number} was rejected; ask for a new one")
    if not _is_better(row):
        raise Conflict(
            f"proposal {number} tells unseen judgements no better than the shipped weights (log-loss "
            f"{row.loss_learned} against {row.loss_default}): gather more feedback"
        )
    before = session.exec(select(WeightProposal).where(WeightProposal.state == "accepted")).first()
    if before is not None and before.number != number:
        before.state = "superseded"
        session.flush()  # first, so that never two are accepted
    if row.state != "accepted":
        row.state, row.decided_at = "accepted", utc_now()
    session.flush()
    return _public(row)


def reject(session: Session, *, number: int) -> WeightProposalPublic:
    """Put a proposal aside for good; if its weights were in force, the shipped ones are again."""
    row = _get(session, number)
    if row.state != "rejected":
        row.state, row.decided_at = "rejected", utc_now()
    session.flush()
    return _public(row)


def _get(session: Session, number: int) -> WeightProposal:
    row = session.get(WeightProposal, number, with_for_update=True) if 0 < number < 2**63 else None
    if row is None:
        raise NotFound(f"there is no weight proposal {number}")
    return row


def _is_better(row: WeightProposal) -> bool:
    return row.loss_learned < row.loss_default


def _public(row: WeightProposal) -> WeightProposalPublic:
    return WeightProposalPublic.model_validate(row.model_dump() | {"is_better": _is_better(row)})
