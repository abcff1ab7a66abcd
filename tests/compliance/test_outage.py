"""Receivers that are down, slow or poisonous, by a clock that jumps: nothing is lost and nothing overtakes."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlmodel import col, select

from compliance import operations
from compliance.alert import Alert
from compliance.circuit import Circuit, after_failure, after_success
from compliance.coverage import RunCounts
from compliance.delivery import deliver_due
from compliance.errors import ConfigError
from compliance.monitor import Monitor, assemble
from compliance.settings import Settings
from compliance.store import outbox
from compliance.store.database import session_scope, upgrade
from compliance.store.tables import DeliveryRow, OutboxRow
from tests.compliance.channels.conftest import Service, serving

KEY = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
ROOT = Path(__file__).parents[2]
STEP = timedelta(minutes=15)


@pytest.fixture
def service() -> Iterator[Service]:
    with serving() as running:
        yield running


@pytest.fixture
def monitor(tmp_path: Path, service: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[Monitor]:
    """A monitor with three channels to one receiver: ``/a`` and ``/b`` under keys, and the default at ``/``."""
    config = tmp_path / "config"
    config.mkdir()
    (config / "feeds.yml").write_text("feeds:\n  - {id: f, url: 'https://news.example/rss', title: F}\n")
    rows = "".join(
        f"  {n}: {{kind: webhook, url: '{service.base}/{n}', keys: [HOOK_KEY], allow_private: true}}\n" for n in "ab"
    )
    (config / "alerts.yml").write_text("channels:\n" + rows)
    monkeypatch.setenv("HOOK_KEY", KEY)
    url = f"sqlite:///{tmp_path / 'test.db'}"
    upgrade(url)
    monitor = assemble(Settings(home=tmp_path, database_url=url, config=config, read_timeout=0.4, fetch_deadline=2))
    yield monitor
    monitor.engine.dispose()


def queue(monitor: Monitor, count: int, channel: str = "a", recipients: int = 2) -> None:
    with session_scope(monitor.engine) as session:
        for n in range(count):
            to = f"r{n % recipients}@x"
            alert = Alert(f"{channel}_{n:04}", to, {"from": "f@x", "to": to, "subject": f"{n}", "text": "t"})
            now = datetime.now(UTC) - timedelta(seconds=1)
            outbox.add(session, alert, subject=f"{channel} {n}", event="e", run_id=None, now=now, channel=channel)


def deliver(monitor: Monitor, after: timedelta = timedelta()) -> RunCounts:
    counts = RunCounts()
    deliver_due(monitor, counts, clock=lambda: datetime.now(UTC) + after)
    return counts


def ids(service: Service, path: str = "/a") -> list[str]:
    return [post.headers["webhook-id"] for post in service.posts if post.path == path]


def states(monitor: Monitor) -> list[str]:
    with session_scope(monitor.engine) as session:
        return list(session.exec(select(OutboxRow.state).order_by(col(OutboxRow.id))))


@pytest.mark.parametrize("status", [503, 429])
def test_a_receiver_down_for_a_day_gets_everything_in_order_and_once(
    monitor: Monitor, service: Service, status: int
) -> None:
    queue(monitor, 60)
    service.answer = lambda _: (status, {}, b"")
    after = timedelta()
    while after < timedelta(hours=24):
        deliver(monitor, after)
        after += timedelta(hours=2)
    tried = len(service.posts)
    assert 5 < tried < 60 and states(monitor) == ["due"] * 60
    service.answer = lambda _: (200, {}, b"")
    counts = deliver(monitor, after)
    assert (counts.alerts_delivered, counts.alerts_waiting) == (60, 0)
    taken = ids(service)[tried:]
    assert len(taken) == len(set(taken)) == 60
    for lane in (0, 1):
        mine = [i for i in taken if int(i[2:]) % 2 == lane]
        assert mine == sorted(mine)


def test_after_four_days_everything_is_parked_and_sent_again_by_hand(monitor: Monitor, service: Service) -> None:
    queue(monitor, 40)
    service.answer = lambda _: (503, {}, b"")
    after, given_up = timedelta(), 0
    while after <= timedelta(hours=96):
        given_up += deliver(monitor, after).alerts_given_up
        after += timedelta(hours=4)
        if after == timedelta(hours=72):
            assert states(monitor) == ["due"] * 40
    assert states(monitor) == ["dead"] * 40 and given_up == 40
    with session_scope(monitor.engine) as session:
        assert all("503" in row.reason for row in session.exec(select(OutboxRow)))
        assert outbox.revive_all(session, datetime.now(UTC) + after) == 40
    service.answer = lambda _: (200, {}, b"")
    before = len(service.posts)
    assert deliver(monitor, after + STEP).alerts_delivered == 40
    assert ids(service)[before:] == [f"a_{n:04}" for n in range(40)]


def test_one_poisonous_alert_stops_neither_its_channel_nor_its_recipient_for_long(
    monitor: Monitor, service: Service
) -> None:
    queue(monitor, 5, recipients=1)
    service.answer = lambda post: (500 if post.headers["webhook-id"] == "a_0001" else 200, {}, b"")
    deliver(monitor)
    assert ids(service) == ["a_0000", "a_0001"]
    deliver(monitor, timedelta(minutes=1))
    assert ids(service)[3:] == ["a_0002", "a_0003", "a_0004"]
    after = timedelta(minutes=1)
    while states(monitor)[1] == "due" and after < timedelta(hours=110):
        after += timedelta(hours=1)
        deliver(monitor, after)
    assert states(monitor) == ["sent", "dead", "sent", "sent", "sent"]
    assert ids(service).count("a_0001") == 10


def test_a_dead_channel_delays_no_other(monitor: Monitor, service: Service) -> None:
    for channel in "ab":
        queue(monitor, 30, channel, recipients=30)

    def answer(post: object) -> tuple[int, dict[str, str], bytes]:
        if post.path == "/a":  # type: ignore[attr-defined]  # a Post
            time.sleep(1)
        return 200, {}, b""

    service.answer = answer
    counts = deliver(monitor)
    assert counts.alerts_delivered == 30 and ids(service, "/b") == [f"b_{n:04}" for n in range(30)]
    # Three time-outs open the circuit; the other 27 alerts are not tried in vain.
    assert len(ids(service, "/a")) == 3


def test_a_pause_that_is_asked_for_holds_for_the_channel(monitor: Monitor, service: Service) -> None:
    queue(monitor, 4, recipients=4)
    service.answer = lambda _: (429, {"Retry-After": "600"}, b"")
    deliver(monitor)
    deliver(monitor, timedelta(minutes=9))
    assert len(service.posts) == 1
    service.answer = lambda _: (200, {}, b"")
    assert deliver(monitor, timedelta(minutes=11)).alerts_delivered == 4


def test_a_channel_whose_secret_is_missing_waits_and_the_others_leave(
    monitor: Monitor, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue(monitor, 2)
    with session_scope(monitor.engine) as session:
        alert = Alert("default_1", "r@x", {"from": "f", "to": "r@x", "subject": "s", "text": "t"})
        outbox.add(session, alert, subject="s", event="e", run_id=None, now=datetime.now(UTC))
    monkeypatch.delenv("HOOK_KEY")
    given = {"webhook_url": f"{service.base}/", "webhook_secret": SecretStr(KEY), "webhook_allow_private": True}
    ready = replace(monitor, settings=monitor.settings.model_copy(update=given))
    with pytest.raises(ConfigError, match="HOOK_KEY: this secret is not set"):
        deliver(ready)
    assert ids(service, "/") == ["default_1"] and states(monitor) == ["due", "due", "sent"]
    # The watchdog tells of it within the hour, and when the secret is there everything leaves.
    assert operations.look(ready, datetime.now(UTC) + timedelta(minutes=61)) == 1
    monkeypatch.setenv("HOOK_KEY", KEY)
    deliver(ready, STEP)
    assert states(monitor)[:2] == ["sent", "sent"]


def test_every_attempt_is_kept_with_its_answer(monitor: Monitor, service: Service) -> None:
    queue(monitor, 1)
    service.answer = lambda _: (503, {}, b"busy")
    deliver(monitor)
    service.answer = lambda _: (200, {}, b'{"id": "m-1"}')
    deliver(monitor, STEP)
    with session_scope(monitor.engine) as session:
        found = [(r.attempt, r.http_status, r.detail, r.provider_id) for r in session.exec(select(DeliveryRow))]
    assert found == [(1, 503, "answered 503: busy", None), (2, 200, "accepted", "m-1")]


NOW = datetime(2026, 11, 20, tzinfo=UTC)


def test_a_circuit_opens_at_the_third_failure_and_waits_twice_as_long_each_time_up_to_a_quarter_hour() -> None:
    circuit, waits = Circuit(), []
    for n in range(12):
        circuit = after_failure(circuit, NOW, f"a{n}", "answered 503", of_channel=True)
        waits.append((circuit.open_until - NOW).total_seconds() if circuit.open_until else 0)
    assert waits == [0, 0, 30, 60, 120, 240, 480, 900, 900, 900, 900, 900]
    assert not circuit.may_try(NOW) and circuit.may_try(NOW + timedelta(minutes=15))
    assert circuit.down_since == NOW and after_success() == Circuit()


def test_a_clock_that_was_set_back_does_not_keep_a_circuit_open() -> None:
    circuit = after_failure(Circuit(), NOW, "a", "answered 429", of_channel=True, asked=60)
    assert not circuit.may_try(NOW) and circuit.may_try(NOW - timedelta(days=3650))


def test_one_alert_that_fails_on_its_own_account_opens_nothing() -> None:
    circuit = Circuit()
    for _ in range(9):
        circuit = after_failure(circuit, NOW, "poison", "answered 500", of_channel=False)
    assert not circuit.is_open
    for other in ("b", "c"):
        circuit = after_failure(circuit, NOW, other, "answered 500", of_channel=False)
    assert circuit.is_open
