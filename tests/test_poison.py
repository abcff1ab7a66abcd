"""One story in a hundred breaks a stage: the ninety-nine others are done, and it is parked after three tries.

The fault is put in where the stage begins, as an error that hostile text could raise there; what a database itself
refuses is a real error.
"""

import importlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import DataError, IntegrityError
from sqlmodel import Session, col, func, select

from compliance import delivery, pipeline
from compliance.classifier.model import Model
from compliance.coverage import RunCounts
from compliance.hunting import hunt
from compliance.monitor import Monitor, assemble
from compliance.pipeline import RunReport
from compliance.receiver import catch_alerts, caught
from compliance.retrying import retry
from compliance.settings import Settings
from compliance.store import quarantine
from compliance.store.database import session_scope, upgrade
from compliance.store.tables import CaseRow, OutboxRow, QuarantineRow, ScreeningRow, StoryRow
from rules.rulebook import Rulebook
from tests.compliance.intake.hostile import hostile, reply
from tests.compliance.listing.records import record
from tests.test_journey import ACT, SECRET

# What only the poisoned story tells, whatever a stage is given of it.
MARK = "Iran"
POISON = (
    "Iran has shipped ballistic missiles and drones to the Houthi movement in Yemen in breach of the arms embargo, "
    "experts found. Customs officers seized the missiles on a dhow in the Arabian Sea on Thursday."
)
STORIES = 100
ERRORS: tuple[BaseException, ...] = (
    ValueError("no such value"),
    TypeError("a list, not a string"),
    KeyError("goods"),
    RecursionError("maximum recursion depth exceeded"),
    MemoryError(),
    UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"),
    OverflowError("date value out of range"),
    AssertionError("what must hold does not"),
    DataError("INSERT", {}, Exception("a NUL in a text")),
    IntegrityError("INSERT", {}, Exception("a key that is there")),
)
# Stage, what is called there, and the stage under which it is quarantined.
SEAMS = {
    "parse": ("compliance.intake.parser._entry", "read"),
    "clean": ("compliance.intake.parser.read_entry", "read"),
    "filter": ("compliance.reading.entry_digest", "read"),
    "tell apart": ("compliance.reading.fingerprint", "read"),
    "store": ("compliance.reading.story_of", "read"),
    "tie to origins": ("compliance.store.origins.find_origins", "read"),
    "load": ("compliance.store.stories.as_story", "screen"),
    "normalise": ("compliance.judging.normal_story", "screen"),
    "language": ("compliance.judging.language_of", "screen"),
    "classify": ("compliance.classifier.model.Model.classify", "screen"),
    "extract": ("compliance.judging.extract", "screen"),
    "screen": ("compliance.judging.screen", "screen"),
    "store the judgement": ("compliance.store.screenings._row", "screen"),
    "tell acts apart": ("compliance.judging.told_apart", "screen"),
    "group": ("compliance.judging.place", "screen"),
    "open a case": ("compliance.store.cases.open_case", "screen"),
    "record": ("compliance.store.ledger.append", "screen"),
    "weigh": ("compliance.store.priorities.restate", "screen"),
    "alert": ("compliance.alerting.compose_alert", "screen"),
}
ON_POSTGRES = ("clean", "tell apart", "store", "load", "group", "alert")
CASES = [("sqlite", name) for name in SEAMS] + [
    pytest.param("postgres", name, marks=pytest.mark.postgres) for name in ON_POSTGRES
]


def item(number: int) -> str:
    title, text = f"Rain delays match {number}", f"The match in town {number} was put off until Sunday, they said."
    if number == 17:
        title, text = "Iran shipped missiles to Houthis, experts find", POISON
    elif number % 40 == 3:
        title, text = f"North Korea shipped shells {number}", f"{ACT} Quay {number}."
    return (
        f"<item><title>{title}</title><guid isPermaLink='false'>g{number}</guid><link>https://x.example/{number}</link>"
        f"<pubDate>Fri, 20 Nov 2026 10:00:00 GMT</pubDate><description>{text}</description></item>"
    )


FEED = f"<rss version='2.0'><channel><title>F</title>{''.join(map(item, range(STORIES)))}</channel></rss>".encode()


class Poisoned:
    """Lets a function raise for whatever tells of the poisoned story, and counts how often."""

    def __init__(self, place: str, error: BaseException, mark: str = MARK) -> None:
        owner, _, name = place.rpartition(".")
        try:
            self.owner: Any = importlib.import_module(owner)
        except ModuleNotFoundError:
            module, _, kind = owner.rpartition(".")
            self.owner = getattr(importlib.import_module(module), kind)
        self.name, self.error, self.mark, self.times = name, error, mark, 0
        self.original: Callable[..., Any] = getattr(self.owner, name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        told = [a for a in (*args, *kwargs.values()) if not isinstance(a, Session | Monitor | Model | Rulebook)]
        if self.mark in repr(told):
            self.times += 1
            raise self.error
        return self.original(*args, **kwargs)

    def __enter__(self) -> "Poisoned":
        def poisoned(*args: Any, **kwargs: Any) -> Any:
            return self(*args, **kwargs)

        setattr(self.owner, self.name, poisoned)
        return self

    def __exit__(self, *_: object) -> None:
        setattr(self.owner, self.name, self.original)


@pytest.fixture(scope="module")
def loaded() -> dict[str, Any]:
    """Model and rulebook, loaded once."""
    from compliance.monitor import open_model, open_rulebook

    rulebook = open_rulebook()
    return {"rulebook": rulebook, "model": open_model(Settings(), rulebook)}


@pytest.fixture
def feed(tmp_path: Path) -> Iterator[Path]:
    with hostile({"/rss": reply(FEED, headers='Content-Type: application/rss+xml\r\nETag: "v1"\r\n')}) as server:
        catalogue = tmp_path / "feeds.yml"
        catalogue.write_text(f"feeds:\n  - {{id: f, url: '{server.base}/rss', title: F}}\n")
        yield catalogue


@pytest.fixture
def open_monitor(
    request: pytest.FixtureRequest, tmp_path: Path, feed: Path, loaded: dict[str, Any]
) -> Iterator[Callable[..., Monitor]]:
    made: list[Monitor] = []

    def opened(database: str = "sqlite", **given: Any) -> Monitor:
        url = f"sqlite:///{tmp_path}/p.db" if database == "sqlite" else request.getfixturevalue("postgres_url")
        upgrade(url)
        settings = Settings(home=tmp_path / "home", database_url=url, allow_private_feeds=True, **given)
        monitor = assemble(settings, feed)
        monitor.__dict__.update(loaded)
        made.append(monitor)
        return monitor

    yield opened
    for monitor in made:
        monitor.engine.dispose()


def night(monitor: Monitor, deliver: bool = False) -> RunReport:
    counts, began = RunCounts(), datetime.now(UTC)
    run_id = pipeline.open_run(monitor.engine)
    try:
        pipeline.ingest(monitor, run_id, counts)
        pipeline.screen_waiting(monitor, run_id, counts)
        if deliver:
            delivery.deliver_due(monitor, counts)
    except Exception as error:
        # As the flow does; what kills the process leaves no time for it.
        pipeline.abandon_run(monitor.engine, run_id, str(error))
        raise
    return pipeline.close_run(monitor.engine, run_id, counts, began)


def number_of(monitor: Monitor, table: Any, *where: Any) -> int:
    with session_scope(monitor.engine) as session:
        return session.exec(select(func.count()).select_from(table).where(*where)).one()


def parked(monitor: Monitor) -> QuarantineRow | None:
    with session_scope(monitor.engine) as session:
        rows = quarantine.listed(session)
    assert len(rows) <= 1, rows
    return rows[0] if rows else None


@pytest.mark.parametrize(("database", "stage"), CASES)
def test_the_others_go_on_and_the_poisoned_is_parked_and_can_be_tried_again(
    open_monitor: Callable[..., Monitor], database: str, stage: str
) -> None:
    place, shelf = SEAMS[stage]
    error = ERRORS[list(SEAMS).index(stage) % len(ERRORS)]
    monitor = open_monitor(database)
    with Poisoned(place, error) as poison:
        for tried in (1, 2, 3):
            report = night(monitor)
            assert report.has_reconciled, report.faults
            row = parked(monitor)
            assert row is not None and (row.stage, row.tries) == (shelf, tried) and row.reason
            assert number_of(monitor, ScreeningRow) == STORIES - 1
            assert number_of(monitor, StoryRow) == STORIES - (shelf == "read")
        so_far = poison.times
        assert night(monitor).has_reconciled and poison.times == so_far
        assert parked(monitor) == row and row.tries == quarantine.MAX_TRIES
        # Once more by hand, while it still breaks: it stays parked.
        assert retry(monitor, row) is not None
        assert (again := parked(monitor)) is not None and again.tries <= quarantine.MAX_TRIES + 1
    assert retry(monitor, again) is None and parked(monitor) is None
    assert night(monitor).has_reconciled
    assert number_of(monitor, ScreeningRow) == number_of(monitor, StoryRow) == STORIES
    with session_scope(monitor.engine) as session:
        assert any(MARK in str(case.parties) for case in session.exec(select(CaseRow)))


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_a_value_that_the_database_itself_refuses_costs_its_own_story(
    open_monitor: Callable[..., Monitor], database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from compliance import reading

    honest = reading.story_of

    def half(feed: Any, print_: str, entry: Any, page: Any) -> Any:
        story = honest(feed, print_, entry, page)
        return replace(story, title=story.title + "\ud800") if MARK in story.text else story

    monkeypatch.setattr(reading, "story_of", half)
    monitor = open_monitor(database)
    assert night(monitor).has_reconciled
    row = parked(monitor)
    assert row is not None and "surrogates" in row.reason
    assert number_of(monitor, ScreeningRow) == STORIES - 1


# What feeds really send to break a reader; none of it may cost its own story, let alone another.
HOSTILE = (
    "<title>NUL &#0;  and &#xD800; half</title>",
    f"<title>Brackets</title><description>{'(' * 30_000}{')' * 30_000}</description>",
    f"<title>One word</title><description>{'shells' * 20_000}</description>",
    f"<title>Deep</title><description>{'&lt;div&gt;' * 5_000}x{'&lt;/div&gt;' * 5_000}</description>",
    "<title>Overrides ‮⁦ and 󠁁 tags</title>",
    f"<title>Guid</title><guid>{'g' * 100_000}</guid>",
    "<title>Day</title><pubDate>Mon, 30 Feb 9999 25:61:61 +9999</pubDate>",
    f"<title>Address</title><link>http://[::1/{'a' * 20_000}</link>",
    f"<title>Marks a{'́' * 20_000}</title>",
    "<title>Script &lt;script&gt;alert(1)&lt;/script&gt; '; DROP TABLE stories; --</title>",
)


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_hostile_text_of_ten_kinds_is_read_judged_and_stored_like_any_other(
    open_monitor: Callable[..., Monitor], feed: Path, database: str
) -> None:
    told = [f"<item>{text}</item>" for text in HOSTILE] + [item(number) for number in range(STORIES - len(HOSTILE))]
    body = f"<rss version='2.0'><channel><title>F</title>{''.join(told)}</channel></rss>".encode(
        "utf-8", "surrogatepass"
    )
    with hostile({"/rss": reply(body, headers="Content-Type: application/rss+xml\r\n")}) as server:
        feed.write_text(f"feeds:\n  - {{id: f, url: '{server.base}/rss', title: F}}\n")
        monitor = open_monitor(database)
        report = night(monitor)
    assert report.has_reconciled and parked(monitor) is None, report.faults
    assert number_of(monitor, StoryRow) == number_of(monitor, ScreeningRow) == STORIES


def test_a_story_that_breaks_the_draw_leaves_the_other_cases_and_gets_its_own_later(
    open_monitor: Callable[..., Monitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monitor, drawn = open_monitor(), CaseRow.origin == "random"

    def broken(*_: Any, **__: Any) -> None:
        raise KeyError("act")

    with monkeypatch.context() as patched:
        patched.setattr("compliance.store.cases.open_drawn", broken)
        report = night(monitor)
    assert report.has_reconciled, report.faults
    row = parked(monitor)
    assert row is not None and row.stage == "draw" and number_of(monitor, CaseRow, drawn) == 0
    assert number_of(monitor, ScreeningRow) == STORIES and number_of(monitor, CaseRow) > 0
    assert retry(monitor, row) is None and number_of(monitor, CaseRow, drawn) == 1 and parked(monitor) is None


def test_an_alert_that_breaks_its_channel_is_given_up_and_the_others_are_sent(
    open_monitor: Callable[..., Monitor], tmp_path: Path
) -> None:
    with catch_alerts(tmp_path / "mails", SECRET) as hook:
        monitor = open_monitor(webhook_url=hook, webhook_secret=SECRET, webhook_allow_private=True)
        with Poisoned("compliance.channels.http.deliver", TypeError("no JSON"), "Houthi"):
            report = night(monitor, deliver=True)
        assert report.has_reconciled, report.faults
        given_up = col(OutboxRow.state) == "dead"
        assert number_of(monitor, OutboxRow, given_up) == 1 == report.counts.alerts_given_up
        assert report.counts.alerts_delivered == number_of(monitor, OutboxRow) - 1 == len(caught(tmp_path / "mails"))
        assert report.counts.alerts_delivered >= 1


def test_a_story_that_breaks_a_hunt_leaves_the_others_searched(open_monitor: Callable[..., Monitor]) -> None:
    monitor = open_monitor()
    night(monitor)
    records = [record("Tallow Dry Bulk")]
    with Poisoned("compliance.hunting._hits", RecursionError("deep")):
        report = hunt(monitor.engine, records, "asked for")
        row = parked(monitor)
        assert report is not None and report.stories == STORIES
        assert row is not None and row.stage == "hunt" and "deep" in row.reason
        assert retry(monitor, row) is not None
    assert retry(monitor, row) is None and parked(monitor) is None


class Killed(BaseException):
    """What ends a process at once: no ``except Exception`` sees it, and nothing is tidied up."""


def test_a_story_that_kills_the_process_is_parked_too_and_the_others_are_done(
    open_monitor: Callable[..., Monitor],
) -> None:
    monitor, nights = open_monitor(), 0
    with Poisoned("compliance.judging.extract", Killed()):
        while True:
            nights += 1
            try:
                report = night(monitor)
                break
            except Killed:
                assert nights < 6
    assert report.has_reconciled and nights == 5, report.faults
    row = parked(monitor)
    assert row is not None and row.tries == quarantine.MAX_TRIES and "process ended" in row.reason
    assert number_of(monitor, ScreeningRow) == STORIES - 1
    assert retry(monitor, row) is None and number_of(monitor, ScreeningRow) == STORIES


def test_an_outage_is_nobodys_fault(open_monitor: Callable[..., Monitor]) -> None:
    from sqlalchemy.exc import OperationalError

    monitor = open_monitor()
    for place in (
        "compliance.reading.story_of",
        "compliance.store.screenings._row",
        "compliance.store.stories.as_story",
    ):
        with Poisoned(place, OperationalError("INSERT", {}, Exception("database is locked"))):
            with pytest.raises(OperationalError):
                night(monitor)
            assert parked(monitor) is None
    assert night(monitor).has_reconciled and number_of(monitor, ScreeningRow) == STORIES
