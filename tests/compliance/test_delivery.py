"""The outbox against a real receiver: each alert leaves once, and a dead end is seen."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlmodel import Session, col, select

from compliance.alert import Alert
from compliance.coverage import RunCounts
from compliance.delivery import deliver_due
from compliance.monitor import Monitor, assemble
from compliance.receiver import catch_alerts, caught
from compliance.settings import Settings
from compliance.store import outbox
from compliance.store.database import session_scope
from compliance.store.tables import DeliveryRow, OutboxRow
from tests.compliance.intake.hostile import hostile, reply

SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
MAIL = {"subject": "s", "text": "t", "html": "<p>h</p>"}


@pytest.fixture
def monitor(settings: Settings, tmp_path: Path) -> Iterator[Monitor]:
    catalogue = tmp_path / "feeds.yml"
    catalogue.write_text("feeds:\n  - {id: f, url: 'https://news.example/rss', title: F}\n")
    monitor = assemble(settings, catalogue)
    yield monitor
    monitor.engine.dispose()


def to(monitor: Monitor, url: str) -> Monitor:
    return replace(
        monitor, settings=monitor.settings.model_copy(update={"webhook_url": url, "webhook_secret": SecretStr(SECRET)})
    )


def queue(monitor: Monitor, count: int) -> None:
    now = datetime.now(UTC) - timedelta(days=1)
    with session_scope(monitor.engine) as session:
        for n in range(count):
            alert = Alert(f"alert_{n}", "to@x", MAIL)
            assert outbox.add(session, alert, subject=f"case {n}", event="e", run_id=None, now=now) == 1
            assert outbox.add(session, alert, subject=f"case {n}", event="e", run_id=None, now=now) == 0


def rows(session: Session) -> list[OutboxRow]:
    return list(session.exec(select(OutboxRow).order_by(col(OutboxRow.id))))


def test_every_due_alert_leaves_once(monitor: Monitor, tmp_path: Path) -> None:
    queue(monitor, 25)
    with catch_alerts(tmp_path / "mail", SECRET) as url:
        first, second = RunCounts(), RunCounts()
        deliver_due(to(monitor, url), first)
        deliver_due(to(monitor, url), second)
    assert (first.alerts_due, first.alerts_delivered, first.alerts_waiting) == (25, 25, 0)
    assert (second.alerts_due, second.alerts_delivered) == (0, 0)
    assert Counter(m["id"] for m in caught(tmp_path / "mail")) == Counter(f"alert_{n}" for n in range(25))


def test_two_deliverers_at_once_send_each_alert_once(monitor: Monitor) -> None:
    queue(monitor, 60)
    with hostile({"/hook": reply(b"{}")}) as server:
        with ThreadPoolExecutor(2) as pool:
            counts = [RunCounts(), RunCounts()]
            list(pool.map(lambda c: deliver_due(to(monitor, server.base + "/hook"), c), counts))
        assert len(server.asked) == 60
    assert sum(c.alerts_delivered for c in counts) == 60


def test_without_a_webhook_alerts_wait_and_are_counted(monitor: Monitor) -> None:
    queue(monitor, 3)
    counts = RunCounts()
    deliver_due(monitor, counts)
    assert (counts.alerts_due, counts.alerts_waiting, counts.alerts_delivered) == (3, 3, 0)


def test_a_refused_alert_waits_for_its_next_try_and_a_rejected_one_is_dead(monitor: Monitor) -> None:
    queue(monitor, 1)
    with hostile({"/busy": reply(b"", "503 Busy", "Retry-After: 900\r\n"), "/no": reply(b"", "400 No")}) as server:
        counts, before = RunCounts(), datetime.now(UTC)
        deliver_due(to(monitor, server.base + "/busy"), counts)
        with session_scope(monitor.engine) as session:
            (row,) = rows(session)
            assert (row.state, row.attempts, row.lease_owner) == ("due", 1, None)
            assert row.next_attempt >= before + timedelta(minutes=15)
            row.next_attempt = before
            session.add(row)
        assert counts.alerts_waiting == 1
        deliver_due(to(monitor, server.base + "/no"), counts)
        with session_scope(monitor.engine) as session:
            assert [r.state for r in rows(session)] == ["dead"]
            told = [(d.attempt, d.http_status, d.accepted) for d in session.exec(select(DeliveryRow))]
            assert told == [(1, 503, False), (2, 400, False)]
            outbox.revive(session, rows(session)[0].id or 0, datetime.now(UTC))
        assert counts.alerts_given_up == 1


def test_what_a_killed_deliverer_held_leaves_under_its_old_id(monitor: Monitor, tmp_path: Path) -> None:
    queue(monitor, 1)
    past = datetime.now(UTC) - timedelta(hours=1)
    with session_scope(monitor.engine) as session:
        assert len(outbox.lease(session, "elsewhere:1:gone", past)) == 1
    with catch_alerts(tmp_path / "mail", SECRET) as url:
        counts = RunCounts()
        deliver_due(to(monitor, url), counts)
    assert [m["id"] for m in caught(tmp_path / "mail")] == ["alert_0"]


def test_what_another_machine_holds_is_left_to_it(monitor: Monitor) -> None:
    queue(monitor, 1)
    with session_scope(monitor.engine) as session:
        outbox.lease(session, "elsewhere:1:alive", datetime.now(UTC))
    with hostile({"/hook": reply(b"{}")}) as server:
        deliver_due(to(monitor, server.base + "/hook"), RunCounts())
        assert server.asked == []
