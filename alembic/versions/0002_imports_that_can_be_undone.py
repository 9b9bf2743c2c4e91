"""imports that can be undone, and what each source says

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
import sqlmodel

from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_EMPTY = sa.text("'{}'::jsonb")


def _add_filled(table: str, column: sa.Column) -> None:
    op.add_column(table, column)
    op.alter_column(table, column.name, server_default=None)


def upgrade() -> None:
    op.add_column("competence_map", sa.Column("legal_basis", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    jsonb = postgresql.JSONB(astext_type=sa.Text())
    _add_filled("map_entry", sa.Column("said", jsonb, nullable=False, server_default=_EMPTY))
    _add_filled(
        "map_entry",
        sa.Column("updated_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False, server_default=sa.func.now()),
    )
    op.alter_column("map_entry", "source_key", type_=sa.Text())
    op.drop_constraint(op.f("pk_map_entry"), "map_entry")
    op.create_primary_key(op.f("pk_map_entry"), "map_entry", ["actor_id", "map_id", "source_key"])
    _add_filled("map_import", sa.Column("options", jsonb, nullable=False, server_default=_EMPTY))
    op.add_column("map_import", sa.Column("undone_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
    op.create_table(
        "import_change",
        sa.Column("actor_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("import_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("source_key", sa.Text(), nullable=False),
        sa.Column("action", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("before", jsonb, nullable=False),
        sa.Column("relations", jsonb, nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["actor.id"], name=op.f("fk_import_change_actor_id_actor"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["import_id"], ["map_import.id"], name=op.f("fk_import_change_import_id_map_import"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("actor_id", "import_id", "source_key", name=op.f("pk_import_change")),
    )
    op.create_index(op.f("ix_import_change_import_id"), "import_change", ["import_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_import_change_import_id"), table_name="import_change")
    op.drop_table("import_change")
    op.drop_column("map_import", "undone_at")
    op.drop_column("map_import", "options")
    op.drop_constraint(op.f("pk_map_entry"), "map_entry")
    op.create_primary_key(op.f("pk_map_entry"), "map_entry", ["actor_id", "map_id"])
    op.alter_column("map_entry", "source_key", type_=sqlmodel.sql.sqltypes.AutoString())
    op.drop_column("map_entry", "updated_at")
    op.drop_column("map_entry", "said")
    op.drop_column("competence_map", "legal_basis")
