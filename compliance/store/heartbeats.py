"""When each recurring job was first expected, and when it last ended well."""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session, col, select

from compliance.store.tables_alerts import HeartbeatRow


def expect(session: Session, jobs: Iterable[str], now: datetime) -> None:
    """From now on, miss these jobs where they do not run."""
    for job in jobs:
        if session.get(HeartbeatRow, job) is None:
            session.add(HeartbeatRow(job=job, first_seen=now))
    session.flush()


def beat(session: Session, job: str, now: datetime) -> None:
    """Enter that a job ended well."""
    row = session.get(HeartbeatRow, job) or HeartbeatRow(job=job, first_seen=now)
    row.ended_well = now
    session.add(row)
    session.flush()


def listed(session: Session) -> list[HeartbeatRow]:
    """Return every job that was ever expected."""
    return list(session.exec(select(HeartbeatRow).order_by(col(HeartbeatRow.job))))
