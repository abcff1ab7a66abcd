"""What the review desk asks across shelves: counts, places in the queue, what comes next."""

from collections.abc import Sequence

from sqlalchemy import func
from sqlmodel import Session, col, select

from compliance.case import CaseState
from compliance.store import cases
from compliance.store.tables import CaseRow, CaseStoryRow


def story_counts(session: Session, case_ids: Sequence[int]) -> dict[int, int]:
    """Return how many stories tell of each case."""
    statement = (
        select(CaseStoryRow.case_id, func.count())
        .where(col(CaseStoryRow.case_id).in_(list(case_ids)))
        .group_by(col(CaseStoryRow.case_id))
    )
    return dict(session.exec(statement).all())


def counts(session: Session) -> dict[str, int]:
    """Return how many cases are in each state."""
    statement = select(CaseRow.state, func.count()).group_by(CaseRow.state)
    return {state.value: 0 for state in CaseState} | dict(session.exec(statement).all())


def next_waiting(session: Session) -> str | None:
    """Return the reference of the case to decide next, or None where none waits."""
    first = cases.waiting(session, 1)
    return first[0].reference if first else None


def place_in_queue(session: Session, reference: str) -> tuple[int, int] | None:
    """Return a waiting case's place and the queue's length, or None where it does not wait."""
    references = [row.reference for row in cases.waiting(session, 10_000)]
    return (references.index(reference) + 1, len(references)) if reference in references else None
