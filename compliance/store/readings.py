"""Who saw or took out what, and when: part of the same chained record, under subjects of its own."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from compliance.store import ledger
from compliance.store.tables import LedgerRow

VIEWED = "case.viewed"
EXPORTED = "exported"
# A page that is loaded again within this time was seen once.
ONCE_WITHIN = timedelta(minutes=10)


def subject_of(reference: str) -> str:
    """Return the subject of the readings of a case; its own history stays what was done to it."""
    return f"reading:{reference}"


def is_noted(session: Session, actor: str, reference: str, way: str, now: datetime) -> bool:
    """True where it stands in the record already that a person was shown a case in that way just now."""
    recent = select(LedgerRow.after).where(
        LedgerRow.subject == subject_of(reference),
        LedgerRow.actor == actor,
        LedgerRow.action == VIEWED,
        col(LedgerRow.at) >= now - ONCE_WITHIN,
    )
    return any(after.get("way") == way for after in session.exec(recent))


def note_view(session: Session, actor: str, reference: str, way: str, now: datetime) -> None:
    """Record that a person was shown a case, once for each way within ten minutes."""
    if not is_noted(session, actor, reference, way, now):
        after = {"way": way}
        ledger.append(session, at=now, actor=actor, action=VIEWED, subject=subject_of(reference), after=after)


def note_export(session: Session, actor: str, what: str, after: Mapping[str, Any], now: datetime) -> None:
    """Record that a person took cases out of the desk: ``what`` is a case's reference or the name of a list."""
    ledger.append(session, at=now, actor=actor, action=EXPORTED, subject=subject_of(what), after=after)
