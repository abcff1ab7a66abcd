"""A day → its coverage certificate, issued once; and the proof that the tables still say the same."""

import json
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from compliance.case import CaseState
from compliance.certificate import GENESIS, Certificate, digest_of
from compliance.monitor import Monitor
from compliance.store import certificates, ledger, nights
from compliance.store.tables import CaseRow, ListRow, QuarantineRow

STALE_LIST = timedelta(hours=36)
_NAMED = 200


def issue(session: Session, monitor: Monitor, day: date, now: datetime) -> Certificate | None:
    """Issue the certificate of a day that is over, and enter its digest into the ledger; None where it has one."""
    content = {"facts": nights.facts_of(session, day), "noted": noted(session, monitor, day, now)}
    made = certificates.issue(session, day, json.loads(json.dumps(content)), now)
    if made is not None:
        ledger.append(
            session,
            at=now,
            actor="machine",
            action="certificate.issued",
            subject=f"certificate:{made.number}",
            after={"day": day.isoformat(), "digest": made.digest},
        )
    return made


def noted(session: Session, monitor: Monitor, day: date, now: datetime) -> dict[str, Any]:
    """Return what is so now and will change: overdue cases, what is in quarantine, the age of the lists."""
    end = min(nights.span(day)[1], now)
    return {
        "issued_at": now.isoformat(timespec="seconds"),
        "overdue": _overdue(session, now),
        "waiting": len(session.exec(select(CaseRow.id).where(CaseRow.state == CaseState.WAITING.value)).all()),
        "quarantined": _quarantined(session, nights.span(day)[1]),
        "lists": _lists(session, end),
    }


def _overdue(session: Session, now: datetime) -> int:
    """Count the cases that wait longer than the terms of their severity allow."""
    late = select(func.count()).where(CaseRow.state == CaseState.WAITING.value, col(CaseRow.due_at) < now)
    return session.exec(late).one()


def _quarantined(session: Session, end: datetime) -> list[dict[str, Any]]:
    statement = select(QuarantineRow).where(col(QuarantineRow.first_at) < end).order_by(col(QuarantineRow.id).desc())
    return [
        {"stage": row.stage, "subject": row.subject, "reason": row.reason[:200], "tries": row.tries}
        for row in session.exec(statement.limit(_NAMED))
    ]


def _lists(session: Session, end: datetime) -> list[dict[str, Any]]:
    seen: dict[str, datetime] = {}
    for row in session.exec(select(ListRow).where(col(ListRow.accepted).is_(True), col(ListRow.fetched_at) < end)):
        seen[row.source] = max(seen.get(row.source, row.last_seen), row.last_seen)
    found = []
    for source, last_seen in sorted(seen.items()):
        age = max(end - last_seen, timedelta())
        hours = round(age.total_seconds() / 3600, 1)
        found.append({"source": source, "age_hours": hours, "is_stale": age > STALE_LIST})
    return found


def differences(session: Session, certificate: Certificate) -> list[str]:
    """Return in words where the tables, counted again, or the chain of certificates say other than a certificate."""
    found = []
    again = json.loads(json.dumps(nights.facts_of(session, certificate.day)))
    for key in sorted(set(again) | set(certificate.facts)):
        if again.get(key) != certificate.facts.get(key):
            words = (
                f"the certificate says {_short(certificate.facts.get(key))}, the tables say {_short(again.get(key))}"
            )
            found.append(f"{key}: {words}")
    expected = digest_of(certificate.number, certificate.day, certificate.content, certificate.previous)
    if expected != certificate.digest:
        found.append("digest: the certificate was altered after it was issued")
    before = certificates.numbered(session, certificate.number - 1)
    if certificate.previous != (before.digest if before else GENESIS):
        found.append("previous: the certificate does not follow the one before it")
    anchored = [row.after.get("digest") for row in ledger.of_subject(session, f"certificate:{certificate.number}")]
    if certificate.digest not in anchored:
        found.append("ledger: the certificate's digest was not entered there")
    return found


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= 160 else text[:159] + "…"
