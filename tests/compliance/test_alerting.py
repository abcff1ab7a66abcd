"""Stories through the real pipeline: who is told of a case, how often, and what the second alert says is new."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import col, select

from compliance.monitor import Monitor, assemble
from compliance.settings import Settings
from compliance.store import subscriptions, users
from compliance.store.database import open_engine, session_scope, upgrade
from compliance.store.tables import OutboxRow, UserRow
from compliance.store.tables_alerts import DigestItemRow, ReminderRow
from compliance.store.users import Role
from compliance.story import Story
from compliance.subscription import Subscription
from tests.compliance.test_judging import ACT_TOLD, night

CONFIG = Path(__file__).parents[2] / "config"
COPIED = ACT_TOLD.text
SECOND = (
    "A second inquiry confirms it: North Korea has shipped artillery shells to Russia in violation of U.N. Security "
    "Council sanctions, records of the port of Rajin and photographs show. Inspectors from the panel of experts said "
    "on Friday that the freighter Angara, owned by a Moscow company, carried the ballistic missiles and shells."
)


@pytest.fixture
def monitor(tmp_path: Path) -> Iterator[Monitor]:
    """A monitor on SQLite with a configuration folder of its own."""
    config = tmp_path / "config"
    config.mkdir()
    for name in ("screening.yml", "severity.yml"):
        (config / name).write_text((CONFIG / name).read_text())
    (config / "feeds.yml").write_text("feeds:\n  - {id: wire, url: 'https://news.example/rss', title: Wire}\n")
    url = f"sqlite:///{tmp_path / 'test.db'}"
    upgrade(url)
    settings = Settings(home=tmp_path / "home", database_url=url, config=config, desk_url="https://desk.example")
    monitor = assemble(settings)
    yield monitor
    monitor.engine.dispose()


def with_book(monitor: Monitor, text: str) -> Monitor:
    """Return the monitor as it is after a new start with this alerts.yml."""
    (monitor.settings.config / "alerts.yml").write_text(text)
    return replace(monitor, engine=open_engine(monitor.settings.database))


def alerts(monitor: Monitor) -> list[OutboxRow]:
    with session_scope(monitor.engine) as session:
        return list(session.exec(select(OutboxRow).order_by(col(OutboxRow.id))))


def copies(count: int) -> list[Story]:
    """The same report as many outlets carry it: another headline, another last line, the same words."""
    return [
        replace(ACT_TOLD, title=f"{ACT_TOLD.title} - Outlet {n}", text=f"{COPIED} Outlet {n}.", publisher=f"Outlet {n}")
        for n in range(count)
    ]


def test_forty_copies_of_one_story_make_one_alert(monitor: Monitor) -> None:
    told = copies(40)
    first = night(monitor, told[:25])
    second = night(monitor, told[25:])
    assert first.faults == second.faults == ()
    assert first.counts.cases_opened == 1 and first.counts.stories_joined + second.counts.stories_joined == 39
    (alert,) = alerts(monitor)
    assert alert.event == "case.alert" and "Sources: 1 source" in alert.payload["text"]


def test_a_second_source_is_told_with_what_is_new(monitor: Monitor) -> None:
    night(monitor, [ACT_TOLD])
    report = night(monitor, [Story("", "Port records confirm shells from North Korea went to Russia", SECOND)])
    assert report.faults == () and report.counts.stories_joined == 1
    first, second = alerts(monitor)
    assert first.subject == second.subject and first.alert_id != second.alert_id
    assert "update" not in first.payload["subject"] and ", update]" in second.payload["subject"]
    assert "What is new:" in second.payload["text"]
    assert "2 independent sources now, 1 before" in second.payload["text"]
    assert "confirms it: North Korea has shipped artillery shells to Russia in violation" in second.payload["text"]
    # The copy of either brings nothing.
    night(monitor, [Story("", "Shells from North Korea went to Russia, records confirm", SECOND)])
    assert len(alerts(monitor)) == 2


BOOK = """
channels:
  quiet-mail: {kind: smtp, host: mail.example, content: link, for_users: true}
user_domains: [desk.example]
subscriptions:
  everyone: {channel: email, to: [a@desk.example, b@desk.example]}
  twice: {channel: email, to: [a@desk.example], when: {kinds: [arms]}}
  korea: {channel: quiet-mail, to: [k@desk.example], when: {countries: [North Korea], severity: high}}
  libya: {channel: email, to: [l@desk.example], when: {regimes: ['1970']}}
  ships: {channel: email, to: [s@desk.example], when: {vessels: [Nobody]}}
  digest: {channel: email, to: [d@desk.example], timing: daily, at: '06:30', zone: Europe/Berlin}
  loud: {channel: email, to: [r@desk.example], repeat: {every_minutes: 30, times: 2, then: [boss@desk.example]}}
"""


def test_each_recipient_is_told_once_of_what_it_subscribed_to(monitor: Monitor) -> None:
    monitor = with_book(monitor, BOOK)
    report = night(monitor, [ACT_TOLD])
    assert report.faults == () and report.counts.alerts_queued == 4
    told = alerts(monitor)
    assert sorted((a.channel, a.recipient) for a in told) == [
        ("email", "a@desk.example"), ("email", "b@desk.example"), ("email", "r@desk.example"),
        ("quiet-mail", "k@desk.example"),
    ]  # fmt: skip
    full = next(a for a in told if a.recipient == "a@desk.example")
    assert "subscription everyone: verdict alert" in full.payload["text"]
    with session_scope(monitor.engine) as session:
        (item,) = session.exec(select(DigestItemRow))
        assert item.recipient == "d@desk.example" and item.due_at > datetime.now(UTC)
        (reminder,) = session.exec(select(ReminderRow))
        assert (reminder.recipient, reminder.state) == ("r@desk.example", "open")


def test_a_channel_without_content_carries_only_the_link(monitor: Monitor) -> None:
    monitor = with_book(monitor, BOOK)
    night(monitor, [ACT_TOLD])
    bare = next(a for a in alerts(monitor) if a.channel == "quiet-mail").payload
    whole = str(bare)
    assert f"https://desk.example/cases/{alerts(monitor)[0].subject}" in bare["text"]
    for word in ("Korea", "Russia", "shell", "1718", "Harbour", "alert]"):
        assert word not in whole, word


def test_a_persons_own_subscription_is_told_while_the_person_may_sign_in(monitor: Monitor) -> None:
    monitor = with_book(monitor, BOOK + "\n")
    own = Subscription(channel="quiet-mail", to=("grace@desk.example",))
    barred = Subscription(channel="email", to=("grace@elsewhere.example",))
    with session_scope(monitor.engine) as session:
        users.add_user(session, "grace", Role.ANALYST, "a long enough password", datetime.now(UTC))
        number = session.exec(select(UserRow.id)).one() or 0
        for wanted in (own, barred):
            subscriptions.add(session, number, wanted, datetime.now(UTC))
    night(monitor, [ACT_TOLD])
    told = [a.recipient for a in alerts(monitor)]
    # The channel email is not open to people's own subscriptions, whatever the table holds.
    assert "grace@desk.example" in told and "grace@elsewhere.example" not in told
    with session_scope(monitor.engine) as session:
        users.disable(session, "grace")
        assert list(subscriptions.of_active_users(session)) == []
