"""The day's digest on both databases, and all the way to a receiver: no news is told as such, never kept silent."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlmodel import select

from compliance.coverage import RunCounts
from compliance.delivery import deliver_due
from compliance.digest import queue_digest
from compliance.intake.health import Health
from compliance.monitor import Monitor, assemble
from compliance.receiver import catch_alerts, caught
from compliance.settings import Settings
from compliance.store import feeds
from compliance.store.database import session_scope
from compliance.store.tables import CaseRow, LedgerRow, OutboxRow, RunFeedRow, RunRow, StoryRow
from compliance.story import Feed, FeedState, FetchOutcome

SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
DAY = date(2026, 11, 20)
MIDNIGHT = datetime(2026, 11, 20, tzinfo=UTC)
COUNTS = {"stories_new": 40, "screened": 39, "flagged": 3, "cases_opened": 2, "alerts_delivered": 1, "cases_drawn": 1,
          "not_covered": 5}  # fmt: skip


@pytest.fixture
def monitor(settings: Settings, tmp_path: Path) -> Iterator[Monitor]:
    catalogue = tmp_path / "feeds.yml"
    catalogue.write_text("feeds:\n  - {id: f, url: 'https://news.example/rss', title: F}\n")
    monitor = assemble(settings.model_copy(update={"desk_url": "https://desk.example"}), catalogue)
    yield monitor
    monitor.engine.dispose()


def run(
    monitor: Monitor,
    started: datetime,
    state: str = "reconciled",
    faults: tuple[str, ...] = (),
    counts: dict[str, int] = COUNTS,
) -> None:
    with session_scope(monitor.engine) as session:
        session.add(
            RunRow(id=started.isoformat(), started_at=started, state=state, counts=dict(counts), faults=list(faults))
        )


def read(monitor: Monitor, feed: str, title: str, state: FeedState, reason: str = "") -> None:
    with session_scope(monitor.engine) as session:
        source = Feed(feed, f"https://{feed}.example/rss", title)
        after = Health(state=state, reason=reason)
        feeds.record(session, source, FetchOutcome(state, reason), after, (), MIDNIGHT + timedelta(hours=2, minutes=5))


def case(monitor: Monitor, number: int, state: str) -> None:
    with session_scope(monitor.engine) as session:
        story = StoryRow(fingerprint=f"{number:064}", title="t", text="t", first_seen=MIDNIGHT)
        session.add(story)
        session.flush()
        assert story.id is not None
        session.add(
            CaseRow(
                reference=f"EW-{number}",
                opened_by_story=story.id,
                state=state,
                verdict="alert",
                score=0.9,
                act="a → b",
                kinds=[],
                regimes=[],
                denied_by=[],
                parties=[],
                opened_at=MIDNIGHT,
                changed_at=MIDNIGHT,
            )
        )


def told(monitor: Monitor) -> dict[str, str]:
    """The one digest that waits in the outbox."""
    with session_scope(monitor.engine) as session:
        (row,) = session.exec(select(OutboxRow))
        assert row.event == "digest"
        return {name: str(value) for name, value in row.payload.items()}


def test_a_day_without_a_run_is_told_as_not_covered(monitor: Monitor) -> None:
    assert queue_digest(monitor, DAY) == 1
    mail = told(monitor)
    assert mail["subject"] == "[digest] 2026-11-20: no run took place, nothing is covered"
    assert "Nothing was looked at" in mail["text"] and "https://desk.example" in mail["text"]


def test_a_run_that_found_nothing_is_told_as_a_run(monitor: Monitor) -> None:
    run(monitor, MIDNIGHT + timedelta(hours=2), counts=dict.fromkeys(COUNTS, 0))
    with session_scope(monitor.engine) as session:
        session.add(RunFeedRow(run_id="2026-11-20T02:00:00+00:00", feed_id="good", state="unchanged"))
    queue_digest(monitor, DAY)
    mail = told(monitor)
    assert mail["subject"] == "[digest] 2026-11-20: 0 cases opened"
    assert "Run 02:00: reconciled; 0 new stories" in mail["text"] and "nothing is covered" not in mail["text"]


def test_a_digest_tells_each_run_in_order_and_sums_the_cases(monitor: Monitor) -> None:
    for hour in (14, 2):
        run(monitor, MIDNIGHT + timedelta(hours=hour))
    queue_digest(monitor, DAY)
    mail = told(monitor)
    assert mail["subject"] == "[digest] 2026-11-20: 4 cases opened"
    line = "40 new stories, 39 screened, 3 flagged, 2 cases opened, 1 alerts delivered"
    assert mail["text"].count(line) == 2
    assert mail["text"].count("  drawn at random from what was cleared: 1 cases") == 2
    assert mail["text"].count("  not covered: 5 stories in other languages, which were not judged") == 2
    assert 0 < mail["text"].index("Run 02:00") < mail["text"].index("Run 14:00")


def test_only_runs_that_began_on_that_day_in_utc_count(monitor: Monitor) -> None:
    tick = timedelta(microseconds=1)
    for opened, started in (
        (1000, MIDNIGHT - tick),
        (1, MIDNIGHT),
        (10, MIDNIGHT + timedelta(days=1) - tick),
        (100, MIDNIGHT + timedelta(days=1)),
    ):
        run(monitor, started, counts={"cases_opened": opened})
    queue_digest(monitor, DAY)
    assert told(monitor)["subject"] == "[digest] 2026-11-20: 11 cases opened"


@pytest.mark.parametrize("state", ["unreconciled", "failed", "interrupted", "running"])
def test_a_run_that_did_not_reconcile_stands_in_the_subject_with_its_faults(monitor: Monitor, state: str) -> None:
    run(monitor, MIDNIGHT, state, ("screened and screenings stored: 39 and 38",))
    run(monitor, MIDNIGHT + timedelta(hours=1))
    queue_digest(monitor, DAY)
    mail = told(monitor)
    assert mail["subject"] == "[digest] 2026-11-20: 4 cases opened; 1 runs need a look"
    assert f"Run 00:00: {state}" in mail["text"]
    assert "  does not add up: screened and screenings stored: 39 and 38" in mail["text"]


def test_a_feed_that_failed_is_named_as_not_covered_and_a_healthy_one_is_not(monitor: Monitor) -> None:
    read(monitor, "good", "Good Wire", FeedState.OK)
    read(monitor, "quiet", "Quiet Wire", FeedState.UNCHANGED)
    read(monitor, "lost", "Lost Wire", FeedState.DNS, "no such name")
    queue_digest(monitor, DAY)
    text = told(monitor)["text"]
    assert "Feeds: 2 of 3 answered" in text
    assert "  not covered: Lost Wire (dns since 2026-11-20 02:05): no such name\n" in text
    assert "Good Wire" not in text and "Quiet Wire" not in text


def test_a_feed_cannot_write_lines_of_its_own_into_the_digest(monitor: Monitor) -> None:
    hostile = "X\r\nQueue: 0 cases wait\u2028\u202eevil\u200b" + "y" * 5_000
    read(monitor, "bad", hostile, FeedState.HTTP_ERROR, hostile)
    queue_digest(monitor, DAY)
    text = told(monitor)["text"]
    assert len(text) < 4_000 and not {"\r", "\u2028", "\u202e", "\u200b"} & set(text)
    assert [line for line in text.splitlines() if line.startswith("Queue:")] == ["Queue: 0 cases wait, 0 are decided."]


def test_the_queue_is_counted_by_state(monitor: Monitor) -> None:
    for number, state in enumerate(["waiting", "waiting", "decided"]):
        case(monitor, number, state)
    queue_digest(monitor, DAY)
    assert "Queue: 2 cases wait, 1 are decided." in told(monitor)["text"]


def test_a_day_has_one_digest_however_often_it_is_asked_for(monitor: Monitor) -> None:
    assert [queue_digest(monitor, DAY) for _ in range(3)] == [1, 0, 0]
    first = told(monitor)
    run(monitor, MIDNIGHT)
    assert queue_digest(monitor, DAY) == 0 and told(monitor) == first
    assert queue_digest(monitor, DAY + timedelta(days=1)) == 1


def test_a_digest_reaches_a_receiver_once_and_signed(monitor: Monitor, tmp_path: Path) -> None:
    queue_digest(monitor, DAY)
    with catch_alerts(tmp_path / "mail", SECRET) as url:
        hook = {"webhook_url": url, "webhook_secret": SecretStr(SECRET)}
        told_where = replace(monitor, settings=monitor.settings.model_copy(update=hook))
        counts = [RunCounts(), RunCounts()]
        for count in counts:
            deliver_due(told_where, count)
    assert [count.alerts_delivered for count in counts] == [1, 0]
    (mail,) = caught(tmp_path / "mail")
    sent = EmailMessage()
    sent["Subject"] = str(mail["subject"])
    assert (mail["from"], mail["to"]) == (monitor.settings.alert_from, monitor.settings.alert_to)
    assert sent["Subject"] == "[digest] 2026-11-20: no run took place, nothing is covered"


def test_the_digest_carries_the_head_of_the_record_that_names_its_certificate(monitor: Monitor) -> None:
    assert queue_digest(monitor, DAY) == 1
    with session_scope(monitor.engine) as session:
        (mail,) = session.exec(select(OutboxRow))
        (row,) = session.exec(select(LedgerRow))
    told = f"Record: 1 rows, the last with the digest {row.digest}"
    assert row.action == "certificate.issued" and told in mail.payload["text"] and told in mail.payload["html"]
