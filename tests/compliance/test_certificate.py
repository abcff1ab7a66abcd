"""What a certificate claims of a bad night, of an empty one and of none; and that it can be counted again."""

import json
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from pypdf import PdfReader
from sqlalchemy import text
from sqlmodel import select

from compliance.certificate import Certificate, Standing, digest_of, lines, standing
from compliance.certifying import differences, issue
from compliance.digest import queue_digest, queue_missing
from compliance.monitor import Monitor, assemble
from compliance.settings import Settings
from compliance.store import certificates, quarantine
from compliance.store.database import session_scope
from compliance.store.tables import BodyRow, ListRow, OutboxRow, RunFeedRow, RunRow, StoryRow

DAY = date(2026, 11, 20)
MIDNIGHT = datetime(2026, 11, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)
COUNTS = {"stories_new": 0, "screened": 0, "cases_opened": 0, "cases_drawn": 0, "alerts_queued": 0}


def run(monitor: Monitor, began: datetime, *feeds: tuple[str, str, int, int], **changes: object) -> None:
    """Enter a run and what it got from each feed: (id, state, entries, new); stories of the new entries too."""
    name = f"run-{began:%d-%H%M}"
    new = sum(f[3] for f in feeds)
    given = {"state": "reconciled", "counts": COUNTS | {"stories_new": new}, "faults": [], **changes}
    with session_scope(monitor.engine) as session:
        session.add(RunRow(id=name, started_at=began, **given))  # type: ignore[arg-type]  # plain keyword values
        session.flush()
        for feed, state, entries, fresh in feeds:
            reason = "" if state in ("ok", "empty", "unchanged") else f"answered 50{len(feed)}"
            row = RunFeedRow(run_id=name, feed_id=feed, state=state, reason=reason, entries=entries, new=fresh)
            row.known = entries - fresh
            session.add(row)
        for n in range(new):
            session.add(
                StoryRow(fingerprint=f"{name} {n}", title="t", text="t", first_seen=began, run_id=name, feed_id="x")
            )


def certify(monitor: Monitor, day: date = DAY) -> Certificate:
    with session_scope(monitor.engine) as session:
        made = issue(session, monitor, day, datetime.combine(day, datetime.min.time(), UTC) + 30 * HOUR)
    assert made is not None
    return made


def stale_list(monitor: Monitor) -> None:
    with session_scope(monitor.engine) as session:
        session.add(BodyRow(digest="d", size=1, packed=b"x"))
        session.flush()
        old = MIDNIGHT - timedelta(days=3)
        session.add(ListRow(source="un-consolidated", digest="d", generated="2026-11-16", fetched_at=old, last_seen=old,
                            accepted=True, individuals=1, entities=1, body_digest="d"))  # fmt: skip


def test_a_bad_night_says_what_was_broken_missing_parked_and_stale(monitor: Monitor) -> None:
    for days in range(9, 1, -1):
        run(
            monitor,
            MIDNIGHT - timedelta(days=days),
            ("quiet", "ok", 9, 2 * (days > 2)),
            ("good", "ok", 9, 1),
            ("gappy", "ok", 9, 1),
        )
    run(monitor, MIDNIGHT - 4 * HOUR, ("broken", "http_error", 0, 0), ("good", "ok", 9, 1), ("gappy", "ok", 9, 1))
    run(monitor, MIDNIGHT + 2 * HOUR, ("broken", "http_error", 0, 0), ("good", "ok", 9, 0), ("gappy", "ok", 20, 20),
        ("quiet", "unchanged", 0, 0), counts=COUNTS | {"stories_new": 20, "screening_quarantined": 1})  # fmt: skip
    run(monitor, MIDNIGHT + 12 * HOUR, ("broken", "timeout", 0, 0), ("good", "ok", 9, 0), ("quiet", "ok", 9, 0))
    stale_list(monitor)
    with session_scope(monitor.engine) as session:
        quarantine.enter(session, "screen", "story:77", "ValueError: odd <b>", MIDNIGHT + 2 * HOUR)
    made = certify(monitor)
    said = "\n".join(lines(made))
    for words in (
        "Feed broken failed since 2026-11-19 20:00: timeout",
        "Possible gap in feed gappy: the 20 entries read at 2026-11-20 02:00 share none with the reading before",
        "Feed quiet is silent since 2026-11-17 00:00; usually something every 24.0 hours",
        "1 stories or entries broke a step and are in quarantine",
        "In quarantine: story:77 at screen: ValueError: odd <b>",
        "List un-consolidated is stale: last seen 96.0 hours before the end",
        "Feeds read / unchanged / failed: 3 / 0 / 1",
        "Stories new / duplicate: 20 / 27",
        "covered in part",
        "Every count adds up: yes",
    ):
        assert words in said, words
    assert "Feed good" not in said and standing(made.facts, made.noted) is Standing.PARTIAL


def test_an_empty_night_says_why_it_is_empty(monitor: Monitor) -> None:
    for days in (2, 1):
        run(monitor, MIDNIGHT - timedelta(days=days), ("a", "ok", 9, 1), ("b", "ok", 9, 1))
    run(monitor, MIDNIGHT + 2 * HOUR, ("a", "ok", 9, 0), ("b", "unchanged", 0, 0))
    made = certify(monitor)
    said = "\n".join(lines(made))
    assert "because nothing new came: 1 feeds were read and 1 were unchanged." in said
    assert "Nothing is left uncovered." in said and standing(made.facts, made.noted) is Standing.COMPLETE


def test_a_night_without_a_run_covers_nothing_and_says_so(monitor: Monitor) -> None:
    run(monitor, MIDNIGHT - 4 * HOUR, ("a", "ok", 9, 1))
    made = certify(monitor)
    said = "\n".join(lines(made))
    assert standing(made.facts, made.noted) is Standing.NOTHING and "Silence of this day means nothing." in said
    assert "because no run took place" in said and "Feeds not asked at all: a" in said


def test_a_night_in_which_every_feed_failed_covers_nothing(monitor: Monitor) -> None:
    run(monitor, MIDNIGHT + 2 * HOUR, ("a", "dns", 0, 0), ("b", "timeout", 0, 0))
    made = certify(monitor)
    assert standing(made.facts, made.noted) is Standing.NOTHING
    assert "because no feed could be read" in "\n".join(lines(made))


@pytest.mark.parametrize("state", ["failed", "interrupted", "unreconciled", "running"])
def test_a_run_that_did_not_end_well_keeps_the_day_from_adding_up(monitor: Monitor, state: str) -> None:
    run(monitor, MIDNIGHT + 2 * HOUR, ("a", "ok", 9, 1), state=state)
    made = certify(monitor)
    assert made.facts["reconciles"] is False
    assert any("Does not add up: run run-20-0200" in line for line in lines(made))


def test_a_story_that_no_feed_told_of_does_not_add_up(monitor: Monitor) -> None:
    run(monitor, MIDNIGHT + 2 * HOUR, ("a", "ok", 9, 1))
    with session_scope(monitor.engine) as session:
        session.add(StoryRow(fingerprint="x", title="t", text="t", first_seen=MIDNIGHT, run_id="run-20-0200"))
    assert "new stories told by the feeds and stored: 1 and 2" in certify(monitor).facts["faults"]


def test_counted_again_after_other_days_the_certificate_is_the_same(monitor: Monitor) -> None:
    run(monitor, MIDNIGHT - 4 * HOUR, ("a", "dns", 0, 0), ("b", "ok", 9, 1))
    run(monitor, MIDNIGHT + 2 * HOUR, ("a", "dns", 0, 0), ("b", "ok", 9, 3), state="running")
    stale_list(monitor)
    made = certify(monitor)
    run(monitor, MIDNIGHT + 27 * HOUR, ("a", "ok", 9, 9), ("b", "dns", 0, 0))
    with session_scope(monitor.engine) as session:
        # What later days do to the rows of this one: the dead run is marked, the list is seen again.
        died = session.get_one(RunRow, "run-20-0200")
        died.state, died.faults = "interrupted", ["its process died"]
        session.exec(select(ListRow)).one().last_seen = MIDNIGHT + 90 * HOUR
        quarantine.enter(session, "screen", "story:1", "later", MIDNIGHT + 30 * HOUR)
    with session_scope(monitor.engine) as session:
        assert differences(session, made) == []
        again = certificates.of_day(session, DAY)
        assert again == made and digest_of(1, DAY, made.content, made.previous) == made.digest


def test_what_was_changed_afterwards_is_found(monitor: Monitor) -> None:
    run(monitor, MIDNIGHT + 2 * HOUR, ("a", "ok", 9, 2))
    first, second = certify(monitor), certify(monitor, DAY + timedelta(days=1))
    assert (first.number, second.number, second.previous) == (1, 2, first.digest)
    with monitor.engine.begin() as connection:
        connection.execute(text("DELETE FROM stories WHERE fingerprint = 'run-20-0200 1'"))
        connection.execute(text("UPDATE certificates SET digest = 'forged' WHERE number = 1"))
    with session_scope(monitor.engine) as session:
        wrong = " ".join(differences(session, first))
        assert "stories: the certificate says" in wrong
        assert differences(session, second) == ["previous: the certificate does not follow the one before it"]


def test_a_day_has_one_certificate_and_days_that_are_owed_get_theirs(monitor: Monitor) -> None:
    queue_digest(monitor, DAY - timedelta(days=3))
    assert queue_missing(monitor, DAY) == 3 and queue_missing(monitor, DAY) == 0
    with session_scope(monitor.engine) as session:
        assert [c.number for c in certificates.listed(session)] == [4, 3, 2, 1]
        assert [c.day.day for c in certificates.listed(session)] == [20, 19, 18, 17]
        mails = list(session.exec(select(OutboxRow)))
    assert "Coverage certificate 4" in mails[-1].payload["text"] and "/certificates/4" in mails[-1].payload["html"]


def test_a_certificate_can_be_shown_counted_again_and_exported_at_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMBARGOWATCH_HOME", str(tmp_path))

    def embargowatch(*words: str) -> tuple[int, str, str]:
        command = [sys.executable, "-m", "compliance", "coverage", *words]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        return ended.returncode, ended.stdout, ended.stderr

    assert embargowatch("show", "2026-11-20")[0] == 1
    assert embargowatch("issue", "2026-11-20")[:2] == (0, "Certificate 1 of 2026-11-20 is issued.\n")
    status, out, _ = embargowatch("show", "2026-11-20", "--verify", "--json", "--pdf", str(tmp_path / "c.pdf"))
    assert status == 0 and json.loads(out)["covers"] == "nothing"
    pages = PdfReader(tmp_path / "c.pdf").pages
    assert "Coverage certificate 1" in pages[0].extract_text() and "no run took place" in pages[0].extract_text()
    monitor = assemble(Settings())
    run(monitor, MIDNIGHT + 2 * HOUR, ("a", "ok", 9, 2))
    monitor.engine.dispose()
    status, _, wrong = embargowatch("show", "2026-11-20", "--verify")
    assert status == 1 and "differs: runs: the certificate says []" in wrong
