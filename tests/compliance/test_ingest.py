"""Feeds through the day and at night, on both databases: what is due, held, moved, filtered, failing, and told."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from compliance import pipeline
from compliance.coverage import RunCounts
from compliance.feedalarm import raise_alarms
from compliance.ingest import ingest
from compliance.intake.health import Event, Standing
from compliance.monitor import Monitor
from compliance.store import feeds, runs
from compliance.store.database import session_scope
from compliance.store.tables import FeedRow, OutboxRow, RunFeedRow, StoryRow
from compliance.story import Feed
from tests.compliance.intake.hostile import Answer, hostile, reply

XML = "Content-Type: application/rss+xml\r\n"


def rss(*names: str) -> bytes:
    items = "".join(
        f"<item><title>Story {n}</title><guid isPermaLink='false'>{n}</guid><link>https://x.example/{n}</link></item>"
        for n in names
    )
    return f"<rss version='2.0'><channel><title>F</title>{items}</channel></rss>".encode()


def read(monitor: Monitor, *declared: Feed, due_only: bool = False) -> tuple[RunCounts, dict[str, RunFeedRow]]:
    """One run of reading alone, which must reconcile."""
    given, counts = replace(monitor, feeds=declared), RunCounts()
    run_id = pipeline.open_run(given.engine, "poll" if due_only else "nightly")
    ingest(given, run_id, counts, due_only=due_only)
    assert pipeline.close_poll(given.engine, run_id, counts) == []
    with session_scope(given.engine) as session:
        return counts, {row.feed_id: row for row in runs.feeds_of(session, run_id)}


def row_of(monitor: Monitor, feed_id: str = "f") -> FeedRow:
    with session_scope(monitor.engine) as session:
        return feeds.known(session, [feed_id])[feed_id]


def change(monitor: Monitor, feed_id: str = "f", **values: Any) -> None:
    with session_scope(monitor.engine) as session:
        row = feeds.known(session, [feed_id])[feed_id]
        for name, value in values.items():
            setattr(row, name, value)
        session.add(row)


def raised(monitor: Monitor) -> list[str]:
    with session_scope(monitor.engine) as session:
        return [e.event for e in reversed(feeds.events(session, datetime(2020, 1, 1, tzinfo=UTC)))]


def test_a_poll_asks_only_what_is_due_and_the_night_asks_all(monitor: Monitor) -> None:
    with hostile({"/a": reply(rss("1"), headers=XML), "/b": reply(rss("2"), headers=XML)}) as server:
        a, b = (Feed(n, f"{server.base}/{n}", n) for n in "ab")
        assert read(monitor, a, b, due_only=True)[0].stories_new == 2
        assert read(monitor, a, b, due_only=True)[0].feeds_due == 0
        # A poll that was missed for days is made up for by the next one.
        change(monitor, "b", next_check=datetime.now(UTC) - timedelta(days=5))
        assert set(read(monitor, a, b, due_only=True)[1]) == {"b"}
        assert set(read(monitor, a, b)[1]) == {"a", "b"}
        assert server.asked == ["/a", "/b", "/b", "/a", "/b"] or sorted(server.asked) == ["/a", "/a", "/b", "/b", "/b"]


def test_a_server_that_asks_for_patience_is_not_asked_before_its_time(monitor: Monitor) -> None:
    busy = reply(b"", "429 Too Many Requests", "Retry-After: 7200\r\n")
    with hostile({"/f": busy}) as server:
        feed = Feed("f", server.base + "/f", "F")
        _, found = read(monitor, feed)
        assert found["f"].state == "http_error" and server.asked == ["/f"]
        counts, found = read(monitor, feed)
        assert server.asked == ["/f"] and found["f"].state == "http_error"
        assert "not asked: the server said to wait" in found["f"].reason and counts.feeds_due == 1
        assert read(monitor, feed, due_only=True)[0].feeds_due == 0
        change(monitor, held_until=datetime.now(UTC) - timedelta(seconds=1))
        read(monitor, feed)
        assert server.asked == ["/f", "/f"]


def test_a_304_after_an_unreadable_body_does_not_clear_it_and_the_repaired_body_is_asked_for_whole(
    monitor: Monitor,
) -> None:
    answers: list[Answer] = []

    def current(client: Any, path: str) -> None:
        answers[-1](client, path)

    with hostile({"/f": current}) as server:
        feed = Feed("f", server.base + "/f", "F")
        for answer, state in (
            (reply(rss("1"), headers=XML + 'ETag: "a"\r\n'), "ok"),
            (
                reply(b"<html><body>Sign in</body></html>", headers='Content-Type: text/html\r\nETag: "b"\r\n'),
                "not_a_feed",
            ),
            (reply(b"", "304 Not Modified"), "not_a_feed"),
        ):
            answers.append(answer)
            read(monitor, feed)
            assert row_of(monitor).state == state
        assert row_of(monitor).failures == 2 and row_of(monitor).standing == Standing.SHAKY
        assert "if-none-match" not in server.heads[-1].lower()
        answers.append(reply(rss("1", "2"), headers=XML + 'ETag: "a"\r\n'))
        read(monitor, feed)
        assert (row_of(monitor).state, row_of(monitor).failures) == ("ok", 0)


def test_no_overlap_with_the_last_fetch_is_raised_and_shown(monitor: Monitor) -> None:
    bodies = [rss("1", "2", "3"), rss("3", "4", "5"), rss("7", "8", "9")]

    def next_body(client: Any, path: str) -> None:
        reply(bodies.pop(0), headers=XML)(client, path)

    with hostile({"/f": next_body}) as server:
        feed = Feed("f", server.base + "/f", "F")
        for losses in (0, 0, 1):
            before = row_of(monitor).interval if losses else 0
            read(monitor, feed)
            assert row_of(monitor).losses == losses
    assert raised(monitor) == [Event.LOSS.value]
    assert row_of(monitor).interval < before


def test_a_move_is_proposed_after_repeated_proof_and_never_applied_silently(monitor: Monitor, tmp_path: Path) -> None:
    moved = reply(b"", "301 Moved Permanently", "Location: /new\r\n")
    routes = {"/old": moved, "/new": reply(rss("1"), headers=XML)}
    with hostile(routes) as server:
        feed = Feed("f", server.base + "/old", "F")
        for _ in range(4):
            read(monitor, feed)
        row = row_of(monitor)
        assert (row.url, row.moved_to, row.moved_seen) == (server.base + "/old", server.base + "/new", 4)
        assert not feeds.is_proposed(row) and raised(monitor) == []
        now = datetime.now(UTC)
        change(monitor, moved_since=now - timedelta(days=4), last_checked=now - timedelta(days=2))
        read(monitor, feed)
        assert feeds.is_proposed(row_of(monitor)) and raised(monitor) == [Event.MOVED.value]
        read(monitor, feed)
        assert raised(monitor) == [Event.MOVED.value] and server.asked[-2:] == ["/old", "/new"]
        routes["/old"] = reply(rss("1", "2"), headers=XML)
        read(monitor, feed)
        assert (row_of(monitor).moved_to, row_of(monitor).moved_seen) == (None, 0)


@pytest.mark.parametrize("hops", [("302 Found", "301 Moved"), ("307 Temporary", "308 Permanent")])
def test_what_lies_behind_a_temporary_redirect_is_no_new_address(monitor: Monitor, hops: tuple[str, str]) -> None:
    routes = {
        "/old": reply(b"", hops[0], "Location: /b\r\n"),
        "/b": reply(b"", hops[1], "Location: /c\r\n"),
        "/c": reply(rss("1"), headers=XML),
    }
    with hostile(routes) as server:
        read(monitor, Feed("f", server.base + "/old", "F"))
    assert row_of(monitor).moved_to is None and row_of(monitor).state == "ok"


def test_entries_that_patterns_leave_out_are_counted_and_not_stored(monitor: Monitor) -> None:
    with hostile({"/f": reply(rss("1", "2", "3"), headers=XML)}) as server:
        counts, found = read(monitor, Feed("f", server.base + "/f", "F", exclude=("story 2",)))
    assert (counts.entries, counts.stories_new, counts.entries_left_out) == (3, 2, 1)
    assert (found["f"].entries, found["f"].new, found["f"].left_out) == (3, 2, 1)
    with session_scope(monitor.engine) as session:
        (pattern,) = feeds.patterns(session)
        assert (pattern.kind, pattern.pattern, pattern.hits) == ("exclude", "story 2", 1)
        assert sorted(session.exec(select(StoryRow.title))) == ["Story 1", "Story 3"]


def test_a_feed_failing_for_a_day_is_told_once_by_mail_and_again_after_it_recovered(monitor: Monitor) -> None:
    def mails() -> list[OutboxRow]:
        with session_scope(monitor.engine) as session:
            return [row for row in session.exec(select(OutboxRow)) if row.event == "feeds.failing"]

    routes = {"/f": reply(b"no", "404 Not Found")}
    with hostile(routes) as server:
        feed = Feed("f", server.base + "/f", "Harbour\u202e Wire")
        read(monitor, feed)
        assert mails() == []
        for _ in range(2):
            change(monitor, failing_since=datetime.now(UTC) - timedelta(days=1, minutes=1))
            read(monitor, feed)
            (mail,) = mails()
        assert mail.payload["subject"] == "[feeds] 1 not read for a day"
        assert "Harbour Wire (f): http_error since" in mail.payload["text"]
        assert row_of(monitor).standing == Standing.FAILING and raised(monitor) == [Event.FAILING.value]
        routes["/f"] = reply(rss("1"), headers=XML)
        read(monitor, feed)
        assert raised(monitor)[-1] == Event.RECOVERED.value and row_of(monitor).alarmed_at is None
        assert raise_alarms(replace(monitor, feeds=(feed,)), datetime.now(UTC)) == 0
        routes["/f"] = reply(b"no", "404 Not Found")
        read(monitor, feed)
        change(monitor, failing_since=datetime.now(UTC) - timedelta(days=2))
        read(monitor, feed)
        assert len(mails()) == 2


def test_saved_pages_become_stories_with_their_bytes(monitor: Monitor, tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    folder.mkdir()
    words = "Inspectors found artillery shells on the freighter at Rajin. " * 10
    (folder / "a.html").write_text(f"<html><head><title>Shells</title></head><body><p>{words}</p></body></html>")
    counts, _ = read(monitor, Feed("f", f"folder:{folder}", "Saved"))
    assert counts.stories_new == 1 and counts.pages_read == 1
    again, found = read(monitor, Feed("f", f"folder:{folder}", "Saved"))
    assert again.stories_new == 0 and found["f"].state == "unchanged" and row_of(monitor).entries == 1
    with session_scope(monitor.engine) as session:
        (story,) = session.exec(select(StoryRow))
        assert story.title == "Shells" and "artillery" in story.text and story.page_capture_id is not None
        assert story.quality == "full" and (story.extractor or "").startswith("trafilatura ")


def test_the_whole_state_of_a_feed_is_json(monitor: Monitor) -> None:
    from compliance import feedreport

    with hostile({"/f": reply(rss("1"), headers=XML)}) as server:
        with session_scope(monitor.engine) as session:
            assert "ever been read" in feedreport.report(session, monitor.settings, datetime.now(UTC)).alarm
        read(monitor, Feed("f", server.base + "/f", "F"))
    now = datetime.now(UTC)
    with session_scope(monitor.engine) as session:
        found = feedreport.report(session, monitor.settings, now)
        (line,) = json.loads(json.dumps(found.lines))
        assert (line["standing"], line["failures"], found.alarm) == ("healthy", 0, "")
        late = feedreport.report(session, monitor.settings, now + timedelta(hours=13))
        assert "No feed has answered for 13 hours" in late.alarm
