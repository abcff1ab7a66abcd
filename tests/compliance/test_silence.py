"""A feed is too quiet when it pauses for longer than it ever did."""

from datetime import date, timedelta

from compliance.silence import Silence, silence

TODAY = date(2026, 11, 20)


def days(*ago: int) -> list[date]:
    return [TODAY - timedelta(days=n) for n in ago]


def test_a_daily_feed_is_too_quiet_after_two_days() -> None:
    assert silence(days(1, 2, 3, 4, 5, 6), TODAY) == Silence(1, 1)
    told = silence(days(2, 3, 4, 5, 6), TODAY)
    assert told is not None and told.is_long


def test_a_weekly_feed_may_pause_for_a_week() -> None:
    told = silence(days(7, 14, 21, 28, 35), TODAY)
    assert told == Silence(7, 7) and not told.is_long
    late = silence(days(8, 15, 22, 29, 36), TODAY)
    assert late is not None and late.is_long


def test_of_a_new_feed_nothing_is_usual_yet() -> None:
    assert silence(days(1, 3, 5, 9), TODAY) is None and silence([], TODAY) is None


def test_a_clock_that_ran_ahead_does_not_count() -> None:
    assert silence(days(-1, 0, 1, 2, 3), TODAY) is None
