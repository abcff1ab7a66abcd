"""What a day (UTC) left in the tables, counted from rows that no later day changes: the ground of its certificate."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from statistics import median
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, SQLModel, col, select

from compliance.case import CaseAction
from compliance.store.tables import (
    CaseRow,
    DeliveryRow,
    LedgerRow,
    ListRow,
    OutboxRow,
    RunFeedRow,
    RunRow,
    ScreeningRow,
    StoryRow,
)
from compliance.story import FeedState

HEALTHY = tuple(state.value for state in FeedState if state.is_healthy)
EXPECTED = timedelta(days=7)
_HABIT = timedelta(days=60)
_LEAST_NEWS = 4
_SILENCE = 3.0
# A run whose process died is marked only when the next one starts; both words mean the same to a certificate.
_UNFINISHED = ("running", "interrupted")


def span(day: date) -> tuple[datetime, datetime]:
    """Return the first moment of the day and of the one after it, in UTC."""
    start = datetime.combine(day, time(), UTC)
    return start, start + timedelta(days=1)


def facts_of(session: Session, day: date) -> dict[str, Any]:
    """Return what the tables hold of a day. Asked again later, of the same rows, the answer is the same."""
    start, end = span(day)
    runs = list(
        session.exec(
            select(RunRow)
            .where(col(RunRow.started_at) >= start, col(RunRow.started_at) < end)
            .order_by(col(RunRow.started_at), col(RunRow.id))
        )
    )
    readings = _readings(session, [run.id for run in runs])
    faults = _faults(session, runs, readings)
    return {
        "day": day.isoformat(),
        "runs": [_run(run) for run in runs],
        "feeds": _feeds(session, runs, readings, start, end),
        "stories": _stories(session, runs, readings, start, end),
        "cases": _cases(session, start, end),
        "alerts": _alerts(session, start, end),
        "versions": _versions(session, start, end),
        "lists": _lists(session, end),
        "ledger": _head(session, end),
        "reconciles": bool(runs) and not faults,
        "faults": faults,
    }


def _run(run: RunRow) -> dict[str, Any]:
    return {"id": run.id, "began": _moment(run.started_at), "state": _state(run)}


def _state(run: RunRow) -> str:
    return "unfinished" if run.state in _UNFINISHED else run.state


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")


def _readings(session: Session, run_ids: Sequence[str]) -> list[tuple[datetime, RunFeedRow]]:
    """Return every reading of a feed by these runs, in the order of the runs."""
    found: list[tuple[datetime, RunFeedRow]] = []
    for first in range(0, len(run_ids), 500):
        statement = (
            select(RunRow.started_at, RunFeedRow)
            .join(RunRow, col(RunRow.id) == col(RunFeedRow.run_id))
            .where(col(RunFeedRow.run_id).in_(list(run_ids[first : first + 500])))
            .order_by(col(RunRow.started_at), col(RunFeedRow.feed_id))
        )
        found += [(at, row) for at, row in session.exec(statement)]
    return found


def _feeds(
    session: Session,
    runs: Sequence[RunRow],
    readings: Iterable[tuple[datetime, RunFeedRow]],
    start: datetime,
    end: datetime,
) -> dict[str, Any]:
    by_feed: dict[str, list[tuple[datetime, RunFeedRow]]] = {}
    for at, row in readings:
        by_feed.setdefault(row.feed_id, []).append((at, row))
    last = {feed: rows[-1][1] for feed, rows in by_feed.items()}
    failed = sorted(feed for feed, row in last.items() if row.state not in HEALTHY)
    read = [feed for feed in last if feed not in failed and any(r.state in ("ok", "empty") for _, r in by_feed[feed])]
    recovered = [f for f, rows in by_feed.items() if f not in failed and any(r.state not in HEALTHY for _, r in rows)]
    expected = _expected(session, start)
    return {
        "due": len(set(last) | expected),
        "read": len(read),
        "unchanged": len(last) - len(failed) - len(read),
        "failed": [_failed(last[feed], _failing_since(session, feed, end)) for feed in failed],
        "recovered": len(recovered),
        "not_asked": sorted(expected - set(last)),
        "silent": _silent(session, end) if runs else [],
        "gaps": _gaps(session, by_feed, start),
    }


def _failed(row: RunFeedRow, since: datetime | None) -> dict[str, Any]:
    return {
        "feed": row.feed_id,
        "state": row.state,
        "reason": row.reason[:200],
        "since": _moment(since) if since else "",
    }


def _expected(session: Session, start: datetime) -> set[str]:
    """Return the feeds that the last run before the day read, if it was in the week before: they are due again."""
    last = session.exec(
        select(RunRow.id)
        .join(RunFeedRow, col(RunFeedRow.run_id) == col(RunRow.id))
        .where(col(RunRow.started_at) < start, col(RunRow.started_at) >= start - EXPECTED)
        .order_by(col(RunRow.started_at).desc())
        .limit(1)
    ).first()
    return set(session.exec(select(RunFeedRow.feed_id).where(RunFeedRow.run_id == last))) if last else set()


def _failing_since(session: Session, feed: str, end: datetime) -> datetime | None:
    """Return when the failures began that a feed's last reading before ``end`` belongs to."""
    began = col(RunRow.started_at)
    of_feed = (
        select(began)
        .join(RunFeedRow, col(RunFeedRow.run_id) == col(RunRow.id))
        .where(RunFeedRow.feed_id == feed, began < end)
    )
    good = session.exec(of_feed.where(col(RunFeedRow.state).in_(HEALTHY)).order_by(began.desc()).limit(1)).first()
    bad = of_feed.where(col(RunFeedRow.state).not_in(HEALTHY))
    if good is not None:
        bad = bad.where(began > good)
    return session.exec(bad.order_by(began).limit(1)).first()


def _silent(session: Session, end: datetime) -> list[dict[str, Any]]:
    """Return the feeds that brought nothing new for more than three times their usual pause, and for a day at least."""
    news: dict[str, list[datetime]] = {}
    statement = (
        select(RunFeedRow.feed_id, RunRow.started_at)
        .join(RunRow, col(RunRow.id) == col(RunFeedRow.run_id))
        .where(RunFeedRow.new > 0, col(RunRow.started_at) >= end - _HABIT, col(RunRow.started_at) < end)
        .order_by(col(RunRow.started_at))
    )
    for feed, at in session.exec(statement):
        news.setdefault(feed, []).append(at)
    found = []
    for feed, moments in sorted(news.items()):
        pauses = [(b - a).total_seconds() for a, b in pairwise(moments)]
        if len(pauses) < _LEAST_NEWS:
            continue
        usual, silent = median(pauses), (end - moments[-1]).total_seconds()
        if silent > max(_SILENCE * usual, timedelta(days=1).total_seconds()):
            found.append({"feed": feed, "last_new": _moment(moments[-1]), "usual_hours": round(usual / 3600, 1)})
    return found


def _gaps(
    session: Session, by_feed: dict[str, list[tuple[datetime, RunFeedRow]]], start: datetime
) -> list[dict[str, Any]]:
    """Return the readings that share no entry with the one before: what came between may be lost."""
    suspects = {
        feed: [(at, row) for at, row in rows if row.state == "ok" and row.new > 0 and row.known == 0]
        for feed, rows in by_feed.items()
    }
    suspects = {feed: rows for feed, rows in suspects.items() if rows}
    earlier = (
        select(RunFeedRow.feed_id)
        .join(RunRow, col(RunRow.id) == col(RunFeedRow.run_id))
        .where(col(RunFeedRow.feed_id).in_(list(suspects)), RunFeedRow.entries > 0, col(RunRow.started_at) < start)
        .distinct()
    )
    read_before = set(session.exec(earlier))
    found = []
    for feed, rows in sorted(suspects.items()):
        first = min((at for at, row in by_feed[feed] if row.entries > 0), default=start)
        found += [
            {"feed": feed, "at": _moment(at), "entries": row.entries}
            for at, row in rows
            if feed in read_before or at > first
        ]
    return found


def _stories(
    session: Session,
    runs: Sequence[RunRow],
    readings: Iterable[tuple[datetime, RunFeedRow]],
    start: datetime,
    end: datetime,
) -> dict[str, int]:
    def screened(*verdicts: str) -> int:
        which = [col(ScreeningRow.created_at) >= start, col(ScreeningRow.created_at) < end]
        if verdicts:
            which.append(col(ScreeningRow.verdict).in_(verdicts))
        return session.exec(select(func.count()).select_from(ScreeningRow).where(*which)).one()

    quarantined = sum(int(run.counts.get("screening_quarantined", 0)) for run in runs)
    return {
        "new": _count(session, StoryRow, StoryRow.first_seen, start, end),
        "duplicate": sum(row.known for _, row in readings),
        "screened": screened(),
        "flagged": screened("review", "alert"),
        "not_covered": screened("not_covered"),
        "quarantined": quarantined + sum(row.quarantined for _, row in readings),
    }


def _count(session: Session, table: type[SQLModel], moment: Any, start: datetime, end: datetime) -> int:
    return session.exec(select(func.count()).select_from(table).where(moment >= start, moment < end)).one()


def _cases(session: Session, start: datetime, end: datetime) -> dict[str, int]:
    def subjects(action: CaseAction) -> int:
        events = select(func.count(func.distinct(LedgerRow.subject))).where(
            col(LedgerRow.at) >= start, col(LedgerRow.at) < end, LedgerRow.action == action.value
        )
        return session.exec(events).one()

    return {
        "opened": _count(session, CaseRow, CaseRow.opened_at, start, end),
        "changed": subjects(CaseAction.STORY_JOINED),
        "decided": subjects(CaseAction.DECIDED),
    }


def _alerts(session: Session, start: datetime, end: datetime) -> dict[str, int]:
    tried = [col(DeliveryRow.at) >= start, col(DeliveryRow.at) < end]
    accepted = select(func.count()).select_from(DeliveryRow).where(*tried, col(DeliveryRow.accepted).is_(True))
    return {
        "queued": _count(session, OutboxRow, OutboxRow.created_at, start, end),
        "accepted": session.exec(accepted).one(),
        "attempts": session.exec(select(func.count()).select_from(DeliveryRow).where(*tried)).one(),
    }


def _versions(session: Session, start: datetime, end: datetime) -> dict[str, list[dict[str, str]]]:
    """Return the versions that judged in the day, else the last before it, and since when each is in use."""
    found = {}
    for word, column in (
        ("model", ScreeningRow.model_version),
        ("rules", ScreeningRow.rules_version),
        ("policy", ScreeningRow.policy_version),
    ):
        at = col(ScreeningRow.created_at)
        used = sorted(session.exec(select(column).where(at >= start, at < end).distinct()))
        if not used:
            used = list(session.exec(select(column).where(at < start).order_by(col(ScreeningRow.id).desc()).limit(1)))
        since = {v: session.exec(select(func.min(at)).where(col(column) == v)).one() for v in used}
        found[word] = [{"version": v, "in_use_since": _moment(since[v])} for v in used]
    return found


def _lists(session: Session, end: datetime) -> list[dict[str, str]]:
    """Return the newest version of each list that was in use at the day's end."""
    newest: dict[str, ListRow] = {}
    statement = select(ListRow).where(col(ListRow.accepted).is_(True), col(ListRow.fetched_at) < end)
    for row in session.exec(statement.order_by(col(ListRow.fetched_at))):
        newest[row.source] = row
    return [
        {"source": s, "digest": r.digest, "generated": r.generated, "fetched": _moment(r.fetched_at)}
        for s, r in sorted(newest.items())
    ]


def _head(session: Session, end: datetime) -> dict[str, Any]:
    """Return the newest ledger row of the day's end: who keeps this certificate can tell if the ledger was cut."""
    head = session.exec(
        select(LedgerRow).where(col(LedgerRow.at) < end).order_by(col(LedgerRow.id).desc()).limit(1)
    ).first()
    return {"row": head.id, "digest": head.digest} if head else {"row": 0, "digest": ""}


def _faults(session: Session, runs: Sequence[RunRow], readings: Sequence[tuple[datetime, RunFeedRow]]) -> list[str]:
    """Return every run that did not end well, and every sum of the day that two counts do not agree on."""
    found = [f"run {run.id} is {_state(run)}" for run in runs if run.state != "reconciled"]
    ids = [run.id for run in runs]

    def stored(table: type[SQLModel]) -> int:
        column = table.run_id  # type: ignore[attr-defined]  # every table passed here has the column
        return session.exec(select(func.count()).select_from(table).where(col(column).in_(ids))).one()

    def told(key: str) -> int:
        return sum(int(run.counts.get(key, 0)) for run in runs if _state(run) != "unfinished")

    if not all(run.state in ("reconciled", "unreconciled") for run in runs):
        # A run that broke off left rows that no run counted; its own line above says so.
        return found
    sums = [
        ("new stories told by the feeds and stored", sum(row.new for _, row in readings), stored(StoryRow)),
        ("screened as the runs say and as stored", told("screened"), stored(ScreeningRow)),
        ("cases opened or drawn and stored", told("cases_opened") + told("cases_drawn"), stored(CaseRow)),
        ("alerts queued and stored", told("alerts_queued"), stored(OutboxRow)),
    ]
    return found + [f"{words}: {left} and {right}" for words, left, right in sums if left != right]
