"""privacy contacts, visibility, consent, audit

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
import sqlmodel

from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


_UTC = sqlmodel.sql.sqltypes.UTCDateTime()
_WORD = sqlmodel.sql.sqltypes.AutoString()


def upgrade() -> None:
    _audit()


def downgrade() -> None:
    op.drop_table("audit")
    op.execute("DROP FUNCTION viaduc_only_added() CASCADE")


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", _UTC, nullable=False),
        *(sa.Column(name, _WORD, nullable=False) for name in ("who", "role", "action", "route", "target")),
        sa.Column("status", sa.Integer(), nullable=False),
        *(sa.Column(name, _WORD, nullable=False) for name in ("before", "hash")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_target", "audit", ["target", "id"])
    op.create_index("ix_audit_at", "audit", ["at"])
    # Rows are only added; retention says so in its own transaction when it takes the oldest away.
    op.execute(
        "CREATE FUNCTION viaduc_only_added() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF TG_OP = 'DELETE' AND current_setting('viaduc.retention', true) = 'on' THEN RETURN OLD; END IF; "
        "RAISE EXCEPTION 'records of the audit trail are never changed'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_only_added BEFORE UPDATE OR DELETE ON audit "
        "FOR EACH ROW EXECUTE FUNCTION viaduc_only_added()"
    )
