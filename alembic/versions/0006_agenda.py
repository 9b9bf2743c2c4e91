"""agenda participant links, answers before and after meetings

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
import sqlmodel

from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_JSONB = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())
_UTC = sqlmodel.sql.sqltypes.UTCDateTime()
_WORD = sqlmodel.sql.sqltypes.AutoString()
_TOPICS = {"meeting_answer": "answers", "agenda_rules": "event"}


def _key(name: str, target: str, table: str) -> tuple[sa.Column, sa.ForeignKeyConstraint]:
    return (
        sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            [name], [f"{target}.id"], name=op.f(f"fk_{table}_{name}_{target}"), ondelete="CASCADE"
        ),
    )


def _of_participant(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["event_id", "actor_id"],
        ["participant.event_id", "participant.actor_id"],
        name=op.f(f"fk_{table}_event_id_actor_id_participant"),
        ondelete="CASCADE",
    )


def upgrade() -> None:
    op.create_table(
        "agenda_link",
        sa.Column("event_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("digest", _WORD, nullable=False),
        sa.Column("purpose", _WORD, nullable=False),
        sa.Column("language", _WORD, nullable=True),
        sa.Column("created_at", _UTC, nullable=False),
        sa.Column("expires_at", _UTC, nullable=True),
        sa.Column("revoked_at", _UTC, nullable=True),
        sa.Column("opened_at", _UTC, nullable=True),
        _of_participant("agenda_link"),
        sa.PrimaryKeyConstraint("event_id", "id", name=op.f("pk_agenda_link")),
    )
    op.create_index("uq_agenda_link_event_id_digest", "agenda_link", ["event_id", "digest"], unique=True)
    op.create_index("ix_agenda_link_event_id_actor_id", "agenda_link", ["event_id", "actor_id"], unique=False)
    op.create_table(
        "meeting_answer",
        *_key("event_id", "event", "meeting_answer"),
        *_key("actor_id", "actor", "meeting_answer"),
        *_key("target_id", "actor", "meeting_answer"),
        sa.Column("again", _WORD, nullable=False),
        sa.Column("useful", _WORD, nullable=True),
        sa.Column("next_step", _WORD, nullable=True),
        sa.Column("follow_up", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("quote", sa.Boolean(), nullable=False),
        sa.Column("quote_at", _UTC, nullable=True),
        sa.Column("said_at", _UTC, nullable=False),
        sa.Column("created_at", _UTC, nullable=False),
        sa.PrimaryKeyConstraint("event_id", "actor_id", "target_id", name=op.f("pk_meeting_answer")),
    )
    op.create_index(op.f("ix_meeting_answer_target_id"), "meeting_answer", ["target_id"], unique=False)
    op.create_table(
        "agenda_state",
        sa.Column("event_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("actor_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seen", _JSONB, nullable=True),
        sa.Column("seen_at", _UTC, nullable=True),
        sa.Column("left_at", _UTC, nullable=True),
        sa.Column("left_note", sa.Text(), nullable=True),
        sa.Column("available_before", postgresql.ARRAY(sa.Integer()), nullable=True),
        _of_participant("agenda_state"),
        sa.PrimaryKeyConstraint("event_id", "actor_id", name=op.f("pk_agenda_state")),
    )
    op.create_table(
        "agenda_rules",
        *_key("event_id", "event", "agenda_rules"),
        sa.Column("wishes", sa.Boolean(), nullable=False),
        sa.Column("details", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_agenda_rules")),
    )
    # Open pages hear of these tables as of those of 0005.
    for table, topic in _TOPICS.items():
        for kind, rows in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
            op.execute(
                f"CREATE TRIGGER viaduc_tell_{kind.lower()} AFTER {kind} ON {table} REFERENCING {rows} TABLE AS changed "
                f"FOR EACH STATEMENT EXECUTE FUNCTION viaduc_tell('{topic}')"
            )


def downgrade() -> None:
    for table in ("agenda_rules", "agenda_state", "meeting_answer", "agenda_link"):
        op.drop_table(table)
