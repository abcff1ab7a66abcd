"""The outbox against a real receiver: each alert leaves once, and a dead end is seen."""

import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlmodel import Session, col, select

from compliance.alert import Alert
from compliance.coverage import RunCounts
from compliance.delivery import deliver_due
from compliance.errors import ConfigError
from compliance.loopback import LoopbackServer
from compliance.monitor import Monitor, assemble
from compliance.receiver import catch_alerts, caught
from compliance.settings import Settings
from compliance.store import outbox
from compliance.store.database import session_scope
from compliance.store.tables import DeliveryRow, OutboxRow
from compliance.store.tables_alerts import ChannelRow
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


def queue(monitor: Monitor, count: int, to: str = "to@x") -> None:
    now = datetime.now(UTC) - timedelta(days=1)
    with session_scope(monitor.engine) as session:
        for n in range(count):
            alert = Alert(f"alert_{n}", to or f"to{n}@x", MAIL)
            assert outbox.add(session, alert, subject=f"case {n}", event="e", run_id=None, now=now) == 1
            assert outbox.add(session, alert, subject=f"case {n}", event="e", run_id=None, now=now) == 0


class Receiver:
    """A receiver that answers each post with the next of the given statuses, then 200, and keeps what it was sent."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.ids: list[str] = []
        self.lock = threading.Lock()

    def answer(self, alert: str) -> int:
        with self.lock:
            self.ids.append(alert)
            return self.statuses.pop(0) if self.statuses else 200


@contextmanager
def receiving(receiver: Receiver) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(receiver.answer(str(self.headers["webhook-id"])))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with LoopbackServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


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
    for count in counts:
        # What the other one sent meanwhile is counted as such: a night beside the deliverer still adds up.
        told = (count.alerts_delivered, count.alerts_waiting, count.alerts_given_up, count.alerts_elsewhere)
        assert sum(told) == count.alerts_due


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
            row_due, row.next_attempt = row.next_attempt, before
            session.add(row)
            # The receiver asked for a pause, which holds for the whole channel.
            assert session.get_one(ChannelRow, "email").open_until == row_due
            session.delete(session.get_one(ChannelRow, "email"))
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


def test_one_failing_alert_does_not_hold_up_those_to_others(monitor: Monitor) -> None:
    queue(monitor, 4, to="")
    receiver, counts = Receiver(500, 200, 410, 200), RunCounts()
    with receiving(receiver) as url:
        deliver_due(to(monitor, url), counts)
    assert receiver.ids == ["alert_0", "alert_1", "alert_2", "alert_3"]
    assert (counts.alerts_delivered, counts.alerts_waiting, counts.alerts_given_up) == (2, 1, 1)
    with session_scope(monitor.engine) as session:
        assert [row.state for row in rows(session)] == ["due", "sent", "dead", "sent"]
        assert [row.next_attempt > datetime.now(UTC) for row in rows(session)] == [True, False, False, False]


def test_ten_failures_end_an_alert_and_the_end_is_said(monitor: Monitor, caplog: pytest.LogCaptureFixture) -> None:
    queue(monitor, 1)
    receiver, total = Receiver(*[500] * 50), RunCounts()
    with receiving(receiver) as url:
        for tries in range(1, 13):
            caplog.clear()
            counts = RunCounts()
            deliver_due(to(monitor, url), counts)
            total.alerts_given_up += counts.alerts_given_up
            with session_scope(monitor.engine) as session:
                (row,) = rows(session)
                assert (row.state, row.attempts) == ("due" if tries < 10 else "dead", min(tries, 10))
                row.next_attempt = datetime.now(UTC) - timedelta(seconds=1)
                session.add(row)
            if tries == 10:
                assert "alert=alert_0 state=dead detail=answered 500" in caplog.text
    assert receiver.ids == ["alert_0"] * 10 and total.alerts_given_up == 1
    with session_scope(monitor.engine) as session:
        attempts = list(session.exec(select(DeliveryRow).order_by(col(DeliveryRow.attempt))))
        assert [(a.attempt, a.accepted, a.http_status) for a in attempts] == [(n, False, 500) for n in range(1, 11)]


KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from compliance.intake.fetcher import FetchPolicy
from compliance.store import outbox
from compliance.store.database import open_engine, session_scope
from compliance.store.leases import owner_name
from compliance.webhook import deliver
with session_scope(open_engine(sys.argv[1])) as session:
    (row,) = outbox.lease(session, owner_name(), datetime.now(UTC))
policy = FetchPolicy("tests", allow_private=True)
assert deliver(row.alert_id, row.payload, sys.argv[2], sys.argv[3], policy, datetime.now(UTC)).accepted
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_deliverer_killed_after_its_post_is_followed_by_one_that_repeats_the_id(monitor: Monitor) -> None:
    queue(monitor, 1)
    receiver, counts = Receiver(), RunCounts()
    with receiving(receiver) as url:
        command = [sys.executable, "-c", KILLED, monitor.settings.database, url, SECRET]
        assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
        with session_scope(monitor.engine) as session:
            (row,) = rows(session)
            assert (row.state, row.attempts) == ("due", 0) and row.lease_owner is not None
        deliver_due(to(monitor, url), counts)
        deliver_due(to(monitor, url), RunCounts())
    assert receiver.ids == ["alert_0", "alert_0"]
    assert (counts.alerts_due, counts.alerts_delivered) == (1, 1)


def test_a_receiver_that_got_the_repeated_post_keeps_one_mail(monitor: Monitor, tmp_path: Path) -> None:
    queue(monitor, 1)
    with catch_alerts(tmp_path / "mail", SECRET) as url:
        deliver_due(to(monitor, url), RunCounts())
        with session_scope(monitor.engine) as session:
            (row,) = rows(session)
            row.state = "due"
            session.add(row)
        deliver_due(to(monitor, url), RunCounts())
    assert [mail["id"] for mail in caught(tmp_path / "mail")] == ["alert_0"]


def test_an_alert_is_not_tried_before_its_time(monitor: Monitor) -> None:
    queue(monitor, 2)
    with session_scope(monitor.engine) as session:
        first = rows(session)[0]
        first.next_attempt = datetime.now(UTC) + timedelta(minutes=1)
        session.add(first)
    receiver, counts = Receiver(), RunCounts()
    with receiving(receiver) as url:
        deliver_due(to(monitor, url), counts)
    assert receiver.ids == ["alert_1"]
    assert (counts.alerts_due, counts.alerts_delivered, counts.alerts_waiting) == (2, 1, 1)


def test_a_lease_ends_to_the_second_and_then_another_takes_it(monitor: Monitor) -> None:
    queue(monitor, 1)
    now = datetime.now(UTC)
    with session_scope(monitor.engine) as session:
        assert [row.alert_id for row in outbox.lease(session, "one:1:1", now)] == ["alert_0"]
    for after, taken in ((timedelta(), 0), (outbox.LEASE - timedelta(seconds=1), 0), (outbox.LEASE, 1)):
        with session_scope(monitor.engine) as session:
            found = outbox.lease(session, "two:2:2", now + after)
            assert len(found) == taken
    assert found[0].lease_owner == "two:2:2"


def test_a_secret_that_cannot_sign_loses_nothing(monitor: Monitor) -> None:
    queue(monitor, 2)
    receiver, counts = Receiver(), RunCounts()
    with receiving(receiver) as url:
        right = to(monitor, url)
        wrong = replace(right, settings=right.settings.model_copy(update={"webhook_secret": SecretStr("whsec_%%%")}))
        with pytest.raises(ConfigError, match="EMBARGOWATCH_WEBHOOK_SECRET"):
            deliver_due(wrong, RunCounts())
        assert receiver.ids == []
        with session_scope(monitor.engine) as session:
            assert {(row.state, row.attempts) for row in rows(session)} == {("due", 0)}
            for row in rows(session):
                row.lease_until = datetime.now(UTC) - timedelta(seconds=1)
                session.add(row)
        deliver_due(right, counts)
    assert sorted(receiver.ids) == ["alert_0", "alert_1"] and counts.alerts_delivered == 2


def test_nobody_there_leaves_every_alert_waiting_with_a_reason(monitor: Monitor) -> None:
    queue(monitor, 3, to="")
    counts = RunCounts()
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        deliver_due(to(monitor, f"http://127.0.0.1:{closed.getsockname()[1]}/"), counts)
    assert (counts.alerts_delivered, counts.alerts_waiting, counts.alerts_given_up) == (0, 3, 0)
    with session_scope(monitor.engine) as session:
        reasons = [(d.http_status, d.detail) for d in session.exec(select(DeliveryRow))]
        assert len(reasons) == 3 and all(status is None and "connection" in detail for status, detail in reasons)


def test_progress_is_told_for_each_alert(monitor: Monitor) -> None:
    queue(monitor, 3)
    told: list[tuple[str, int, int]] = []
    with receiving(Receiver()) as url:
        deliver_due(to(monitor, url), RunCounts(), lambda step, done, of: told.append((step, done, of)))
    assert told == [("alerts", 1, 3), ("alerts", 2, 3), ("alerts", 3, 3)]
