"""A story's text cut into plain and highlighted pieces. Pure: text in, pieces out; markup is the template's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from compliance.quoting import Quoted


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text and what the spans over it are about; ``anchors`` are ids of quotes that begin here.

    ``kinds`` are the sorts of spans that cover it, by which it is drawn.
    """

    text: str
    parties: tuple[str, ...]
    anchors: tuple[str, ...]
    kinds: tuple[str, ...] = ()


def pieces(text: str, field: str, parties: Sequence[Mapping[str, Any]]) -> list[Piece]:
    """Cut a field's text at every edge of the parties' evidence."""
    spans = [
        Quoted(span["field"], span["start"], span["end"], anchor(number, index), party["canonical"], "party")
        for number, party in enumerate(parties)
        for index, span in enumerate(party["evidence"])
    ]
    return cut(text, field, spans)


def cut(text: str, field: str, spans: Sequence[Quoted]) -> list[Piece]:
    """Cut a field's text at every edge of a span, so that overlapping quotes are all kept.

    Spans outside the text are ignored; joined together, the pieces are the text.
    """
    inside = [s for s in spans if s.field == field and 0 <= s.start < s.end <= len(text)]
    edges = sorted({0, len(text), *(s.start for s in inside), *(s.end for s in inside)})
    found = []
    for start, end in pairwise(edges):
        covering = [s for s in inside if s.start <= start and s.end >= end]
        found.append(
            Piece(
                text[start:end],
                tuple(dict.fromkeys(s.about for s in covering)),
                tuple(s.anchor for s in covering if s.start == start),
                tuple(dict.fromkeys(s.kind for s in covering)),
            )
        )
    return found


def anchor(party: int, quote: int) -> str:
    """Return the page id of a party's quote."""
    return f"q{party}-{quote}"
