"""The desk: severity and priority of cases, who works on them, what officers changed, facets, words and views."""

from typing import Any

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TEXT = sqlmodel.sql.sqltypes.AutoString
_TIME = sqlmodel.sql.sqltypes.UTCDateTime
_INDEXES = {
    "ix_cases_priority": ["state", "priority", "id"],
    "ix_cases_due": ["state", "due_at"],
    "ix_cases_decided": ["state", "changed_at"],
    "ix_cases_assignee": ["assignee", "state"],
    "ix_cases_severity_version": ["severity_version"],
}
# Signs that PostgreSQL's parser would read as parts of numbers, addresses or compound words.
_PLAIN = "translate({}, '-/.,:@_&''\"()', '             ')"


def upgrade() -> None:
    with op.batch_alter_table("cases") as table:
        table.alter_column("opened_by_story", existing_type=sa.Integer(), nullable=True)
        for column in _columns():
            table.add_column(column)
    for name, columns in _INDEXES.items():
        op.create_index(name, "cases", columns)
    _create_changes()
    _create_lookups()
    if op.get_bind().dialect.name == "sqlite":
        _index_words_in_sqlite()
    else:
        _index_words_in_postgresql()


def _columns() -> list[sa.Column[Any]]:
    def flag(name: str) -> sa.Column[Any]:
        return sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())

    return [
        sa.Column("goods", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("severity", _TEXT(), nullable=False, server_default="medium"),
        sa.Column("severity_version", _TEXT(), nullable=False, server_default=""),
        flag("needs_second"),
        flag("is_blind"),
        sa.Column("due_at", _TIME(), nullable=True),
        sa.Column("origins", sa.Integer(), nullable=False, server_default="1"),
        flag("is_novel"),
        sa.Column("priority", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("assignee", _TEXT(), nullable=True),
        sa.Column("claimed_by", _TEXT(), nullable=True),
        sa.Column("claimed_until", _TIME(), nullable=True),
        flag("escalated"),
        sa.Column("proposal", sa.JSON(), nullable=True),
        sa.Column("merged_into", _TEXT(), nullable=True),
    ]


def _create_changes() -> None:
    op.create_table(
        "case_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("at", _TIME(), nullable=False),
        sa.Column("actor", _TEXT(), nullable=False),
        sa.Column("action", _TEXT(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("undone_by", _TEXT(), nullable=True),
        sa.Column("undone_at", _TIME(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_case_changes_case_id", "case_changes", ["case_id"])
    op.create_index("ix_case_changes_actor", "case_changes", ["actor", "id"])
    op.create_table(
        "case_marks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("story_id", sa.Integer(), nullable=False),
        sa.Column("field", _TEXT(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("says", _TEXT(), nullable=False),
        sa.Column("party", _TEXT(), nullable=True),
        sa.Column("actor", _TEXT(), nullable=False),
        sa.Column("at", _TIME(), nullable=False),
        sa.Column("is_removed", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"]),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_case_marks_case_id", "case_marks", ["case_id"])


def _create_lookups() -> None:
    op.create_table(
        "case_facets",
        sa.Column("facet", _TEXT(), nullable=False),
        sa.Column("value", _TEXT(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"]),
        sa.PrimaryKeyConstraint("facet", "value", "case_id"),
    )
    op.create_index("ix_case_facets_case", "case_facets", ["case_id"])
    op.create_table(
        "case_words",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"]),
        sa.PrimaryKeyConstraint("case_id"),
    )
    op.create_table(
        "saved_views",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner", _TEXT(), nullable=False),
        sa.Column("name", _TEXT(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("created_at", _TIME(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("owner", "name"),
    )


def _index_words_in_sqlite() -> None:
    """Make full-text tables that hold no text of their own; triggers keep them with the tables they read."""
    for table, key, columns in (("stories", "id", ("title", "text")), ("case_words", "case_id", ("words",))):
        names = ", ".join(columns)
        new, old = (", ".join(f"{row}.{c}" for c in columns) for row in ("new", "old"))
        fts = f"{table}_fts"
        enter = f"INSERT INTO {fts}(rowid, {names}) VALUES (new.{key}, {new});"  # noqa: S608  (names from above)
        leave = f"INSERT INTO {fts}({fts}, rowid, {names}) VALUES ('delete', old.{key}, {old});"  # noqa: S608  (names from above)
        op.execute(
            f"CREATE VIRTUAL TABLE {fts} USING fts5({names}, content='{table}', content_rowid='{key}', "
            "prefix='2 3', tokenize='unicode61 remove_diacritics 2')"
        )
        op.execute(f"CREATE TRIGGER {fts}_insert AFTER INSERT ON {table} BEGIN {enter} END")
        op.execute(f"CREATE TRIGGER {fts}_delete AFTER DELETE ON {table} BEGIN {leave} END")
        op.execute(f"CREATE TRIGGER {fts}_update AFTER UPDATE OF {names} ON {table} BEGIN {leave} {enter} END")
        op.execute(f"INSERT INTO {fts}({fts}) VALUES ('rebuild')")  # noqa: S608  (names from above)


def _index_words_in_postgresql() -> None:
    for table, words in (("stories", "title || ' ' || left(text, 50000)"), ("case_words", "words")):
        plain = _PLAIN.format(words)
        op.execute(f"CREATE INDEX ix_{table}_fts ON {table} USING gin (to_tsvector('simple'::regconfig, {plain}))")


def downgrade() -> None:
    raise RuntimeError("what officers changed would be lost")
