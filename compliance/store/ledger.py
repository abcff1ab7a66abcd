"""The append-only, hash-chained record of everything that was decided. Rows are never updated or deleted."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session, col, select

from compliance.store.dialect import one_writer
from compliance.store.tables import LedgerRow

GENESIS = "0" * 64
_LOCK = 7_121_001


def append(
    session: Session,
    *,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    versions: Mapping[str, str] | None = None,
) -> LedgerRow:
    """Add one event behind the newest one; its digest covers the event and the digest before it."""
    one_writer(session, _LOCK)
    rows, last = head(session)
    row = LedgerRow(
        id=rows + 1,
        at=at,
        actor=actor,
        action=action,
        subject=subject,
        before=dict(before or {}),
        after=dict(after or {}),
        versions=dict(versions or {}),
        previous=last,
        digest="",
    )
    row.digest = digest_of(row)
    session.add(row)
    session.flush()
    return row


def head(session: Session) -> tuple[int, str]:
    """Return how many rows the record has and the digest of the last; of an empty one, the chain's first link."""
    row = session.exec(select(LedgerRow).order_by(col(LedgerRow.id).desc()).limit(1)).first()
    return (row.id or 0, row.digest) if row else (0, GENESIS)


def digest_of(row: LedgerRow) -> str:
    """Return the SHA-256 over the row's content in canonical JSON and the digest of the row before it."""
    content = {
        "id": row.id,
        "at": row.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": row.actor,
        "action": row.action,
        "subject": row.subject,
        "before": row.before,
        "after": row.after,
        "versions": row.versions,
        "previous": row.previous,
    }
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def breaks(row: LedgerRow, expected: int, previous: str) -> list[str]:
    """Return, in words, how a row fails to be the expected one behind the row of the previous digest."""
    found = []
    if row.id != expected:
        found.append(
            f"row {expected} is missing" if row.id == expected + 1 else f"rows {expected} to {row.id - 1} are missing"
        )
    if row.previous != previous:
        found.append(f"row {row.id} does not follow the row before it")
    if row.digest != digest_of(row):
        found.append(f"row {row.id} was altered")
    return found


def broken_links(session: Session) -> list[str]:
    """Return every break of the chain in words; an empty list means that no row was altered, removed or moved."""
    found = []
    previous, expected = GENESIS, 1
    for row in session.exec(select(LedgerRow).order_by(col(LedgerRow.id)).execution_options(yield_per=500)):
        found += breaks(row, expected, previous)
        previous, expected = row.digest, row.id + 1
    return found


def of_subject(session: Session, subject: str) -> list[LedgerRow]:
    """Return the events of one subject, oldest first."""
    return list(session.exec(select(LedgerRow).where(LedgerRow.subject == subject).order_by(col(LedgerRow.id))))
