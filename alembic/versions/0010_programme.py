"""programme programmes, sides and themes

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "programme",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("border", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("sides", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("themes", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("languages", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("brand", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("colour", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme")),
    )
    op.add_column("event", sa.Column("programme_id", sa.BigInteger(), nullable=True))
    op.create_index(op.f("ix_event_programme_id"), "event", ["programme_id"])
    op.create_foreign_key(
        op.f("fk_event_programme_id_programme"), "event", "programme", ["programme_id"], ["id"], ondelete="SET NULL"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("fk_event_programme_id_programme"), "event", type_="foreignkey")
    op.drop_index(op.f("ix_event_programme_id"), table_name="event")
    op.drop_column("event", "programme_id")
    op.drop_table("programme")
