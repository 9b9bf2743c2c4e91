"""Shapes: the SQLModel tables and what goes in and out. No queries, no HTTP, no numpy."""

from models.access import AccessKey, AccessPerson, AccessSession, SignInLink
from models.actor import Actor, IdempotencyRecord, Relation
from models.agenda import AgendaLink, AgendaRules, AgendaState, MeetingAnswer
from models.audit import AuditRecord
from models.competence_map import CompetenceMap, ImportChange, MapEntry, MapImport
from models.contact import ConsentText, Contact, Tombstone
from models.day import Attendance, DayLoss, DayStep
from models.edition import EditionRow
from models.event import Event, EventInterpreter, EventPlace, Participant, Round, Wish
from models.feedback import Feedback
from models.import_job import ImportJob
from models.introduction import Introduction
from models.passage import Directions, LanguageMean, Passage, PoolRevision
from models.plan import Meeting, Plan
from models.programme import Programme
from models.sectors import SectorList, SectorTerm
from models.tandem import Tandem, TandemStep
from models.views import ActorView
from models.weights import SectorBridge, WeightProposal

TABLES = (
    Actor, Passage, LanguageMean, Directions, PoolRevision, Relation, CompetenceMap, MapEntry, MapImport, ImportChange,
    ImportJob, SectorList, SectorTerm, ActorView,
    Programme, Event, Round, EventPlace, EventInterpreter, Participant, Wish, Plan, Meeting,
    Attendance, DayLoss, DayStep,
    Tandem, TandemStep, Feedback, WeightProposal, SectorBridge, IdempotencyRecord,
    AgendaLink, AgendaState, AgendaRules, MeetingAnswer, Introduction,
    AccessKey, AccessPerson, SignInLink, AccessSession, AuditRecord, EditionRow,
    Contact, ConsentText, Tombstone,
)  # fmt: skip
"""Every table, so that one import gives Alembic the whole metadata."""

__all__ = ["TABLES"]
