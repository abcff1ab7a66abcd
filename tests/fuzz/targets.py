"""What any bytes must come through: each target raises AssertionError where a promise is broken."""

import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime

from compliance.errors import ConfigError
from compliance.grouping import OpenCase, act_of, group, keys_of
from compliance.intake.article import read_page
from compliance.intake.entries import web_link
from compliance.intake.exchange import merge, read_rows
from compliance.intake.fingerprint import canonical_url
from compliance.intake.guard import check_url
from compliance.intake.page import page_entry, saved_document
from compliance.intake.parser import MAX_ENTRIES, parse_feed
from compliance.intake.text import clean_text, text_of_html
from compliance.likeness import likeness
from compliance.normal import normal
from compliance.particulars import passages
from compliance.story import Entry, FeedDocument, FeedState
from rules.findings import Extraction

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


def composed(text: str) -> str:
    """Return the text with every letter in one piece: a text with nothing odd in it is left as it was written."""
    return unicodedata.normalize("NFC", text)


def plain(data: bytes) -> None:
    """The plain form does not change again, and every stretch of it leads back to letters that give it."""
    given = data.decode("utf-8", "surrogatepass") if _decodes(data) else data.decode("latin-1")
    form = normal(given)
    assert normal(form.text).text == form.text
    last = (0, 0)
    for at in range(len(form.text)):
        start, end = form.span(at, at + 1)
        assert 0 <= start < end <= len(given), (at, start, end)
        assert last[0] <= start and last[1] <= end
        last = start, end
    whole = form.span(0, len(form.text))
    assert composed(normal(given[slice(*whole)]).text) == composed(form.text) or form.text == ""


def particulars(data: bytes) -> None:
    """Any text has particulars by which its act is compared, few enough to be kept, and is like itself."""
    text = data.decode("utf-8", "replace")
    parts = passages(text[:200], text, on=NOW.date(), places={"rajin"})
    act = act_of(Extraction(), parts, NOW)
    assert len(act.told.names) <= 40 and len(act.told.words) <= 80 and len(keys_of(act)) <= 32
    assert likeness(act, act) == likeness(act, act) and group(act, [OpenCase(1, (act,))]).reason


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
    _is_storable(page_entry(saved_document("a.html", data, NOW), "a.html", read_page, now=NOW))


TARGETS: dict[str, Callable[[bytes], None]] = {
    "parse": parse,
    "canonical": canonical,
    "clean": clean,
    "plain": plain,
    "particulars": particulars,
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
    "plain": [
        "N\u043erth K\u200borea \uff53hipped sh\u00adells\x00 to \u202eRussia\u202c".encode(),
        "cafe\u0301 \U0001d5d4 \ufb01".encode(),
        "NN\u043eN N2\u043e \u043e\u0301alf\u0301a".encode(),
        b"\xed\xa0\x80 half, e\xcc\x81\xcc\x81 \xe2\x81\xa0",
    ],
    "particulars": [
        b"The freighter Lena Star took 250 containers, fourteen wagons and $3 million from Rajin on 14 June 2026.",
        b"GENEVA (Wire) - One. Two-three million, forty-, 1,2,3. The A, a ship",
    ],
    "catalogue": [
        b"id,url,title\na,https://x.example/,A\n",
        b"<opml><body><outline xmlUrl='https://x.example/' text='A'/></body></opml>",
    ],
    "page": [
        b"<html><head><title>t</title><link rel=canonical href='//x/y'></head><body><p>One two.</p></body></html>",
    ],
}  # fmt: skip
