"""Nights that were missed are known by the schedule, whatever zone it is kept in."""

from datetime import UTC, datetime, timedelta

import pytest

from compliance.settings import Settings
from compliance.store import runs
from compliance.store.database import open_engine, session_scope

schedule = pytest.importorskip("flows.schedule")
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "last", "missed"),
    [
        ("UTC", None, None),
        ("UTC", datetime(2026, 11, 20, 2, 16, tzinfo=UTC), None),
        ("UTC", datetime(2026, 11, 20, 2, 14, tzinfo=UTC), datetime(2026, 11, 20, 2, 15, tzinfo=UTC)),
        ("UTC", datetime(2026, 11, 11, tzinfo=UTC), datetime(2026, 11, 20, 2, 15, tzinfo=UTC)),
        ("Asia/Seoul", datetime(2026, 11, 19, 18, 0, tzinfo=UTC), None),
        ("Asia/Seoul", datetime(2026, 11, 19, 17, 0, tzinfo=UTC), datetime(2026, 11, 19, 17, 15, tzinfo=UTC)),
        ("No/Where", datetime(2026, 11, 11, tzinfo=UTC), None),
    ],
)
def test_a_night_is_missed_where_none_began_since_it_was_due(
    zone: str, last: datetime | None, missed: datetime | None
) -> None:
    given = Settings(nightly_cron="15 2 * * *", timezone=zone)
    assert schedule.missed_night(given, last, NOW) == missed


def test_a_schedule_that_cannot_be_read_misses_nothing() -> None:
    assert schedule.missed_night(Settings(nightly_cron="whenever"), NOW - timedelta(days=9), NOW) is None


def test_a_poll_is_no_night(settings: Settings) -> None:
    engine = open_engine(settings.database)
    with session_scope(engine) as session:
        runs.open_run(session, "a", NOW - timedelta(days=2))
        runs.open_run(session, "b", NOW, "poll")
        assert runs.last_start(session, "nightly") == NOW - timedelta(days=2)
        assert runs.last_start(session, "poll") == NOW
    engine.dispose()
