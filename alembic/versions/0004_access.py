"""access keys, people who sign in, their sessions and sign-in links

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
import sqlmodel

from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_UTC = sqlmodel.sql.sqltypes.UTCDateTime()
_WORD = sqlmodel.sql.sqltypes.AutoString()
_ROLES = "role IN ('admin', 'organiser', 'reader')"


def _events() -> sa.Column:
    return sa.Column("events", postgresql.ARRAY(sa.BigInteger()), nullable=False)


def upgrade() -> None:
    op.create_table(
        "access_key",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", _WORD, nullable=False),
        sa.Column("role", _WORD, nullable=False),
        _events(),
        sa.Column("begins", _WORD, nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("created_at", _UTC, nullable=False),
        sa.Column("created_by", _WORD, nullable=False),
        sa.Column("expires_at", _UTC, nullable=True),
        sa.Column("revoked_at", _UTC, nullable=True),
        sa.Column("last_used_at", _UTC, nullable=True),
        sa.Column("rotated_from", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(_ROLES, name=op.f("ck_access_key_role")),
        sa.ForeignKeyConstraint(
            ["rotated_from"], ["access_key.id"], name=op.f("fk_access_key_rotated_from_access_key"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_key")),
        sa.UniqueConstraint("hash", name=op.f("uq_access_key_hash")),
    )
    op.create_table(
        "access_person",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("role", _WORD, nullable=False),
        _events(),
        sa.Column("created_at", _UTC, nullable=False),
        sa.Column("created_by", _WORD, nullable=False),
        sa.CheckConstraint(_ROLES, name=op.f("ck_access_person_role")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_person")),
        sa.UniqueConstraint("email", name=op.f("uq_access_person_email")),
    )
    op.create_table(
        "sign_in_link",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", _UTC, nullable=False),
        sa.Column("expires_at", _UTC, nullable=False),
        sa.Column("used_at", _UTC, nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["access_person.id"],
            name=op.f("fk_sign_in_link_person_id_access_person"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_sign_in_link")),
    )
    op.create_index(op.f("ix_sign_in_link_person_id"), "sign_in_link", ["person_id"], unique=False)
    op.create_table(
        "access_session",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("key_id", sa.BigInteger(), nullable=True),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("vouched_role", _WORD, nullable=True),
        sa.Column("vouched_for", _WORD, nullable=True),
        sa.Column("created_at", _UTC, nullable=False),
        sa.Column("last_seen_at", _UTC, nullable=False),
        sa.Column("ends_at", _UTC, nullable=False),
        sa.CheckConstraint(
            "num_nonnulls(key_id, person_id, vouched_role) = 1", name=op.f("ck_access_session_one_source")
        ),
        sa.CheckConstraint(
            "vouched_role IS NULL OR vouched_role IN ('admin', 'reader')",
            name=op.f("ck_access_session_vouched_role"),
        ),
        sa.ForeignKeyConstraint(
            ["key_id"], ["access_key.id"], name=op.f("fk_access_session_key_id_access_key"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["access_person.id"],
            name=op.f("fk_access_session_person_id_access_person"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_session")),
        sa.UniqueConstraint("hash", name=op.f("uq_access_session_hash")),
    )
    op.create_index(op.f("ix_access_session_key_id"), "access_session", ["key_id"], unique=False)
    op.create_index(op.f("ix_access_session_person_id"), "access_session", ["person_id"], unique=False)


def downgrade() -> None:
    for table in ("access_session", "sign_in_link", "access_person", "access_key"):
        op.drop_table(table)
