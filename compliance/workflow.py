"""Who works on a case and when: claim, assign, escalate, put aside, note."""

from datetime import datetime, timedelta

from sqlalchemy import Engine

from compliance.case import CaseAction, CaseState
from compliance.casework import at_work, check_free, held
from compliance.errors import ConflictError
from compliance.priority import priority
from compliance.store import changes, ledger
from compliance.store.database import session_scope
from compliance.store.priorities import weighed

_DONE = (CaseState.DECIDED.value, CaseState.MERGED.value)


def claim(engine: Engine, reference: str, actor: str, now: datetime, length: timedelta) -> datetime:
    """Hold the case for this officer until the time returned; asking again holds it longer.

    Raises LookupError for an unknown case, and ConflictError where it is decided or another officer holds it. A claim
    is no change of the case: it has no revision, and runs out by itself.
    """
    with session_scope(engine) as session:
        row = held(session, reference)
        check_free(row, actor, now)
        if row.state in _DONE:
            raise ConflictError(f"{reference} is not open")
        row.claimed_by, row.claimed_until = actor, now + length
        session.add(row)
        return row.claimed_until


def release(engine: Engine, reference: str, actor: str) -> None:
    """Give the case back, if this officer holds it."""
    with session_scope(engine) as session:
        row = held(session, reference)
        if row.claimed_by == actor:
            row.claimed_by = row.claimed_until = None
            session.add(row)


def assign(engine: Engine, reference: str, assignee: str | None, actor: str, revision: int, now: datetime) -> int:
    """Give the case to an officer, or to nobody; return the new revision."""
    with at_work(engine, reference, revision, CaseAction.ASSIGNED, actor, now) as (session, row):
        changes.make(session, row, CaseAction.ASSIGNED, actor, now, {"assignee": assignee})
        return row.revision


def escalate(engine: Engine, reference: str, note: str, actor: str, revision: int, now: datetime) -> int:
    """Put the case before all others and ask for two people's decision; return the new revision."""
    with at_work(engine, reference, revision, CaseAction.ESCALATED, actor, now) as (session, row):
        values = {"escalated": True, "needs_second": True}
        changes.make(session, row, CaseAction.ESCALATED, actor, now, values, note=note)
        row.priority = priority(weighed(row))
        session.add(row)
        return row.revision


def snooze(engine: Engine, reference: str, note: str, actor: str, revision: int, now: datetime) -> int:
    """Put a waiting case aside until another story tells of it; return the new revision."""
    with at_work(engine, reference, revision, CaseAction.SNOOZED, actor, now) as (session, row):
        row.claimed_by = row.claimed_until = None
        values = {"state": CaseState.SNOOZED.value}
        changes.make(session, row, CaseAction.SNOOZED, actor, now, values, note=note)
        return row.revision


def wake(engine: Engine, reference: str, actor: str, revision: int, now: datetime) -> int:
    """Bring a snoozed case back into the queue; return the new revision."""
    with at_work(engine, reference, revision, CaseAction.WOKEN, actor, now) as (session, row):
        changes.make(session, row, CaseAction.WOKEN, actor, now, {"state": CaseState.WAITING.value})
        return row.revision


def add_note(engine: Engine, reference: str, note: str, actor: str, now: datetime) -> None:
    """Enter a note in the case's history. It changes nothing that a decision rests on. Raises LookupError."""
    with session_scope(engine) as session:
        row = held(session, reference)
        ledger.append(
            session, at=now, actor=actor, action=CaseAction.NOTED, subject=row.reference, after={"note": note}
        )
