"""FeedDocument → entries. feedparser is given bytes, never an address, and nothing in a feed is followed."""

import calendar
import re
from collections.abc import Mapping
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
_DOCTYPE = re.compile(rb"<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>", re.IGNORECASE | re.DOTALL)


def parse_feed(document: FeedDocument, *, now: datetime) -> ParsedFeed:
    """Return the document's entries, or why it is not a feed. Never raises on any bytes.

    Dates are aware and never invented: what names no moment between 1990 and a day from ``now`` is unknown.
    """
    if not document.body.strip():
        return ParsedFeed(FeedState.NOT_A_FEED, "the answer is empty")
    body, warnings = _without_doctype(document.body)
    start = body[:4_000].replace(b"\x00", b"").lstrip(_BLANK)
    if start[:1] in (b"{", b"["):
        return parse_json_feed(body, document.final_url, now)
    if _SITEMAP.search(start) and not _ROOT.search(start):
        return parse_sitemap(body, document.final_url, now)
    try:
        parsed = feedparser.parse(
            body, response_headers=_headers(document), sanitize_html=False, resolve_relative_uris=False
        )
    except Exception as error:  # noqa: BLE001  (feedparser has raised many kinds on hostile bytes; none may escape)
        return ParsedFeed(FeedState.PARSE_ERROR, f"the feed broke the parser ({type(error).__name__})")
    found = parsed.get("entries") or []
    entries = tuple(_entry(item, document.final_url, now) for item in found[:MAX_ENTRIES])
    if len(found) > MAX_ENTRIES:
        warnings.append(f"only the first {MAX_ENTRIES:,} of {len(found):,} entries were read")
    if parsed.get("bozo") and entries:
        warnings.append(f"the feed is not well-formed ({type(parsed.get('bozo_exception')).__name__})")
    title = one_line(str(parsed.get("feed", {}).get("title", "")))
    if entries:
        return ParsedFeed(FeedState.OK, "; ".join(warnings), entries, title, tuple(warnings))
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


def _headers(document: FeedDocument) -> dict[str, str]:
    # Without the address: feedparser would resolve identifiers against it too, and a feed that moves house would
    # bring every story anew. Links are resolved here.
    return {"content-type": document.content_type} if document.content_type else {}


def _entry(item: dict[str, Any], base: str, now: datetime) -> Entry:
    contents = [str(c.get("value") or "") for c in item.get("content") or []]
    return read_entry(
        title=str(item.get("title") or ""),
        link=str(item.get("link") or ""),
        base=_base(item, base),
        guid=str(item.get("id") or ""),
        summary=str(item.get("summary") or ""),
        content=max(contents, key=len, default=""),
        published=_moment(item, now),
        author=str(item.get("author") or ""),
    )


def _base(item: dict[str, Any], base: str) -> str:
    """Return what the entry's links are relative to: its xml:base, itself relative to where the feed was had."""
    for key in ("title_detail", "summary_detail"):
        declared = web_link(str((item.get(key) or {}).get("base") or ""), base)
        if declared is not None:
            return declared
    return base


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
    start = body[:4_000].replace(b"\x00", b"")
    if not parsed.get("version") and (not _ROOT.search(start) or _HTML.search(start)):
        return ParsedFeed(FeedState.NOT_A_FEED, _what_it_is(start), title=title)
    if (parsed.get("bozo") or not parsed.get("version")) and not _closes(body):
        return ParsedFeed(FeedState.PARSE_ERROR, "the feed is cut or broken, and no entry could be read", title=title)
    if not parsed.get("version") and not _CDF.search(start):
        return ParsedFeed(FeedState.NOT_A_FEED, "no feed format was recognised", title=title)
    return ParsedFeed(FeedState.EMPTY, "a feed without entries", (), title, tuple(warnings))


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
