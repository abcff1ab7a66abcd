"""What is stored of hostile text is the same on both databases, and harms no page, alert or log that shows it."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import col, select

from compliance.monitor import Monitor, assemble
from compliance.settings import Settings
from compliance.store import users
from compliance.store.database import session_scope
from compliance.store.tables import CaseRow, OutboxRow, StoryRow
from compliance.story import Feed
from compliance.web.app import create_app
from tests.compliance.intake.hostile import hostile, reply
from tests.compliance.test_ingest import read
from tests.compliance.web.conftest import PASSWORD, sign_in
from tests.test_journey import ACT
from tests.test_poison import night

XML = "Content-Type: application/rss+xml\r\n"
HARMFUL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")
# As it stands in the feed, and as it must be stored.
TEXTS = {
    b"NUL a\x00b": "NUL a b",
    b"NUL told &#0;": "NUL told \ufffd",
    b"bell a\x07b": "bell a b",
    b"escape a\x1b[31mb": "escape a [31mb",
    b"escape told &#27;[2J": "escape told \ufffd[2J",
    b"delete a\x7fb": "delete a b",
    "C1 a\x85b\x9cc".encode(): "C1 a…bœc",
    b"form feed a\x0cb": "form feed a b",
    b"half told &#xD800;": "half told \ufffd",
    b"half of UTF-8 \xed\xa0\x80": "half of UTF-8 í €",
    b"pair told &#xd83d;&#xde00;": "pair told \ufffd\ufffd",
    b"beyond &#x110000;": "beyond \ufffd",
    b"far beyond &#99999999999;": "far beyond \ufffd9;",
    # Which code page stray bytes are of is guessed, otherwise where an extra brought the library that feedparser asks.
    b"broken a\xff\xfeb": "broken aÿşb" if find_spec("chardet") else "broken aÿþb",
    "turned \u202ea\u2066b\u2069".encode(): "turned ab",
    "tags \U000e0041\U000e007fa".encode(): "tags a",
    "nothing wide a\u200bb\ufeffc".encode(): "nothing wide abc",
}


@pytest.fixture
def monitor(settings: Settings, tmp_path: Path) -> Iterator[Monitor]:
    catalogue = tmp_path / "feeds.yml"
    catalogue.write_text("feeds:\n  - {id: f, url: 'https://news.example/rss', title: F}\n")
    monitor = assemble(settings, catalogue)
    yield monitor
    monitor.engine.dispose()


def feed_of(texts: Iterator[bytes] | list[bytes], text: bytes = b"Rain.") -> bytes:
    items = b"".join(
        b"<item><title>%s</title><guid>g%d</guid><description>%s</description></item>" % (title, n, text)
        for n, title in enumerate(texts)
    )
    return b"<rss version='2.0'><channel><title>F</title>" + items + b"</channel></rss>"


def test_text_of_every_kind_is_stored_alike_on_both_databases(monitor: Monitor) -> None:
    # Each in a feed of its own: one kind of broken bytes may decide how the others of its document are read.
    for number, raw in enumerate(TEXTS):
        with hostile({"/f": reply(feed_of([raw, b"Neighbour"]), headers=XML)}) as server:
            counts, _ = read(monitor, Feed(f"f{number}", server.base + "/f", "F"))
        assert counts.stories_new == 2
    with session_scope(monitor.engine) as session:
        stored = [row.title for row in session.exec(select(StoryRow).order_by(col(StoryRow.id)))][::2]
    assert not any(HARMFUL.search(title) for title in stored)
    assert stored == list(TEXTS.values())


def test_nothing_that_turns_text_reaches_a_page_or_an_alert(monitor: Monitor) -> None:
    dress = "\u202e\u2066\u200f\u200b\U000e0041\x9b".encode()
    title = b"North Korea " + dress + b"shipped shells " + dress + b"to Russia"
    text = ACT.replace("Moscow", f"{dress.decode()}Moscow").encode() + dress
    with hostile({"/f": reply(feed_of([title], text), headers=XML)}) as server:
        given = replace(monitor, feeds=(Feed("f", server.base + "/f", "Harbour Wire"),))
        assert night(given).has_reconciled
    with session_scope(monitor.engine) as session:
        (case,) = session.exec(select(CaseRow).where(CaseRow.origin == "screening"))
        payloads = [json.dumps(row.payload, ensure_ascii=False) for row in session.exec(select(OutboxRow))]
        users.add_user(session, "analyst", users.Role.ANALYST, PASSWORD, case.opened_at)
        (story,) = session.exec(select(StoryRow))
        assert any("turns the direction" in note for note in story.notes)
    assert payloads and not any(HARMFUL.search(payload) for payload in payloads)
    app = create_app(monitor.settings, monitor.engine)
    with TestClient(app, base_url="http://127.0.0.1:8000", follow_redirects=False) as client:
        sign_in(client)
        for path in ("/", f"/cases/{case.reference}", "/coverage", "/search?q=shells"):
            page = client.get(path)
            assert page.status_code == 200 and not HARMFUL.search(page.text.replace("\t", "").replace("\r", "")), path


def test_two_thousand_copies_of_one_entry_are_one_story_and_nothing_is_lost(monitor: Monitor) -> None:
    copy = b"<item><title>Copy</title><guid>g</guid><description>The same.</description></item>"
    body = b"<rss version='2.0'><channel><title>F</title>" + copy * 2_000 + b"</channel></rss>"
    with hostile({"/f": reply(body, headers=XML)}) as server:
        counts, _ = read(monitor, Feed("f", server.base + "/f", "F"))
    assert (counts.entries, counts.stories_new, counts.stories_known) == (2_000, 1, 1_999)


def test_a_story_from_the_future_is_of_no_day_and_stands_by_when_it_was_read(monitor: Monitor) -> None:
    def dated(name: str, date: str) -> bytes:
        return f"<item><title>{name}</title><guid>{name}</guid><pubDate>{date}</pubDate></item>".encode()

    items = dated("far", "Mon, 20 Nov 2045 00:00:00 GMT") + dated("old", "Sat, 20 Nov 1965 00:00:00 GMT")
    body = b"<rss version='2.0'><channel><title>F</title>" + items + b"</channel></rss>"
    with hostile({"/f": reply(body, headers=XML)}) as server:
        read(monitor, Feed("f", server.base + "/f", "F"))
    with session_scope(monitor.engine) as session:
        found: list[Any] = list(session.exec(select(StoryRow)))
        assert [row.published for row in found] == [None, None] and all(row.first_seen for row in found)
