"""Long lists in pages: newest first, each page from where the one before ended, so that no page gets slower."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlmodel import Session, SQLModel, col, select

from compliance.store.tables import CaseRow, LedgerRow, StoryRow

Row = TypeVar("Row", bound=SQLModel)


@dataclass(frozen=True, slots=True)
class Slice(Generic[Row]):
    """Up to ``limit`` rows, and the id before which the next page begins; None where this is the last."""

    rows: Sequence[Row]
    before: int | None


def _sliced(
    session: Session, table: type[Row], conditions: Sequence[Any], before: int | None, limit: int
) -> Slice[Row]:
    key: Any = col(table.id)  # type: ignore[attr-defined]  # every table passed here has an integer id
    statement = select(table).where(*conditions)
    if before is not None:
        statement = statement.where(key < before)
    rows = list(session.exec(statement.order_by(key.desc()).limit(limit + 1)))
    more = len(rows) > limit
    rows = rows[:limit]
    return Slice(rows, rows[-1].id if more else None)  # type: ignore[attr-defined]  # as above


def cases(
    session: Session,
    *,
    state: str | None = None,
    verdict: str | None = None,
    disposition: str | None = None,
    since: datetime | None = None,
    before: int | None = None,
    limit: int = 50,
) -> Slice[CaseRow]:
    """Return cases, newest first, narrowed by what is given; ``since`` bounds their last change from below."""
    given = ((CaseRow.state, state), (CaseRow.verdict, verdict), (CaseRow.disposition, disposition))
    conditions = [col(column) == value for column, value in given if value is not None]
    if since is not None:
        conditions.append(col(CaseRow.changed_at) >= since)
    return _sliced(session, CaseRow, conditions, before, limit)


def stories(
    session: Session,
    *,
    feed: str | None = None,
    since: datetime | None = None,
    before: int | None = None,
    limit: int = 50,
) -> Slice[StoryRow]:
    """Return stories, newest first, of one feed or seen since then where that is given."""
    conditions: list[Any] = [] if feed is None else [col(StoryRow.feed_id) == feed]
    if since is not None:
        conditions.append(col(StoryRow.first_seen) >= since)
    return _sliced(session, StoryRow, conditions, before, limit)


def record(
    session: Session,
    *,
    subject: str | None = None,
    actor: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> Slice[LedgerRow]:
    """Return the rows of the record, newest first."""
    given = ((LedgerRow.subject, subject), (LedgerRow.actor, actor))
    conditions = [col(column) == value for column, value in given if value]
    return _sliced(session, LedgerRow, conditions, before, limit)
