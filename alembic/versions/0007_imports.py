"""imports watched and fetched by URL, sector lists, who knows whom

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
import sqlmodel

from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_JSONB = postgresql.JSONB(astext_type=sa.Text())


def upgrade() -> None:
    op.add_column("map_import", sa.Column("fetched_from", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    op.add_column("map_import", sa.Column("taken_back", _JSONB, nullable=True))
    op.create_table(
        "import_job",
        sa.Column("import_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("stage", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("cause", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("stop_requested", sa.Boolean(), nullable=False),
        sa.Column("started_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("heard_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["map_import.id"], name=op.f("fk_import_job_import_id_map_import"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("import_id", name=op.f("pk_import_job")),
    )
    op.create_table(
        "sector_list",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sector_list")),
        sa.UniqueConstraint("name", name=op.f("uq_sector_list_name")),
    )
    op.create_table(
        "sector_term",
        sa.Column("list_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("names", _JSONB, nullable=False),
        sa.Column("sector", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("nace", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.ForeignKeyConstraint(
            ["list_id"], ["sector_list.id"], name=op.f("fk_sector_term_list_id_sector_list"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("list_id", "code", name=op.f("pk_sector_term")),
    )
    op.create_table(
        "actor_view",
        sa.Column("actor_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("door", sa.Text(), nullable=False),
        sa.Column("views", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["actor.id"], name=op.f("fk_actor_view_actor_id_actor"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("actor_id", "day", "side", "role", "door", name=op.f("pk_actor_view")),
    )


def downgrade() -> None:
    op.drop_table("actor_view")
    op.drop_table("sector_term")
    op.drop_table("sector_list")
    op.drop_table("import_job")
    op.drop_column("map_import", "taken_back")
    op.drop_column("map_import", "fetched_from")
