"""Stories know which text they copy, and cases the acts of their stories: one story may tell of several."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None
# SQLite knows no name for the unique keys of the first schema; so they are called while the table is made anew.
NAMES = {"uq": "uq_%(table_name)s_%(column_0_name)s"}


def upgrade() -> None:
    _key_cases_by_act()
    _key_screenings_by_version()
    _add_versions()
    _make_tables()


def _key_screenings_by_version() -> None:
    of = ["story_id", "model_version", "rules_version", "policy_version"]
    with op.batch_alter_table("screenings", naming_convention=NAMES) as table:
        table.add_column(sa.Column("story_version", sa.Integer(), nullable=False, server_default="1"))
        table.drop_constraint(_unique("screenings", of), type_="unique")
        table.create_unique_constraint("uq_screenings_of", ["story_id", "story_version", *of[1:]])
    if op.get_bind().dialect.name == "sqlite":
        # SQLite made the table anew, and its triggers went with the old one.
        for event in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER screenings_no_{event} BEFORE {event} ON screenings "
                "BEGIN SELECT RAISE(ABORT, 'screenings is append-only'); END"
            )


def _add_versions() -> None:
    op.add_column("stories", sa.Column("entry_digest", AutoString(), nullable=True))
    op.add_column("stories", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("stories", sa.Column("latest_version", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("stories", sa.Column("extractor", AutoString(), nullable=True))
    op.add_column("stories", sa.Column("notes", sa.JSON(), nullable=False, server_default="[]"))
    with op.batch_alter_table("quarantine") as table:
        table.add_column(sa.Column("capture_id", sa.Integer(), nullable=True))
        table.create_foreign_key("fk_quarantine_capture", "captures", ["capture_id"], ["id"])
    op.create_table(
        "story_versions",
        sa.Column("story_id", sa.Integer(), sa.ForeignKey("stories.id"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("quality", AutoString(), nullable=False),
        sa.Column("seen_at", UTCDateTime(), nullable=False),
        sa.Column("run_id", AutoString(), nullable=True),
        sa.Column("capture_id", sa.Integer(), sa.ForeignKey("captures.id"), nullable=True),
        sa.Column("page_capture_id", sa.Integer(), sa.ForeignKey("captures.id"), nullable=True),
        sa.PrimaryKeyConstraint("story_id", "number"),
    )
    op.create_table(
        "story_aliases",
        sa.Column("alias", AutoString(), nullable=False),
        sa.Column("story_id", sa.Integer(), sa.ForeignKey("stories.id"), nullable=False),
        sa.PrimaryKeyConstraint("alias", "story_id"),
    )


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
