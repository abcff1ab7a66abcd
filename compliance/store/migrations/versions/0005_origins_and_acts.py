"""Stories know which text they copy, and cases the acts of their stories: one story may tell of several."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0005"
down_revision = "0003"
branch_labels = None
depends_on = None
# SQLite knows no name for the unique keys of the first schema; so they are called while the table is made anew.
NAMES = {"uq": "uq_%(table_name)s_%(column_0_name)s"}


def upgrade() -> None:
    _key_cases_by_act()
    _make_tables()


def _key_cases_by_act() -> None:
    with op.batch_alter_table("cases", naming_convention=NAMES) as table:
        table.add_column(sa.Column("opened_by_act", sa.Integer(), nullable=False, server_default="0"))
        table.drop_constraint(_unique("cases", ["opened_by_story"]), type_="unique")
        table.create_unique_constraint("uq_cases_opened_by", ["opened_by_story", "opened_by_act"])
    op.add_column("case_stories", sa.Column("act", sa.Integer(), nullable=False, server_default="0"))


def _unique(table: str, columns: list[str]) -> str:
    """Return the name of a unique key: PostgreSQL gave it one, SQLite takes the one of the convention."""
    for found in sa.inspect(op.get_bind()).get_unique_constraints(table):
        if found["column_names"] == columns and found["name"]:
            return str(found["name"])
    return f"uq_{table}_{columns[0]}"


def _make_tables() -> None:
    op.create_table(
        "told_acts",
        sa.Column("story_id", sa.Integer(), sa.ForeignKey("stories.id"), nullable=False),
        sa.Column("act", sa.Integer(), nullable=False),
        sa.Column("day", UTCDateTime(), nullable=False),
        sa.Column("profile", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("story_id", "act"),
    )
    op.create_table(
        "act_keys",
        sa.Column("term", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("story_id", sa.Integer(), sa.ForeignKey("stories.id"), nullable=False),
        sa.Column("act", sa.Integer(), nullable=False),
        sa.Column("day", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("term", "story_id", "act"),
    )
    op.create_index("ix_act_keys_story_id", "act_keys", ["story_id"])
    op.create_index("ix_act_keys_term_day", "act_keys", ["term", "day"])
    op.create_table(
        "story_origins",
        sa.Column("story_id", sa.Integer(), sa.ForeignKey("stories.id"), nullable=False),
        sa.Column("origin_id", sa.Integer(), sa.ForeignKey("stories.id"), nullable=False),
        sa.Column("is_wire", sa.Boolean(), nullable=False),
        sa.Column("moment", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("story_id"),
    )
    op.create_index("ix_story_origins_origin_id", "story_origins", ["origin_id"])
    op.create_table(
        "story_bands",
        sa.Column("band", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("story_id", sa.Integer(), sa.ForeignKey("stories.id"), nullable=False),
        sa.Column("seen", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("band", "story_id"),
    )
    op.create_index("ix_story_bands_seen", "story_bands", ["seen"])


def downgrade() -> None:
    raise RuntimeError("a story that opened two cases cannot go back to one")
