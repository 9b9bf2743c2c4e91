"""Shapes: the SQLModel tables and what goes in and out. No queries, no HTTP, no numpy."""

from models.actor import Actor, IdempotencyRecord, Relation
from models.competence_map import CompetenceMap, ImportChange, MapEntry, MapImport
from models.event import Event, EventInterpreter, EventPlace, Participant, Round, Wish
from models.passage import LanguageMean, Passage, PoolRevision
from models.plan import Meeting, Plan

TABLES = (
    Actor, Passage, LanguageMean, PoolRevision, Relation, CompetenceMap, MapEntry, MapImport, ImportChange,
    Event, Round, EventPlace, EventInterpreter, Participant, Wish, Plan, Meeting, IdempotencyRecord,
)  # fmt: skip
"""Every table, so that one import gives Alembic the whole metadata."""

__all__ = ["TABLES"]
