"""Cases say where they come from, and draws from what was cleared are entered."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "cases", sa.Column("origin", sqlmodel.sql.sqltypes.AutoString(), nullable=False, server_default="screening")
    )
    op.create_index("ix_cases_origin", "cases", ["origin"])
    op.create_table(
        "draws",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("after_screening", sa.Integer(), nullable=False),
        sa.Column("through_screening", sa.Integer(), nullable=False),
        sa.Column("pool", sa.Integer(), nullable=False),
        sa.Column("opened", sa.Integer(), nullable=False),
        sa.Column("drawn", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("after_screening"),
        sa.UniqueConstraint("through_screening"),
    )
    op.create_index("ix_draws_run_id", "draws", ["run_id"])
    # What was screened before draws were made belongs to no night that is still to be drawn from.
    op.execute(
        "INSERT INTO draws (run_id, at, seed, share, after_screening, through_screening, pool, opened, drawn) "
        "SELECT 'before draws were made', max(created_at), 0, 0, 0, max(id), 0, 0, 0 FROM screenings "
        "HAVING count(*) > 0"
    )


def downgrade() -> None:
    op.drop_table("draws")
    op.drop_index("ix_cases_origin", "cases")
    op.drop_column("cases", "origin")
