"""Runs of the nightly job: their counts, and what the tables count independently for the same run."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, SQLModel, col, select

from compliance.case import CaseOrigin
from compliance.store import screenings, stories
from compliance.store.tables import CaseRow, CaseStoryRow, OutboxRow, RunFeedRow, RunRow, ScreeningRow, StoryRow


def open_run(session: Session, run_id: str, now: datetime, job: str = "nightly") -> None:
    """Enter a new run; any run still marked as running has lost its process and is marked interrupted."""
    for row in session.exec(select(RunRow).where(RunRow.state == "running")):
        row.state, row.finished_at = "interrupted", now
        row.faults = [*row.faults, "the process ended before the run did; the next run went on from there"]
        session.add(row)
    session.add(RunRow(id=run_id, job=job, started_at=now, counts={}, faults=[]))
    session.flush()


def close_run(session: Session, run_id: str, counts: Mapping[str, Any], faults: Sequence[str], now: datetime) -> None:
    """Enter the run's counts and whether they add up."""
    row = session.get_one(RunRow, run_id)
    row.counts, row.faults, row.finished_at = dict(counts), list(faults), now
    row.state = "unreconciled" if faults else "reconciled"
    session.add(row)


def fail_run(session: Session, run_id: str, reason: str, now: datetime) -> None:
    """Enter that the run ended before its work was done. What it had stored stays, and the next run goes on."""
    row = session.get_one(RunRow, run_id)
    row.state, row.finished_at, row.faults = "failed", now, [*row.faults, reason]
    session.add(row)


def record_feed(session: Session, row: RunFeedRow) -> None:
    """Enter what this run got from one feed."""
    session.merge(row)
    session.flush()


def feeds_of(session: Session, run_id: str) -> list[RunFeedRow]:
    """Return what the run got from each feed."""
    return list(session.exec(select(RunFeedRow).where(RunFeedRow.run_id == run_id).order_by(RunFeedRow.feed_id)))


def stored_counts(session: Session, run_id: str) -> dict[str, int]:
    """Count, from the tables alone, what the run left behind."""

    def of_run(table: type[SQLModel]) -> int:
        column = table.run_id  # type: ignore[attr-defined]  # every table passed here has the column
        return session.exec(select(func.count()).select_from(table).where(col(column) == run_id)).one()

    def cases_of(origin: CaseOrigin) -> int:
        found = select(func.count()).where(CaseRow.run_id == run_id, CaseRow.origin == origin.value)
        return session.exec(found).one()

    return {
        "feeds": of_run(RunFeedRow),
        "stories": of_run(StoryRow),
        "screenings": of_run(ScreeningRow),
        "not_covered": screenings.count_not_covered(session, run_id),
        "cases": cases_of(CaseOrigin.SCREENING),
        "drawn": cases_of(CaseOrigin.RANDOM),
        "places": _places(session, run_id),
        "alerts": of_run(OutboxRow),
        "unscreened": stories.count_unscreened(session),
    }


def follows_interrupted(session: Session, run_id: str) -> bool:
    """True where the run of the same job before this one lost its process."""
    this = session.get(RunRow, run_id)
    if this is None:
        return False
    before = select(RunRow.state).where(
        RunRow.job == this.job, RunRow.id != run_id, RunRow.started_at <= this.started_at
    )
    return session.exec(before.order_by(col(RunRow.started_at).desc()).limit(1)).first() == "interrupted"


def last_start(session: Session, job: str) -> datetime | None:
    """Return when a job last began, or None where it never did."""
    return session.exec(select(func.max(RunRow.started_at)).where(RunRow.job == job)).one()


def _places(session: Session, run_id: str) -> int:
    """Count the places in cases that stories screened by the run took, those drawn at random left out."""
    found = (
        select(func.count())
        .select_from(CaseStoryRow)
        .join(CaseRow, col(CaseRow.id) == col(CaseStoryRow.case_id))
        .join(ScreeningRow, col(ScreeningRow.id) == col(CaseStoryRow.screening_id))
        .where(ScreeningRow.run_id == run_id, CaseRow.origin == CaseOrigin.SCREENING.value)
    )
    return session.exec(found).one()


def latest(session: Session, limit: int = 10) -> list[RunRow]:
    """Return the newest runs first."""
    return list(session.exec(select(RunRow).order_by(col(RunRow.started_at).desc()).limit(limit)))
