"""A class in short rows: work that is moved to another student or assignment empties both rows too."""

from __future__ import annotations

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

_EMPTY = "UPDATE progress SET latest = NULL, best_points = NULL, evidence = NULL WHERE "
_ROW = "(user_id = {0}.user_id AND module_id = {0}.module_id)"
BOTH = f"{_EMPTY}{_ROW.format('NEW')} OR {_ROW.format('OLD')}"
_BEFORE = "points, score, max_score, submitted_at"
CHANGED = f"UPDATE OF {_BEFORE}, user_id, module_id"


def _on_postgresql(body: str, changed: str) -> None:
    # Replaced, not dropped: nothing goes by unnoticed meanwhile.
    op.execute(
        "CREATE OR REPLACE FUNCTION submissions_changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"{body}; RETURN NULL; END $$"
    )
    op.execute("DROP TRIGGER submissions_changed ON submissions")
    op.execute(
        f"CREATE TRIGGER submissions_changed AFTER INSERT OR DELETE OR {changed} ON submissions"
        " FOR EACH ROW EXECUTE FUNCTION submissions_changed()"
    )


def _on_sqlite(body: str, changed: str) -> None:
    op.execute("DROP TRIGGER submissions_changed_update")
    op.execute(f"CREATE TRIGGER submissions_changed_update AFTER {changed} ON submissions BEGIN {body}; END")


def upgrade() -> None:
    """Watch two columns more. Whoever moved work so far, by hand, has to empty the rows by hand as well."""
    make = _on_postgresql if op.get_context().dialect.name == "postgresql" else _on_sqlite
    make(BOTH, CHANGED)


def downgrade() -> None:
    """As it was."""
    one = f"{_EMPTY}user_id = {{}} AND module_id = {{}}"
    if op.get_context().dialect.name == "postgresql":
        whose = [f"coalesce(NEW.{key}, OLD.{key})" for key in ("user_id", "module_id")]
        _on_postgresql(one.format(*whose), f"UPDATE OF {_BEFORE}")
    else:
        _on_sqlite(one.format("NEW.user_id", "NEW.module_id"), f"UPDATE OF {_BEFORE}")
