"""A night's screening on both databases, with the shipped model: what is stored, counted and opened."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import select

from compliance import pipeline
from compliance.coverage import RunCounts
from compliance.monitor import Monitor, assemble
from compliance.pipeline import RunReport
from compliance.settings import Settings
from compliance.store import screenings, stories
from compliance.store.database import session_scope
from compliance.store.tables import CaseRow, ScreeningRow
from compliance.story import Story
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
    from dataclasses import replace

    with session_scope(monitor.engine) as session:
        known = [replace(s, fingerprint=f"{s.title}{s.text}") for s in told]
        stories.add(session, known, [(None, None)] * len(told), run_id, datetime.now(UTC))


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
