"""News sitemaps (urlset with news:news) → entries. Pure; nothing a sitemap names is fetched."""

import io
from datetime import UTC, datetime
from typing import Any

from lxml import etree

from compliance.intake.entries import MAX_ENTRIES, ParsedFeed, read_entry, stated
from compliance.story import Entry, FeedState

_NEWS = "schemas/sitemap-news"


def parse_sitemap(body: bytes, base: str, now: datetime) -> ParsedFeed:
    """Return the entries of a news sitemap, or why the document gives none. Never raises on any bytes."""
    entries: list[Entry] = []
    seen = plain = 0
    root: str = ""
    try:
        # The parser mends what it can, opens nothing, expands nothing, and keeps to its own bounds of depth and size.
        events = etree.iterparse(
            io.BytesIO(body),
            events=("start", "end"),
            recover=True,
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
        )
        for event, element in events:
            root = root or _name(element)
            if root == "sitemapindex":
                return ParsedFeed(FeedState.NOT_A_FEED, "an index of sitemaps; name one of its news sitemaps instead")
            if event == "start" or _name(element) != "url":
                continue
            seen += 1
            entry = _entry(element, base, now) if len(entries) < MAX_ENTRIES else None
            plain += entry is None
            entries += [entry] if entry else []
            element.clear()
    except (etree.LxmlError, ValueError, LookupError, RecursionError) as error:
        if not entries:
            return ParsedFeed(FeedState.PARSE_ERROR, f"the sitemap is cut or broken ({type(error).__name__})")
    return _answer(entries, seen, plain, body)


def _answer(entries: list[Entry], seen: int, plain: int, body: bytes) -> ParsedFeed:
    if entries:
        warnings = []
        if seen > MAX_ENTRIES:
            warnings.append(f"only the first {MAX_ENTRIES:,} of {seen:,} entries were read")
        elif plain:
            warnings.append(f"{plain} addresses without news were left out")
        return ParsedFeed(FeedState.OK, "; ".join(warnings), tuple(entries), "", tuple(warnings))
    if seen:
        return ParsedFeed(FeedState.NOT_A_FEED, "a sitemap without news, which is not read as a feed")
    if b"</" not in body[-200:].replace(b"\x00", b"") and b"/>" not in body[-200:].replace(b"\x00", b""):
        return ParsedFeed(FeedState.PARSE_ERROR, "the sitemap is cut or broken, and no entry could be read")
    if _NEWS.encode() in body[:4_000].replace(b"\x00", b""):
        return ParsedFeed(FeedState.EMPTY, "a news sitemap without entries")
    return ParsedFeed(FeedState.NOT_A_FEED, "a sitemap without news, which is not read as a feed")


def _entry(element: Any, base: str, now: datetime) -> Entry | None:
    """Return the entry of one url element, or None where it carries no news."""
    found: dict[str, str] = {}
    is_news = False
    for part in element.iter():
        name = _name(part)
        is_news = is_news or name == "news"
        if name in ("loc", "title", "publication_date", "keywords", "lastmod"):
            found.setdefault(name, (part.text or "")[:5_000])
    # The title is what the news part is for; where a document breaks off, half an entry must not pass for a whole one.
    if not is_news or not found.get("title", "").strip():
        return None
    written = found.get("publication_date") or found.get("lastmod") or ""
    return read_entry(
        title=found.get("title", "").replace("&", "&amp;").replace("<", "&lt;"),
        link=found.get("loc", ""),
        base=base,
        guid="",
        summary="",
        content="",
        published=_moment(written, now),
        author="",
    )


def _name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2].lower()


def _moment(written: str, now: datetime) -> datetime | None:
    try:
        moment = datetime.fromisoformat(written.strip())
    except ValueError:
        return None
    return stated(moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment, written, now)
