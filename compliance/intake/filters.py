"""Which entries of a feed are kept: the catalogue's include and exclude patterns, with the hits of each. Pure.

A pattern is plain text, matched without case, in which ``*`` stands for anything. It costs time linear in the
entry's text, so that no pattern can make reading slow.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from compliance.story import Entry, Feed


@dataclass(frozen=True, slots=True)
class Filtered:
    """The entries kept, how many were left out, and the hits of each pattern by its list and text."""

    kept: tuple[Entry, ...]
    left_out: int
    hits: dict[tuple[str, str], int]


def filter_entries(feed: Feed, entries: Iterable[Entry]) -> Filtered:
    """Return the entries that hold one of the feed's ``include`` (any, where there is none) and no ``exclude``."""
    kept: list[Entry] = []
    hits: Counter[tuple[str, str]] = Counter()
    seen = 0
    for entry in entries:
        seen += 1
        if not feed.include and not feed.exclude:
            kept.append(entry)
            continue
        text = _text(entry)
        found = [("include", p) for p in feed.include if holds(text, p)]
        barred = [("exclude", p) for p in feed.exclude if holds(text, p)]
        hits.update(found + barred)
        if not barred and (found or not feed.include):
            kept.append(entry)
    return Filtered(tuple(kept), seen - len(kept), dict(hits))


def _text(entry: Entry) -> str:
    return "\n".join((entry.title, entry.link or "", entry.summary, entry.content)).casefold()


def holds(text: str, pattern: str) -> bool:
    """True where the case-folded text holds the pattern's pieces in their order."""
    at = 0
    for piece in pattern.casefold().split("*"):
        at = text.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    return True
