"""A story's text cut into plain and highlighted pieces. Pure: text in, pieces out; markup is the template's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text and the parties whose evidence covers it; ``anchors`` are ids of quotes that begin here."""

    text: str
    parties: tuple[str, ...]
    anchors: tuple[str, ...]


def pieces(text: str, field: str, parties: Sequence[Mapping[str, Any]]) -> list[Piece]:
    """Cut a field's text at every evidence boundary, so that overlapping quotes are all kept.

    Spans outside the text are ignored; joined together, the pieces are the text.
    """
    spans = [
        (span["start"], span["end"], party["canonical"], anchor(number, index))
        for number, party in enumerate(parties)
        for index, span in enumerate(party["evidence"])
        if span["field"] == field and 0 <= span["start"] < span["end"] <= len(text)
    ]
    edges = sorted({0, len(text), *(s[0] for s in spans), *(s[1] for s in spans)})
    cut = []
    for start, end in pairwise(edges):
        covering = [s for s in spans if s[0] <= start and s[1] >= end]
        names = tuple(dict.fromkeys(s[2] for s in covering))
        cut.append(Piece(text[start:end], names, tuple(s[3] for s in covering if s[0] == start)))
    return cut


def anchor(party: int, quote: int) -> str:
    """Return the page id of a party's quote."""
    return f"q{party}-{quote}"
