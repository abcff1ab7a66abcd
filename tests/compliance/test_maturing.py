"""Digests that are due, and alerts repeated until someone takes notice."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from compliance.alert import Alert
from compliance.maturing import queue_matured
from compliance.monitor import Monitor
from compliance.resending import acknowledge
from compliance.retrying import retry
from compliance.store import digestitems, outbox, quarantine, reminders
from compliance.store.database import open_engine, session_scope
from compliance.store.tables_alerts import DigestItemRow
from tests.compliance import test_alerting
from tests.compliance.test_alerting import BOOK, alerts, with_book

monitor = test_alerting.monitor
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def mail(number: int, to: str) -> Alert:
    subject = f"[high alert] EW-{number} <b>"
    link = {"link": f"https://desk.example/cases/EW-{number}"}
    return Alert(f"a{number}", to, {"from": "f", "to": to, "subject": subject, "text": "t", "html": "", "case": link})


def test_a_digest_gathers_what_was_queued_for_its_slot_and_leaves_once(monitor: Monitor) -> None:
    with session_scope(monitor.engine) as session:
        for n in range(3):
            due = NOW + timedelta(hours=1 if n < 2 else 9)
            digestitems.add(session, "night", "email", mail(n, "a@x"), f"EW-{n}", "case.alert", NOW, due)
            digestitems.add(session, "night", "email", mail(n, "a@x"), f"EW-{n}", "case.alert", NOW, due)
        digestitems.add(session, "night", "email", mail(7, "b@x"), "EW-7", "case.alert", NOW, NOW)
    assert queue_matured(monitor, NOW - timedelta(seconds=1)) == 0
    assert queue_matured(monitor, NOW + timedelta(hours=1)) == 2
    assert queue_matured(monitor, NOW + timedelta(hours=2)) == 0
    first, second = alerts(monitor)
    assert first.recipient == "a@x" and first.payload["subject"] == "[digest] 2 alerts for night"
    assert "EW-0" in first.payload["text"] and "EW-1" in first.payload["text"] and "EW-2" not in first.payload["text"]
    assert "<b>" not in first.payload["html"] and second.payload["subject"] == "[digest] 1 alert for night"


@pytest.fixture
def loud(monitor: Monitor) -> Monitor:
    """A monitor whose subscription ``loud`` has told r@desk.example of one case."""
    monitor = with_book(monitor, BOOK)
    with session_scope(monitor.engine) as session:
        alert = mail(1, "r@desk.example")
        outbox.add(session, alert, subject="EW-1", event="case.alert", run_id=None, now=NOW, subscription="loud")
        at = NOW + timedelta(minutes=30)
        reminders.add(session, "loud", "email", "r@desk.example", "EW-1", "case.alert", at)
    return monitor


def test_an_alert_is_repeated_and_then_escalated(loud: Monitor) -> None:
    queued = [queue_matured(loud, NOW + timedelta(minutes=m)) for m in (29, 30, 31, 60, 61, 90, 91, 500)]
    assert queued == [0, 1, 0, 1, 0, 1, 0, 0]
    told = [(a.recipient, str(a.payload["subject"])) for a in alerts(loud)][1:]
    assert told == [
        ("r@desk.example", "[repeat 1 of 2] [high alert] EW-1 <b>"),
        ("r@desk.example", "[repeat 2 of 2] [high alert] EW-1 <b>"),
        ("boss@desk.example", "[not acknowledged] [high alert] EW-1 <b>"),
    ]
    assert len({a.alert_id for a in alerts(loud)}) == 4


def test_once_acknowledged_an_alert_is_not_repeated_until_something_new_comes(loud: Monitor) -> None:
    assert queue_matured(loud, NOW + timedelta(minutes=30)) == 1
    assert acknowledge(loud.engine, "EW-1", "grace", NOW) == 1
    assert queue_matured(loud, NOW + timedelta(minutes=60)) == 0
    with session_scope(loud.engine) as session:
        changed = replace(mail(2, "r@desk.example"))
        outbox.add(session, changed, subject="EW-1", event="case.changed:1", run_id=None, now=NOW, subscription="loud")
        reminders.add(session, "loud", "email", "r@desk.example", "EW-1", "case.changed:1", NOW)
    assert queue_matured(loud, NOW + timedelta(minutes=61)) == 1


def test_after_a_long_stop_one_repetition_is_sent_and_not_all_that_were_missed(loud: Monitor) -> None:
    assert queue_matured(loud, NOW + timedelta(days=3)) == 1
    assert queue_matured(loud, NOW + timedelta(days=3, minutes=29)) == 0


def test_a_subscription_that_was_ended_is_not_repeated(loud: Monitor) -> None:
    without = replace(with_book(loud, "channels: {}\n"), engine=open_engine(loud.settings.database))
    assert queue_matured(without, NOW + timedelta(minutes=30)) == 0


def test_a_digest_that_breaks_is_parked_and_the_others_leave(monitor: Monitor) -> None:
    with session_scope(monitor.engine) as session:
        broken = replace(mail(1, "a@x"), payload={"subject": "no link"})
        digestitems.add(session, "night", "email", broken, "EW-1", "case.alert", NOW, NOW)
        digestitems.add(session, "night", "email", mail(2, "b@x"), "EW-2", "case.alert", NOW, NOW)
    assert [queue_matured(monitor, NOW + timedelta(minutes=m)) for m in range(5)] == [1, 0, 0, 0, 0]
    with session_scope(monitor.engine) as session:
        (row,) = quarantine.listed(session)
    assert (row.stage, row.tries) == ("mature", 3) and "KeyError" in row.reason
    assert retry(monitor, row) is not None
    with session_scope(monitor.engine) as session:
        (item,) = session.exec(select(DigestItemRow).where(DigestItemRow.recipient == "a@x"))
        item.payload = mail(1, "a@x").payload
        session.add(item)
        (row,) = quarantine.listed(session)
    assert retry(monitor, row) is None and len(alerts(monitor)) == 2
