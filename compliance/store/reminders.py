"""Alerts that are repeated until their case is acknowledged or decided."""

from datetime import datetime

from sqlmodel import Session, col, select

from compliance.store.dialect import insert_new
from compliance.store.tables import CaseRow
from compliance.store.tables_alerts import AcknowledgementRow, ReminderRow


def add(
    session: Session, subscription: str, channel: str, recipient: str, subject: str, event: str, next_at: datetime
) -> int:
    """Have an alert repeated from then on; a case that changed is no longer acknowledged."""
    if (row := session.get(AcknowledgementRow, subject)) is not None:
        session.delete(row)
        session.flush()
    given = {
        "subscription": subscription,
        "channel": channel,
        "recipient": recipient,
        "subject": subject,
        "event": event,
        "state": "open",
        "sent": 0,
        "next_at": next_at,
    }
    return insert_new(session, ReminderRow, [given])


def due(session: Session, now: datetime, limit: int = 1_000) -> list[ReminderRow]:
    """Return the reminders whose next repetition is due, oldest first."""
    statement = select(ReminderRow).where(ReminderRow.state == "open", col(ReminderRow.next_at) <= now)
    return list(session.exec(statement.order_by(col(ReminderRow.id)).limit(limit)))


def is_settled(session: Session, reference: str) -> bool:
    """True where someone acknowledged the case or decided it, so that nobody needs reminding."""
    if session.get(AcknowledgementRow, reference) is not None:
        return True
    state = session.exec(select(CaseRow.state).where(CaseRow.reference == reference)).first()
    return state == "decided"


def acknowledge(session: Session, reference: str, actor: str, now: datetime) -> int:
    """Enter that someone took notice of a case; return how many repetitions that ends."""
    row = session.get(AcknowledgementRow, reference) or AcknowledgementRow(subject=reference, actor=actor, at=now)
    row.actor, row.at = actor, now
    session.add(row)
    ended = 0
    statement = select(ReminderRow).where(ReminderRow.subject == reference, ReminderRow.state == "open")
    for reminder in session.exec(statement):
        reminder.state, ended = "acknowledged", ended + 1
        session.add(reminder)
    session.flush()
    return ended


def open_subjects(session: Session) -> list[tuple[str, datetime]]:
    """Return the cases that someone is still being reminded of, each with its next repetition."""
    statement = select(ReminderRow).where(ReminderRow.state == "open").order_by(col(ReminderRow.next_at))
    found: dict[str, datetime] = {}
    for row in session.exec(statement):
        found.setdefault(row.subject, row.next_at)
    return list(found.items())
