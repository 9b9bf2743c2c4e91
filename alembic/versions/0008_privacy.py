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
    _contacts()
    _tombstones()


def downgrade() -> None:
    op.drop_table("tombstone")
    op.drop_table("contact")
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


def _contacts() -> None:
    consent = "basis = 'consent' AND consent_on IS NOT NULL AND consent_text IS NOT NULL"
    other = "basis IN ('contract', 'public_source') AND basis_note IS NOT NULL"
    op.create_table(
        "contact",
        sa.Column("actor_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", _WORD, nullable=False),
        *(sa.Column(name, _WORD, nullable=True) for name in ("role", "email", "phone")),
        sa.Column("languages", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("visibility", _WORD, nullable=False),
        sa.Column("basis", _WORD, nullable=False),
        sa.Column("consent_on", sa.Date(), nullable=True),
        sa.Column("consent_text", _WORD, nullable=True),
        sa.Column("basis_note", _WORD, nullable=True),
        sa.Column("confirmed_at", _UTC, nullable=False),
        sa.Column("created_at", _UTC, nullable=False),
        sa.CheckConstraint(
            "visibility IN ('public', 'event', 'mutual', 'organiser')", name=op.f("ck_contact_visibility")
        ),
        sa.CheckConstraint(f"({consent}) OR ({other})", name=op.f("ck_contact_basis")),
        sa.ForeignKeyConstraint(["actor_id"], ["actor.id"], name=op.f("fk_contact_actor_id_actor"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("actor_id", "id", name=op.f("pk_contact")),
    )
    op.create_index("ix_contact_email", "contact", ["email"])


def _tombstones() -> None:
    op.create_table(
        "tombstone",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        *(sa.Column(name, _WORD, nullable=False) for name in ("kind", "salt", "digest")),
        sa.Column("erased_at", _UTC, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tombstone")),
        sa.UniqueConstraint("kind", "digest", name=op.f("uq_tombstone_kind_digest")),
    )
