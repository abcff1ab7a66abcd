"""The catalogue of feeds (``config/feeds.yml``), read strictly: a typo stops the start instead of losing a source."""

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from compliance.errors import ConfigError
from compliance.intake.guard import check_url
from compliance.story import Feed

OUTLETS = ("wire", "daily", "official", "ngo", "state", "trade", "broadcast", "think_tank", "search")
REGIONS = ("world", "africa", "americas", "asia", "europe", "middle_east")
TIERS = (1, 2, 3)
FOLDER = "folder:"
_FIELDS = {f.name for f in fields(Feed)}
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_MOST_PATTERNS, _LONGEST_PATTERN = 50, 200


def load_catalog(path: Path, base_url: str | None = None) -> tuple[Feed, ...]:
    """Return the feeds the file declares, in its order; ``{base}`` in an address stands for ``base_url``.

    Raises ConfigError naming file, entry and key for anything unknown, missing, doubled or malformed.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {' '.join(str(error).split())}") from error
    return read_catalog(text, str(path), base_url)


def read_catalog(text: str, name: str, base_url: str | None = None) -> tuple[Feed, ...]:
    """Return the feeds that a catalogue's text declares, as ``load_catalog`` does; ``name`` is told in errors."""
    try:
        declared = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigError(f"{name}: {' '.join(str(error).split())}") from error
    if not isinstance(declared, dict) or set(declared) != {"feeds"} or not isinstance(declared["feeds"], list):
        raise ConfigError(f"{name}: expected one key, feeds, with a list")
    feeds = tuple(read_feed(row, f"{name}: feed {number}", base_url) for number, row in enumerate(declared["feeds"], 1))
    if not feeds:
        raise ConfigError(f"{name}: no feeds are declared, so nothing would be read")
    _refuse_twins(feeds, name)
    return feeds


def _refuse_twins(feeds: tuple[Feed, ...], name: str) -> None:
    ids: set[str] = set()
    urls: dict[str, str] = {}
    for number, feed in enumerate(feeds, 1):
        if feed.id in ids:
            raise ConfigError(f"{name}: feed {number}: id {feed.id!r} is used twice")
        address = same_address(feed.url)
        if address in urls:
            raise ConfigError(f"{name}: feed {number}: url is that of feed {urls[address]!r}")
        ids.add(feed.id)
        urls[address] = feed.id


def same_address(url: str) -> str:
    """Return what two spellings of one feed's address share: scheme, a last slash and the host's case do not count."""
    if url.startswith(FOLDER):
        return url
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.netloc.lower().removeprefix('www.')}{parts.path.rstrip('/')}{query}"


def read_feed(row: Any, where: str, base_url: str | None = None) -> Feed:
    """Return the feed that one row of keys and values declares; ConfigError tells where it is wrong."""
    if not isinstance(row, dict):
        raise ConfigError(f"{where}: expected keys and values")
    where = f"{where} ({row.get('id', 'without id')})"
    if unknown := sorted(str(key) for key in set(row) - _FIELDS):
        raise ConfigError(f"{where}: unknown key {unknown[0]!r}")
    for key in ("id", "url", "title"):
        if not isinstance(row.get(key), str) or not row[key].strip():
            raise ConfigError(f"{where}: {key} is missing or no text")
    for key, value in row.items():
        if why := _CHECKS[key](value):
            raise ConfigError(f"{where}: {key} {why}")
    row = {**row, "url": _address(row["url"], where, base_url)}
    for key in ("regimes", "include", "exclude"):
        row[key] = tuple(str(value) for value in row.get(key, ()))
    return Feed(**row)


def _address(url: str, where: str, base_url: str | None) -> str:
    if "{base}" in url:
        if base_url is None:
            raise ConfigError(f"{where}: url starts with {{base}}, which only the sample run fills in")
        url = url.replace("{base}", base_url.rstrip("/"))
    if url.startswith(FOLDER):
        if not url.removeprefix(FOLDER).strip():
            raise ConfigError(f"{where}: url names no folder after {FOLDER}")
        return url
    if why := check_url(url, allow_private=True):
        raise ConfigError(f"{where}: url: {why}")
    return url


def _matches(pattern: re.Pattern[str], why: str) -> Callable[[Any], str | None]:
    return lambda value: None if isinstance(value, str) and pattern.fullmatch(value) else why


def _is_one_line(value: Any) -> str | None:
    if not isinstance(value, str):
        return "must be text"
    return None if value.isprintable() and len(value) <= 2_048 else "must be one line of printable text"


def _is_agent(value: Any) -> str | None:
    # A header is sent as Latin-1; anything else would break every fetch of this feed.
    return _is_one_line(value) or (None if value.isascii() else "must be plain ASCII")


def _is_patterns(value: Any) -> str | None:
    if not isinstance(value, list) or not all(isinstance(v, str) and v.strip(" *") for v in value):
        return "must be a list of texts"
    if any("|" in v or not v.isprintable() for v in value):
        return "must hold no | and no control characters"
    if len(value) > _MOST_PATTERNS or any(len(v) > _LONGEST_PATTERN for v in value):
        return f"must hold at most {_MOST_PATTERNS} texts of {_LONGEST_PATTERN} characters"
    return None


def _is_regimes(value: Any) -> str | None:
    if not isinstance(value, list) or not all(isinstance(v, str | int) and not isinstance(v, bool) for v in value):
        return "must be a list of numbers"
    unknown = [str(v) for v in value if str(v) not in known_regimes()]
    return f"names {unknown[0]!r}, which is no regime of the book" if unknown else None


def _one_of(words: tuple[Any, ...]) -> Callable[[Any], str | None]:
    told = f"must be one of {', '.join(map(str, words))}"
    return lambda value: None if value in words and not isinstance(value, bool) else told


@cache
def known_regimes() -> frozenset[str]:
    """Return the ids of every regime in the book, as ``1718``."""
    folder = Path(str(files("rules"))) / "book" / "regimes"
    found = (re.search(r"^id: '(\d+)'", path.read_text(encoding="utf-8"), re.M) for path in folder.glob("*.yml"))
    return frozenset(match[1] for match in found if match)


_CHECKS: Mapping[str, Callable[[Any], str | None]] = {
    "id": _matches(_ID, "must be small letters, digits, dots and hyphens"),
    "url": _is_one_line,
    "title": _is_one_line,
    "language": _matches(_LANGUAGE, "must be a code of ISO 639 as en"),
    "country": _matches(_COUNTRY, "must be a code of ISO 3166 as KR"),
    "outlet": _one_of(OUTLETS),
    "region": _one_of(REGIONS),
    "regimes": _is_regimes,
    "tier": _one_of(TIERS),
    "licence": _is_one_line,
    "full_text": lambda value: None if isinstance(value, bool) else "must be true or false",
    "user_agent": _is_agent,
    "include": _is_patterns,
    "exclude": _is_patterns,
}
