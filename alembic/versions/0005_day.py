"""day attendance and live updates

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
import sqlmodel

from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_JSONB = postgresql.JSONB(astext_type=sa.Text())
_UTC = sqlmodel.sql.sqltypes.UTCDateTime()
_WORD = sqlmodel.sql.sqltypes.AutoString()

# Table: topic. Transition tables go with one kind of statement each, so a table has three triggers.
_TOPICS = {
    "round": "rounds",
    "event_place": "places",
    "event_interpreter": "places",
    "participant": "people",
    "wish": "wishes",
    "attendance": "attendance",
    "day_loss": "day",
}
_OWN = {"event": "viaduc_tell_event", "plan": "viaduc_tell_plan", "meeting": "viaduc_tell_meeting"}
_KINDS = {"INSERT": "NEW", "UPDATE": "NEW", "DELETE": "OLD"}

_TELL = """
CREATE FUNCTION viaduc_tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('viaduc_event', told.event_id || ' ' || TG_ARGV[0])
  FROM (SELECT DISTINCT event_id FROM changed) AS told;
  RETURN NULL;
END $$
"""
_TELL_EVENT = """
CREATE FUNCTION viaduc_tell_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('viaduc_event', id || ' event') FROM changed;
  RETURN NULL;
END $$
"""
# What participants are shown is the published plan; drafts and their progress concern the organiser alone.
_TELL_PLAN = """
CREATE FUNCTION viaduc_tell_plan() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('viaduc_event', told.event_id || ' ' || told.topic)
  FROM (
    SELECT DISTINCT event_id, CASE WHEN state IN ('published', 'superseded') THEN 'plan' ELSE 'draft' END AS topic
    FROM changed
  ) AS told;
  RETURN NULL;
END $$
"""
_TELL_MEETING = """
CREATE FUNCTION viaduc_tell_meeting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('viaduc_event', told.event_id || ' ' || told.topic)
  FROM (
    SELECT touched.event_id, CASE WHEN plan.state = 'published' THEN 'plan' ELSE 'draft' END AS topic
    FROM (SELECT DISTINCT event_id, number FROM changed) AS touched
    LEFT JOIN plan ON plan.event_id = touched.event_id AND plan.number = touched.number
  ) AS told;
  RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "attendance",
        sa.Column("event_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("actor_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("delegate", sa.String(), nullable=False),
        sa.Column("state", _WORD, nullable=False),
        sa.Column("round", sa.Integer(), nullable=True),
        sa.Column("said_at", _UTC, nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id", "actor_id"],
            ["participant.event_id", "participant.actor_id"],
            name=op.f("fk_attendance_event_id_actor_id_participant"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("event_id", "actor_id", "delegate", name=op.f("pk_attendance")),
    )
    op.create_table(
        "day_loss",
        sa.Column("event_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("ordinal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("said_at", _UTC, nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_day_loss_event_id_event"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("event_id", "kind", "ordinal", name=op.f("pk_day_loss")),
    )
    op.create_table(
        "day_step",
        sa.Column("event_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", _WORD, nullable=False),
        sa.Column("subject", _JSONB, nullable=False),
        sa.Column("before", _JSONB, nullable=False),
        sa.Column("after", _JSONB, nullable=False),
        sa.Column("said_by", _WORD, nullable=False),
        sa.Column("said_at", _UTC, nullable=False),
        sa.Column("undone_at", _UTC, nullable=True),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_day_step_event_id_event"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("event_id", "number", name=op.f("pk_day_step")),
    )
    for function in (_TELL, _TELL_EVENT, _TELL_PLAN, _TELL_MEETING):
        op.execute(function)
    for table, topic in _TOPICS.items():
        _add_triggers(table, f"viaduc_tell('{topic}')")
    for table, function in _OWN.items():
        _add_triggers(table, f"{function}()")
    _board_up()


def _add_triggers(table: str, call: str) -> None:
    for kind, rows in _KINDS.items():
        op.execute(
            f'CREATE TRIGGER viaduc_tell_{kind.lower()} AFTER {kind} ON "{table}" '
            f"REFERENCING {rows} TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION {call}"
        )


def downgrade() -> None:
    _board_down()
    op.drop_table("day_step")
    op.drop_table("day_loss")
    op.drop_table("attendance")
    for function in ("viaduc_tell", "viaduc_tell_event", "viaduc_tell_plan", "viaduc_tell_meeting"):
        op.execute(f"DROP FUNCTION {function}() CASCADE")


def _board_up() -> None:
    """Plans that are edited by hand: what was seen, what was done, what it is called; who sits at the table."""
    for column in (
        sa.Column("revision", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("note", _WORD, nullable=False, server_default=""),
        sa.Column("edits", _JSONB, nullable=False, server_default=sa.text("'[]'::jsonb")),
        sa.Column("edits_done", sa.Integer(), nullable=False, server_default="0"),
    ):
        op.add_column("plan", column)
        op.alter_column("plan", column.name, server_default=None)
    for name in ("delegate_a", "delegate_b"):
        op.add_column("meeting", sa.Column(name, _WORD, nullable=True))


def _board_down() -> None:
    for name in ("delegate_b", "delegate_a"):
        op.drop_column("meeting", name)
    for name in ("edits_done", "edits", "note", "revision"):
        op.drop_column("plan", name)
