"""agendas: until when, contacts, what is read; organisers who create events; bridges between sectors

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_UTC = sqlmodel.sql.sqltypes.UTCDateTime()


def upgrade() -> None:
    op.add_column("agenda_rules", sa.Column("until", _UTC, nullable=True))
    op.add_column("agenda_rules", sa.Column("contacts", sa.Boolean(), nullable=False, server_default=sa.true()))
    consent = sa.Column("consent", postgresql.JSONB(astext_type=sa.Text()), nullable=False, server_default="[]")
    op.add_column("agenda_rules", consent)
    for table in ("access_key", "access_person"):
        op.add_column(table, sa.Column("creates", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "sector_bridge",
        sa.Column("one", sa.String(), nullable=False),
        sa.Column("other", sa.String(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.CheckConstraint("value >= 0 AND value <= 1", name=op.f("ck_sector_bridge_value")),
        sa.PrimaryKeyConstraint("one", "other", name=op.f("pk_sector_bridge")),
    )


def downgrade() -> None:
    op.drop_table("sector_bridge")
    for table in ("access_key", "access_person"):
        op.drop_column(table, "creates")
    for column in ("until", "contacts", "consent"):
        op.drop_column("agenda_rules", column)
