"""Which captured bodies may be dropped, and the legal holds that forbid it. Digests and captures stay for ever."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import or_, union_all, update
from sqlmodel import Session, col, select

from compliance.case import CaseState
from compliance.store.tables import BodyRow, CaptureRow, CaseRow, CaseStoryRow, ListRow, QuarantineRow, StoryRow
from compliance.store.tables_holds import HoldRow
from compliance.store.tables_versions import StoryVersionRow


def droppable(session: Session, fetched_before: datetime, cases_before: datetime, limit: int) -> list[tuple[str, int]]:
    """Return digest and size of bodies that nothing keeps, smallest digest first.

    A body is kept while any fetch of it is younger than ``fetched_before``; while a story read from it lies in a case
    that is on hold, undecided, or changed since ``cases_before``; while something in quarantine needs it; and for ever
    where it is a version of a sanctions list.
    """
    statement = (
        select(BodyRow.digest, BodyRow.size)
        .where(col(BodyRow.dropped_at).is_(None))
        .where(col(BodyRow.digest).not_in(_fetched_since(fetched_before)))
        .where(col(BodyRow.digest).not_in(select(ListRow.body_digest)))
        .where(col(BodyRow.digest).not_in(_of_captures(_kept_captures(cases_before))))
        .order_by(BodyRow.digest)
        .limit(limit)
    )
    return [(digest, size) for digest, size in session.exec(statement)]


def _fetched_since(moment: datetime) -> Any:
    return select(CaptureRow.digest).where(CaptureRow.fetched_at >= moment)


def _of_captures(captures: Any) -> Any:
    return select(CaptureRow.digest).where(col(CaptureRow.id).in_(captures))


def _kept_captures(cases_before: datetime) -> Any:
    """Return the captures behind stories and versions of cases that are kept, and behind what is in quarantine."""
    held = select(HoldRow.case_id).where(col(HoldRow.released_at).is_(None))
    told = (
        select(CaseStoryRow.story_id)
        .join(CaseRow, col(CaseRow.id) == col(CaseStoryRow.case_id))
        .where(
            or_(
                col(CaseRow.state).not_in([CaseState.DECIDED.value, CaseState.MERGED.value]),
                col(CaseRow.changed_at) >= cases_before,
                col(CaseRow.id).in_(held),
            ),
        )
    )
    columns = [
        select(column).where(owner.in_(told), column.is_not(None))
        for column, owner in (
            (col(StoryRow.capture_id), col(StoryRow.id)),
            (col(StoryRow.page_capture_id), col(StoryRow.id)),
            (col(StoryVersionRow.capture_id), col(StoryVersionRow.story_id)),
            (col(StoryVersionRow.page_capture_id), col(StoryVersionRow.story_id)),
        )
    ]
    broken = select(col(QuarantineRow.capture_id)).where(col(QuarantineRow.capture_id).is_not(None))
    return union_all(*columns, broken)


def drop(session: Session, digests: Sequence[str], now: datetime) -> None:
    """Drop the bytes of these bodies; that they were there, their size and digest stay."""
    rows = update(BodyRow).where(col(BodyRow.digest).in_(list(digests)))
    session.connection().execute(rows.values(packed=b"", dropped_at=now))


def hold(session: Session, case_id: int, reason: str, by: str, now: datetime) -> HoldRow:
    """Put a case on hold."""
    row = HoldRow(case_id=case_id, reason=reason, set_by=by, set_at=now)
    session.add(row)
    session.flush()
    return row


def release(session: Session, case_id: int, by: str, now: datetime) -> int:
    """Release every hold on a case; return how many stood."""
    rows = standing(session, case_id)
    for row in rows:
        row.released_by, row.released_at = by, now
        session.add(row)
    session.flush()
    return len(rows)


def standing(session: Session, case_id: int | None = None) -> list[HoldRow]:
    """Return the holds that stand, on one case or on all, oldest first."""
    statement = select(HoldRow).where(col(HoldRow.released_at).is_(None)).order_by(col(HoldRow.id))
    if case_id is not None:
        statement = statement.where(HoldRow.case_id == case_id)
    return list(session.exec(statement))
