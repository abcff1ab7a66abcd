"""What waits for the next hourly or daily digest of a subscription."""

from datetime import datetime

from sqlmodel import Session, col, select

from compliance.alert import Alert
from compliance.store.dialect import insert_new
from compliance.store.tables_alerts import DigestItemRow


def add(
    session: Session,
    subscription: str,
    channel: str,
    alert: Alert,
    subject: str,
    event: str,
    now: datetime,
    due_at: datetime,
) -> int:
    """Keep an alert for the digest that is due then, unless it is kept already; return how many were added."""
    row = {
        "subscription": subscription,
        "channel": channel,
        "recipient": alert.recipient,
        "subject": subject,
        "event": event,
        "payload": alert.payload,
        "queued_at": now,
        "due_at": due_at,
    }
    return insert_new(session, DigestItemRow, [row])


def due(session: Session, now: datetime, limit: int = 2_000) -> list[DigestItemRow]:
    """Return what is due and in no digest yet, oldest first."""
    statement = select(DigestItemRow).where(col(DigestItemRow.outbox_id).is_(None), col(DigestItemRow.due_at) <= now)
    return list(session.exec(statement.order_by(col(DigestItemRow.id)).limit(limit)))
