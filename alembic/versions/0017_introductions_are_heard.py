"""open agendas hear of introductions

Revision ID: 0017
Revises: 0016
"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_KINDS = {"INSERT": "NEW", "UPDATE": "NEW", "DELETE": "OLD"}


def upgrade() -> None:
    for kind, rows in _KINDS.items():
        op.execute(
            f"CREATE TRIGGER viaduc_tell_{kind.lower()} AFTER {kind} ON introduction REFERENCING {rows} TABLE AS changed "
            "FOR EACH STATEMENT EXECUTE FUNCTION viaduc_tell('answers')"
        )


def downgrade() -> None:
    for kind in _KINDS:
        op.execute(f"DROP TRIGGER viaduc_tell_{kind.lower()} ON introduction")
