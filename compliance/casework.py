"""What every piece of work on a case begins with: the case held, unchanged since it was shown, and free."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Engine
from sqlmodel import Session

from compliance.case import CaseAction, CaseState, may_follow
from compliance.errors import ConflictError
from compliance.store import cases
from compliance.store.database import session_scope
from compliance.store.tables import CaseRow


@contextmanager
def at_work(
    engine: Engine, reference: str, revision: int, action: CaseAction, actor: str, now: datetime
) -> Iterator[tuple[Session, CaseRow]]:
    """Hold the case for one action, in one transaction.

    Raises LookupError for an unknown case, and ConflictError where it has changed since ``revision`` was shown, does
    not stand where the action is possible, or another officer works on it.
    """
    with session_scope(engine) as session:
        row = held(session, reference)
        check(row, revision, action)
        check_free(row, actor, now)
        yield session, row


def held(session: Session, reference: str) -> CaseRow:
    """Return the case, held against other writers. Raises LookupError for an unknown one."""
    row = cases.for_update(session, reference)
    if row is None:
        raise LookupError(f"there is no case {reference}")
    return row


def check(row: CaseRow, revision: int, action: CaseAction) -> None:
    """Raise ConflictError where the case is another than the officer was shown, or the action cannot follow."""
    if row.revision != revision or not may_follow(CaseState(row.state), action):
        stands = f" and stands as {row.disposition}" if row.disposition else ""
        stands = f" and was merged into {row.merged_into}" if row.state == CaseState.MERGED.value else stands
        raise ConflictError(f"{row.reference} has changed since you opened it{stands}")


def check_free(row: CaseRow, actor: str, now: datetime) -> None:
    """Raise ConflictError where another officer's claim on the case still runs."""
    if claimed_by_other(row, actor, now):
        until = f"{row.claimed_until:%H:%M}" if row.claimed_until else ""
        raise ConflictError(f"{row.claimed_by} is working on {row.reference} until {until} UTC")


def claimed_by_other(row: CaseRow, actor: str, now: datetime) -> bool:
    """True where another officer's claim still runs."""
    return row.claimed_by not in (None, actor) and row.claimed_until is not None and row.claimed_until > now
