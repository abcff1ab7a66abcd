"""The other forms of a feed: JSON Feed and news sitemaps, whole and broken."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.intake.parser import MAX_ENTRIES
from compliance.story import FeedState
from tests.compliance.intake.test_parser import parse

VERSION = "https://jsonfeed.org/version/1.1"
ITEM = {
    "id": 7,
    "url": "/a?x=1&y=2",
    "title": "Arms & <b>oil</b>",
    "content_html": "<p>One</p><script>bad()</script><p>Two</p>",
    "summary": "5 < 6",
    "date_published": "2026-11-19T10:00:00+02:00",
    "authors": [{"name": "A. Reporter"}, {"name": "B"}],
}


def feed(*items: Any, **changes: Any) -> bytes:
    return json.dumps({"version": VERSION, "title": "Wire", "items": list(items)} | changes).encode()


def test_a_json_feed_is_read_whole() -> None:
    found = parse(feed(ITEM), "application/feed+json")
    (entry,) = found.entries
    assert (found.state, found.title, entry.guid) == (FeedState.OK, "Wire", "7")
    assert (entry.title, entry.link) == ("Arms & <b>oil</b>", "https://news.example/a?x=1&y=2")
    assert entry.content.split() == ["One", "Two"] and entry.summary == "5 < 6"
    assert entry.published == datetime(2026, 11, 19, 8, tzinfo=UTC) and entry.author == "A. Reporter, B"


@pytest.mark.parametrize(
    ("body", "state", "told"),
    [
        (feed(), FeedState.EMPTY, "without entries"),
        (feed("x", 3, None), FeedState.PARSE_ERROR, "no item"),
        (feed(items={}), FeedState.PARSE_ERROR, "list of items"),
        (feed(version="2"), FeedState.NOT_A_FEED, "no JSON Feed"),
        (feed(version=None), FeedState.NOT_A_FEED, "no JSON Feed"),
        (b'{"error": "forbidden"}', FeedState.NOT_A_FEED, "no JSON Feed"),
        (b"[1, 2]", FeedState.NOT_A_FEED, "no JSON Feed"),
        (feed(ITEM)[:-9], FeedState.PARSE_ERROR, "cut or broken"),
        (b"[" * 100_000, FeedState.PARSE_ERROR, "cut or broken"),
        (b'{"a":' * 50_000, FeedState.PARSE_ERROR, "cut or broken"),
        (b'{"version": ' + b"9" * 10_000 + b"}", FeedState.PARSE_ERROR, "cut or broken"),
    ],
)
def test_what_is_no_whole_json_feed_is_told(body: bytes, state: FeedState, told: str) -> None:
    found = parse(body, "application/json")
    assert (found.state, found.entries) == (state, ()) and told in found.reason


def test_broken_parts_of_a_json_feed_cost_themselves_alone() -> None:
    items = [
        ITEM,
        {"id": {"a": 1}, "url": ["x"], "title": None, "authors": "me", "date_published": 5},
        {"id": "b", "url": "javascript:alert(1)", "date_published": "2026-02-30"},
        "no object",
    ]
    found = parse(b"\xef\xbb\xbf" + feed(*items).replace(b"Two", b"Tw\xff\x01o"), "application/json")
    assert found.state is FeedState.OK and len(found.entries) == 3 and "1 items are no objects" in found.reason
    assert found.entries[1].link is None and found.entries[2].link is None and found.entries[2].published is None
    assert "\x01" not in found.entries[0].content


def test_half_characters_cost_themselves_alone() -> None:
    half = {
        "id": "\ud800",
        "url": "/\udfff",
        "title": "A\ud800",
        "content_html": "<p>B\udc00</p>",
        "summary": "C\ud800",
    }
    found = parse(feed(half, ITEM), "application/json")
    assert [e.title for e in found.entries] == ["A\ufffd", "Arms & <b>oil</b>"]
    for entry in found.entries:
        (entry.title + entry.summary + entry.content + (entry.guid or "") + (entry.link or "")).encode("utf-8")


def test_a_json_feed_in_utf_16_is_read() -> None:
    assert parse(feed(ITEM).decode().encode("utf-16"), "application/json").entries[0].guid == "7"


HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
    'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">'
)


def url(title: str = "Shells &amp; oil", date: str = "2026-11-19", loc: str = "https://news.example/1") -> str:
    return (
        f"<url><loc>{loc}</loc><news:news><news:publication><news:name>N</news:name><news:language>en</news:language>"
        f"</news:publication><news:publication_date>{date}</news:publication_date><news:title>{title}</news:title>"
        "</news:news></url>"
    )


def test_a_news_sitemap_is_read() -> None:
    plain = "<url><loc>https://news.example/about</loc></url>"
    found = parse(HEAD + url() + plain + url(loc="ftp://x/", date="2026-02-30") + "</urlset>", "application/xml")
    first, second = found.entries
    assert (first.title, first.link) == ("Shells & oil", "https://news.example/1")
    assert first.published == datetime(2026, 11, 19, tzinfo=UTC)
    assert (second.link, second.published) == (None, None)
    assert "1 addresses without news were left out" in found.reason


@pytest.mark.parametrize(
    ("body", "state", "told"),
    [
        (HEAD + "</urlset>", FeedState.EMPTY, "without entries"),
        (HEAD + "<url><loc>https://x.example/</loc></url></urlset>", FeedState.NOT_A_FEED, "without news"),
        ('<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap><loc>https://x.example/s.xml</loc>'
         "</sitemap></sitemapindex>", FeedState.NOT_A_FEED, "an index of sitemaps"),
        (HEAD, FeedState.PARSE_ERROR, "cut or broken"),
        (HEAD + "<url>" * 5_000, FeedState.PARSE_ERROR, "cut or broken"),
    ],
)  # fmt: skip
def test_what_is_no_news_sitemap_is_told(body: str, state: FeedState, told: str) -> None:
    found = parse(body, "application/xml")
    assert (found.state, found.entries) == (state, ()) and told in found.reason


def test_a_sitemap_that_breaks_off_or_is_broken_gives_what_comes_before() -> None:
    cut = parse((HEAD + url() + url("Two"))[:-40], "application/xml")
    assert [e.title for e in cut.entries] == ["Shells & oil"]
    mended = parse(HEAD + url("A & B") + url("Two") + "</urlset>", "application/xml")
    assert [e.title for e in mended.entries][-1] == "Two"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_sitemap_opens_and_expands_nothing(encoding: str) -> None:
    doctype = (
        '<!DOCTYPE urlset [<!ENTITY a SYSTEM "file:///etc/passwd"><!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;">]>'
    )
    body = HEAD.replace("?>", "?>" + doctype).replace("UTF-8", encoding) + url("x&a;&c;y") + url("Two") + "</urlset>"
    found = parse(body.encode(encoding), "application/xml")
    assert found.entries[-1].title == "Two"
    assert not any("root:" in e.title or "bbb" in e.title for e in found.entries)


def test_a_long_sitemap_is_capped_and_the_cap_is_told() -> None:
    found = parse(HEAD + url() * (MAX_ENTRIES + 3) + "</urlset>", "application/xml")
    assert len(found.entries) == MAX_ENTRIES and "only the first 10,000 of 10,003" in found.reason


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(["id", "url", "title", "content_html", "content_text", "summary", "date_published", "authors"])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.dictionaries(KEYS, VALUES), max_size=4))
def test_any_items_of_a_json_feed_come_out_storable(items: list[dict[str, Any]]) -> None:
    found = parse(feed(*items), "application/feed+json")
    assert len(found.entries) == len(items)
    for entry in found.entries:
        (entry.title + entry.summary + entry.content + (entry.guid or "") + (entry.author or "")).encode()
        assert entry.link is None or entry.link.startswith(("http://", "https://"))
        assert entry.published is None or entry.published.tzinfo is not None


@settings(max_examples=100, deadline=None)
@given(
    st.binary(max_size=200),
    st.sampled_from([b"", b"{", HEAD.encode(), b'{"version":"https://jsonfeed.org/version/1",']),
)
def test_any_bytes_behind_a_head_give_a_state(tail: bytes, head: bytes) -> None:
    found = parse(head + tail)
    assert found.entries or found.reason
