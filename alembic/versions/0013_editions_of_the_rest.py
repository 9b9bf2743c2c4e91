"""editions of everything else that people edit

Revision ID: 0013
Revises: 0012
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# Table → the kind of thing, its two numbers, and when a row is another one: by these columns. What goes for good takes
# its count along; what can come again under the same numbers goes on counting, for it is not what was seen.
_ROWS = {
    "tandem": ("tandem", "actor_id", "partner_id", ("theme", "status", "since", "event_id", "note")),
    "tandem_step": ("tandem", "actor_id", "partner_id", ("status", "since", "note")),
    "programme": ("programme", "id", "0", None),
    "contact": ("contact", "actor_id", "id", None),
    "agenda_rules": ("agenda", "event_id", "0", None),
    "plan": ("note", "event_id", "number", ("note",)),
    "map_import": ("import", "id", "0", ("options",)),
    "access_person": ("people", "0", "0", None),
}
_ALSO_NEW = ("tandem_step", "agenda_rules", "access_person")
"""Tables in which a new row changes something that could be read before."""
_GONE = {
    "tandem": "IF (SELECT count(*) = 2 FROM actor WHERE id IN (OLD.actor_id, OLD.partner_id)) THEN "
    "PERFORM viaduc_edited('tandem', OLD.actor_id, OLD.partner_id); ELSE {forget} END IF;",
    "tandem_step": "",
    "access_person": "PERFORM viaduc_edited('people', 0, 0);",
}

_FUNCTION = """
CREATE FUNCTION viaduc_{table}_edited() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    {gone}
  ELSE
    PERFORM viaduc_edited('{kind}', {id}, {part});
  END IF;
  RETURN NULL;
END $$
"""
_RELATIONS = """
CREATE FUNCTION viaduc_relation_edited() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM viaduc_edited('relations', t.actor_id, 0)
  FROM (SELECT DISTINCT actor_id FROM changed JOIN actor ON actor.id = changed.actor_id) AS t;
  RETURN NULL;
END $$
"""
_OPERATIONS = {"INSERT": "NEW", "UPDATE": "NEW", "DELETE": "OLD"}
_OWN = "'{hubness,settled,search_text,updated_at}'::text[]"
_ROW_EDITED = f"""
CREATE OR REPLACE FUNCTION viaduc_row_edited() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    DELETE FROM edition WHERE id = OLD.id AND
      kind = ANY (CASE TG_ARGV[0] WHEN 'event' THEN '{{event}}'::text[] ELSE '{{actor}}'::text[] END);
  ELSIF to_jsonb(OLD) - {_OWN} IS DISTINCT FROM to_jsonb(NEW) - {_OWN} THEN
    PERFORM viaduc_edited(TG_ARGV[0], NEW.id, 0);
  END IF;
  RETURN NULL;
END $$
"""
_OF_EVENT = "event,rounds,places,interpreters,participant"


def _row_edited(event: str, actor: str) -> str:
    """The function of revision 0012, with the kinds that go when an event or an actor goes."""
    return _ROW_EDITED.replace("'{event}'", f"'{{{event}}}'").replace("'{actor}'", f"'{{{actor}}}'")


def upgrade() -> None:
    op.execute(_row_edited(f"{_OF_EVENT},agenda,note", "actor,relations"))
    for table, (kind, first, second, columns) in _ROWS.items():
        _watch(table, kind, first, second, columns)
    op.execute(_RELATIONS)
    for operation, side in _OPERATIONS.items():
        op.execute(
            f"CREATE TRIGGER viaduc_edited_{operation.lower()} AFTER {operation} ON relation "
            f"REFERENCING {side} TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION viaduc_relation_edited()"
        )


def _watch(table: str, kind: str, first: str, second: str, columns: tuple[str, ...] | None) -> None:
    new = [name if name == "0" else f"NEW.{name}" for name in (first, second)]
    old = [name if name == "0" else f"OLD.{name}" for name in (first, second)]
    forget = f"DELETE FROM edition WHERE kind = '{kind}' AND id = {old[0]} AND part = {old[1]};"
    gone = _GONE.get(table, "{forget}").format(forget=forget)
    op.execute(_FUNCTION.format(table=table, kind=kind, id=new[0], part=new[1], gone=gone))
    which = " OR ".join(f"OLD.{c} IS DISTINCT FROM NEW.{c}" for c in columns) if columns else "OLD IS DISTINCT FROM NEW"
    run = f"EXECUTE FUNCTION viaduc_{table}_edited()"
    op.execute(f"CREATE TRIGGER viaduc_edited AFTER UPDATE ON {table} FOR EACH ROW WHEN ({which}) {run}")
    others = "INSERT OR DELETE" if table in _ALSO_NEW else "DELETE"
    op.execute(f"CREATE TRIGGER viaduc_edited_away AFTER {others} ON {table} FOR EACH ROW {run}")


def downgrade() -> None:
    for operation in _OPERATIONS:
        op.execute(f"DROP TRIGGER viaduc_edited_{operation.lower()} ON relation")
    op.execute("DROP FUNCTION viaduc_relation_edited()")
    for table in _ROWS:
        for name in ("viaduc_edited", "viaduc_edited_away"):
            op.execute(f"DROP TRIGGER {name} ON {table}")
        op.execute(f"DROP FUNCTION viaduc_{table}_edited()")
    kinds = sorted({kind for kind, *_ in _ROWS.values()} | {"relations"})
    op.execute(f"DELETE FROM edition WHERE kind = ANY ('{{{','.join(kinds)}}}'::text[])")
    op.execute(_row_edited(_OF_EVENT, "actor"))
