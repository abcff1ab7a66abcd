"""How things stand: feeds and their silences, lists, what judged last, the last runs, and what was left out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from compliance.silence import Silence, silence
from compliance.store import feeds, runs, screenings
from compliance.store.desk import counts
from compliance.store.tables import FeedRow, ListRow, QuarantineRow, RunFeedRow, RunRow, ScreeningRow
from compliance.story import FeedState

LOOK_BACK = timedelta(days=30)
SILENCE_LOOK_BACK = timedelta(days=60)
# The UN list is refreshed daily; one and a half days mean that a refresh failed.
LIST_AGE = timedelta(hours=36)
_RUNS = 20


@dataclass(frozen=True, slots=True)
class FeedStanding:
    """A feed's row, and how long it has brought nothing new beside what is usual; None where too little is known."""

    row: FeedRow
    is_healthy: bool
    silence: Silence | None


@dataclass(frozen=True, slots=True)
class ListStanding:
    """The version of a sanctions list in use, when it was last seen at its source, and a newer one that was refused."""

    row: ListRow
    is_old: bool
    refused: ListRow | None


@dataclass(frozen=True, slots=True)
class Version:
    """A part that judges, its version, and since when it has judged here without a break."""

    part: str
    version: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Judged:
    """When the newest judgement was made, and the versions behind it."""

    at: datetime
    versions: Sequence[Version]


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything the coverage page shows."""

    now: datetime
    feeds: Sequence[FeedStanding]
    lists: Sequence[ListStanding]
    judged: Judged | None
    runs: Sequence[RunRow]
    unread: Sequence[tuple[str, str | None, int]]
    parked: int
    cases: dict[str, int]
    why_empty: Sequence[str]

    @property
    def failing(self) -> int:
        """How many feeds did not answer as a feed should."""
        return sum(not feed.is_healthy for feed in self.feeds)

    @property
    def too_quiet(self) -> int:
        """How many feeds are silent for longer than usual."""
        return sum(feed.silence is not None and feed.silence.is_long for feed in self.feeds)


def standing(session: Session, now: datetime) -> Standing:
    """Return how things stand."""
    quiet = _silences(session, now)
    told = [FeedStanding(row, FeedState(row.state).is_healthy, quiet.get(row.id)) for row in feeds.all_feeds(session)]
    latest = runs.latest(session, _RUNS)
    unread = screenings.languages_not_covered(session, now - LOOK_BACK)
    parked = session.exec(select(func.count()).select_from(QuarantineRow)).one()
    number = counts(session)
    why = why_empty(told, latest, number) if not number.get("waiting") else []
    return Standing(now, told, _lists(session, now), _judged(session), latest, unread, parked, number, why)


def why_empty(told: Sequence[FeedStanding], latest: Sequence[RunRow], cases: dict[str, int]) -> list[str]:
    """Return, in sentences, why no case waits: what was looked at, and what could not be. Pure."""
    if not latest:
        return ["The nightly job has never run here, so nothing has been looked at."]
    run, said = latest[0], []
    screened, flagged = run.counts.get("screened", 0), run.counts.get("flagged", 0)
    if run.state == "running":
        said.append("A run is under way: what it finds comes here when it has been judged.")
    elif run.state != "reconciled":
        said.append(f"The last run {_ENDS.get(run.state, run.state)}, so silence may mean that something was missed.")
    elif not screened:
        said.append("The last run brought no new story to judge.")
    elif not flagged:
        said.append(f"The last run judged {screened} stories and flagged none.")
    failing = sum(not feed.is_healthy for feed in told)
    if failing:
        said.append(f"{failing} of {len(told)} feeds could not be read: what they tell is not known.")
    if not told:
        said.append("No feed has been read yet.")
    if cases.get("decided"):
        said.append(f"All {cases['decided']} cases there are have been decided.")
    return said


_ENDS = {"unreconciled": "did not reconcile", "interrupted": "was interrupted", "failed": "failed"}


def _silences(session: Session, now: datetime) -> dict[str, Silence]:
    """Return each feed's silence, from the days on which it brought something new."""
    day = func.date(RunRow.started_at)
    statement = (
        select(RunFeedRow.feed_id, day)
        .join(RunRow, col(RunRow.id) == col(RunFeedRow.run_id))
        .where(col(RunFeedRow.new) > 0, col(RunRow.started_at) >= now - SILENCE_LOOK_BACK)
        .group_by(col(RunFeedRow.feed_id), day)
    )
    days: dict[str, list[date]] = {}
    for feed, told in session.exec(statement):
        days.setdefault(feed, []).append(told if isinstance(told, date) else date.fromisoformat(str(told)))
    return {feed: found for feed, told in days.items() if (found := silence(told, now.date())) is not None}


def _lists(session: Session, now: datetime) -> list[ListStanding]:
    found: dict[str, ListStanding] = {}
    refused: dict[str, ListRow] = {}
    for row in session.exec(select(ListRow).order_by(col(ListRow.id).desc()).limit(500)):
        if row.source in found:
            continue
        if row.accepted:
            found[row.source] = ListStanding(row, now - row.last_seen > LIST_AGE, refused.get(row.source))
        else:
            refused.setdefault(row.source, row)
    return sorted(found.values(), key=lambda told: told.row.source)


_PARTS = (("classifier", "model_version"), ("rules", "rules_version"), ("policy", "policy_version"))


def _judged(session: Session) -> Judged | None:
    newest = session.exec(select(ScreeningRow).order_by(col(ScreeningRow.id).desc()).limit(1)).first()
    if newest is None:
        return None
    told = [Version(part, getattr(newest, column), _since(session, newest, column)) for part, column in _PARTS]
    return Judged(newest.created_at, told)


def _since(session: Session, newest: ScreeningRow, column: str) -> datetime:
    """Return when the newest judgement's version first judged, in as many look-ups as the number of rows has bits."""
    kept: Any = getattr(ScreeningRow, column)
    low, high, since = 1, newest.id or 1, newest.created_at
    while low < high:
        middle = (low + high) // 2
        at_or_after = select(ScreeningRow.created_at, kept).where(col(ScreeningRow.id) >= middle)
        created, version = session.exec(at_or_after.order_by(col(ScreeningRow.id)).limit(1)).one()
        if version == getattr(newest, column):
            high, since = middle, created
        else:
            low = middle + 1
    return since
