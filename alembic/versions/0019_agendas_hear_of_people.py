"""open agendas hear of those whom they show

What an agenda prints of the other (name, languages, texts, contacts) is in rows that belong to no meeting. Whoever meets
them by the published plan is told, and they themselves; nobody else is, since hundreds of agendas may be open. The
triggers are for each row: only such may name columns, and most updates of actors touch none of those shown.

Revision ID: 0019
Revises: 0018
"""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

# One word for each agenda: a list of all could be longer than what PostgreSQL takes as one.
_MET = """
CREATE FUNCTION viaduc_tell_met(event bigint, who bigint) RETURNS void LANGUAGE sql AS $$
  SELECT pg_notify('viaduc_event', concat_ws(' ', event, 'person', concerned.id))
  FROM (
    SELECT who AS id
    UNION
    SELECT CASE WHEN m.a = who THEN m.b ELSE m.a END
    FROM plan p JOIN meeting m ON m.event_id = p.event_id AND m.number = p.number
    WHERE p.event_id = event AND p.state = 'published' AND (m.a = who OR m.b = who)
  ) AS concerned
$$
"""
_PARTICIPANT = """
CREATE FUNCTION viaduc_tell_participant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM viaduc_tell_met(NEW.event_id, NEW.actor_id);
  RETURN NULL;
END $$
"""
_ACTOR = """
CREATE FUNCTION viaduc_tell_actor() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM viaduc_tell_met(event_id, NEW.id) FROM participant WHERE actor_id = NEW.id;
  RETURN NULL;
END $$
"""
_CONTACT = """
CREATE FUNCTION viaduc_tell_contact() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM viaduc_tell_met(event_id, actor_id) FROM participant WHERE actor_id = COALESCE(NEW.actor_id, OLD.actor_id);
  RETURN NULL;
END $$
"""
# A page whose link is closed says so; its row goes with its participant.
_LINK = """
CREATE FUNCTION viaduc_tell_link() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('viaduc_event', concat_ws(' ', OLD.event_id, 'person', OLD.actor_id));
  RETURN NULL;
END $$
"""
_SHOWN = (
    "name", "kind", "country", "region", "city", "languages", "sectors", "texts", "anonymous", "visibility", "veil",
)  # fmt: skip


def _differ(*columns: str) -> str:
    return " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in columns)


_TRIGGERS = {
    "participant": ("participant", "UPDATE", _differ("languages", "available")),
    "actor": ("actor", f"UPDATE OF {', '.join(_SHOWN)}", _differ(*_SHOWN)),
    "contact": ("contact", "INSERT OR UPDATE OR DELETE", "true"),
    "link": ("agenda_link", "UPDATE OF revoked_at, expires_at", _differ("revoked_at", "expires_at")),
    "link_gone": ("agenda_link", "DELETE", "true"),
}
"""What it is of: the table, the statements, and when it is told."""


def upgrade() -> None:
    for function in (_MET, _PARTICIPANT, _ACTOR, _CONTACT, _LINK):
        op.execute(function)
    for of, (table, statements, when) in _TRIGGERS.items():
        op.execute(
            f"CREATE TRIGGER viaduc_tell_met_{of} AFTER {statements} ON {table} FOR EACH ROW WHEN ({when}) "
            f"EXECUTE FUNCTION viaduc_tell_{of.removesuffix('_gone')}()"
        )


def downgrade() -> None:
    for of, (table, _, _) in _TRIGGERS.items():
        op.execute(f"DROP TRIGGER viaduc_tell_met_{of} ON {table}")
    for of in ("participant", "actor", "contact", "link"):
        op.execute(f"DROP FUNCTION viaduc_tell_{of}()")
    op.execute("DROP FUNCTION viaduc_tell_met(bigint, bigint)")
