"""Lists keep what each version changed; verdicts on matches, hunts, and who each case names."""

import json

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_STRING = sqlmodel.sql.sqltypes.AutoString
_TIME = sqlmodel.sql.sqltypes.UTCDateTime


def upgrade() -> None:
    op.create_table(
        "list_changes",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("list_id", sa.Integer(), sa.ForeignKey("lists.id"), nullable=False),
        sa.Column("listed_key", _STRING(), nullable=False),
        sa.Column("what", _STRING(), nullable=False),
        sa.Column("reference", _STRING(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.UniqueConstraint("list_id", "listed_key"),
    )
    op.create_table(
        "match_verdicts",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("party", _STRING(), nullable=False),
        sa.Column("listed_key", _STRING(), nullable=False),
        sa.Column("is_same", sa.Boolean(), nullable=False),
        sa.Column("party_digest", _STRING(), nullable=False),
        sa.Column("listed_digest", _STRING(), nullable=False),
        sa.Column("actor", _STRING(), nullable=False),
        sa.Column("at", _TIME(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
    )
    op.create_table(
        "hunts",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("started_at", _TIME(), nullable=False),
        sa.Column("finished_at", _TIME(), nullable=True),
        sa.Column("keys", sa.JSON(), nullable=False),
        sa.Column("names", sa.Integer(), nullable=False),
        sa.Column("after_story", sa.Integer(), nullable=False),
        sa.Column("through_story", sa.Integer(), nullable=False),
        sa.Column("stories", sa.Integer(), nullable=False),
        sa.Column("hits", sa.Integer(), nullable=False),
    )
    op.create_table(
        "hunt_hits",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("hunt_id", sa.Integer(), sa.ForeignKey("hunts.id"), nullable=False),
        sa.Column("story_id", sa.Integer(), sa.ForeignKey("stories.id"), nullable=False),
        sa.Column("listed_key", _STRING(), nullable=False),
        sa.Column("reference", _STRING(), nullable=False),
        sa.Column("listed_name", sa.Text(), nullable=False),
        sa.Column("field", _STRING(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.UniqueConstraint("story_id", "listed_key", "field", "start"),
    )
    op.create_table(
        "case_names",
        sa.Column("case_id", sa.Integer(), sa.ForeignKey("cases.id"), primary_key=True),
        sa.Column("party", _STRING(), primary_key=True),
    )
    for table, columns in (
        ("list_changes", ("list_id", "listed_key")),
        ("match_verdicts", ("party", "listed_key")),
        ("hunt_hits", ("hunt_id", "story_id", "listed_key")),
        ("case_names", ("party",)),
    ):
        for column in columns:
            op.create_index(f"ix_{table}_{column}", table, [column])
    _fill_case_names()


def _fill_case_names() -> None:
    """Enter whom the cases name that are there already."""
    connection = op.get_bind()
    names = sa.table("case_names", sa.column("case_id", sa.Integer), sa.column("party", sa.String))
    rows: list[dict[str, object]] = []
    for case_id, parties in connection.execute(sa.text("SELECT id, parties FROM cases")).all():
        told = json.loads(parties) if isinstance(parties, str) else parties or []
        folded = {" ".join(str(p.get("canonical") or p.get("name") or "").casefold().split())[:500] for p in told}
        rows += [{"case_id": case_id, "party": name} for name in sorted(folded - {""})]
    for start in range(0, len(rows), 1_000):
        connection.execute(sa.insert(names), rows[start : start + 1_000])


def downgrade() -> None:
    for table in ("case_names", "hunt_hits", "hunts", "match_verdicts", "list_changes"):
        op.drop_table(table)
