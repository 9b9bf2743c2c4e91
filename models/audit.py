"""The audit trail: who read and changed what, each record bound to the one before it."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import BigInteger, Column, Identity, Index, text
from sqlmodel import Field, SQLModel

from models.actor import Shape

AuditAction = Literal["read", "change"]


class AuditRecord(SQLModel, table=True):
    """One thing somebody did. Rows are only ever added; retention alone takes the oldest away."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_target", "target", "id"),
        Index("ix_audit_who", "who", "id"),
        Index("ix_audit_at", "at"),
        Index("ix_audit_words", text("string_to_array(target, ' ')"), postgresql_using="gin"),
    )

    id: int = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    at: datetime
    who: str = Field(description="key:12, link:7, session:3, local, service, nobody; never a person's name")
    role: str
    action: str
    route: str
    target: str = Field(description="What it was done to, such as actor_id=12; empty when nothing is named")
    status: int
    before: str = Field(description="Hash of the record before; zeros at the beginning")
    hash: str


class AuditPublic(Shape):
    """A record as answered."""

    id: int
    at: datetime
    who: str
    role: str
    action: AuditAction
    route: str
    target: str
    status: int


class AuditPage(Shape):
    """One page of records, newest first."""

    items: list[AuditPublic]
    next_cursor: str | None


class AuditCheck(Shape):
    """Whether the records are still the ones that were written."""

    records: int
    whole: bool
    broken_at: int | None = Field(description="The first record that is not what was written, or follows a missing one")
    head: str = Field(description="Hash of the newest record: kept elsewhere, it shows later that none was cut off")


def canonical(record: AuditRecord) -> dict[str, Any]:
    """What the hash of a record covers."""
    return {
        "at": record.at.isoformat(),
        "who": record.who,
        "role": record.role,
        "action": record.action,
        "route": record.route,
        "target": record.target,
        "status": record.status,
        "before": record.before,
    }
