"""What broke a step: kept with its reason, tried again, parked after the third failure."""

from datetime import datetime

from sqlmodel import Session, select

from compliance.store.tables import QuarantineRow


def enter(session: Session, stage: str, subject: str, reason: str, now: datetime) -> int:
    """Record one failure of a subject at a stage; return how often it has failed there."""
    row = session.exec(
        select(QuarantineRow).where(QuarantineRow.stage == stage, QuarantineRow.subject == subject)
    ).first()
    if row is None:
        row = QuarantineRow(stage=stage, subject=subject, reason=reason[:500], first_at=now, last_at=now)
    else:
        row.tries += 1
        row.reason, row.last_at = reason[:500], now
    session.add(row)
    session.flush()
    return row.tries


def clear(session: Session, stage: str, subject: str) -> None:
    """Forget the failures of a subject that has passed the stage after all."""
    row = session.exec(
        select(QuarantineRow).where(QuarantineRow.stage == stage, QuarantineRow.subject == subject)
    ).first()
    if row is not None:
        session.delete(row)
