"""editions of what people edit, counted by triggers

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
import sqlmodel

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_UTC = sqlmodel.sql.sqltypes.UTCDateTime()
_KINDS = {"INSERT": "NEW", "UPDATE": "NEW", "DELETE": "OLD"}
_LISTS = {"round": "rounds", "event_place": "places", "event_interpreter": "interpreters"}

# What the service works out itself (how close an actor stands to all, when it was touched) is no edit.
_OWN = "'{hubness,settled,search_text,updated_at}'::text[]"

_COUNT = """
CREATE FUNCTION viaduc_edited(what text, which bigint, its bigint) RETURNS void LANGUAGE sql AS $$
  INSERT INTO edition AS e (kind, id, part, n, changed_at, changed_by)
  VALUES (what, which, its, 1, clock_timestamp(), coalesce(current_setting('viaduc.who', true), ''))
  ON CONFLICT (kind, id, part) DO UPDATE
  SET n = e.n + 1, changed_at = excluded.changed_at, changed_by = excluded.changed_by
$$
"""
_ROW = f"""
CREATE FUNCTION viaduc_row_edited() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    DELETE FROM edition WHERE id = OLD.id AND
      kind = ANY (CASE TG_ARGV[0] WHEN 'event'
        THEN '{{event,rounds,places,interpreters,participant}}'::text[] ELSE ARRAY[TG_ARGV[0]] END);
  ELSIF to_jsonb(OLD) - {_OWN} IS DISTINCT FROM to_jsonb(NEW) - {_OWN} THEN
    PERFORM viaduc_edited(TG_ARGV[0], NEW.id, 0);
  END IF;
  RETURN NULL;
END $$
"""
# A registration that goes and comes again is not the one that was seen, so its count goes on.
_PARTICIPANT = """
CREATE FUNCTION viaduc_participant_edited() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF EXISTS (SELECT FROM event WHERE id = OLD.event_id) THEN
      PERFORM viaduc_edited('participant', OLD.event_id, OLD.actor_id);
    END IF;
  ELSIF OLD IS DISTINCT FROM NEW THEN
    PERFORM viaduc_edited('participant', NEW.event_id, NEW.actor_id);
  END IF;
  RETURN NULL;
END $$
"""
_LIST = """
CREATE FUNCTION viaduc_list_edited() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM viaduc_edited(TG_ARGV[0], t.event_id, 0)
  FROM (SELECT DISTINCT event_id FROM changed JOIN event ON event.id = changed.event_id) AS t;
  RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "edition",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("part", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", _UTC, nullable=False),
        sa.Column("changed_by", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "id", "part", name=op.f("pk_edition")),
    )
    for function in (_COUNT, _ROW, _PARTICIPANT, _LIST):
        op.execute(function)
    for table in ("actor", "event"):
        op.execute(
            f'CREATE TRIGGER viaduc_edited AFTER UPDATE ON "{table}" '
            f"FOR EACH ROW EXECUTE FUNCTION viaduc_row_edited('{table}')"
        )
        op.execute(
            f'CREATE TRIGGER viaduc_edited_away AFTER DELETE ON "{table}" '
            f"FOR EACH ROW EXECUTE FUNCTION viaduc_row_edited('{table}')"
        )
    op.execute(
        "CREATE TRIGGER viaduc_edited AFTER UPDATE OR DELETE ON participant "
        "FOR EACH ROW EXECUTE FUNCTION viaduc_participant_edited()"
    )
    for table, kind in _LISTS.items():
        for operation, side in _KINDS.items():
            op.execute(
                f'CREATE TRIGGER viaduc_edited_{operation.lower()} AFTER {operation} ON "{table}" '
                f"REFERENCING {side} TABLE AS changed "
                f"FOR EACH STATEMENT EXECUTE FUNCTION viaduc_list_edited('{kind}')"
            )


def downgrade() -> None:
    for table in ("actor", "event"):
        for name in ("viaduc_edited", "viaduc_edited_away"):
            op.execute(f'DROP TRIGGER {name} ON "{table}"')
    op.execute("DROP TRIGGER viaduc_edited ON participant")
    for table in _LISTS:
        for operation in _KINDS:
            op.execute(f'DROP TRIGGER viaduc_edited_{operation.lower()} ON "{table}"')
    for function in ("viaduc_list_edited()", "viaduc_participant_edited()", "viaduc_row_edited()",
                     "viaduc_edited(text, bigint, bigint)"):
        op.execute(f"DROP FUNCTION {function}")
    op.drop_table("edition")
