"""anonymous actors, fields with an audience of their own, introductions by two advisers

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_UTC = sqlmodel.sql.sqltypes.UTCDateTime()
_TEXT = sqlmodel.sql.sqltypes.AutoString()

# The schema before knows no anonymous actor: it would show everybody who they are.
_NOBODY_HIDDEN = """
DO $$ BEGIN
  IF EXISTS (SELECT FROM actor WHERE anonymous OR visibility <> '{}') THEN
    RAISE EXCEPTION 'actors are anonymous or hide fields, which the schema before cannot keep: open or remove them first';
  END IF;
END $$
"""


def upgrade() -> None:
    op.add_column("actor", sa.Column("hidden_text", sa.Text(), nullable=True))
    op.add_column("actor", sa.Column("anonymous", sa.Boolean(), nullable=False, server_default=sa.false()))
    hidden = postgresql.JSONB(astext_type=sa.Text())
    op.add_column("actor", sa.Column("visibility", hidden, nullable=False, server_default=sa.text("'{}'")))
    op.add_column("actor", sa.Column("veil", _TEXT, nullable=True))
    known = postgresql.ARRAY(sa.BigInteger())
    op.add_column("actor", sa.Column("known_to", known, nullable=False, server_default=sa.text("'{}'")))
    op.create_check_constraint(op.f("ck_actor_veiled"), "actor", "NOT anonymous OR veil IS NOT NULL")
    op.create_index("ix_actor_anonymous", "actor", ["id"], postgresql_where=sa.text("anonymous"))
    op.create_index(
        "ix_actor_hidden_words",
        "actor",
        [sa.text("to_tsvector('simple', hidden_text)")],
        postgresql_using="gin",
        postgresql_where=sa.text("hidden_text IS NOT NULL"),
    )
    op.create_table(
        "introduction",
        sa.Column("event_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("actor_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("partner_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("actor_by", _TEXT, nullable=True),
        sa.Column("actor_at", _UTC, nullable=True),
        sa.Column("partner_by", _TEXT, nullable=True),
        sa.Column("partner_at", _UTC, nullable=True),
        sa.CheckConstraint("actor_id < partner_id", name=op.f("ck_introduction_canonical")),
        sa.CheckConstraint("actor_by <> partner_by", name=op.f("ck_introduction_two_advisers")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_introduction_event_id_event"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["actor.id"], name=op.f("fk_introduction_actor_id_actor"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["actor.id"], name=op.f("fk_introduction_partner_id_actor"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("event_id", "actor_id", "partner_id", name=op.f("pk_introduction")),
    )
    op.create_index(op.f("ix_introduction_partner_id"), "introduction", ["partner_id"])


def downgrade() -> None:
    op.execute(_NOBODY_HIDDEN)
    op.drop_table("introduction")
    op.drop_index("ix_actor_hidden_words", table_name="actor")
    op.drop_index("ix_actor_anonymous", table_name="actor")
    op.drop_constraint(op.f("ck_actor_veiled"), "actor", type_="check")
    for column in ("known_to", "veil", "visibility", "anonymous", "hidden_text"):
        op.drop_column("actor", column)
