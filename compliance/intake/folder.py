"""A folder of saved pages, read behind the same seam as a feed: one entry a file, and its bytes as received."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from compliance.intake.article import MAX_PAGE
from compliance.intake.page import page_entry, saved_document
from compliance.intake.page_reader import PageReader
from compliance.story import Entry, FeedDocument, FeedState, FetchOutcome

_SUFFIXES = (".html", ".htm", ".xhtml", ".txt")
_MOST_FILES, _MOST_BYTES = 2_000, 100_000_000


@dataclass(frozen=True, slots=True)
class FolderReading:
    """What a folder held; ``pages`` are the documents of ``entries``, one each."""

    outcome: FetchOutcome
    entries: tuple[Entry, ...] = ()
    pages: tuple[FeedDocument, ...] = ()


def read_folder(folder: str, now: datetime) -> FolderReading:
    """Return an entry for each page saved in the folder, by name; what was left out is told in the reason.

    Links that lead out of the folder are not followed, and neither are sub-folders.
    """
    root = Path(folder).expanduser()
    if not root.is_dir():
        return FolderReading(FetchOutcome(FeedState.BAD_URL, f"there is no folder {folder}"))
    entries: list[Entry] = []
    pages: list[FeedDocument] = []
    left_out = size = 0
    with PageReader() as reader:
        for path in _files(root):
            body = _body(path, root)
            if body is None or len(pages) >= _MOST_FILES or size + len(body) > _MOST_BYTES:
                left_out += 1
                continue
            size += len(body)
            page = saved_document(path.name, body, now)
            pages.append(page)
            entries.append(page_entry(page, path.name, reader.read, now=now))
    reason = f"{left_out} files were not read: too large, too many, or links" if left_out else ""
    state = FeedState.OK if entries else FeedState.EMPTY
    listing = _listing(f"folder:{root.name}", pages, now)
    return FolderReading(FetchOutcome(state, reason, listing), tuple(entries), tuple(pages))


def _files(root: Path) -> Iterator[Path]:
    with os.scandir(root) as found:
        names = sorted(entry.name for entry in found if entry.name.lower().endswith(_SUFFIXES))
    return (root / name for name in names)


def _body(path: Path, root: Path) -> bytes | None:
    if path.is_symlink() or not path.is_file() or not path.resolve().is_relative_to(root.resolve()):
        return None
    with path.open("rb") as file:
        body = file.read(MAX_PAGE + 1)
    return body if len(body) <= MAX_PAGE else None


def _listing(name: str, pages: list[FeedDocument], now: datetime) -> FeedDocument:
    body = "".join(f"{page.digest}  {page.url.removeprefix('file:')}\n" for page in pages).encode("utf-8", "replace")
    return FeedDocument(name, name, 200, body, hashlib.sha256(body).hexdigest(), now, "text/plain")
