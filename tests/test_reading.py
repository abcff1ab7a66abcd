"""Entries as a feed gives them day by day: known again, changed, renamed, broken; captures kept and dropped."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, col, select

from compliance import pipeline, reading
from compliance.case import Disposition
from compliance.casefile import case_file
from compliance.coverage import RunCounts
from compliance.decision import dispose_case
from compliance.errors import ConfigError
from compliance.ingest import ingest
from compliance.judging import screen_waiting
from compliance.monitor import Monitor, assemble
from compliance.pipeline import RunReport
from compliance.retention import Terms, hold, prune, release
from compliance.retrying import retry
from compliance.settings import Settings
from compliance.store import captures, ledger, quarantine, versions
from compliance.store.database import session_scope, upgrade
from compliance.store.tables import BodyRow, CaptureRow, CaseRow, CaseStoryRow, OutboxRow, ScreeningRow, StoryRow
from compliance.versions import changes
from tests.compliance.intake.hostile import hostile, reply
from tests.test_journey import ACT

QUIET = "The ministry of fisheries opened a new quay in the northern port on Tuesday, and the band played until noon."


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Monitor, dict[str, Any]]]:
    """A monitor of one feed on loopback, and the routes, which a test may change from poll to poll."""
    url = f"sqlite:///{tmp_path / 'test.db'}"
    upgrade(url)
    routes: dict[str, Any] = {}
    with hostile(routes) as server:
        catalogue = tmp_path / "feeds.yml"
        catalogue.write_text(f"feeds:\n  - {{id: wire, url: '{server.base}/rss', title: Wire}}\n")
        settings = Settings(home=tmp_path, database_url=url, allow_private_feeds=True, fetch_deadline=10)
        monitor = assemble(settings, catalogue)
        yield monitor, routes
        monitor.engine.dispose()


def poll(served: tuple[Monitor, dict[str, Any]], *items: str, judge: bool = False) -> RunReport:
    """Let the feed carry these items, read it, and judge what is new if asked to."""
    monitor, routes = served
    body = f"<rss version='2.0'><channel><title>Wire</title>{''.join(items)}</channel></rss>".encode()
    routes["/rss"] = reply(body, headers="Content-Type: application/rss+xml\r\n")
    counts, started = RunCounts(), datetime.now(UTC)
    run_id = pipeline.open_run(monitor.engine)
    ingest(monitor, run_id, counts)
    if judge:
        screen_waiting(monitor, run_id, counts)
        return pipeline.close_run(monitor.engine, run_id, counts, started)
    faults = pipeline.close_poll(monitor.engine, run_id, counts)
    return RunReport(run_id, started, started, counts, tuple(faults))


def item(title: str = "Quay opened", text: str = QUIET, guid: str | None = "g1", link: str | None = "/news/1") -> str:
    named = f"<guid isPermaLink='false'>{guid}</guid>" if guid else ""
    linked = f"<link>https://wire.example{link}</link>" if link else ""
    return f"<item><title>{title}</title>{named}{linked}<description>{text}</description></item>"


def rows(served: tuple[Monitor, dict[str, Any]]) -> list[StoryRow]:
    with session_scope(served[0].engine) as session:
        return list(session.exec(select(StoryRow).order_by(col(StoryRow.id))))


OTHER = "Farmers in the hills sold their barley early this year because the rains had come a month before their time."


@pytest.mark.parametrize(
    ("polls", "stories"),
    [
        ([[item()], [item()]], 1),
        ([[item()], [item(text=f"{QUIET} The minister sang.")]], 1),
        ([[item()], [item(title="New quay", text=OTHER)]], 1),
        ([[item(guid="g1")], [item(guid="g2")]], 1),
        ([[item(link="/news/1")], [item(link="/news/quay-opened-by-band")]], 1),
        ([[item(guid=None)], [item(guid="g7")]], 1),
        ([[item(link="/news/1"), item("Barley sold", OTHER, link="/news/2")]], 2),
        ([[item(link=None), item("Barley sold", OTHER, link=None)]], 2),
        ([[item(link=None)], [item("Barley sold", OTHER, link=None)], [item("Barley sold", OTHER, link=None)]], 2),
        ([[item(link="/"), item("Barley sold", OTHER, guid="g2", link="/")]], 2),
        ([[item(guid=None, link=None), item("Barley sold", OTHER, guid=None, link=None)]], 2),
        ([[item(guid="g" * 100_000)], [item(guid="g" * 100_000)]], 1),
        ([[item(guid="a"), item(guid="b", text=f"{QUIET} Again.")]], 1),
    ],
    ids=[
        "the same twice",
        "text added",
        "rewritten at one guid and address",
        "guid changed",
        "address changed",
        "guid given later",
        "guid shared, addresses differ",
        "guid shared in one document, no address",
        "guid used again later, no address",
        "address shared: the front page",
        "neither guid nor address",
        "endless guid",
        "one article twice in one document",
    ],
)
def test_a_story_is_known_again_and_no_other_is_taken_for_it(
    served: tuple[Monitor, dict[str, Any]], polls: list[list[str]], stories: int
) -> None:
    for items in polls:
        assert poll(served, *items).faults == ()
    assert len(rows(served)) == stories


def test_twenty_four_polls_of_a_text_that_always_changes_are_one_story_with_at_most_one_alert(
    served: tuple[Monitor, dict[str, Any]],
) -> None:
    for hour in range(24):
        report = poll(
            served, item("Shells", f"{ACT} Updated {hour} times.", guid=f"g{hour}"), judge=hour in (0, 12, 23)
        )
        assert report.faults == (), report.faults
    assert len(rows(served)) == 1
    with session_scope(served[0].engine) as session:
        assert len(session.exec(select(CaseRow).where(CaseRow.origin == "screening")).all()) == 1
        assert len(session.exec(select(OutboxRow)).all()) == 1


def test_a_changed_entry_is_a_version_that_is_judged_and_whose_quotes_stand(
    served: tuple[Monitor, dict[str, Any]],
) -> None:
    poll(served, item("Ship docks", QUIET), judge=True)
    report = poll(served, item("Ship docks", f"{QUIET} {ACT}"))
    assert (report.counts.stories_new, report.counts.stories_known, report.counts.stories_changed) == (0, 1, 1)
    [story] = rows(served)
    # Until it is judged, the text is the one that the judgement speaks of.
    assert (story.text, story.version, story.latest_version) == (QUIET, 1, 2)
    report = poll(served, item("Ship docks", f"{QUIET} {ACT}"), judge=True)
    assert report.faults == () and report.counts.cases_opened == 1
    [story] = rows(served)
    assert story.text == f"{QUIET} {ACT}" and story.version == 2
    with session_scope(served[0].engine) as session:
        first, second = versions.of_story(session, story.id or 0)
        runs = changes(first.text, second.text)
        assert "".join(r.text for r in runs if r.what != "added") == QUIET
        assert "".join(r.text for r in runs if r.what != "removed") == story.text
        newest = session.exec(select(ScreeningRow).order_by(col(ScreeningRow.id).desc())).first()
        assert newest is not None and newest.story_version == 2
        for party in newest.judgement["parties"]:
            assert all(getattr(story, e["field"])[e["start"] : e["end"]] for e in party["evidence"])


def test_a_story_that_changes_keeps_its_place_and_a_retraction_lowers_nothing(
    served: tuple[Monitor, dict[str, Any]],
) -> None:
    poll(served, item("Shells", ACT), judge=True)
    report = poll(served, item("Correction: no shells", QUIET), judge=True)
    assert report.faults == () and report.counts.stories_kept == 1 and report.counts.cases_opened == 0
    with session_scope(served[0].engine) as session:
        case = session.exec(select(CaseRow).where(CaseRow.origin == "screening")).one()
        link = session.exec(select(CaseStoryRow).where(CaseStoryRow.case_id == case.id)).one()
        screening = session.get_one(ScreeningRow, link.screening_id)
        assert (screening.story_version, screening.verdict, case.verdict) == (2, "clear", "alert")
        assert [e.action for e in ledger.of_subject(session, case.reference)][-1] == "case.story_changed"


def test_one_entry_that_breaks_is_quarantined_and_can_be_tried_again(
    served: tuple[Monitor, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = reading.story_of

    def breaks(feed: Any, print_: str, entry: Any, page: Any) -> Any:
        if "poison" in entry.title:
            raise ValueError("the entry is poisoned")
        return made(feed, print_, entry, page)

    monkeypatch.setattr(reading, "story_of", breaks)
    items = [item(f"Quay {n}", f"{QUIET} {n}", f"g{n}", f"/{n}") for n in range(5)]
    for extra in range(5):
        report = poll(served, *items, item("poison", OTHER, "p", "/p"), item("", "", f"x{extra}", f"/x{extra}"))
        assert report.faults == () and report.counts.entries_quarantined == 1
    assert len(rows(served)) == 10
    with session_scope(served[0].engine) as session:
        [row] = quarantine.listed(session)
        assert row.tries == quarantine.MAX_TRIES and "poisoned" in row.reason
    assert retry(served[0], row) is not None
    monkeypatch.setattr(reading, "story_of", made)
    assert retry(served[0], row) is None
    assert [s.title for s in rows(served)][-1] == "poison"
    with session_scope(served[0].engine) as session:
        assert quarantine.listed(session) == []


def dropped(session: Session) -> list[bool]:
    found = session.exec(
        select(BodyRow.dropped_at)
        .join(CaptureRow, col(CaptureRow.digest) == col(BodyRow.digest))
        .order_by(CaptureRow.id)
    )
    return [moment is not None for moment in found]


def test_bodies_are_dropped_after_their_term_but_never_under_an_open_or_held_case(
    served: tuple[Monitor, dict[str, Any]],
) -> None:
    engine, later = served[0].engine, datetime.now(UTC) + timedelta(days=500)
    terms = Terms(timedelta(days=400), timedelta(days=450))
    poll(served, item("Quay", QUIET, "q", "/q"), judge=True)
    poll(served, item("Shells", ACT, "s", "/s"), judge=True)
    with session_scope(engine) as session:
        case = session.exec(select(CaseRow).where(CaseRow.origin == "screening")).one()
        for drawn in session.exec(select(CaseRow).where(CaseRow.origin == "random")).all():
            drawn.state = "decided"
            session.add(drawn)
    assert prune(engine, terms, "t", datetime.now(UTC), dry_run=False).bodies == 0
    assert prune(engine, terms, "t", later, dry_run=True).bodies == 1
    assert prune(engine, terms, "t", later, dry_run=False).bodies == 1
    with session_scope(engine) as session:
        assert dropped(session) == [True, False]
    for state in ("second", "snoozed", "waiting"):
        with session_scope(engine) as session:
            session.get_one(CaseRow, case.id).state = state
        assert prune(engine, terms, "t", later, dry_run=True).bodies == 0, state
    dispose_case(engine, case.reference, Disposition.BREACH, "act_alleged", "", "grace", 1, datetime.now(UTC))
    # A grave case waits for its second reader then, and keeps its bytes.
    assert prune(engine, terms, "t", later, dry_run=True).bodies == 0
    with session_scope(engine) as session:
        session.get_one(CaseRow, case.id).state = "decided"
    assert prune(engine, terms, "t", later, dry_run=True).bodies == 1
    hold(engine, case.reference, "court order", "grace", later)
    assert prune(engine, terms, "t", later, dry_run=False).bodies == 0
    release(engine, case.reference, "grace", later)
    with pytest.raises(ConfigError, match="not on hold"):
        release(engine, case.reference, "grace", later)
    assert prune(engine, terms, "t", later, dry_run=False).bodies == 1
    with session_scope(engine) as session:
        events = ledger.of_subject(session, "captures")
        capture = session.exec(select(CaptureRow).order_by(col(CaptureRow.id))).first()
        assert capture is not None
        assert events[0].after["digests"] == [capture.digest] and len(events) == 2
        assert captures.body(session, capture.digest) is None and ledger.broken_links(session) == []
    # What comes again is kept again.
    poll(served, item("Quay", QUIET, "q", "/q"))
    with session_scope(engine) as session:
        assert captures.body(session, capture.digest)


def test_the_commands_speak_of_what_is_there(served: tuple[Monitor, dict[str, Any]], tmp_path: Path) -> None:
    poll(served, item("Quay \u202eopened", QUIET))
    poll(served, item("Quay opened", f"{QUIET} It rained."))
    environment = os.environ | {"EMBARGOWATCH_DATABASE_URL": served[0].settings.database}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "compliance", *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    shown = json.loads(run("stories", "show", "1", "--json").stdout)
    assert [c["text"] for c in shown["versions"][0]["changes"] if c["what"] == "added"][-1].strip() == "It rained."
    assert any("direction of writing" in note for note in shown["notes"])
    assert "[+" in run("stories", "show", "1").stdout
    assert "0 bodies would be dropped" in run("captures", "prune", "--dry-run").stdout
    assert "Nothing is in quarantine" in run("quarantine", "list").stdout
    missing = run("captures", "hold", "EW-2026-99999", "--reason", "x")
    assert missing.returncode == 1 and missing.stderr.count("\n") == 1 and "no case" in missing.stderr


def test_a_story_is_found_by_its_new_address_also_later(served: tuple[Monitor, dict[str, Any]]) -> None:
    poll(served, item(link="/1", guid="a"))
    poll(served, item(link="/1", guid="b"))
    poll(served, item(link="/2", guid="b"))
    assert len(rows(served)) == 1


def test_a_digest_made_before_versions_were_kept_is_filled_in_without_a_version(
    served: tuple[Monitor, dict[str, Any]],
) -> None:
    poll(served, item())
    with session_scope(served[0].engine) as session:
        session.exec(select(StoryRow)).one().entry_digest = None
    poll(served, item(text=f"{QUIET} "), item("Barley", OTHER, "b", "/b"))
    assert [(s.entry_digest is not None, s.latest_version) for s in rows(served)] == [(True, 1), (True, 1)]


def test_a_case_says_how_many_articles_and_independent_origins_it_has(served: tuple[Monitor, dict[str, Any]]) -> None:
    retold = (
        "Shells and ballistic missiles went by freighter from Rajin in North Korea to Russia against U.N. sanctions, "
        "according to South Korea's spy agency and the panel of experts. Pyongyang and Moscow deny it."
    )
    wire, copy = item("Shells", ACT, "a", "/a"), item("Shells by sea", ACT[: ACT.rindex("Moscow")], "b", "/b")
    report = poll(served, wire, copy, item("Shells from Rajin", retold, "c", "/c"), judge=True)
    assert report.faults == () and (report.counts.cases_opened, report.counts.stories_joined) == (1, 2)
    with session_scope(served[0].engine) as session:
        case = session.exec(select(CaseRow).where(CaseRow.origin == "screening")).one()
        found = case_file(session, case.reference)
    assert found is not None and (found["articles"], found["independent_origins"]) == (3, 2)
    assert any("copy" in told["joined_because"] for told in found["stories"])
