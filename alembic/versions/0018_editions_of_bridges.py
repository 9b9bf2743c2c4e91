"""editions of the bridges between sectors

Revision ID: 0018
Revises: 0017
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_FUNCTION = """
CREATE FUNCTION viaduc_bridges_edited() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM viaduc_edited('bridges', 0, 0);
  RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.execute(_FUNCTION)
    op.execute(
        "CREATE TRIGGER viaduc_edited AFTER INSERT OR UPDATE OR DELETE ON sector_bridge "
        "FOR EACH STATEMENT EXECUTE FUNCTION viaduc_bridges_edited()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER viaduc_edited ON sector_bridge")
    op.execute("DROP FUNCTION viaduc_bridges_edited()")
    op.execute("DELETE FROM edition WHERE kind = 'bridges'")
