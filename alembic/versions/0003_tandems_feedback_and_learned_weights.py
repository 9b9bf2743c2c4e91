"""tandems with their history, feedback, and weights: an event's own, a plan's, proposals learned from feedback

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
import sqlmodel

from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_JSONB = postgresql.JSONB(astext_type=sa.Text())
_UTC = sqlmodel.sql.sqltypes.UTCDateTime()
_WORD = sqlmodel.sql.sqltypes.AutoString()


def upgrade() -> None:
    for table in ("event", "plan"):
        op.add_column(table, sa.Column("weights", _JSONB, nullable=False, server_default=sa.text("'{}'::jsonb")))
        op.alter_column(table, "weights", server_default=None)
    op.create_table(
        "tandem",
        sa.Column("actor_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("partner_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("theme", sa.Text(), nullable=True),
        sa.Column("status", _WORD, nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("event_id", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("created_at", _UTC, nullable=False),
        sa.Column("updated_at", _UTC, nullable=False),
        sa.CheckConstraint("actor_id < partner_id", name=op.f("ck_tandem_canonical")),
        sa.ForeignKeyConstraint(["actor_id"], ["actor.id"], name=op.f("fk_tandem_actor_id_actor"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["actor.id"], name=op.f("fk_tandem_partner_id_actor"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_tandem_event_id_event"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("actor_id", "partner_id", name=op.f("pk_tandem")),
    )
    op.create_index(op.f("ix_tandem_partner_id"), "tandem", ["partner_id"], unique=False)
    op.create_index(op.f("ix_tandem_event_id"), "tandem", ["event_id"], unique=False)
    op.create_table(
        "tandem_step",
        sa.Column("actor_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("partner_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("status", _WORD, nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("created_at", _UTC, nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id", "partner_id"],
            ["tandem.actor_id", "tandem.partner_id"],
            name=op.f("fk_tandem_step_actor_id_tandem"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("actor_id", "partner_id", "number", name=op.f("pk_tandem_step")),
    )
    op.create_table(
        "feedback",
        sa.Column("actor_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("target_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=True),
        sa.Column("worth", _WORD, nullable=False),
        sa.Column("outcome", _WORD, nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("created_at", _UTC, nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["actor.id"], name=op.f("fk_feedback_actor_id_actor"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["target_id"], ["actor.id"], name=op.f("fk_feedback_target_id_actor"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_feedback_event_id_event"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("actor_id", "id", name=op.f("pk_feedback")),
    )
    op.create_index(op.f("ix_feedback_target_id"), "feedback", ["target_id"], unique=False)
    op.create_index(op.f("ix_feedback_event_id"), "feedback", ["event_id"], unique=False)
    op.create_table(
        "weight_proposal",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("state", _WORD, nullable=False),
        sa.Column("weights", _JSONB, nullable=False),
        sa.Column("before", _JSONB, nullable=False),
        sa.Column("judgements", sa.Integer(), nullable=False),
        sa.Column("worthy", sa.Integer(), nullable=False),
        sa.Column("folds", sa.Integer(), nullable=False),
        sa.Column("loss_default", sa.Float(), nullable=False),
        sa.Column("loss_learned", sa.Float(), nullable=False),
        sa.Column("created_at", _UTC, nullable=False),
        sa.Column("decided_at", _UTC, nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_weight_proposal")),
    )
    op.create_index(
        "uq_weight_proposal_accepted",
        "weight_proposal",
        ["state"],
        unique=True,
        postgresql_where=sa.text("state = 'accepted'"),
    )


def downgrade() -> None:
    for table in ("weight_proposal", "feedback", "tandem_step", "tandem"):
        op.drop_table(table)
    for table in ("plan", "event"):
        op.drop_column(table, "weights")
