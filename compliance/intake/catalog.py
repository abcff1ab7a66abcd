"""The catalogue of feeds (``config/feeds.yml``), read strictly: a typo stops the start instead of losing a source."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import yaml

from compliance.errors import ConfigError
from compliance.intake.guard import check_url
from compliance.story import Feed

OUTLETS = ("wire", "daily", "official", "ngo", "state", "trade", "broadcast", "think_tank", "search")
_FIELDS = {f.name for f in fields(Feed)}
_TEXT = ("id", "url", "title", "language", "country", "outlet", "user_agent")


def load_catalog(path: Path, base_url: str | None = None) -> tuple[Feed, ...]:
    """Return the feeds the file declares, in its order; ``{base}`` in an address stands for ``base_url``.

    Raises ConfigError naming file, entry and key for anything unknown, missing, doubled or malformed.
    """
    try:
        declared = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: {' '.join(str(error).split())}") from error
    if not isinstance(declared, dict) or set(declared) != {"feeds"} or not isinstance(declared["feeds"], list):
        raise ConfigError(f"{path}: expected one key, feeds, with a list")
    read: dict[str, Feed] = {}
    urls: dict[str, str] = {}
    for number, row in enumerate(declared["feeds"], 1):
        feed = _feed(row, f"{path}: feed {number}", base_url)
        if feed.id in read:
            raise ConfigError(f"{path}: feed {number}: id {feed.id!r} is used twice")
        if feed.url in urls:
            raise ConfigError(f"{path}: feed {number}: url is that of feed {urls[feed.url]!r}")
        read[feed.id], urls[feed.url] = feed, feed.id
    if not read:
        raise ConfigError(f"{path}: no feeds are declared, so nothing would be read")
    return tuple(read.values())


def _feed(row: Any, where: str, base_url: str | None) -> Feed:
    if not isinstance(row, dict):
        raise ConfigError(f"{where}: expected keys and values")
    where = f"{where} ({row.get('id', 'without id')})"
    if unknown := set(row) - _FIELDS:
        raise ConfigError(f"{where}: unknown key {sorted(map(str, unknown))[0]!r}")
    for key in ("id", "url", "title"):
        if not isinstance(row.get(key), str) or not row[key].strip():
            raise ConfigError(f"{where}: {key} is missing or no text")
    for key in _TEXT:
        if key in row and row[key] is not None and not isinstance(row[key], str):
            raise ConfigError(f"{where}: {key} must be text")
    regimes = row.get("regimes", [])
    if not isinstance(regimes, list) or not all(isinstance(r, str | int) for r in regimes):
        raise ConfigError(f"{where}: regimes must be a list of numbers")
    if not isinstance(row.get("full_text", False), bool):
        raise ConfigError(f"{where}: full_text must be true or false")
    if row.get("outlet", "daily") not in OUTLETS:
        raise ConfigError(f"{where}: outlet must be one of {', '.join(OUTLETS)}")
    url = row["url"]
    if "{base}" in url:
        if base_url is None:
            raise ConfigError(f"{where}: url starts with {{base}}, which only the sample run fills in")
        url = url.replace("{base}", base_url.rstrip("/"))
    if why := check_url(url, allow_private=True):
        raise ConfigError(f"{where}: url: {why}")
    return Feed(**{**row, "url": url, "regimes": tuple(str(r) for r in regimes)})
