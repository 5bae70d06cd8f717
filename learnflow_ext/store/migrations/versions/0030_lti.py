"""Where a learning platform wants to be told grades, and what it was told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from learnflow_ext.store.base import BigId, UtcDateTime

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def _text(table: str, *columns: tuple[str, int]) -> list[sa.Column[str] | sa.CheckConstraint]:
    """Columns of bounded texts, each with the check that SQLite needs."""
    return [
        *(sa.Column(name, sa.String(length=most), nullable=False) for name, most in columns),
        *(
            sa.CheckConstraint(f"length({name}) <= {most}", name=op.f(f"ck_{table}_{name}_length"))
            for name, most in columns
        ),
    ]


def _not_empty(table: str, *columns: str) -> list[sa.CheckConstraint]:
    return [
        sa.CheckConstraint(f"{name} <> ''", name=op.f(f"ck_{table}_{name}_not_empty")) for name in columns
    ]


def _key(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE"
    )


def upgrade() -> None:
    """Make the tables."""
    names = ("course", "issuer", "client_id", "deployment", "context", "subject")
    op.create_table(
        "lti_places",
        sa.Column("user_id", BigId, nullable=False),
        *_text("lti_places", *((name, 255) for name in names), ("lineitems", 1000), ("scopes", 1000)),
        sa.Column("launched_at", UtcDateTime(), nullable=False),
        *_not_empty("lti_places", "course", "issuer", "client_id", "context", "subject", "lineitems"),
        _key("lti_places", "user_id", "users"),
        sa.PrimaryKeyConstraint("user_id", "course", name=op.f("pk_lti_places")),
    )
    op.create_table(
        "lti_columns",
        sa.Column("module_id", BigId, nullable=False),
        *_text("lti_columns", ("lineitems", 1000), ("url", 1000)),
        *_not_empty("lti_columns", "lineitems", "url"),
        _key("lti_columns", "module_id", "modules"),
        sa.PrimaryKeyConstraint("lineitems", "module_id", name=op.f("pk_lti_columns")),
    )
    op.create_table(
        "lti_scores",
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("module_id", BigId, nullable=False),
        *_text("lti_scores", ("state", 16), ("note", 300)),
        sa.Column("graded_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("told_score", sa.Double(), nullable=True),
        sa.Column("told_max", sa.Double(), nullable=True),
        sa.Column("told_as_of", UtcDateTime(), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'told', 'failed')", name=op.f("ck_lti_scores_state_known")),
        *(
            sa.CheckConstraint(f"{name} >= 0", name=op.f(f"ck_lti_scores_{name}_not_negative"))
            for name in ("tries", "told_score", "told_max")
        ),
        _key("lti_scores", "user_id", "users"),
        _key("lti_scores", "module_id", "modules"),
        sa.PrimaryKeyConstraint("user_id", "module_id", name=op.f("pk_lti_scores")),
    )
    op.create_index("ix_lti_scores_due", "lti_scores", ["state", "due_at"])
    op.create_index("ix_lti_scores_module", "lti_scores", ["module_id"])


def downgrade() -> None:
    """Drop them: what a platform was told, it has."""
    for table in ("lti_scores", "lti_columns", "lti_places"):
        op.drop_table(table)
