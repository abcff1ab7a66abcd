"""Channels with circuits, digests, reminders, receipts, own subscriptions, certificates and heartbeats."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_TABLES = (
    "heartbeats",
    "certificates",
    "subscriptions",
    "callbacks",
    "acknowledgements",
    "reminders",
    "digest_items",
    "channels",
)


def _string(name: str, *, nullable: bool = False, default: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sqlmodel.sql.sqltypes.AutoString(), nullable=nullable, server_default=default)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sqlmodel.sql.sqltypes.UTCDateTime(), nullable=nullable)


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.Integer(), nullable=False)


def upgrade() -> None:
    with op.batch_alter_table("outbox") as outbox:
        outbox.add_column(sa.Column("tries", sa.Integer(), nullable=False, server_default="0"))
        outbox.add_column(sa.Column("reason", sa.Text(), nullable=False, server_default=""))
        outbox.add_column(_string("subscription", default=""))
        outbox.add_column(_moment("due_since", nullable=True))
        outbox.add_column(_moment("sent_at", nullable=True))
        outbox.create_index("ix_outbox_lane", ["state", "channel", "recipient"])
    op.execute("UPDATE outbox SET tries = attempts, due_since = created_at")
    with op.batch_alter_table("deliveries") as deliveries:
        deliveries.add_column(_string("provider_id", nullable=True))
    op.create_table(
        "channels",
        _string("name"),
        sa.Column("failures", sa.Integer(), nullable=False),
        _moment("down_since", nullable=True),
        _moment("open_until", nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        _string("last_alert"),
        _moment("changed_at"),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "digest_items",
        _id(),
        *(_string(name) for name in ("subscription", "channel", "recipient", "subject", "event")),
        sa.Column("payload", sa.JSON(), nullable=False),
        _moment("queued_at"),
        _moment("due_at"),
        sa.Column("outbox_id", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"]),
        sa.UniqueConstraint("subscription", "recipient", "subject", "event"),
    )
    op.create_index("ix_digest_items_due_at", "digest_items", ["due_at"])
    op.create_index("ix_digest_items_outbox_id", "digest_items", ["outbox_id"])
    op.create_table(
        "reminders",
        _id(),
        *(_string(name) for name in ("subscription", "channel", "recipient", "subject", "event", "state")),
        sa.Column("sent", sa.Integer(), nullable=False),
        _moment("next_at"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("subscription", "recipient", "subject", "event"),
    )
    op.create_index("ix_reminders_next_at", "reminders", ["next_at"])
    op.create_index("ix_reminders_subject", "reminders", ["subject"])
    op.create_table(
        "acknowledgements", _string("subject"), _string("actor"), _moment("at"), sa.PrimaryKeyConstraint("subject")
    )
    op.create_table(
        "callbacks",
        _string("id"),
        _string("alert_id"),
        _string("kind"),
        _moment("at"),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_callbacks_alert_id", "callbacks", ["alert_id"])
    op.create_table(
        "subscriptions",
        _id(),
        sa.Column("user_id", sa.Integer(), nullable=False),
        _string("channel"),
        _string("address"),
        sa.Column("declared", sa.JSON(), nullable=False),
        _moment("created_at"),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"]),
    )
    op.create_index("ix_subscriptions_user_id", "subscriptions", ["user_id"])
    op.create_table(
        "certificates",
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("day", sa.Date(), nullable=False),
        _moment("issued_at"),
        sa.Column("content", sa.JSON(), nullable=False),
        _string("previous"),
        _string("digest"),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("day"),
        sa.UniqueConstraint("digest"),
    )
    op.create_table(
        "heartbeats",
        _string("job"),
        _moment("first_seen"),
        _moment("ended_well", nullable=True),
        sa.PrimaryKeyConstraint("job"),
    )


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)
    with op.batch_alter_table("deliveries") as deliveries:
        deliveries.drop_column("provider_id")
    with op.batch_alter_table("outbox") as outbox:
        outbox.drop_index("ix_outbox_lane")
        for column in ("tries", "reason", "subscription", "due_since", "sent_at"):
            outbox.drop_column(column)
