"""Where a story says what a case says: the spans behind parties, goods, rules, denials and officers' marks. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_DENIAL = re.compile(
    r"\b(?:den(?:y|ie[ds]|ying|ials?)|reject\w*|dismiss\w*|refut\w*|groundless|false|baseless)\b", re.I
)
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")
_FIELDS = ("title", "text")
# A story may name a thing a thousand times; a page that marks each is no help.
_MOST_MENTIONS = 3


@dataclass(frozen=True, slots=True)
class Quoted:
    """A span of a story and what it is evidence of; ``anchor`` is unique on the page, ``kind`` names its colour."""

    field: str
    start: int
    end: int
    anchor: str
    about: str
    kind: str


def quoted(
    number: int,
    title: str,
    text: str,
    judgement: Mapping[str, Any],
    hits: Sequence[Mapping[str, Any]],
    marks: Sequence[Mapping[str, Any]] = (),
    elements: Mapping[tuple[str, int, int], str] | None = None,
) -> list[Quoted]:
    """Return every span of the story that a field of the case page leads to. ``number`` is the story's on the page.

    ``elements`` are the spans that meet the elements of a measure, and which they meet.
    """
    said = {"title": title, "text": text}
    found: list[Quoted] = []
    for index, (field, start, end, about, kind) in enumerate(_spans(said, judgement, hits)):
        if 0 <= start < end <= len(said[field]):
            found.append(Quoted(field, start, end, f"q{number}-{index}", about, kind))
    for index, ((field, start, end), about) in enumerate((elements or {}).items()):
        if 0 <= start < end <= len(said[field]):
            found.append(Quoted(field, start, end, f"e{number}-{index}", about, "element"))
    for mark in marks:
        about = mark["says"] + (f": {mark['party']}" if mark["party"] else "")
        found.append(Quoted(mark["field"], mark["start"], mark["end"], f"m{mark['id']}", about, "marked"))
    return found


_Span = tuple[str, int, int, str, str]


def _spans(said: Mapping[str, str], judgement: Mapping[str, Any], hits: Sequence[Mapping[str, Any]]) -> Iterator[_Span]:
    for party in judgement["parties"]:
        kind = party["roles"][0] if party["roles"] else "party"
        for span in party["evidence"]:
            yield span["field"], span["start"], span["end"], f"party:{party['canonical']}", kind
    for goods in judgement["goods"]:
        yield from _mentions(said, goods, f"goods:{goods}", "goods")
    for hit in hits:
        span = hit["evidence"]
        yield span["field"], span["start"], span["end"], f"rule:{hit['rule']}", "rule"
    for name in judgement["denied_by"]:
        yield from _denials(said, _spellings(name, judgement), f"denial:{name}")
    for other in judgement["non_parties"]:
        yield from _mentions(said, other["name"], f"other:{other['canonical']}", "other")


def _mentions(said: Mapping[str, str], name: str, about: str, kind: str) -> Iterator[_Span]:
    if not name.strip():
        return
    pattern = re.compile(rf"(?<!\w){re.escape(name)}(?:s|es)?(?!\w)", re.I)
    left = _MOST_MENTIONS
    for field in _FIELDS:
        for match in pattern.finditer(said[field]):
            if not left:
                return
            left -= 1
            yield field, match.start(), match.end(), about, kind


def _denials(said: Mapping[str, str], names: Sequence[str], about: str) -> Iterator[_Span]:
    """Yield the sentences that deny, those first that name who does; a capital may stand for its state."""
    sentences = [(f, m) for f in _FIELDS for m in _SENTENCE.finditer(said[f]) if _DENIAL.search(m.group())]
    naming = [(f, m) for f, m in sentences if any(n.casefold() in m.group().casefold() for n in names)]
    for field, match in (naming or sentences)[:1]:
        start = match.start() + len(match.group()) - len(match.group().lstrip())
        yield field, start, match.end(), about, "denial"


def _spellings(name: str, judgement: Mapping[str, Any]) -> list[str]:
    known = [*judgement["parties"], *judgement["non_parties"]]
    return [name, *(p["name"] for p in known if p["canonical"] == name)]


def first_anchor(found: Iterable[Quoted], about: str) -> str | None:
    """Return the page's anchor for what is asked, or None where the story does not say it."""
    return next((q.anchor for q in found if q.about == about), None)
