"""Changes to the catalogue's file: what an operator wrote there, comments included, stays as it is."""

import os
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from compliance.errors import ConfigError
from compliance.intake.catalog import load_catalog, read_catalog
from compliance.intake.exchange import as_yaml
from compliance.story import Feed


def append_feeds(path: Path, feeds: Sequence[Feed]) -> None:
    """Write the feeds as new rows at the end of the file; ConfigError where that would not read back as it should."""
    before, text = load_catalog(path), path.read_text(encoding="utf-8")
    _put(path, text.rstrip("\n") + "\n" + as_yaml(feeds), (*before, *feeds))


def change_address(path: Path, feed_id: str, new: str) -> str:
    """Give one feed another address and return the old one; nothing else in the file changes.

    Raises ConfigError where the catalogue has no such feed, or the address cannot be told apart in the text.
    """
    before = load_catalog(path)
    old = next((feed.url for feed in before if feed.id == feed_id), None)
    if old is None:
        raise ConfigError(f"{path}: there is no feed {feed_id!r}")
    after = tuple(replace(feed, url=new) if feed.id == feed_id else feed for feed in before)
    text = path.read_text(encoding="utf-8")
    for quote in ("'", '"', ""):
        written = f"{quote}{old}{quote}"
        if text.count(written) == 1:
            _put(path, text.replace(written, "'" + new.replace("'", "''") + "'"), after)
            return old
    raise ConfigError(f"{path}: write the address of {feed_id!r} by hand: {new}")


def _put(path: Path, text: str, expected: tuple[Feed, ...]) -> None:
    """Replace the file at one stroke, once it is known to read as expected."""
    if read_catalog(text, str(path)) != expected:
        raise ConfigError(f"{path}: the change would not read back as it should; edit the file by hand")
    mode = path.stat().st_mode & 0o777
    try:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).chmod(mode)
        Path(file.name).replace(path)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error.strerror})") from error
