"""What the review desk asks across shelves: counts."""

from collections.abc import Sequence

from sqlalchemy import func
from sqlmodel import Session, col, select

from compliance.case import CaseState
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
