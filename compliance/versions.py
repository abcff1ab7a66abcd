"""What changed between two versions of a story, word by word, worked out when somebody looks. Pure."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

_PIECE = re.compile(r"\S+\s*|\s+")
# Word by word up to so many pieces; beyond, line by line, or the time would grow with the square of the text.
_MOST_PIECES = 4_000


@dataclass(frozen=True, slots=True)
class Change:
    """A run of text: ``kept``, ``added`` or ``removed``."""

    what: str
    text: str


def changes(before: str, after: str) -> list[Change]:
    """Return the runs that make up both texts: all but the added ones are the first, all but the removed the second."""
    old, new = _pieces(before), _pieces(after)
    found = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append(Change("kept", "".join(old[a:b])))
            continue
        if b > a:
            found.append(Change("removed", "".join(old[a:b])))
        if d > c:
            found.append(Change("added", "".join(new[c:d])))
    return found


def _pieces(text: str) -> list[str]:
    pieces = _PIECE.findall(text)
    return pieces if len(pieces) <= _MOST_PIECES else text.splitlines(keepends=True)
