"""Tables of alerts and certificates beside the outbox: channels, digests, reminders, receipts, own subscriptions.

No table here, and none of the outbox, ever holds a secret: channels are named, and what opens them is read from the
environment at the moment of sending.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, Text, UniqueConstraint
from sqlmodel import Field, SQLModel


def _json() -> Any:
    return Field(sa_column=Column(JSON, nullable=False))


class ChannelRow(SQLModel, table=True):
    """The circuit of a channel: failures in a row that speak of the channel, and until when nothing is sent by it."""

    __tablename__ = "channels"

    name: str = Field(primary_key=True)
    failures: int = 0
    down_since: datetime | None = None
    open_until: datetime | None = None
    reason: str = Field(default="", sa_column=Column(Text, nullable=False))
    last_alert: str = ""
    changed_at: datetime


class DigestItemRow(SQLModel, table=True):
    """What an hourly or daily subscription is told in its next digest; ``outbox_id`` names that digest once it is."""

    __tablename__ = "digest_items"
    __table_args__ = (UniqueConstraint("subscription", "recipient", "subject", "event"),)

    id: int | None = Field(default=None, primary_key=True)
    subscription: str
    channel: str
    recipient: str
    subject: str
    event: str
    payload: dict[str, Any] = _json()
    queued_at: datetime
    due_at: datetime = Field(index=True)
    outbox_id: int | None = Field(default=None, foreign_key="outbox.id", index=True)


class ReminderRow(SQLModel, table=True):
    """An alert that is repeated until someone acknowledges its case or decides it, and is then escalated."""

    __tablename__ = "reminders"
    __table_args__ = (UniqueConstraint("subscription", "recipient", "subject", "event"),)

    id: int | None = Field(default=None, primary_key=True)
    subscription: str
    channel: str
    recipient: str
    subject: str = Field(index=True)
    event: str
    state: str = "open"
    sent: int = 0
    next_at: datetime = Field(index=True)


class AcknowledgementRow(SQLModel, table=True):
    """Who took notice of a case's alerts, and when."""

    __tablename__ = "acknowledgements"

    subject: str = Field(primary_key=True)
    actor: str
    at: datetime


class CallbackRow(SQLModel, table=True):
    """What a mail provider told of an alert after it had taken it: delivered, bounced, complained of."""

    __tablename__ = "callbacks"

    id: str = Field(primary_key=True)
    alert_id: str = Field(index=True)
    kind: str
    at: datetime
    detail: str = Field(default="", sa_column=Column(Text, nullable=False))


class SubscriptionRow(SQLModel, table=True):
    """A person's own subscription, made at the desk: where to, and the same fields as in ``config/alerts.yml``."""

    __tablename__ = "subscriptions"

    id: int | None = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="users.id", index=True)
    channel: str
    address: str
    declared: dict[str, Any] = _json()
    created_at: datetime


class CertificateRow(SQLModel, table=True):
    """The numbered coverage certificate of one day. ``digest`` covers its content and the certificate before it."""

    __tablename__ = "certificates"

    number: int = Field(primary_key=True)
    day: date = Field(unique=True)
    issued_at: datetime
    content: dict[str, Any] = _json()
    previous: str
    digest: str = Field(unique=True)


class HeartbeatRow(SQLModel, table=True):
    """Since when a recurring job is expected, and when it last ended well."""

    __tablename__ = "heartbeats"

    job: str = Field(primary_key=True)
    first_seen: datetime
    ended_well: datetime | None = None
