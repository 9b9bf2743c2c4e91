"""texts of consent by version; the audit trail by asker and by each thing that a record names

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "consent_text",
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("texts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_consent_text")),
    )
    op.create_index("ix_audit_who", "audit", ["who", "id"])
    words = sa.text("string_to_array(target, ' ')")
    op.create_index("ix_audit_words", "audit", [words], postgresql_using="gin")


def downgrade() -> None:
    op.drop_index("ix_audit_words", table_name="audit")
    op.drop_index("ix_audit_who", table_name="audit")
    op.drop_table("consent_text")
