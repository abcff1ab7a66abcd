"""A system that stops is noticed: by whatever starts next, on the operations channel, once."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr
from sqlmodel import select

from compliance import operations
from compliance.circuit import Circuit
from compliance.monitor import Monitor
from compliance.settings import Settings
from compliance.store import channels, heartbeats
from compliance.store.database import session_scope
from compliance.store.tables import OutboxRow, RunRow
from compliance.watchdog import Beat, missed
from tests.compliance.intake.hostile import hostile, reply
from tests.compliance.test_certificate import MIDNIGHT, stale_list

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
NIGHTLY = "15 2 * * *"


def told(monitor: Monitor, now: datetime) -> list[str]:
    """Look, and look again: what is told the first time is not told the second."""
    count = operations.look(monitor, now)
    assert operations.look(monitor, now) == 0
    with session_scope(monitor.engine) as session:
        rows = list(session.exec(select(OutboxRow).where(OutboxRow.event == "operations")))
        return [str(row.payload["subject"]) for row in rows][-count:] if count else []


@pytest.mark.parametrize(
    ("ended", "now", "slot"),
    [
        ("2026-11-20T02:20", "2026-11-21T02:14", None),
        ("2026-11-20T02:20", "2026-11-21T03:14", None),
        ("2026-11-20T02:20", "2026-11-21T03:15", "2026-11-21T02:15"),
        ("2026-11-20T02:20", "2026-12-20T03:15", "2026-11-21T02:15"),
    ],
)
def test_a_job_is_missed_an_hour_after_its_time(ended: str, now: str, slot: str | None) -> None:
    beat = Beat("nightly", NIGHTLY, MIDNIGHT, datetime.fromisoformat(ended + "+00:00"))
    found = missed(beat, "UTC", datetime.fromisoformat(now + "+00:00"))
    assert found == (datetime.fromisoformat(slot + "+00:00") if slot else None)


def test_a_half_hourly_job_is_missed_within_two_intervals_and_by_the_clock_of_its_place() -> None:
    beat = Beat("ingest", "*/30 * * * *", MIDNIGHT, NOW)
    assert missed(beat, "UTC", NOW + timedelta(minutes=44)) is None
    assert missed(beat, "UTC", NOW + timedelta(minutes=45)) == NOW + timedelta(minutes=30)
    berlin = Beat("nightly", NIGHTLY, MIDNIGHT, datetime(2026, 7, 1, 1, tzinfo=UTC))
    assert missed(berlin, "Europe/Berlin", datetime(2026, 7, 3, tzinfo=UTC)) == datetime(2026, 7, 2, 0, 15, tzinfo=UTC)


def test_a_scheduler_that_died_is_noticed_by_the_next_process(monitor: Monitor) -> None:
    operations.expect_jobs(monitor, NOW)
    with session_scope(monitor.engine) as session:
        for job in ("nightly", "ingest", "digest", "list"):
            heartbeats.beat(session, job, NOW)
    assert told(monitor, NOW + timedelta(minutes=10)) == []
    subjects = told(monitor, NOW + timedelta(hours=40))
    assert subjects == [
        "[operations] the daily digest did not take place",
        "[operations] the reading of the feeds did not take place",
        "[operations] the refresh of the UN list did not take place",
        "[operations] the nightly judgement did not take place",
    ]


def test_a_job_that_nobody_schedules_is_not_missed(monitor: Monitor) -> None:
    assert told(monitor, NOW) == []


@pytest.mark.parametrize("state", ["failed", "interrupted", "unreconciled"])
def test_a_run_that_did_not_reconcile_is_told_with_its_reason(monitor: Monitor, state: str) -> None:
    with session_scope(monitor.engine) as session:
        fault = "screened and stored: 3 and 2\r\nBcc: x"
        session.add(RunRow(id="r1", started_at=NOW - timedelta(hours=9), state=state, counts={}, faults=[fault]))
        session.add(RunRow(id="old", started_at=NOW - timedelta(days=9), state=state, counts={}, faults=[]))
    assert told(monitor, NOW) == [f"[operations] run r1 is {state}"]
    with session_scope(monitor.engine) as session:
        row = session.exec(select(OutboxRow)).one()
        assert "- screened and stored: 3 and 2" in row.payload["text"] and "\r" not in row.payload["text"]


def test_a_run_to_which_no_feed_answered_is_told(monitor: Monitor) -> None:
    with session_scope(monitor.engine) as session:
        counts = {"feeds_by_state": {"dns": 3, "timeout": 2}}
        session.add(RunRow(id="r1", started_at=NOW, state="reconciled", counts=counts, faults=[]))
        fine = {"feeds_by_state": {"dns": 3, "ok": 1}}
        session.add(RunRow(id="r2", started_at=NOW, state="reconciled", counts=fine, faults=[]))
    assert told(monitor, NOW) == ["[operations] no feed can be read"]


def test_a_stale_list_and_a_channel_that_is_down_are_told(monitor: Monitor) -> None:
    stale_list(monitor)
    down = Circuit(9, NOW - timedelta(hours=2), NOW + timedelta(minutes=5), "answered 503", "a")
    with session_scope(monitor.engine) as session:
        channels.keep(session, "team", down, NOW)
    assert told(monitor, NOW) == [
        "[operations] channel team does not take alerts", "[operations] list un-consolidated is stale",
    ]  # fmt: skip


def test_after_a_good_run_the_dead_man_service_hears_and_a_silent_one_is_no_error(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    with hostile({"/beat/token-of-ours": reply(b"OK")}) as server:
        for path in ("/beat/token-of-ours", "/beat/wrong-token"):
            given = {"deadman_url": SecretStr(server.base + path)}
            operations.ping(settings.model_copy(update=given))
        assert server.asked == ["/beat/token-of-ours", "/beat/wrong-token"]
    assert caplog.text.count("the dead-man service did not answer") == 1 and "token" not in caplog.text
    operations.ping(settings)
