"""JSON Feed, versions 1 and 1.1 → entries. Pure."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from compliance.intake.entries import MAX_ENTRIES, ParsedFeed, read_entry, stated
from compliance.intake.text import one_line
from compliance.story import Entry, FeedState

_VERSIONS = ("https://jsonfeed.org/version/1", "http://jsonfeed.org/version/1")


def parse_json_feed(body: bytes, base: str, now: datetime) -> ParsedFeed:
    """Return the entries of a JSON Feed, or why the document is none. Never raises on any bytes."""
    try:
        # A broken byte costs a character, not the feed.
        found = json.loads(body.decode(json.detect_encoding(body), "replace").lstrip("\ufeff"), strict=False)
    except (ValueError, RecursionError):
        return ParsedFeed(FeedState.PARSE_ERROR, "the JSON is cut or broken")
    if not isinstance(found, Mapping) or not str(found.get("version") or "").startswith(_VERSIONS):
        return ParsedFeed(FeedState.NOT_A_FEED, "JSON, but no JSON Feed")
    items = found.get("items")
    if not isinstance(items, list):
        return ParsedFeed(FeedState.PARSE_ERROR, "a JSON Feed without a list of items")
    title = one_line(_text(found, "title"))
    entries = tuple(_entry(item, base, now) for item in items[:MAX_ENTRIES] if isinstance(item, Mapping))
    warnings = tuple(_warnings(items, len(entries)))
    if not entries:
        broken = bool(items)
        state = FeedState.PARSE_ERROR if broken else FeedState.EMPTY
        return ParsedFeed(state, "no item could be read" if broken else "a feed without entries", (), title)
    return ParsedFeed(FeedState.OK, "; ".join(warnings), entries, title, warnings)


def _warnings(items: list[Any], read: int) -> list[str]:
    warnings = []
    if len(items) > MAX_ENTRIES:
        warnings.append(f"only the first {MAX_ENTRIES:,} of {len(items):,} entries were read")
    if broken := min(len(items), MAX_ENTRIES) - read:
        warnings.append(f"{broken} items are no objects")
    return warnings


def _entry(item: Mapping[str, Any], base: str, now: datetime) -> Entry:
    content = _text(item, "content_html") or _escaped(_text(item, "content_text"))
    return read_entry(
        title=_escaped(_text(item, "title")),
        link=_text(item, "url") or _text(item, "external_url"),
        base=base,
        guid=_escaped(_text(item, "id")),
        summary=_escaped(_text(item, "summary")),
        content=content,
        published=_moment(_text(item, "date_published"), now) or _moment(_text(item, "date_modified"), now),
        author=_escaped(_author(item)),
    )


def _text(item: Mapping[str, Any], key: str) -> str:
    """Return a value as text; identifiers may be numbers, and anything else is as good as absent."""
    value = item.get(key)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value) if isinstance(value, str) or abs(value) < 10**30 else ""


def _escaped(plain: str) -> str:
    """Return plain text so that reading it as HTML gives it back."""
    return plain.replace("&", "&amp;").replace("<", "&lt;")


def _author(item: Mapping[str, Any]) -> str:
    authors = item.get("authors")
    listed = authors if isinstance(authors, list) else [item.get("author")]
    names = [_text(author, "name") for author in listed[:10] if isinstance(author, Mapping)]
    return ", ".join(name for name in names if name)


def _moment(written: str, now: datetime) -> datetime | None:
    try:
        moment = datetime.fromisoformat(written.strip())
    except ValueError:
        return None
    return stated(moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment, written, now)
