"""open streams hear when what opened them is over

A key that is revoked, a person whose role is taken, a session that ends: streams that they opened ask again whether
they may stay open (app/live.py). Links of agendas are told by revision 0019.

Revision ID: 0020
Revises: 0019
"""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

# Named as in the audit trail: `key:12`, `person:3`, `session:5` where the identity provider alone vouches for somebody.
_FUNCTIONS = {
    "access_key": "'key:' || OLD.id",
    "access_person": "'person:' || OLD.id",
    "access_session": "coalesce('key:' || OLD.key_id, 'person:' || OLD.person_id, 'session:' || OLD.id)",
}
_CHANGED = {
    "access_key": ("role", "events", "expires_at", "revoked_at"),
    "access_person": ("role", "events"),
    "access_session": ("ends_at",),
}


def upgrade() -> None:
    for table, name in _FUNCTIONS.items():
        op.execute(
            f"CREATE FUNCTION viaduc_tell_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"PERFORM pg_notify('viaduc_event', 'access ' || {name}); RETURN NULL; END $$"
        )
        columns = _CHANGED[table]
        differ = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in columns)
        op.execute(
            f"CREATE TRIGGER viaduc_tell_changed AFTER UPDATE OF {', '.join(columns)} ON {table} FOR EACH ROW "
            f"WHEN ({differ}) EXECUTE FUNCTION viaduc_tell_{table}()"
        )
        op.execute(
            f"CREATE TRIGGER viaduc_tell_gone AFTER DELETE ON {table} FOR EACH ROW "
            f"EXECUTE FUNCTION viaduc_tell_{table}()"
        )


def downgrade() -> None:
    for table in _FUNCTIONS:
        for what in ("changed", "gone"):
            op.execute(f"DROP TRIGGER viaduc_tell_{what} ON {table}")
        op.execute(f"DROP FUNCTION viaduc_tell_{table}()")
