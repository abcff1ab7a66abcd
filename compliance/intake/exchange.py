"""Catalogues as other programs write them: OPML 2.0 and CSV, in and out. Pure but for reading what it is given."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, fields
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

import yaml

from compliance.errors import ConfigError
from compliance.intake.catalog import read_feed, same_address
from compliance.story import Feed

_COLUMNS = tuple(f.name for f in fields(Feed))
_LISTS = ("regimes", "include", "exclude")
_DEFAULTS = {f.name: f.default for f in fields(Feed)}
_MOST_BYTES, _MOST_DEEP = 20_000_000, 50
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
# Whatever else a subscription list carries, these attributes of an outline are its feed's.
_EXTRA = "embargowatch-"


def read_rows(body: bytes, name: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the rows of an OPML or CSV file with the place of each; ConfigError names file and line or outline."""
    if len(body) > _MOST_BYTES:
        raise ConfigError(f"{name}: larger than {_MOST_BYTES:,} bytes")
    start = body.lstrip(b"\xef\xbb\xbf \t\r\n")
    is_xml = start.startswith((b"<", b"\xff\xfe", b"\xfe\xff"))
    rows = list(_opml_rows(body, name) if is_xml else _csv_rows(body, name)) if start else []
    if not rows:
        raise ConfigError(f"{name}: no feeds are declared")
    return _with_ids(rows)


def _csv_rows(body: bytes, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        reader = csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True)
        if unknown := [str(c) for c in reader.fieldnames or () if c not in _COLUMNS]:
            raise ConfigError(f"{name}: line 1: unknown column {unknown[0]!r}")
        if "url" not in (reader.fieldnames or ()):
            raise ConfigError(f"{name}: line 1: the column url is missing")
        for row in reader:
            where = f"{name}: line {reader.line_num}"
            if None in row:
                raise ConfigError(f"{where}: more values than columns")
            yield where, {k: _value(k, v, where) for k, v in row.items() if v}
    except (UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"{name}: {error}") from error


def _value(key: str, text: str, where: str) -> Any:
    """Return what a cell or attribute stands for; an apostrophe that kept a cell from being a formula goes."""
    if text[:1] == "'" and _starts_formula(text):
        text = text[1:]
    if key in _LISTS:
        return [part.strip() for part in text.split("|" if key != "regimes" else " ") if part.strip()]
    if key == "full_text":
        return {"true": True, "false": False}.get(text.lower(), text)
    if key == "tier":
        if not text.isdecimal():
            raise ConfigError(f"{where}: tier must be a number")
        return int(text)
    return text.strip()


def _opml_rows(body: bytes, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    plain = body.replace(b"\x00", b"").upper()
    if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
        raise ConfigError(f"{name}: a document type is not read")
    try:
        events = ElementTree.iterparse(io.BytesIO(body), events=("start", "end"))  # noqa: S314  (no document type)
        depth = number = 0
        for event, element in events:
            depth += 1 if event == "start" else -1
            if depth > _MOST_DEEP:
                raise ConfigError(f"{name}: nested more than {_MOST_DEEP} deep")
            if event == "start" and depth == 1 and element.tag != "opml":
                raise ConfigError(f"{name}: the root is {element.tag[:40]}, not opml")
            if event == "end" and element.tag == "outline" and element.get("xmlUrl"):
                number += 1
                yield f"{name}: outline {number}", _outline(element, f"{name}: outline {number}")
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        raise ConfigError(f"{name}: not well-formed: {error}") from error


def _outline(element: Element, where: str) -> dict[str, Any]:
    url = (element.get("xmlUrl") or "").strip()
    row: dict[str, Any] = {"url": url, "title": (element.get("title") or element.get("text") or url).strip()}
    if language := element.get("language"):
        row["language"] = language.split("-")[0].lower()
    for key in _COLUMNS:
        if value := element.get(_EXTRA + key):
            row[key] = _value(key, value, where)
    return row


def _with_ids(rows: list[tuple[str, dict[str, Any]]]) -> list[tuple[str, dict[str, Any]]]:
    """Give each row without an id one made of its title, so that the same list gives the same ids again."""
    taken = {str(row["id"]) for _, row in rows if "id" in row}
    for _, row in rows:
        row.setdefault("title", row.get("url", ""))
        if "id" not in row:
            row["id"] = _free_id(str(row["title"]), taken)
            taken.add(row["id"])
    return rows


def _free_id(title: str, taken: set[str]) -> str:
    plain = unicodedata.normalize("NFKD", title.removeprefix("https://").removeprefix("http://"))
    slug = re.sub(r"[^a-z0-9]+", "-", plain.encode("ascii", "ignore").decode().lower()).strip("-")[:60] or "feed"
    return next(name for name in (slug, *(f"{slug}-{n}" for n in range(2, 100_000))) if name not in taken)


def merge(
    known: Iterable[Feed], rows: Iterable[tuple[str, dict[str, Any]]]
) -> tuple[list[Feed], list[tuple[str, str]]]:
    """Return the feeds that are not in the catalogue yet, and each one left out with its reason.

    A feed is known by its address, however it is spelt. An id that is taken gets a number. Raises ConfigError on the
    first row that is wrong, so that a file is taken in whole or not at all.
    """
    feeds = list(known)
    ids = {feed.id for feed in feeds}
    addresses = {same_address(feed.url): feed.id for feed in feeds}
    added: list[Feed] = []
    left_out: list[tuple[str, str]] = []
    for where, row in rows:
        feed = read_feed(row, where)
        if (held := addresses.get(same_address(feed.url))) is not None:
            left_out.append((feed.id, f"its address is that of {held}"))
            continue
        if feed.id in ids:
            feed = read_feed({**row, "id": _free_id(feed.id, ids)}, where)
        ids.add(feed.id)
        addresses[same_address(feed.url)] = feed.id
        added.append(feed)
    return added, left_out


def as_row(feed: Feed) -> dict[str, Any]:
    """Return the keys of a feed that differ from what an absent key means, in the catalogue's order."""
    row = {key: list(v) if isinstance(v, tuple) else v for key, v in asdict(feed).items() if v != _DEFAULTS[key]}
    return {"id": feed.id, "url": feed.url, "title": feed.title, "language": feed.language} | row


def as_yaml(feeds: Iterable[Feed]) -> str:
    """Return the feeds as rows of a catalogue, one a line."""
    lines = (
        yaml.safe_dump(as_row(f), default_flow_style=True, sort_keys=False, width=10**6, allow_unicode=True)
        for f in feeds
    )
    return "".join(f"  - {line}" for line in lines)


def as_catalogue(feeds: Iterable[Feed]) -> str:
    """Return the feeds as a whole catalogue."""
    return "feeds:\n" + as_yaml(feeds)


def as_csv(feeds: Iterable[Feed]) -> str:
    """Return the feeds as CSV after RFC 4180, a heading first; no cell starts a formula in a spreadsheet."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for feed in feeds:
        writer.writerow([_cell(key, getattr(feed, key)) for key in _COLUMNS])
    return out.getvalue()


def _cell(key: str, value: Any) -> str:
    text = _plain(key, value)
    return f"'{text}" if _starts_formula(text) else text


def _starts_formula(text: str) -> bool:
    return text.lstrip("'").startswith(_FORMULA)


def _plain(key: str, value: Any) -> str:
    if value is None:
        return ""
    if key in _LISTS:
        return (" " if key == "regimes" else "|").join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def as_opml(feeds: Iterable[Feed]) -> str:
    """Return the feeds as OPML 2.0; what OPML has no attribute for stands in attributes of our own."""
    root = Element("opml", version="2.0")
    SubElement(SubElement(root, "head"), "title").text = "Embargo Watch"
    body = SubElement(root, "body")
    for feed in feeds:
        kept = {"text": feed.title, "title": feed.title, "type": "rss", "xmlUrl": feed.url, "language": feed.language}
        SubElement(body, "outline", kept | _extras(as_row(feed)))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _extras(row: Mapping[str, Any]) -> dict[str, str]:
    return {_EXTRA + key: _plain(key, value) for key, value in row.items() if key not in ("url", "title", "language")}
