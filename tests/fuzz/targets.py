"""What any bytes must come through: each target raises AssertionError where a promise is broken."""

from collections.abc import Callable
from datetime import UTC, datetime

from compliance.errors import ConfigError
from compliance.intake.entries import web_link
from compliance.intake.exchange import merge, read_rows
from compliance.intake.fingerprint import canonical_url
from compliance.intake.guard import check_url
from compliance.intake.page import page_entry, saved_document
from compliance.intake.parser import MAX_ENTRIES, parse_feed
from compliance.intake.text import clean_text, text_of_html
from compliance.story import Entry, FeedDocument, FeedState

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
URL = "https://news.example/rss"
TYPES = (None, "application/xml", "text/html; charset=utf-8", "application/json", "text/xml; charset=x-none")


def parse(data: bytes) -> None:
    """Any bytes under any content type are a state, a reason, and entries that are safe to store."""
    kind = TYPES[data[0] % len(TYPES)] if data else None
    document = FeedDocument(URL, URL, 200, data[1:], "", NOW, kind)
    found = parse_feed(document, now=NOW)
    assert isinstance(found.state, FeedState) and (found.entries or found.reason)
    assert len(found.entries) <= MAX_ENTRIES
    for entry in found.entries:
        _is_storable(entry)


def _is_storable(entry: Entry) -> None:
    for text in (entry.title, entry.summary, entry.content, entry.guid or "", entry.author or ""):
        text.encode("utf-8")
        assert not any(c in text for c in "\x00\x1b\u202e\u200b")
    assert entry.link is None or entry.link.startswith(("http://", "https://", "HTTP", "Http"))
    assert entry.published is None or (entry.published.tzinfo is UTC and 1990 <= entry.published.year <= NOW.year)


def canonical(data: bytes) -> None:
    """A canonical address is one that does not change again; a web link is http or https and passes the door."""
    text = data.decode("utf-8", "replace")
    once = canonical_url(text)
    assert canonical_url(once) == once
    link = web_link(text, URL)
    if link is not None:
        assert link.lower().startswith(("http://", "https://")) and len(link) <= 2_048
        assert check_url(link, allow_private=True) is None, link


def clean(data: bytes) -> None:
    """Text cleaned once does not change when it is cleaned again, and can be stored."""
    text = data.decode("utf-8", "surrogatepass" if data[:1] < b"\x80" else "replace") if _decodes(data) else ""
    once = clean_text(text)
    once.encode("utf-8")
    assert clean_text(once) == once
    text_of_html(once).encode("utf-8")


def _decodes(data: bytes) -> bool:
    try:
        data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


def catalogue(data: bytes) -> None:
    """Any file is taken in as a list of feeds or refused in one line."""
    try:
        merge((), read_rows(data, "list"))
    except ConfigError as error:
        assert str(error).startswith("list")


def page(data: bytes) -> None:
    """Any saved page is an entry."""
    _is_storable(page_entry(saved_document("a.html", data, NOW), "a.html", now=NOW))


TARGETS: dict[str, Callable[[bytes], None]] = {
    "parse": parse,
    "canonical": canonical,
    "clean": clean,
    "catalogue": catalogue,
    "page": page,
}
SEEDS: dict[str, list[bytes]] = {
    "parse": [
        b"\x01<?xml version='1.0'?><rss version='2.0'><channel><item><title>a</title><link>http://x/</link>"
        b"<pubDate>Fri, 20 Nov 2026 01:00:00 GMT</pubDate></item></channel></rss>",
        b"\x01<feed xmlns='http://www.w3.org/2005/Atom' xml:base='http://x/'><entry><id>1</id>"
        b"<updated>2026-11-19T10:00:00Z</updated><content type='xhtml'><div>x</div></content></entry></feed>",
        b"\x03{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":[{\"id\":\"1\",\"url\":\"/a\"}]}",
        b"\x01<urlset xmlns:news='http://www.google.com/schemas/sitemap-news/0.9'><url><loc>http://x/</loc><news:news>"
        b"<news:title>t</news:title></news:news></url></urlset>",
        b"\x01<!DOCTYPE rss [<!ENTITY a 'b'>]><rss><channel><item><title>&a;&#xD800;</title></item></channel></rss>",
        b"\x02<html><body>no feed</body></html>",
    ],
    "canonical": [
        b"https://www.m.x.example/amp/a/?utm_source=b&c=d#e", b"//x/../y", b"HTTP://[::1]:80/", b"java\tscript:x",
    ],
    "clean": ["a\u202eb\u200b\x00\r\n\n\n c".encode(), b"<p>x<script>y</script>&amp;lt;b&gt;"],
    "catalogue": [
        b"id,url,title\na,https://x.example/,A\n",
        b"<opml><body><outline xmlUrl='https://x.example/' text='A'/></body></opml>",
    ],
    "page": [
        b"<html><head><title>t</title><link rel=canonical href='//x/y'></head><body><p>One two.</p></body></html>",
    ],
}  # fmt: skip
