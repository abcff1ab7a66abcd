"""Alerts waiting to leave: one row per subject, event, channel and recipient, leased while being sent."""

from datetime import datetime, timedelta

from sqlalchemy import func, or_
from sqlmodel import Session, col, select

from compliance.alert import Alert, Receipt
from compliance.store.dialect import insert_new, one_writer
from compliance.store.leases import is_dead
from compliance.store.tables import DeliveryRow, OutboxRow

EMAIL = "email"
LEASE = timedelta(minutes=2)
_LOCK = 7_121_003


def add(
    session: Session, alert: Alert, *, subject: str, event: str, run_id: str | None, now: datetime, channel: str = EMAIL
) -> int:
    """Put an alert into the outbox unless the same event is there for that recipient; return how many were added."""
    row = {
        "alert_id": alert.id,
        "subject": subject,
        "event": event,
        "channel": channel,
        "recipient": alert.recipient,
        "payload": alert.payload,
        "state": "due",
        "attempts": 0,
        "created_at": now,
        "next_attempt": now,
        "run_id": run_id,
    }
    return insert_new(session, OutboxRow, [row])


def count_due(session: Session, now: datetime) -> int:
    """Return how many alerts may be tried now."""
    due = (
        select(func.count()).select_from(OutboxRow).where(OutboxRow.state == "due", col(OutboxRow.next_attempt) <= now)
    )
    return session.exec(due).one()


def count_waiting(session: Session) -> int:
    """Return how many alerts have not left yet, whenever their next try is."""
    return session.exec(select(func.count()).select_from(OutboxRow).where(OutboxRow.state == "due")).one()


def lease(session: Session, owner: str, now: datetime, limit: int = 50) -> list[OutboxRow]:
    """Take up to ``limit`` due alerts for this deliverer, oldest first; nobody else sends them until the lease ends."""
    one_writer(session, _LOCK)
    _free_the_dead(session)
    statement = (
        select(OutboxRow)
        .where(
            OutboxRow.state == "due",
            col(OutboxRow.next_attempt) <= now,
            or_(col(OutboxRow.lease_until).is_(None), col(OutboxRow.lease_until) <= now),
        )
        .order_by(col(OutboxRow.id))
        .limit(limit)
    )
    rows = list(session.exec(statement))
    for row in rows:
        row.lease_owner, row.lease_until = owner, now + LEASE
        session.add(row)
    session.flush()
    return rows


def _free_the_dead(session: Session) -> None:
    """Give back what a killed deliverer of this machine held, without waiting for its lease to end."""
    for row in session.exec(select(OutboxRow).where(col(OutboxRow.lease_owner).is_not(None))):
        if row.lease_owner and is_dead(row.lease_owner):
            row.lease_owner = row.lease_until = None
            session.add(row)
    session.flush()


def record(session: Session, outbox_id: int, receipt: Receipt, now: datetime, next_attempt: datetime | None) -> str:
    """Enter one attempt and its answer; return the alert's state: ``sent``, ``due`` again, or ``dead``."""
    row = session.get_one(OutboxRow, outbox_id)
    row.attempts += 1
    row.lease_owner = row.lease_until = None
    if receipt.accepted:
        row.state = "sent"
    elif receipt.final or next_attempt is None:
        row.state = "dead"
    else:
        row.next_attempt = next_attempt
    session.add(
        DeliveryRow(
            outbox_id=outbox_id,
            attempt=row.attempts,
            at=now,
            accepted=receipt.accepted,
            http_status=receipt.http_status,
            latency_ms=receipt.latency_ms,
            detail=receipt.detail[:500],
        )
    )
    session.add(row)
    session.flush()
    return row.state


def revive(session: Session, outbox_id: int, now: datetime) -> None:
    """Make a dead alert due again under its old id, with its tries counted anew from the schedule's start."""
    row = session.get_one(OutboxRow, outbox_id)
    row.state, row.next_attempt = "due", now
    session.add(row)
