"""Issued coverage certificates: numbered without a gap, each covering the digest of the one before."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, select

from compliance.certificate import GENESIS, Certificate, digest_of
from compliance.store.dialect import one_writer
from compliance.store.tables_alerts import CertificateRow

_LOCK = 7_121_005


def issue(session: Session, day: date, content: Mapping[str, Any], now: datetime) -> Certificate | None:
    """Enter the certificate of a day under the next number; None where that day has one already."""
    one_writer(session, _LOCK)
    if of_day(session, day) is not None:
        return None
    last = session.exec(select(CertificateRow).order_by(col(CertificateRow.number).desc()).limit(1)).first()
    number, previous = (last.number + 1, last.digest) if last else (1, GENESIS)
    digest = digest_of(number, day, content, previous)
    row = CertificateRow(number=number, day=day, issued_at=now, content=dict(content), previous=previous, digest=digest)
    session.add(row)
    session.flush()
    return _told(row)


def of_day(session: Session, day: date) -> Certificate | None:
    """Return the certificate of a day, or None."""
    row = session.exec(select(CertificateRow).where(CertificateRow.day == day)).first()
    return _told(row) if row else None


def numbered(session: Session, number: int) -> Certificate | None:
    """Return the certificate of that number, or None."""
    row = session.get(CertificateRow, number)
    return _told(row) if row else None


def listed(session: Session, limit: int = 60, before: int | None = None) -> list[Certificate]:
    """Return certificates, newest first; with ``before`` only those of lower numbers."""
    statement = select(CertificateRow).order_by(col(CertificateRow.number).desc()).limit(limit)
    if before is not None:
        statement = statement.where(col(CertificateRow.number) < before)
    return [_told(row) for row in session.exec(statement)]


def last_day(session: Session) -> date | None:
    """Return the newest day that has a certificate."""
    row = session.exec(select(CertificateRow).order_by(col(CertificateRow.day).desc()).limit(1)).first()
    return row.day if row else None


def _told(row: CertificateRow) -> Certificate:
    return Certificate(row.number, row.day, row.content, row.previous, row.digest)
