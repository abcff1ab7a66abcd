"""Officers' decisions: in the case and the ledger at once, or not at all; by two people where policy says so."""

from datetime import datetime
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session

from compliance.case import REFUSALS, CaseAction, CaseState, Disposition
from compliance.casework import at_work
from compliance.errors import AccessError, ConflictError
from compliance.priority import priority
from compliance.store import cases, changes, ledger
from compliance.store.database import session_scope
from compliance.store.priorities import weighed
from compliance.store.tables import CaseRow

REFUSED = "case.decision_refused"


def dispose_case(
    engine: Engine,
    reference: str,
    disposition: Disposition,
    reason: str,
    note: str,
    actor: str,
    revision: int,
    now: datetime,
    *,
    is_approver: bool = False,
) -> int:
    """Record an officer's decision on a case, in the case and the ledger at once; return the new revision.

    Where the case's severity asks for two people, the first decision waits for the second (grey never does). The second
    comes from another person, an approver, and on the same evidence: if both agree the case is decided, if not it goes
    back to the queue, escalated, with both on record.

    Raises LookupError for an unknown case, AccessError for a second decision by the first's author or by someone who
    may not approve, and ConflictError where the case has changed since ``revision`` was shown, was decided already, or
    another officer works on it. What is refused so stands in the record all the same, with who tried and why not.
    """
    given = {"disposition": disposition.value, "reason": reason, "note": note}
    try:
        return _dispose(engine, reference, given, actor, revision, now, is_approver)
    except (AccessError, ConflictError) as error:
        note_refused(engine, reference, disposition, reason, actor, now, str(error))
        raise


def note_refused(
    engine: Engine, reference: str, disposition: Disposition, reason: str, actor: str, now: datetime, why: str
) -> None:
    """Enter in the record that a decision was refused; the case's own history holds only what was done to it."""
    after = {"disposition": disposition.value, "reason": reason, "why": why}
    with session_scope(engine) as session:
        ledger.append(session, at=now, actor=actor, action=REFUSED, subject=refusals_of(reference), after=after)


def refusals_of(reference: str) -> str:
    """Return the subject under which the record holds the refused decisions of a case."""
    return f"{REFUSALS}{reference}"


def _dispose(
    engine: Engine,
    reference: str,
    given: dict[str, Any],
    actor: str,
    revision: int,
    now: datetime,
    is_approver: bool,
) -> int:
    with at_work(engine, reference, revision, CaseAction.DECIDED, actor, now) as (session, row):
        row.claimed_by = row.claimed_until = None
        if row.state == CaseState.SECOND.value:
            changed = _read_second(session, row, given, actor, now, is_approver)
        elif row.needs_second and given["disposition"] != Disposition.GREY.value:
            changed = None
            _propose(session, row, given, actor, now)
        else:
            changed = None
            _settle(session, row, given, actor, now)
        found = row.revision
    if changed:
        raise ConflictError(changed)
    return found


def _settle(session: Session, row: CaseRow, given: dict[str, Any], actor: str, now: datetime, **told: Any) -> None:
    changes.make(
        session,
        row,
        CaseAction.DECIDED,
        actor,
        now,
        {"state": CaseState.DECIDED.value, "disposition": given["disposition"], "proposal": None},
        note=given["note"],
        told={"reason": given["reason"], **told},
        versions=versions_shown(session, row),
    )


def _propose(session: Session, row: CaseRow, given: dict[str, Any], actor: str, now: datetime) -> None:
    proposal = given | {"by": actor, "at": now.isoformat(), "evidence": changes.evidence_digest(session, row)}
    changes.make(
        session,
        row,
        CaseAction.PROPOSED,
        actor,
        now,
        {"state": CaseState.SECOND.value, "proposal": proposal},
        note=given["note"],
        told={"reason": given["reason"]},
        versions=versions_shown(session, row),
    )


def _read_second(
    session: Session, row: CaseRow, given: dict[str, Any], actor: str, now: datetime, is_approver: bool
) -> str | None:
    """Set the second decision beside the first. Return why it could not be, where the first is void."""
    first = row.proposal or {}
    if actor == first.get("by"):
        raise AccessError("the first decision is yours; a second person must agree")
    if not is_approver:
        raise AccessError("a second decision is an approver's")
    if first.get("evidence") != changes.evidence_digest(session, row):
        changes.void(session, row, "machine", now, "its evidence is not what the first decision rested on")
        changes.touch(session, row, now)
        return f"{row.reference}: its evidence has changed since the first decision, which is void"
    if first["disposition"] == given["disposition"]:
        _settle(session, row, given, actor, now, first=first, blind=row.is_blind)
        return None
    changes.make(
        session,
        row,
        CaseAction.CONTESTED,
        actor,
        now,
        {"state": CaseState.WAITING.value, "proposal": None, "escalated": True, "needs_second": True},
        note=given["note"],
        told={"disposition": given["disposition"], "reason": given["reason"], "first": first, "blind": row.is_blind},
        versions=versions_shown(session, row),
    )
    row.priority = priority(weighed(row))
    session.add(row)
    return None


def reopen_case(engine: Engine, reference: str, note: str, actor: str, revision: int, now: datetime) -> int:
    """Put a decided case back into the queue, with the earlier decision kept in the ledger; return the new revision.

    Raises LookupError and ConflictError as ``dispose_case`` does.
    """
    with at_work(engine, reference, revision, CaseAction.REOPENED, actor, now) as (session, row):
        values = {"state": CaseState.WAITING.value, "disposition": None}
        changes.make(session, row, CaseAction.REOPENED, actor, now, values, note=note)
        return row.revision


def versions_shown(session: Session, row: CaseRow) -> dict[str, str]:
    """Return the versions of what stood before the officer: model, rules, screening and severity policy."""
    told = cases.stories_of(session, row.id or 0)
    found = {"severity": row.severity_version} if row.severity_version else {}
    if told:
        first = told[0][2]
        found |= {"model": first.model_version, "rules": first.rules_version, "policy": first.policy_version}
    return found
