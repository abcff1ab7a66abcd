"""Article pages in a whole run: one that cannot be read leaves the feed's own text in the queue, with the reason."""

from dataclasses import replace
from functools import partial

import pytest
from sqlmodel import select

from compliance import pipeline
from compliance.coverage import RunCounts
from compliance.ingest import ingest
from compliance.intake.page_reader import PageReader
from compliance.monitor import Monitor
from compliance.store.database import session_scope
from compliance.store.tables import StoryRow
from compliance.story import Feed
from tests.compliance.intake.hostile import Answer, hostile, reply
from tests.compliance.intake.test_article import LIE, PARAGRAPH, page
from tests.compliance.intake.test_page_reader import GREEDY

HTML = "Content-Type: text/html; charset=utf-8\r\n"
PLAIN = reply(page("".join(f"<p>{PARAGRAPH}{i}</p>" for i in range(8))).body, headers=HTML)
HIDING = page(f"<p style='display:none'>{LIE}</p>" + "".join(f"<p>{PARAGRAPH}{i}</p>" for i in range(8)))
PAGES: dict[str, Answer] = {
    "/robots.txt": reply(b"", "404 None"),
    "/plain": PLAIN,
    "/greedy": reply(GREEDY.body, headers=HTML),
    "/large": reply(b"<p>" + PARAGRAPH.encode() * 120_000, headers=HTML),
    "/pdf": reply(b"%PDF-1.7", headers="Content-Type: application/pdf\r\n"),
    "/hiding": reply(HIDING.body, headers=HTML),
    "/after": PLAIN,
}
NAMES = [path for path in PAGES if path != "/robots.txt"]


def rss(base: str) -> bytes:
    items = "".join(
        f"<item><title>Story {name}</title><link>{base}{name}</link><description>Teaser of {name}.</description></item>"
        for name in [*NAMES, "/missing"]
    )
    return f"<rss version='2.0'><channel><title>F</title>{items}</channel></rss>".encode()


def read(monitor: Monitor) -> tuple[RunCounts, dict[str, StoryRow]]:
    with hostile(PAGES) as server:
        PAGES["/rss"] = reply(rss(server.base), headers="Content-Type: application/rss+xml\r\n")
        given = replace(monitor, feeds=(Feed("f", server.base + "/rss", "F", full_text=True),))
        counts = RunCounts()
        run_id = pipeline.open_run(given.engine, "poll")
        ingest(given, run_id, counts)
        assert pipeline.close_poll(given.engine, run_id, counts) == []
    with session_scope(monitor.engine) as session:
        return counts, {row.title.removeprefix("Story "): row for row in session.exec(select(StoryRow))}


def test_a_page_beyond_its_limits_leaves_the_teaser_in_the_queue_with_the_reason(
    monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("compliance.ingest.PageReader", partial(PageReader, memory=130_000_000))
    counts, found = read(monitor)
    assert len(found) == len(NAMES) + 1 == counts.stories_new
    told = {name: " ".join(row.notes) for name, row in found.items()}
    for name, reason in (
        ("/greedy", "it took more than 130 MB"),
        ("/large", "more than 3,000,000 bytes"),
        ("/pdf", "wrong kind or too large"),
        ("/missing", "404"),
    ):
        assert found[name].text == f"Teaser of {name}." and reason in told[name], told[name]
        assert found[name].quality != "full" and found[name].extractor is None
    for name in ("/plain", "/hiding", "/after"):
        assert found[name].text.count("Inspectors in the port") == 8 and found[name].quality == "full"
        assert "trafilatura" in (found[name].extractor or "")
    assert LIE not in found["/hiding"].text and "1 hidden part left out" in told["/hiding"]
    assert (counts.pages_read, counts.pages_failed) == (3, 4)
    with session_scope(monitor.engine) as session:
        assert pipeline_waiting(session) == len(found)


def pipeline_waiting(session: object) -> int:
    from compliance.store import stories

    return len(stories.waiting_ids(session))


def test_pages_of_a_feed_that_take_too_long_together_are_left_and_told(
    monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("compliance.ingest._READING_SECONDS", -1.0)
    counts, found = read(monitor)
    assert counts.stories_new == len(found) and counts.pages_read == 0
    assert found["/plain"].notes == ["the page was not read: the other pages of its feed took too long"]
    assert found["/plain"].text == "Teaser of /plain." and found["/plain"].page_capture_id is not None
