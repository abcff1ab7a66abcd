"""FeedDocument → entries. feedparser is given bytes, never an address, and nothing in a feed is followed."""

import calendar
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

import feedparser

from compliance.intake.text import mended, one_line, text_of_html
from compliance.story import Entry, FeedDocument, FeedState

MAX_ENTRIES = 10_000
_MAX_TEXT = 200_000
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_ROOT = re.compile(rb"<\s*(?:[\w.-]+:)?(rss|feed|rdf|channel)\b", re.IGNORECASE)
_HTML = re.compile(rb"<\s*(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
# An entity declared in a document type is never needed by a feed and is how entity bombs work.
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_DECLARED_BYTES = re.compile(rb"^\s*<\?xml[^>]*\?>")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{2,40})", re.IGNORECASE)
_ENCODING = re.compile(rb"encoding\s*=\s*[\"']([\w.:-]{2,40})", re.IGNORECASE)
_ONE_BYTE = re.compile(r"(?:us-)?ascii$|iso[-_]?8859|latin|windows-125|cp125|koi8|macintosh", re.IGNORECASE)
_DOCTYPE = re.compile(rb"<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """What a document turned out to be; ``warnings`` say what was mended or left out."""

    state: FeedState
    reason: str
    entries: tuple[Entry, ...] = ()
    title: str = ""
    warnings: tuple[str, ...] = ()
    broken: int = 0


def parse_feed(document: FeedDocument, *, now: datetime) -> ParsedFeed:
    """Return the document's entries, or why it is not a feed. Never raises on any bytes.

    Dates are aware and never invented: what names no moment between 1990 and a day from ``now`` is unknown.
    """
    if not document.body.strip():
        return ParsedFeed(FeedState.NOT_A_FEED, "the answer is empty")
    body, warnings = _without_doctype(document.body)
    headers = _headers(document)
    if _is_utf_8_under_another_name(body, headers.get("content-type", "")):
        body, headers = _DECLARED_BYTES.sub(b"<?xml version='1.0' encoding='utf-8'?>", body, count=1), {}
        warnings.append("the declared charset is false: read as UTF-8, which the bytes are")
    try:
        parsed = feedparser.parse(body, response_headers=headers, sanitize_html=False, resolve_relative_uris=False)
    except Exception as error:  # noqa: BLE001  (feedparser has raised many kinds on hostile bytes; none may escape)
        return ParsedFeed(FeedState.PARSE_ERROR, f"the feed broke the parser ({type(error).__name__})")
    found = parsed.get("entries") or []
    entries, broken = _entries(found[:MAX_ENTRIES], document.final_url, now)
    if broken:
        warnings.append(f"{broken} entries could not be read")
    if len(found) > MAX_ENTRIES:
        warnings.append(f"only the first {MAX_ENTRIES:,} of {len(found):,} entries were read")
    if parsed.get("bozo") and entries:
        warnings.append(f"the feed is not well-formed ({type(parsed.get('bozo_exception')).__name__})")
    title = one_line(str(parsed.get("feed", {}).get("title", "")))
    if entries or broken:
        return ParsedFeed(FeedState.OK, "; ".join(warnings), entries, title, tuple(warnings), broken)
    return _nothing(document.body, parsed, title, warnings)


def _without_doctype(body: bytes) -> tuple[bytes, list[str]]:
    start = body[:200_000].replace(b"\x00", b"").upper()
    if b"<!ENTITY" not in start:
        return body, []
    if b"\x00" in body[:4]:
        wide = "utf-16" if body[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-16-le" if body[1] == 0 else "utf-16-be"
        # The declaration still names the old encoding, and feedparser would believe it.
        body = _DECLARATION.sub("", body.decode(wide, "replace"), count=1).encode()
    return _DOCTYPE.sub(b"", body, count=1), ["a document type with entities was removed"]


def _is_utf_8_under_another_name(body: bytes, content_type: str) -> bool:
    """True where HTTP, or else the XML declaration, names a charset of one byte a letter and the bytes are UTF-8.

    Text of such a charset is next to never well-formed UTF-8 by chance, while servers often name the wrong one. For
    charsets of several bytes that does not hold, and the declaration is believed.
    """
    named = _CHARSET.search(content_type)
    declared = _ENCODING.search(body[:200])
    name = named[1] if named else declared[1].decode("ascii", "replace") if declared else ""
    if body.isascii() or not _ONE_BYTE.match(name):
        return False
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _headers(document: FeedDocument) -> dict[str, str]:
    # Without the address: feedparser would resolve identifiers against it too, and a feed that moves house would
    # bring every story anew. Links are resolved here.
    return {"content-type": document.content_type} if document.content_type else {}


def _entries(items: Sequence[dict[str, Any]], base: str, now: datetime) -> tuple[tuple[Entry, ...], int]:
    """Return the entries that can be read, and how many cannot; one of them never costs its neighbours."""
    entries, broken = [], 0
    for item in items:
        try:
            entries.append(_entry(item, base, now))
        except Exception:  # noqa: BLE001  (whatever a hostile item breaks, it is counted and the others are read)
            broken += 1
    return tuple(entries), broken


def _entry(item: dict[str, Any], base: str, now: datetime) -> Entry:
    contents = [str(c.get("value") or "") for c in item.get("content") or []]
    raw = [str(item.get("title") or "")[:5_000], str(item.get("summary") or "")[:_MAX_TEXT], *contents[:1]]
    guid = one_line(str(item.get("id") or ""))[:2_000]
    return Entry(
        title=one_line(str(item.get("title") or "")[:5_000])[:1_000],
        link=web_link(str(item.get("link") or ""), base),
        guid=guid or None,
        summary=text_of_html(str(item.get("summary") or "")[:_MAX_TEXT]),
        content=text_of_html(max(contents, key=len, default="")[:_MAX_TEXT]),
        published=_moment(item, now),
        author=one_line(str(item.get("author") or ""))[:200] or None,
        notes=mended("".join(raw)),
    )


def web_link(link: str, base: str) -> str | None:
    """Return the absolute http or https address a link stands for, or None where it is anything else."""
    link = "".join(c for c in link.strip() if c.isprintable() and not c.isspace())
    if not link or "\\" in link:
        return None
    try:
        absolute = urljoin(base, link)
        parts = urlsplit(absolute)
        usable = parts.scheme.lower() in ("http", "https") and parts.hostname and parts.username is None
    except ValueError:
        return None
    return absolute[:2_048] if usable and len(absolute) <= 2_048 else None


def _moment(item: dict[str, Any], now: datetime) -> datetime | None:
    for key in ("published_parsed", "updated_parsed", "created_parsed"):
        # Past feedparser's own look-up, which answers for one date with another.
        parsed = dict.get(item, key)
        if not parsed:
            continue
        try:
            moment = datetime.fromtimestamp(calendar.timegm(parsed), UTC)
        except (ValueError, OverflowError, OSError):
            continue
        written = str(dict.get(item, key.removesuffix("_parsed")) or "")
        if _EARLIEST <= moment <= now + timedelta(days=1) and str(moment.year)[2:] in written:
            return moment
    return None


def _nothing(body: bytes, parsed: Mapping[str, Any], title: str, warnings: list[str]) -> ParsedFeed:
    """Tell a true empty feed from a broken one, and both from what was never a feed."""
    start = body[:4_000].replace(b"\x00", b"")
    if not parsed.get("version") and (not _ROOT.search(start) or _HTML.search(start)):
        return ParsedFeed(FeedState.NOT_A_FEED, _what_it_is(start), title=title)
    if parsed.get("bozo") and not _closes(body):
        return ParsedFeed(FeedState.PARSE_ERROR, "the feed is cut or broken, and no entry could be read", title=title)
    if not parsed.get("version"):
        return ParsedFeed(FeedState.NOT_A_FEED, "no feed format was recognised", title=title)
    return ParsedFeed(FeedState.EMPTY, "a feed without entries", (), title, tuple(warnings))


def _closes(body: bytes) -> bool:
    return (
        re.search(rb"</\s*(?:[\w.-]+:)?(?:rss|feed|rdf)\s*>\s*$", body[-200:].replace(b"\x00", b""), re.IGNORECASE)
        is not None
    )


def _what_it_is(start: bytes) -> str:
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    if _HTML.search(text):
        return "a web page, not a feed"
    if text.startswith(b"%PDF"):
        return "a PDF, not a feed"
    if text[:1] in (b"{", b"["):
        return "JSON, which is not read as a feed"
    if re.search(rb"<\s*(?:urlset|sitemapindex)\b", text):
        return "a sitemap, which is not read as a feed"
    return "not a feed"
