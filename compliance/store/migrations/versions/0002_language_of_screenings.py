"""A screening says in which language the story is told, and has no score where that is not read."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("screenings") as table:
        table.add_column(
            sa.Column("language", sqlmodel.sql.sqltypes.AutoString(), nullable=False, server_default="und")
        )
        table.alter_column("score", existing_type=sa.Float(), nullable=True)
    if op.get_bind().dialect.name == "sqlite":
        # SQLite made the table anew, and its triggers went with the old one.
        for event in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER screenings_no_{event} BEFORE {event} ON screenings "
                "BEGIN SELECT RAISE(ABORT, 'screenings is append-only'); END"
            )


def downgrade() -> None:
    raise RuntimeError("what was not judged has no score to go back to")
