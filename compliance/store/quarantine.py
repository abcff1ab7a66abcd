"""What broke a step: kept with its reason, tried again, parked after the third failure."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlmodel import Session, col, delete, select

from compliance.store.tables import QuarantineRow

MAX_TRIES = 3
# PostgreSQL tells a value that is too large or too complex by this class of codes, as an operational error.
_LIMIT = "54"


def is_outage(error: BaseException) -> bool:
    """True where the database is not there, locked or full: then nothing is wrong with what was being worked on."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    return not str(getattr(error.orig, "sqlstate", None) or "").startswith(_LIMIT)


def reason_of(error: BaseException) -> str:
    """Return an error as one line for the list of what is in quarantine."""
    lines = str(error).split("\n")
    return f"{type(error).__name__}: {lines[0][:400]}"


def _row(session: Session, stage: str, subject: str) -> QuarantineRow | None:
    found = select(QuarantineRow).where(QuarantineRow.stage == stage, QuarantineRow.subject == subject)
    return session.exec(found).first()


def enter(session: Session, stage: str, subject: str, reason: str, now: datetime, capture_id: int | None = None) -> int:
    """Record one failure of a subject at a stage; return how often it has failed there."""
    row = _row(session, stage, subject)
    if row is None:
        row = QuarantineRow(stage=stage, subject=subject, reason=reason[:500], first_at=now, last_at=now)
    else:
        row.tries += 1
        row.reason, row.last_at = reason[:500], now
    row.capture_id = capture_id or row.capture_id
    session.add(row)
    session.flush()
    return row.tries


def tries_of(session: Session, stage: str) -> dict[str, int]:
    """Return how often each subject has failed at a stage, those that are parked left out."""
    found = select(QuarantineRow.subject, QuarantineRow.tries)
    return dict(session.exec(found.where(QuarantineRow.stage == stage, QuarantineRow.tries < MAX_TRIES)).all())


def explain(session: Session, stage: str, subject: str, reason: str) -> None:
    """Say why a subject failed whose try was counted before it began."""
    row = _row(session, stage, subject)
    if row is not None:
        row.reason = reason[:500]
        session.add(row)


def is_entered(session: Session, stage: str, subject: str) -> bool:
    """True where the subject has failed at the stage and has not passed it since."""
    return _row(session, stage, subject) is not None


def is_parked(session: Session, stage: str, subject: str) -> bool:
    """True where the subject has failed so often that it is not tried any more without a person."""
    row = _row(session, stage, subject)
    return row is not None and row.tries >= MAX_TRIES


def clear(session: Session, stage: str, subject: str) -> None:
    """Forget the failures of a subject that has passed the stage after all."""
    row = _row(session, stage, subject)
    if row is not None:
        session.delete(row)


def clear_all(session: Session, stage: str, subjects: Sequence[str]) -> None:
    """Forget the failures of all these subjects, in one statement."""
    mine = (col(QuarantineRow.stage) == stage, col(QuarantineRow.subject).in_(list(subjects)))
    session.connection().execute(delete(QuarantineRow).where(*mine))


def listed(session: Session) -> list[QuarantineRow]:
    """Return everything in quarantine, the newest failure first."""
    return list(session.exec(select(QuarantineRow).order_by(col(QuarantineRow.last_at).desc(), col(QuarantineRow.id))))


def of_id(session: Session, number: int) -> QuarantineRow | None:
    """Return one row of the quarantine, or None."""
    return session.get(QuarantineRow, number)
