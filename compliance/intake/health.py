"""How a feed stands over time: weighted failures, backoff, return, silence, possible loss, and when to ask next. Pure.

No feed is ever switched off: the longest wait is a day, and the first answer that reads as a feed clears its failures.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from compliance.story import Entry, FeedState, FetchOutcome

DAY = timedelta(days=1)
# Failures that come and go by themselves weigh least, those that need a person most.
_TEMPORARY, _SOFT, _HARD = 0.5, 1.0, 2.0
_WEIGHTS = {
    FeedState.TIMEOUT: _TEMPORARY,
    FeedState.CONNECTION: _TEMPORARY,
    FeedState.DNS: _TEMPORARY,
    FeedState.PARSE_ERROR: _SOFT,
    FeedState.NOT_A_FEED: _SOFT,
    FeedState.TOO_LARGE: _SOFT,
    FeedState.HTTP_ERROR: _SOFT,
    FeedState.BLOCKED: _HARD,
    FeedState.BAD_URL: _HARD,
    FeedState.TLS: _HARD,
    FeedState.REDIRECT: _HARD,
}
_FAILING_FROM = 3.0
_MOST_DOUBLINGS = 20.0
_CONTENT = (FeedState.NOT_A_FEED, FeedState.PARSE_ERROR)
_SILENT_FROM = DAY
_UNKNOWN_SILENCE = timedelta(days=30)
_LONGEST_USUAL = timedelta(days=90)


class Standing(StrEnum):
    """How a feed stands. Shaky has failed, but too little to tell; failing needs a look; neither is ever dropped."""

    NEW = "new"
    HEALTHY = "healthy"
    SHAKY = "shaky"
    FAILING = "failing"


class Event(StrEnum):
    """What is raised about a feed."""

    FAILING = "failing"
    RECOVERED = "recovered"
    SILENT = "silent longer than usual"
    SPEAKS = "speaks again"
    LOSS = "no overlap with the last fetch"
    MOVED = "moved for good"


@dataclass(frozen=True, slots=True)
class Bounds:
    """How often a feed is asked at most and at least while it is well."""

    shortest: timedelta
    longest: timedelta
    first: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Health:
    """What is remembered of a feed between two fetches. ``interval`` and ``longest_gap`` are in seconds."""

    state: FeedState = FeedState.OK
    reason: str = ""
    standing: Standing = Standing.NEW
    weight: float = 0.0
    failures: int = 0
    failing_since: datetime | None = None
    last_success: datetime | None = None
    last_new: datetime | None = None
    interval: int = 0
    longest_gap: int | None = None
    next_check: datetime | None = None
    held_until: datetime | None = None
    silent_since: datetime | None = None
    lost_at: datetime | None = None
    losses: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """What one whole document held: its entries, those that were new, and the pace that their dates tell."""

    entries: int = 0
    new: int = 0
    span: timedelta | None = None
    longest_gap: timedelta | None = None
    newest: datetime | None = None


def pace(entries: Iterable[Entry], new: int) -> Seen:
    """Return what a document tells about its feed's pace; three dated entries are the least that tell any."""
    listed = list(entries)
    dates = sorted(entry.published for entry in listed if entry.published)
    if len(dates) < 3:
        return Seen(len(listed), new, newest=dates[-1] if dates else None)
    gaps = [later - earlier for earlier, later in pairwise(dates)]
    return Seen(len(listed), new, dates[-1] - dates[0], max(gaps), dates[-1])


def is_due(health: Health, now: datetime) -> bool:
    """True where the feed is to be asked by its own pace.

    A check that lies further ahead than a day was set by a clock that went wrong, and counts as due.
    """
    if is_held(health, now):
        return False
    return health.next_check is None or not now < health.next_check <= now + DAY


def is_held(health: Health, now: datetime) -> bool:
    """True where the server has told us to wait longer."""
    return health.held_until is not None and now < health.held_until <= now + DAY


def advance(
    health: Health, outcome: FetchOutcome, seen: Seen, now: datetime, bounds: Bounds, jitter: float
) -> tuple[Health, tuple[Event, ...]]:
    """Return how the feed stands after a fetch, and what is to be raised. ``jitter`` lies between 0 and 1.

    An ``unchanged`` answer after a failure of content is no success: what was there could not be read, and still
    is what it was.
    """
    if outcome.state is FeedState.UNCHANGED and health.state in _CONTENT:
        outcome = replace(outcome, state=health.state, reason=health.reason)
    if not outcome.state.is_healthy:
        return _failed(health, outcome, now, bounds, jitter)
    return _succeeded(health, outcome, seen, now, bounds, jitter)


def weight_of(outcome: FetchOutcome) -> float:
    """Return what one failure weighs: a timeout half, a refusal one, what needs a person two."""
    if outcome.state is FeedState.HTTP_ERROR and outcome.status is not None:
        if outcome.status >= 500 or outcome.status in (408, 425, 429):
            return _TEMPORARY
        if outcome.status in (404, 410):
            return _HARD
    return _WEIGHTS.get(outcome.state, _SOFT)


def _failed(
    health: Health, outcome: FetchOutcome, now: datetime, bounds: Bounds, jitter: float
) -> tuple[Health, tuple[Event, ...]]:
    weight = health.weight + weight_of(outcome)
    since = health.failing_since or now
    is_failing = weight >= _FAILING_FROM or now - since >= DAY
    interval = health.interval or int(bounds.first.total_seconds())
    wait = min(DAY, timedelta(seconds=interval * 2 ** min(weight, _MOST_DOUBLINGS)) * (1 + 0.2 * jitter))
    held = now + min(DAY, timedelta(seconds=outcome.retry_after)) if outcome.retry_after else None
    after = replace(
        health,
        state=outcome.state,
        reason=outcome.reason,
        standing=Standing.FAILING if is_failing else Standing.SHAKY,
        weight=weight,
        failures=health.failures + 1,
        failing_since=since,
        interval=interval,
        next_check=max(now + wait, held or now),
        held_until=held,
    )
    return after, (Event.FAILING,) if is_failing and health.standing is not Standing.FAILING else ()


def _succeeded(
    health: Health, outcome: FetchOutcome, seen: Seen, now: datetime, bounds: Bounds, jitter: float
) -> tuple[Health, tuple[Event, ...]]:
    events = [Event.RECOVERED] if health.standing is Standing.FAILING else []
    is_lost = health.last_new is not None and seen.new == seen.entries > 1
    if is_lost:
        events.append(Event.LOSS)
    interval = _next_interval(health, seen, bounds, is_lost)
    after = replace(
        health,
        state=outcome.state,
        reason=outcome.reason,
        standing=Standing.HEALTHY,
        weight=0.0,
        failures=0,
        failing_since=None,
        last_success=now,
        last_new=now if seen.new else health.last_new,
        interval=int(interval.total_seconds()),
        longest_gap=_learnt_gap(health, seen, now),
        next_check=now + interval * (0.9 + 0.2 * jitter),
        held_until=None,
        lost_at=now if is_lost else health.lost_at,
        losses=health.losses + is_lost,
    )
    return _listened(after, seen, now, events)


def _next_interval(health: Health, seen: Seen, bounds: Bounds, is_lost: bool) -> timedelta:
    """Return the next wait: a quarter of the time the document reaches back, longer while nothing comes."""
    ceiling = bounds.longest
    if seen.span is not None:
        ceiling = _within(seen.span / 4, bounds)
    wanted = timedelta(seconds=health.interval) if health.interval else bounds.first
    if is_lost or (health.last_new is not None and seen.new * 2 > seen.entries > 1):
        wanted = wanted / 2
    elif not seen.new:
        wanted = wanted * 1.5
    return _within(min(wanted, ceiling), bounds)


def _within(wanted: timedelta, bounds: Bounds) -> timedelta:
    return max(bounds.shortest, min(bounds.longest, wanted))


def _learnt_gap(health: Health, seen: Seen, now: datetime) -> int | None:
    """Return the longest pause known of the feed; one that it has just ended counts, so that it alarms only once."""
    pauses = [seen.longest_gap] if seen.longest_gap is not None else []
    if seen.new and health.last_new is not None:
        pauses.append(now - health.last_new)
    known = [int(min(p, _LONGEST_USUAL).total_seconds()) for p in pauses]
    return max((*known, health.longest_gap or 0)) if known or health.longest_gap else None


def _listened(health: Health, seen: Seen, now: datetime, events: list[Event]) -> tuple[Health, tuple[Event, ...]]:
    heard = [moment for moment in (health.last_new, seen.newest) if moment is not None and moment <= now]
    if seen.new:
        if health.silent_since is not None:
            events.append(Event.SPEAKS)
        return replace(health, silent_since=None), tuple(events)
    usual = _UNKNOWN_SILENCE if health.longest_gap is None else timedelta(seconds=2 * health.longest_gap)
    if heard and health.silent_since is None and now - max(heard) > max(_SILENT_FROM, usual):
        events.append(Event.SILENT)
        return replace(health, silent_since=max(heard)), tuple(events)
    return health, tuple(events)
