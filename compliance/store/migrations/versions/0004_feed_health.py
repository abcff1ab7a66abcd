"""Feeds remember how they stand, when to be asked next and where they moved; runs say which job they did."""

from typing import Any

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TEXT = sqlmodel.sql.sqltypes.AutoString
_TIME = sqlmodel.sql.sqltypes.UTCDateTime


def _feed_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("standing", _TEXT(), nullable=False, server_default="new"),
        sa.Column("weight", sa.Float(), nullable=False, server_default="0"),
        sa.Column("failing_since", _TIME(), nullable=True),
        sa.Column("alarmed_at", _TIME(), nullable=True),
        sa.Column("last_full", _TIME(), nullable=True),
        sa.Column("last_new", _TIME(), nullable=True),
        sa.Column("interval_seconds", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("longest_gap_seconds", sa.Integer(), nullable=True),
        sa.Column("next_check", _TIME(), nullable=True),
        sa.Column("held_until", _TIME(), nullable=True),
        sa.Column("silent_since", _TIME(), nullable=True),
        sa.Column("lost_at", _TIME(), nullable=True),
        sa.Column("losses", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("moved_to", _TEXT(), nullable=True),
        sa.Column("moved_since", _TIME(), nullable=True),
        sa.Column("moved_seen", sa.Integer(), nullable=False, server_default="0"),
    ]


def upgrade() -> None:
    for column in _feed_columns():
        op.add_column("feeds", column)
    # What stood well or failed before this revision goes on from there.
    op.execute("UPDATE feeds SET standing = 'healthy' WHERE state IN ('ok', 'empty', 'unchanged')")
    op.execute(
        "UPDATE feeds SET standing = 'shaky', weight = 1, failing_since = state_since "
        "WHERE state NOT IN ('ok', 'empty', 'unchanged')"
    )
    op.execute("UPDATE feeds SET last_new = last_success, last_full = last_success WHERE last_success IS NOT NULL")
    op.add_column("runs", sa.Column("job", _TEXT(), nullable=False, server_default="nightly"))
    op.add_column("run_feeds", sa.Column("left_out", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "feed_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feed_id", _TEXT(), nullable=False),
        sa.Column("event", _TEXT(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("at", _TIME(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_feed_events_feed_id", "feed_events", ["feed_id"])
    op.create_index("ix_feed_events_at", "feed_events", ["at"])
    op.create_table(
        "feed_patterns",
        sa.Column("feed_id", _TEXT(), nullable=False),
        sa.Column("kind", _TEXT(), nullable=False),
        sa.Column("pattern", _TEXT(), nullable=False),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.Column("last_hit", _TIME(), nullable=False),
        sa.PrimaryKeyConstraint("feed_id", "kind", "pattern"),
    )


def downgrade() -> None:
    op.drop_table("feed_patterns")
    op.drop_table("feed_events")
    op.drop_column("run_feeds", "left_out")
    op.drop_column("runs", "job")
    for column in reversed(_feed_columns()):
        op.drop_column("feeds", column.name)
