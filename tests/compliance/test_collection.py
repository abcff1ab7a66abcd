"""Feeds and pages collected from real servers under many names: politely, side by side, robots.txt obeyed."""

import itertools
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from compliance.collection import Bounds, Collector, Reading, Validators, read_one
from compliance.intake.fetcher import FetchPolicy
from compliance.intake.health import Health
from compliance.intake.robots import Robots
from compliance.story import Feed, FeedState, FetchOutcome
from tests.compliance.intake.hostile import Answer, Hostile, drip, hostile, reply

XML = "Content-Type: application/rss+xml\r\n"
HTML = "Content-Type: text/html\r\n"
NOW = datetime.now(UTC)


def on_loopback(_host: str, _port: int) -> Sequence[str]:
    return ["127.0.0.1"]


POLICY = FetchPolicy(
    "EmbargoWatch/0.1 (+x)", connect_timeout=2, read_timeout=2, deadline=3, allow_private=True, resolver=on_loopback
)


def rss(*links: str) -> bytes:
    items = "".join(f"<item><title>t {link}</title><link>{link}</link></item>" for link in links)
    return f"<rss version='2.0'><channel><title>F</title>{items}</channel></rss>".encode()


@contextmanager
def serving(routes: dict[str, Answer]) -> Iterator[tuple[Hostile, str]]:
    with hostile(routes) as server:
        yield server, server.base.rpartition(":")[2]


def collect(
    feeds: Sequence[Feed], known: dict[str, Any] | None = None, **bounds: Any
) -> dict[str, tuple[Reading, dict[str, FetchOutcome]]]:
    given = Bounds(**{"threads": 8, "host_concurrency": 2, "host_delay": 0.0} | bounds)
    collector = Collector(
        feeds, POLICY, given, known or {}, lambda r: [e.link or "" for e in r.entries] if r.feed.full_text else []
    )
    return {reading.feed.id: (reading, pages) for reading, pages in collector.read()}


def test_slow_feeds_hold_up_good_ones_by_less_than_one_deadline() -> None:
    routes = {"/slow": drip(b"HTTP/1.1 200 OK\r\n\r\n", b"<", 0.2, 20), "/good": reply(rss("http://x.example/1"))}
    with serving(routes) as (_, port):
        slow = [Feed(f"s{n}", f"http://s{n}.example:{port}/slow", "S") for n in range(20)]
        good = [Feed(f"g{n}", f"http://g{n}.example:{port}/good", "G") for n in range(20)]
        collector = Collector([*slow, *good], POLICY, Bounds(8, 2, 0), {}, lambda _: [])
        started, ended = time.monotonic(), {}
        for reading, _pages in collector.read():
            ended[reading.feed.id] = time.monotonic() - started
            assert (reading.outcome.state is FeedState.OK) == reading.feed.id.startswith("g")
    assert len(ended) == 40
    assert max(t for name, t in ended.items() if name.startswith("g")) < POLICY.deadline


def test_one_host_is_asked_with_pauses_and_never_by_more_than_allowed() -> None:
    times: list[float] = []

    def noted(client: Any, path: str) -> None:
        times.append(time.monotonic())
        reply(rss("http://x.example/1"), headers=XML)(client, path)

    with serving({f"/{n}": noted for n in range(6)}) as (server, port):
        found = collect([Feed(f"f{n}", f"http://many.example:{port}/{n}", "F") for n in range(6)], host_delay=0.15)
    assert len(found) == 6 and len(server.asked) == 6
    assert min(b - a for a, b in itertools.pairwise(times)) > 0.1


def test_feeds_that_failed_before_are_asked_last() -> None:
    with serving({"/f": reply(rss("http://x.example/1"))}) as (_, port):
        feeds = [Feed(f"f{n}", f"http://127.0.0.1:{port}/f?{n}", "F") for n in range(6)]
        known = {"f0": (Validators(), Health(weight=4.0))}
        collector = Collector(feeds, POLICY, Bounds(1, 1, 0), known, lambda _: [])
        assert [reading.feed.id for reading, _ in collector.read()][-1] == "f0"


ROBOTS = b"User-agent: EmbargoWatch\nDisallow: /private\nCrawl-delay: 0.2\n\nUser-agent: *\nDisallow: /\n"


def test_pages_are_fetched_as_robots_txt_allows() -> None:
    page = reply(b"<html><body><p>Hello</p></body></html>", headers=HTML)
    routes = {"/robots.txt": reply(ROBOTS), "/a": page, "/b": page, "/private/c": page}
    with serving(routes) as (server, port):
        base = f"http://news.example:{port}"
        with serving({"/feed": reply(rss(base + "/a", base + "/private/c", base + "/b"), headers=XML)}) as (_, own):
            found = collect([Feed("f", f"http://127.0.0.1:{own}/feed", "F", full_text=True)])
    pages = found["f"][1]
    assert {link.rpartition(port)[2]: o.state for link, o in pages.items()} == {
        "/a": FeedState.OK,
        "/b": FeedState.OK,
        "/private/c": FeedState.BLOCKED,
    }
    assert "robots.txt" in pages[base + "/private/c"].reason
    assert server.asked.count("/robots.txt") == 1 and "/private/c" not in server.asked


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (reply(b"", "404 None"), None),
        (reply(b"", "403 No"), None),
        (reply(b"", "503 Busy"), "could not be had"),
        (reply(b"", "429 Slow"), "could not be had"),
        (reply(b"#" * 600_000), "too large"),
        (reply(b"\xff\xfe\x00garbage\n" * 2_000), None),
        (reply(b"<html>not found</html>", headers=HTML), None),
        (reply(b"User-agent: *\nDisallow: /"), "forbids"),
        (reply(("User-agent: *\nDisallow: /" + "*a" * 30 + "$\n").encode()), None),
        (reply(b"", "302 Go", "Location: file:///etc/passwd\r\n"), "could not be had"),
    ],
)
def test_whatever_robots_txt_is_a_page_is_allowed_or_told_why_not(answer: Answer, told: str | None) -> None:
    with serving({"/robots.txt": answer}) as (_, port):
        why = Robots(POLICY).refusal(f"http://news.example:{port}/{'a' * 500}b", POLICY.user_agent)
    assert (why is None) if told is None else (told in (why or ""))


def test_a_robots_txt_on_an_inner_address_is_not_asked() -> None:
    with serving({"/robots.txt": reply(b"")}) as (server, port):
        why = Robots(FetchPolicy("t", deadline=2)).refusal(f"http://127.0.0.1:{port}/x", "t")
    assert why and server.asked == []


def test_a_feed_that_breaks_the_reader_is_an_outcome_and_the_others_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    from compliance import collection

    def breaking(feed: Feed, *rest: Any) -> Reading:
        if feed.id == "f1":
            raise TypeError("boom")
        return read_one(feed, *rest)

    monkeypatch.setattr(collection, "read_one", breaking)
    with serving({"/f": reply(rss("http://x.example/1"))}) as (_, port):
        found = collect([Feed(f"f{n}", f"http://127.0.0.1:{port}/f?{n}", "F") for n in range(3)])
    assert [found[f"f{n}"][0].outcome.state for n in range(3)] == [FeedState.OK, FeedState.PARSE_ERROR, FeedState.OK]
    assert "TypeError" in found["f1"][0].outcome.reason


def test_an_etag_that_lies_is_not_believed_for_longer_than_a_day() -> None:
    def lying(client: Any, path: str) -> None:
        is_conditional = b"if-none-match" in server.heads[-1].lower().encode()
        answer = reply(b"", "304 Not Modified") if is_conditional else reply(rss("http://x.example/new"), headers=XML)
        answer(client, path)

    with hostile({"/f": lying}) as server:
        feed = Feed("f", server.base + "/f", "F")
        fresh = Validators('"v1"', None, "d", NOW - timedelta(hours=2))
        assert read_one(feed, POLICY, fresh, Health(), NOW).outcome.state is FeedState.UNCHANGED
        for last_full in (NOW - timedelta(hours=21), NOW + timedelta(days=400), None):
            stale = Validators('"v1"', None, "d", last_full)
            assert read_one(feed, POLICY, stale, Health(), NOW).entries[0].link == "http://x.example/new"


def test_patterns_leave_entries_out_and_say_how_many() -> None:
    with serving({"/f": reply(rss("http://x.example/arms", "http://x.example/sport"))}) as (_, port):
        feed = Feed("f", f"http://127.0.0.1:{port}/f", "F", exclude=("sport",))
        reading = read_one(feed, POLICY, Validators(), Health(), NOW)
    assert [e.link for e in reading.entries] == ["http://x.example/arms"]
    assert reading.left_out == 1 and reading.hits == {("exclude", "sport"): 1}


def test_a_folder_of_saved_pages_is_read_like_a_feed_and_not_again(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        "<html><head><title>Shells seized</title><link rel=canonical href='https://x.example/a'>"
        "<meta property='article:published_time' content='2026-11-19T08:00:00+02:00'></head><body><article>"
        f"<p>{'Inspectors found artillery shells on the freighter. ' * 8}</p></article></body></html>"
    )
    (tmp_path / "b.txt").write_text("A cable\nThe text of the cable.")
    (tmp_path / "big.html").write_bytes(b"x" * 3_000_001)
    (tmp_path / "note.pdf").write_bytes(b"%PDF")
    (tmp_path / "out.html").symlink_to("/etc/hostname")
    feed = Feed("f", f"folder:{tmp_path}", "F")
    reading = read_one(feed, POLICY, Validators(), Health(), NOW)
    first, second = reading.entries
    assert (reading.outcome.state, "2 files were not read" in reading.outcome.reason) == (FeedState.OK, True)
    assert (first.title, first.link, first.published) == (
        "Shells seized",
        "https://x.example/a",
        datetime(2026, 11, 19, 6, tzinfo=UTC),
    )
    assert "artillery shells" in first.content
    assert (second.title, second.content, second.link, second.guid) == (
        "A cable",
        "The text of the cable.",
        None,
        "b.txt",
    )
    assert reading.pages[0].body.startswith(b"<html>") and reading.outcome.document is not None
    same = Validators(digest=reading.outcome.document.digest)
    assert read_one(feed, POLICY, same, Health(), NOW).outcome.state is FeedState.UNCHANGED
    missing = read_one(Feed("f", f"folder:{tmp_path}/none", "F"), POLICY, Validators(), Health(), NOW)
    assert missing.outcome.state is FeedState.BAD_URL
