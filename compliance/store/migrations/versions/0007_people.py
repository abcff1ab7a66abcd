"""Tries to sign in are counted by account and address, people sign in through a provider, and have API tokens."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_STRING = sqlmodel.sql.sqltypes.AutoString
_TIME = sqlmodel.sql.sqltypes.UTCDateTime


def upgrade() -> None:
    op.create_table(
        "sign_in_tries",
        sa.Column("subject", _STRING(), primary_key=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("blocked_until", _TIME(), nullable=True),
        sa.Column("last_at", _TIME(), nullable=False),
    )
    op.create_index("ix_sign_in_tries_last_at", "sign_in_tries", ["last_at"])
    op.create_table(
        "known_browsers",
        sa.Column("token_digest", _STRING(), primary_key=True),
        _of_user(),
        sa.Column("created_at", _TIME(), nullable=False),
    )
    op.create_index("ix_known_browsers_user_id", "known_browsers", ["user_id"])
    op.create_table(
        "identities",
        sa.Column("issuer", _STRING(), primary_key=True),
        sa.Column("subject", _STRING(), primary_key=True),
        _of_user(),
        sa.Column("linked_at", _TIME(), nullable=False),
    )
    op.create_index("ix_identities_user_id", "identities", ["user_id"])
    op.create_table(
        "sign_in_flows",
        sa.Column("state_digest", _STRING(), primary_key=True),
        *(sa.Column(name, _STRING(), nullable=False) for name in ("browser_digest", "nonce", "verifier", "target")),
        sa.Column("created_at", _TIME(), nullable=False),
    )
    op.create_index("ix_sign_in_flows_created_at", "sign_in_flows", ["created_at"])
    _make_tokens()
    op.create_index("ix_ledger_action", "ledger", ["action"])
    if op.get_bind().dialect.name == "postgresql":
        # Row triggers do not fire for TRUNCATE.
        op.execute(
            "CREATE TRIGGER ledger_no_truncate BEFORE TRUNCATE ON ledger "
            "FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only()"
        )
    op.drop_column("users", "failures")
    op.drop_column("users", "locked_until")


def _of_user(primary_key: bool = False) -> sa.Column[int]:
    return sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id"), nullable=False, primary_key=primary_key)


def _make_tokens() -> None:
    op.create_table(
        "tokens",
        sa.Column("id", sa.Integer(), primary_key=True),
        _of_user(),
        *(sa.Column(name, _STRING(), nullable=False) for name in ("name", "hint")),
        sa.Column("digest", _STRING(), nullable=False, unique=True),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_at", _TIME(), nullable=False),
        sa.Column("expires_at", _TIME(), nullable=False),
        sa.Column("last_used", _TIME(), nullable=True),
        sa.UniqueConstraint("user_id", "name"),
    )
    op.create_index("ix_tokens_user_id", "tokens", ["user_id"])
    op.create_table(
        "answers",
        _of_user(primary_key=True),
        sa.Column("key", _STRING(), primary_key=True),
        sa.Column("request_digest", _STRING(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", _TIME(), nullable=False),
    )
    op.create_index("ix_answers_created_at", "answers", ["created_at"])


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER ledger_no_truncate ON ledger")
    op.drop_index("ix_ledger_action", "ledger")
    op.add_column("users", sa.Column("failures", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("users", sa.Column("locked_until", _TIME(), nullable=True))
    for table in ("answers", "tokens", "sign_in_flows", "identities", "known_browsers", "sign_in_tries"):
        op.drop_table(table)
