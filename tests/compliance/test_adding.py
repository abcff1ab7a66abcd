"""What an officer brings: pages over HTTP, saved files, and everything that is neither."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from compliance.adding import add_story
from compliance.errors import FeedError
from compliance.intake.fetcher import FetchPolicy
from compliance.store import captures, ledger, stories
from compliance.store.database import session_scope
from compliance.store.tables import CaptureRow, LedgerRow, StoryRow
from tests.compliance.intake.hostile import hostile, reply

NOW = datetime.now(UTC)
POLICY = FetchPolicy("tests", deadline=5, allow_private=True)
WORDS = "Inspectors found artillery shells on the freighter at Rajin. " * 10
PAGE = (
    f"<html><head><title>Shells &amp; oil</title></head><body><article><p>{WORDS}</p></article></body></html>".encode()
)
HTML = "Content-Type: text/html\r\n"


def test_a_page_becomes_a_story_that_waits_and_its_bringer_is_recorded(engine: Engine) -> None:
    with hostile({"/a": reply(PAGE, headers=HTML)}) as server:
        added = add_story(engine, POLICY, server.base + "/a", by="grace", now=NOW)
        again = add_story(engine, POLICY, server.base + "/a?utm_source=mail", by="grace", now=NOW)
        url = server.base + "/a"
    assert (added.title, added.quality, added.is_new, again.is_new) == ("Shells & oil", "full", True, False)
    with session_scope(engine) as session:
        (row,) = session.exec(select(StoryRow))
        assert (row.url, row.feed_id, row.run_id) == (url, "added", None) and "artillery" in row.text
        assert (row.extractor or "").startswith("trafilatura ")
        assert stories.waiting_ids(session) == [row.id]
        (capture,) = session.exec(select(CaptureRow))
        assert captures.body(session, capture.digest) == PAGE and row.page_capture_id == capture.id
        (event,) = session.exec(select(LedgerRow))
        assert (event.actor, event.action, event.after["from"]) == ("grace", "story.added", url)
        assert ledger.broken_links(session) == []


def test_a_saved_page_and_a_text_file_become_stories(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_bytes(
        PAGE.replace(b"<head>", b"<head><link rel='canonical' href='https://x.example/p'>")
    )
    (tmp_path / "cable.txt").write_text("Oil for the north\n" + WORDS)
    for name in ("page.html", "cable.txt"):
        assert add_story(engine, POLICY, str(tmp_path / name), by="op", now=NOW, title="Given").is_new
    with session_scope(engine) as session:
        rows = session.exec(select(StoryRow).order_by(StoryRow.id)).all()
        assert [(r.title, r.url, r.publisher) for r in rows] == [
            ("Given", "https://x.example/p", "x.example"),
            ("Given", None, None),
        ]


def test_what_is_no_page_is_refused_in_one_line_and_leaves_nothing(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7 x")
    (tmp_path / "b.bin").write_bytes(b"\x00\x01\x02")
    (tmp_path / "c.html").write_bytes(b" ")
    (tmp_path / "d.html").write_bytes(b"x" * 3_000_001)
    with hostile({"/404": reply(b"", "404 None"), "/big": reply(b"x" * 3_100_000)}) as server:
        files = [str(tmp_path / n) for n in ("a.pdf", "b.bin", "c.html", "d.html", "none.html", "")]
        for target in [server.base + "/404", server.base + "/big", *files, str(tmp_path), "ftp://x.example/"]:
            with pytest.raises(FeedError) as caught:
                add_story(engine, POLICY, target, by="op", now=NOW)
            assert "\n" not in str(caught.value)
        with pytest.raises(FeedError, match="blocked"):
            add_story(engine, FetchPolicy("t", deadline=2), server.base + "/404", by="op", now=NOW)
    with session_scope(engine) as session:
        assert session.exec(select(StoryRow)).all() == [] and session.exec(select(CaptureRow)).all() == []
