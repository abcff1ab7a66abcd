"""A feed's standing over days, told as a sequence of fetches."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.intake.health import (
    DAY,
    Bounds,
    Event,
    Health,
    Seen,
    Standing,
    advance,
    is_due,
    is_held,
    pace,
    weight_of,
)
from compliance.story import Entry, FeedState, FetchOutcome

START = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
BOUNDS = Bounds(timedelta(minutes=15), timedelta(hours=6))
OK = FetchOutcome(FeedState.OK, "")
SAME = FetchOutcome(FeedState.UNCHANGED, "not modified")
GONE = FetchOutcome(FeedState.HTTP_ERROR, "answered 410", status=410)
BUSY = FetchOutcome(FeedState.HTTP_ERROR, "answered 503", status=503)
SLOW = FetchOutcome(FeedState.TIMEOUT, "no answer in time")
PAGE = FetchOutcome(FeedState.NOT_A_FEED, "a web page, not a feed")


def step(health: Health, outcome: FetchOutcome, now: datetime, seen: Seen | None = None) -> tuple[Health, set[Event]]:
    after, events = advance(health, outcome, seen or Seen(), now, BOUNDS, 0.5)
    return after, set(events)


def healthy(**changes: object) -> Health:
    given = {"standing": Standing.HEALTHY, "last_success": START, "last_new": START, "interval": 3600}
    return Health(**given | changes)


def test_one_timeout_makes_a_feed_shaky_and_a_success_clears_it() -> None:
    shaky, events = step(healthy(), SLOW, START)
    assert (shaky.standing, shaky.failures, events) == (Standing.SHAKY, 1, set())
    well, events = step(shaky, OK, START + HOUR)
    assert (well.standing, well.failures, well.weight, events) == (Standing.HEALTHY, 0, 0.0, set())


@pytest.mark.parametrize(("outcome", "fetches"), [(GONE, 2), (PAGE, 3), (SLOW, 6), (BUSY, 6)])
def test_what_needs_a_person_fails_sooner_than_what_passes_by_itself(outcome: FetchOutcome, fetches: int) -> None:
    health, raised = healthy(), 0
    for _ in range(fetches):
        assert health.standing is not Standing.FAILING
        health, events = step(health, outcome, START)
        raised += Event.FAILING in events
    assert health.standing is Standing.FAILING and raised == 1
    _, events = step(health, outcome, START)
    assert events == set()


def test_a_day_of_light_failures_is_failing_too() -> None:
    health, _ = step(healthy(), SLOW, START)
    health, events = step(health, SLOW, START + DAY)
    assert health.standing is Standing.FAILING and Event.FAILING in events


def test_a_failing_feed_is_asked_ever_more_seldom_but_at_least_daily_and_never_dropped() -> None:
    health, now, waits = healthy(), START, []
    for _ in range(60):
        health, _ = step(health, GONE, now)
        assert health.next_check is not None
        waits.append(health.next_check - now)
        now = health.next_check
        assert is_due(health, now)
    assert waits == sorted(waits) and waits[0] > HOUR and waits[-1] == DAY
    well, events = step(health, OK, now, Seen(10, 2))
    assert events == {Event.RECOVERED} and well.standing is Standing.HEALTHY
    assert well.next_check is not None and well.next_check - now <= BOUNDS.longest * 1.1


def test_a_304_after_a_failure_of_content_clears_nothing() -> None:
    broken, _ = step(healthy(), PAGE, START)
    after, _ = step(broken, SAME, START + HOUR)
    assert (after.state, after.standing, after.reason) == (FeedState.NOT_A_FEED, Standing.SHAKY, PAGE.reason)
    assert (after.failures, after.last_success) == (2, START)
    unreachable, _ = step(healthy(), SLOW, START)
    assert step(unreachable, SAME, START + HOUR)[0].standing is Standing.HEALTHY


@pytest.mark.parametrize("asked", [0.0, 1.0, 120.0, 7_200.0, 86_400.0, 9e9])
def test_the_next_try_is_never_before_the_time_told_and_within_a_day(asked: float) -> None:
    health, _ = step(healthy(), replace(BUSY, retry_after=asked), START)
    told = START + timedelta(seconds=min(asked, 86_400.0))
    assert health.next_check is not None and told <= health.next_check <= START + DAY
    if asked:
        assert is_held(health, told - timedelta(milliseconds=1)) and not is_held(health, told)
        assert not is_due(health, told - timedelta(milliseconds=1))


def test_the_pace_of_a_document_is_told_by_three_dates() -> None:
    def entry(hours: float | None) -> Entry:
        return Entry("x", None, None, "", "", None if hours is None else START - hours * HOUR)

    seen = pace([entry(0), entry(None), entry(10), entry(4)], 2)
    assert (seen.entries, seen.new, seen.span, seen.longest_gap) == (4, 2, 10 * HOUR, 6 * HOUR)
    assert pace([entry(0), entry(1)], 0).span is None


def test_a_fast_feed_is_asked_often_and_a_slow_one_seldom() -> None:
    fast, slow = healthy(), healthy()
    for n in range(10):
        now = START + n * HOUR
        fast, _ = step(fast, OK, now, Seen(30, 3, timedelta(hours=2), timedelta(minutes=20), now))
        slow, _ = step(slow, OK, now, Seen(30, 0, timedelta(days=40), timedelta(days=4), START))
    assert fast.interval == 30 * 60 and slow.interval == 6 * 3600


def test_no_overlap_with_the_last_fetch_is_raised_and_the_feed_asked_sooner() -> None:
    after, events = step(healthy(), OK, START, Seen(20, 20))
    assert events == {Event.LOSS} and (after.lost_at, after.losses, after.interval) == (START, 1, 1800)
    first, events = step(Health(), OK, START, Seen(20, 20))
    assert events == set() and first.losses == 0
    _, events = step(healthy(), OK, START, Seen(20, 19))
    assert events == set()


def test_silence_longer_than_usual_is_raised_once_and_learnt_from() -> None:
    health = healthy(longest_gap=36 * 3600)
    quiet = Seen(10, 0, newest=START)
    health, events = step(health, SAME, START + timedelta(hours=71), quiet)
    assert events == set()
    health, events = step(health, SAME, START + timedelta(hours=73), quiet)
    assert events == {Event.SILENT} and health.silent_since == START
    health, events = step(health, SAME, START + timedelta(hours=80), quiet)
    assert events == set() and health.standing is Standing.HEALTHY
    now = START + timedelta(hours=96)
    health, events = step(health, OK, now, Seen(10, 1, newest=now))
    assert events == {Event.SPEAKS} and health.silent_since is None
    # The silence it ended is now known as usual.
    _, events = step(health, SAME, now + timedelta(hours=100), Seen(10, 0, newest=now))
    assert events == set()


def test_a_feed_that_cannot_be_read_is_not_called_silent() -> None:
    _, events = step(healthy(longest_gap=3600), SLOW, START + 2 * DAY)
    assert Event.SILENT not in events


def test_a_check_set_by_a_clock_that_ran_ahead_is_due() -> None:
    assert is_due(healthy(next_check=START + timedelta(days=3_650)), START)
    assert not is_due(healthy(next_check=START + HOUR), START)
    assert not is_held(healthy(held_until=START + timedelta(days=3_650)), START)


def test_a_check_that_was_missed_is_caught_up_once() -> None:
    health = healthy(next_check=START)
    late = START + timedelta(days=9)
    assert is_due(health, late)
    health, _ = step(health, OK, late, Seen(5, 1))
    assert not is_due(health, late)


OUTCOMES = st.builds(
    FetchOutcome,
    st.sampled_from(FeedState),
    st.just(""),
    st.none(),
    st.sampled_from([None, 304, 401, 403, 404, 410, 429, 500, 503]),
    st.just(1),
    st.one_of(st.none(), st.floats(0, 1e9)),
)
STEPS = st.lists(st.tuples(OUTCOMES, st.integers(0, 50), st.floats(0, 1), st.integers(1, 10**6)), max_size=30)


@settings(max_examples=200, deadline=None)
@given(STEPS)
def test_whatever_happens_the_next_check_lies_within_a_day(steps: list[tuple[FetchOutcome, int, float, int]]) -> None:
    health, now = Health(), START
    for outcome, entries, jitter, seconds in steps:
        now += timedelta(seconds=seconds)
        health, _ = advance(health, outcome, Seen(entries, entries // 2), now, BOUNDS, jitter)
        assert health.next_check is not None and now < health.next_check <= now + DAY
        assert (health.standing is Standing.HEALTHY) == (health.failures == 0) == (health.weight == 0)
        assert outcome.state.is_healthy or weight_of(outcome) > 0


@pytest.mark.parametrize("state", [s for s in FeedState if not s.is_healthy])
def test_every_failure_has_a_weight(state: FeedState) -> None:
    assert weight_of(FetchOutcome(state, "")) in (0.5, 1.0, 2.0)
