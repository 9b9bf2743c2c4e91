"""crowd: in which revision an actor settled, directions of summaries; sketches go

Revision ID: 0011
Revises: 0010
"""

import pgvector.sqlalchemy
import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_WORD = sqlmodel.sql.sqltypes.AutoString()


def upgrade() -> None:
    op.drop_table("sketch")
    op.add_column("actor", sa.Column("settled", sa.BigInteger(), nullable=True))
    op.execute("UPDATE actor SET settled = (SELECT n FROM pool_revision) WHERE hubness IS NOT NULL")
    op.create_index("ix_actor_settled", "actor", ["settled"])
    op.create_table(
        "directions",
        sa.Column("encoder", _WORD, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("actors", sa.Integer(), nullable=False),
        sa.Column("basis", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("encoder", name=op.f("pk_directions")),
    )


def downgrade() -> None:
    op.drop_table("directions")
    op.drop_index("ix_actor_settled", table_name="actor")
    op.drop_column("actor", "settled")
    op.create_table(
        "sketch",
        sa.Column("actor_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("country", _WORD, nullable=False),
        sa.Column("side", _WORD, nullable=False),
        sa.Column("kind", _WORD, nullable=False),
        sa.Column("region", _WORD, nullable=True),
        sa.Column("sectors", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("languages", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("vector", pgvector.sqlalchemy.halfvec.HALFVEC(dim=1153), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actor.id"], name=op.f("fk_sketch_actor_id_actor"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("actor_id", name=op.f("pk_sketch")),
    )
    op.create_index(
        "ix_sketch_vector",
        "sketch",
        ["vector"],
        unique=False,
        postgresql_using="hnsw",
        postgresql_with={"m": 16, "ef_construction": 64},
        postgresql_ops={"vector": "halfvec_ip_ops"},
    )
    # Written anew by that version's worker.
    op.execute("UPDATE actor SET hubness = NULL")
