"""A night's screening on both databases, with the shipped model: what is stored, counted and opened."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import col, select

from compliance import pipeline
from compliance.case import Disposition
from compliance.casefile import export_lines
from compliance.classifier.corpus import example_of
from compliance.classifier.training import _read_all
from compliance.coverage import RunCounts
from compliance.decision import dispose_case
from compliance.draw import draw
from compliance.monitor import Monitor, assemble
from compliance.pipeline import RunReport
from compliance.settings import Settings
from compliance.store import cases, draws, ledger, origins, screenings, stories
from compliance.store.database import session_scope
from compliance.store.tables import CaseRow, DrawRow, OutboxRow, ScreeningRow
from compliance.story import Story
from tests import factories
from tests.test_journey import ACT

FRENCH = Story("", "Un boutre saisi", "La marine a saisi un boutre qui apportait des fusils iraniens aux Houthis.")
ACT_TOLD = Story("", "North Korea shipped shells to Russia, experts find", ACT, feed_id="wire")


def ordinary(number: int) -> Story:
    """A story that nobody would flag."""
    return Story("", f"Rain delays match {number}", f"The match in town {number} was put off until Sunday, they said.")


@pytest.fixture
def monitor(settings: Settings, tmp_path: Path) -> Iterator[Monitor]:
    catalogue = tmp_path / "feeds.yml"
    catalogue.write_text("feeds:\n  - {id: wire, url: 'https://news.example/rss', title: Wire}\n")
    monitor = assemble(settings, catalogue)
    yield monitor
    monitor.engine.dispose()


def night(monitor: Monitor, told: Sequence[Story]) -> RunReport:
    """Store the stories and run the night's judgement on them."""
    counts, began = RunCounts(), datetime.now(UTC)
    run_id = pipeline.open_run(monitor.engine)
    store(monitor, told, run_id)
    counts.entries = counts.stories_new = len(told)
    pipeline.screen_waiting(monitor, run_id, counts)
    return pipeline.close_run(monitor.engine, run_id, counts, began)


def store(monitor: Monitor, told: Sequence[Story], run_id: str) -> None:
    """Store the stories as a run brings them."""
    with session_scope(monitor.engine) as session:
        known = [replace(s, fingerprint=f"{s.title}{s.text}") for s in told]
        now = datetime.now(UTC)
        stories.add(session, known, [(None, None)] * len(told), run_id, now)
        stored = stories.known(session, [s.fingerprint for s in known])
        origins.find_origins(session, [stored[s.fingerprint] for s in known], (), now)


def test_a_story_in_another_language_is_counted_as_not_covered_and_opens_nothing(monitor: Monitor) -> None:
    report = night(monitor, [FRENCH, ACT_TOLD, ordinary(1)])
    assert report.faults == ()
    assert (report.counts.screened, report.counts.not_covered, report.counts.verdicts["not_covered"]) == (3, 1, 1)
    assert report.counts.verdicts["clear"] == 1
    with session_scope(monitor.engine) as session:
        [row] = session.exec(select(ScreeningRow).where(ScreeningRow.verdict == "not_covered"))
        assert (row.language, row.score, row.judgement["covered"]) == ("fr", None, False)
        assert screenings.languages_not_covered(session, report.started_at) == [("fr", None, 1)]
        assert screenings.languages_not_covered(session, datetime.now(UTC)) == []
        assert [case.opened_by_story for case in session.exec(select(CaseRow)).all()].count(row.story_id) == 0


def test_what_is_not_covered_is_not_screened_again(monitor: Monitor) -> None:
    night(monitor, [FRENCH])
    again = night(monitor, [])
    assert again.faults == () and again.counts.screened == again.counts.not_covered == 0


def drawn(monitor: Monitor) -> list[CaseRow]:
    """The cases that were drawn at random, oldest first."""
    with session_scope(monitor.engine) as session:
        return list(session.exec(select(CaseRow).where(CaseRow.origin == "random").order_by(col(CaseRow.id))))


def test_a_cleared_story_is_drawn_marked_and_alerts_nobody(monitor: Monitor) -> None:
    report = night(monitor, [ACT_TOLD, FRENCH, *map(ordinary, range(12))])
    assert report.faults == ()
    assert (report.counts.cases_opened, report.counts.cases_drawn) == (1, 1)
    [case] = drawn(monitor)
    assert (case.verdict, case.state) == ("clear", "waiting") and case.act.startswith("Rain delays match")
    with session_scope(monitor.engine) as session:
        assert [a.subject for a in session.exec(select(OutboxRow))] == [cases.waiting(session)[0].reference]
        [event] = ledger.of_subject(session, case.reference)
        row = session.exec(select(DrawRow)).one()
        assert (event.after["origin"], event.after["seed"], event.after["draw"]) == ("random", row.seed, row.id)
        assert (row.run_id, row.pool, row.opened, row.drawn, row.share) == (report.run_id, 12, 1, 1, 0.1)
        # The draw can be made again from what was recorded.
        pool = session.exec(select(ScreeningRow.story_id).where(ScreeningRow.verdict == "clear")).all()
        again = draw(pool, row.opened, row.share, row.run_id)
        assert (again.seed, again.stories) == (row.seed, (case.opened_by_story,))


def test_the_same_night_again_draws_nothing_new(monitor: Monitor) -> None:
    night(monitor, [ordinary(1), ordinary(2)])
    again = night(monitor, [])
    assert again.faults == () and again.counts.cases_drawn == 0
    assert len(drawn(monitor)) == 1
    assert night(monitor, [ordinary(3)]).counts.cases_drawn == 1


def test_a_night_of_which_nothing_was_cleared_draws_nothing(monitor: Monitor) -> None:
    report = night(monitor, [FRENCH, ACT_TOLD])
    assert report.faults == () and report.counts.cases_drawn == 0 and drawn(monitor) == []


def test_a_draw_takes_its_tenth_of_a_long_queue(monitor: Monitor) -> None:
    """Twenty-seven cases of a night that died before its draw, which the next run makes."""
    now = datetime.now(UTC)
    with session_scope(monitor.engine) as session:
        told = [factories.story(title=f"t{n}", fingerprint=f"{n}") for n in range(60)]
        stories.add(session, told, [(None, None)] * 60, "died", now)
        stored = stories.load(session, stories.waiting_ids(session))
        judged = [(s, factories.screening(0.9 if n < 27 else 0.1)) for n, s in enumerate(stored)]
        ids = screenings.add(session, judged, "died", now)
        for story, found in judged[:27]:
            cases.open_case(session, int(story.id), ids[int(story.id)], found, "first", "died", now)
    report = night(monitor, [])
    assert report.faults == () and report.counts.cases_drawn == 3
    assert all(case.run_id == report.run_id for case in drawn(monitor))


def test_a_flagged_story_does_not_join_a_case_that_was_drawn(monitor: Monitor) -> None:
    now = datetime.now(UTC)
    store(monitor, [ACT_TOLD], "died")
    with session_scope(monitor.engine) as session:
        told = stories.load(session, stories.waiting_ids(session))
        screenings.add(session, [(told[0], factories.screening(0.1))], "died", now)
    assert night(monitor, []).counts.cases_drawn == 1
    copy = replace(ACT_TOLD, title="Shells went from North Korea to Russia, the panel finds")
    report = night(monitor, [copy])
    assert (report.counts.cases_opened, report.counts.stories_joined, report.counts.alerts_queued) == (1, 0, 1)
    assert [case.verdict for case in drawn(monitor)] == ["clear"]


def test_decided_draws_give_the_miss_rate(monitor: Monitor) -> None:
    night(monitor, list(map(ordinary, range(5))))
    night(monitor, list(map(ordinary, range(5, 9))))
    first, second = drawn(monitor)
    dispose_case(monitor.engine, first.reference, Disposition.BREACH, "act_alleged", "", "grace", 1, datetime.now(UTC))
    with session_scope(monitor.engine) as session:
        found = draws.tally(session)
    assert (found.pool, found.drawn, dict(found.dispositions)) == (9, 2, {"breach": 1})
    environment = os.environ | {"EMBARGOWATCH_DATABASE_URL": monitor.settings.database}
    command = [sys.executable, "-m", "compliance", "model", "missrate", "--json"]
    told = json.loads(subprocess.run(command, env=environment, capture_output=True, check=True).stdout)
    assert (told["cleared"], told["breaches"], told["waiting"], told["share"]) == (9, 1, 1, 1.0)
    assert told["low"] == pytest.approx(0.025)
    assert second.state == "waiting"


@pytest.mark.parametrize(("disposition", "parties"), [(Disposition.BREACH, 2), (Disposition.NOT_BREACH, 0)])
def test_what_was_decided_can_be_learnt_from(monitor: Monitor, disposition: Disposition, parties: int) -> None:
    night(monitor, [ACT_TOLD, ordinary(1)])
    with session_scope(monitor.engine) as session:
        reference = next(c.reference for c in cases.waiting(session) if c.origin == "screening")
    reason = {Disposition.BREACH: "act_alleged", Disposition.NOT_BREACH: "policy_only"}[disposition]
    dispose_case(monitor.engine, reference, disposition, reason, "", "grace", 1, datetime.now(UTC))
    with session_scope(monitor.engine) as session:
        # So grave a case is no label before a second person agrees.
        assert list(export_lines(session, "labels")) == []
    dispose_case(monitor.engine, reference, disposition, reason, "", "ada", 2, datetime.now(UTC), is_approver=True)
    with session_scope(monitor.engine) as session:
        [line] = export_lines(session, "labels")
    [read] = _read_all([example_of(json.loads(json.dumps(line)))], monitor.rulebook)
    assert read.is_breach is (disposition is Disposition.BREACH)
    assert len(line["parties"]) == parties and bool(read.told) is bool(parties)
    assert all(p["quote"] in f"{ACT_TOLD.title}\n{ACT_TOLD.text}" for p in line["parties"])
