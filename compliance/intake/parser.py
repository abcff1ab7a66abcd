"""FeedDocument → entries. feedparser is given bytes, never an address, and nothing in a feed is followed."""

import calendar
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import feedparser

from compliance.intake.entries import MAX_ENTRIES, ParsedFeed, read_entry, stated, web_link
from compliance.intake.jsonfeed import parse_json_feed
from compliance.intake.sitemap import parse_sitemap
from compliance.intake.text import one_line
from compliance.story import Entry, FeedDocument, FeedState

__all__ = ["MAX_ENTRIES", "ParsedFeed", "parse_feed", "web_link"]

_ROOT = re.compile(rb"<\s*(?:[\w.-]+:)?(rss|feed|rdf|channel)\b", re.IGNORECASE)
_SITEMAP = re.compile(rb"<\s*(?:[\w.-]+:)?(?:urlset|sitemapindex)\b", re.IGNORECASE)
_CDF = re.compile(rb"^(?:\s|<\?.*?\?>|<!--.*?-->|<!doctype[^>]*>)*<channel\b", re.IGNORECASE | re.DOTALL)
_BLANK = b"\xef\xbb\xbf\xff\xfe \t\r\n"
_HTML = re.compile(rb"<\s*(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
# An entity declared in a document type is never needed by a feed and is how entity bombs work.
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_REFERENCE = re.compile(rb"&#(?:[xX]0*([0-9a-fA-F]{1,8})|0*(\d{1,10}));?")
_WIDE = (
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
    (b"<\x00\x00\x00", "utf-32-le"),
    (b"\x00\x00\x00<", "utf-32-be"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
)
_DECLARED_BYTES = re.compile(rb"^\s*<\?xml[^>]*\?>")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{2,40})", re.IGNORECASE)
_ENCODING = re.compile(rb"encoding\s*=\s*[\"']([\w.:-]{2,40})", re.IGNORECASE)
_ONE_BYTE = re.compile(r"(?:us-)?ascii$|iso[-_]?8859|latin|windows-125|cp125|koi8|macintosh", re.IGNORECASE)
_DOCTYPE = re.compile(rb"<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>", re.IGNORECASE | re.DOTALL)


def parse_feed(document: FeedDocument, *, now: datetime) -> ParsedFeed:
    """Return the document's entries, or why it is not a feed. Never raises on any bytes.

    Dates are aware and never invented: what names no moment between 1990 and a day from ``now`` is unknown.
    """
    if not document.body.strip():
        return ParsedFeed(FeedState.NOT_A_FEED, "the answer is empty")
    recoded = _in_utf8(document.body)
    kind = document.content_type if recoded is document.body else "application/xml; charset=utf-8"
    body, warnings = _harmless(recoded)
    start = body[:4_000].lstrip(_BLANK)
    if start[:1] in (b"{", b"["):
        return parse_json_feed(body, document.final_url, now)
    if _SITEMAP.search(start) and not _ROOT.search(start):
        return parse_sitemap(body, document.final_url, now)
    if recoded is document.body and _is_utf_8_under_another_name(body, kind or ""):
        body, kind = _DECLARED_BYTES.sub(b"<?xml version='1.0' encoding='utf-8'?>", body, count=1), None
        warnings.append("the declared charset is false: read as UTF-8, which the bytes are")
    try:
        parsed = feedparser.parse(
            body, response_headers=_headers(kind), sanitize_html=False, resolve_relative_uris=False
        )
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
    is_cut = bool(parsed.get("bozo")) and not _ENDED.search(body[-4_096:].replace(b"\x00", b""))
    if is_cut and entries:
        warnings.append("the feed breaks off")
    if entries or broken:
        return ParsedFeed(FeedState.OK, "; ".join(warnings), entries, title, tuple(warnings), broken, is_cut)
    return _nothing(body, parsed, title, warnings)


def _in_utf8(body: bytes) -> bytes:
    """Return a body in UTF-16 or UTF-32 as UTF-8, whatever else its header or declaration says, and others as they are.

    A byte order mark, or the zero bytes around the first bracket, leave no doubt, and other readings would find noise.
    """
    wide = next((name for mark, name in _WIDE if body.startswith(mark)), None)
    if wide is None:
        return body
    text = body.decode(wide, "replace").removeprefix("\ufeff")
    # The declaration still names the old encoding, and feedparser would believe it.
    return _DECLARATION.sub("", text, count=1).encode("utf-8", "replace")


def _without_impossible(body: bytes) -> bytes:
    """Replace references to characters that XML does not have: one of them would cost every entry."""

    def kept(match: re.Match[bytes]) -> bytes:
        number = int(match[1], 16) if match[1] else int(match[2])
        is_text = number in (9, 10, 13) or 32 <= number < 0xD800 or 0xE000 <= number < 0xFFFE or number > 0xFFFF
        return match[0] if is_text and number <= 0x10FFFF else b"&#xFFFD;"

    return _REFERENCE.sub(kept, body) if b"&#" in body else body


def _harmless(body: bytes) -> tuple[bytes, list[str]]:
    body = _without_impossible(body)
    if b"<!ENTITY" not in body[:200_000].upper():
        return body, []
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


def _headers(content_type: str | None) -> dict[str, str]:
    # Without the address: feedparser would resolve identifiers against it too, and a feed that moves house would
    # bring every story anew. Links are resolved here.
    return {"content-type": content_type} if content_type else {}


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
    return read_entry(
        title=str(item.get("title") or ""),
        link=str(item.get("link") or ""),
        # feedparser has put the entry's xml:base before it already.
        base=base,
        guid=str(item.get("id") or ""),
        summary=str(item.get("summary") or ""),
        content=max(contents, key=len, default=""),
        published=_moment(item, now),
        author=str(item.get("author") or ""),
    )


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
        if (found := stated(moment, written, now)) is not None:
            return found
    return None


def _nothing(body: bytes, parsed: Mapping[str, Any], title: str, warnings: list[str]) -> ParsedFeed:
    """Tell a true empty feed from a broken one, and both from what was never a feed."""
    start = body[:4_000]
    if not parsed.get("version") and (not _ROOT.search(start) or _HTML.search(start)):
        return ParsedFeed(FeedState.NOT_A_FEED, _what_it_is(start), title=title)
    if (parsed.get("bozo") or not parsed.get("version")) and not _closes(body):
        return ParsedFeed(FeedState.PARSE_ERROR, "the feed is cut or broken, and no entry could be read", title=title)
    if not parsed.get("version") and not _CDF.search(start):
        return ParsedFeed(FeedState.NOT_A_FEED, "no feed format was recognised", title=title)
    return ParsedFeed(FeedState.EMPTY, "a feed without entries", (), title, tuple(warnings))


_ENDED = re.compile(rb"</\s*(?:[\w.-]+:)?(?:rss|feed|rdf|channel)\s*>", re.IGNORECASE)


def _closes(body: bytes) -> bool:
    return (
        re.search(
            rb"</\s*(?:[\w.-]+:)?(?:rss|feed|rdf|channel)\s*>\s*$", body[-200:].replace(b"\x00", b""), re.IGNORECASE
        )
        is not None
    )


def _what_it_is(start: bytes) -> str:
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    if _HTML.search(text):
        return "a web page, not a feed"
    if text.startswith(b"%PDF"):
        return "a PDF, not a feed"
    return "not a feed"
