"""The parts of a case's report that tell what the stories say: each measure with its elements, and who says what. Pure.

They read the plain values of ``compliance.filing``; ``numbers`` gives each story's number among the report's sources.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from compliance.elements import plain_days

Numbers = Mapping[Any, int]


@dataclass(frozen=True, slots=True)
class ElementEntry:
    """One of the five elements of a measure: whether it is met, what was read, and the words that meet it."""

    name: str
    met: bool
    says: str
    quote: str


@dataclass(frozen=True, slots=True)
class MeasureEntry:
    """A measure held against the stories. ``source`` is the number of the one whose act it is."""

    regime: str
    what: str
    basis: str
    days: str
    missing: tuple[str, ...]
    elements: tuple[ElementEntry, ...]
    exemptions: tuple[str, ...]
    unverified: bool
    source: int


@dataclass(frozen=True, slots=True)
class ClaimEntry:
    """What one story has people say of the act: ``voices`` are pairs of what is said and by whom, in its order.

    ``days`` are those of the act, empty where the story leaves them open.
    """

    source: int
    at: str
    where: str
    days: str
    voices: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class MarkEntry:
    """A span that an officer marked as evidence."""

    quote: str
    says: str
    actor: str
    source: int


def measures(found: Mapping[str, Any], numbers: Numbers) -> Iterator[MeasureEntry]:
    """Yield each measure that the acts come near, the case's own regimes first."""
    for held in found["held"]:
        yield MeasureEntry(
            f"UN-SC{held['regime']}",
            held["what"],
            held["basis"],
            plain_days(held["days"]),
            tuple(held["missing"]),
            tuple(ElementEntry(e["name"], e["met"], plain_days(e["says"]), e["quote"]) for e in held["elements"]),
            tuple(held["exemptions"]),
            held["unverified"],
            numbers[held["story_id"]],
        )


def claims(found: Mapping[str, Any], numbers: Numbers) -> Iterator[ClaimEntry]:
    """Yield the ledger of claims, a line a story."""
    for story_id, told in groupby(found["claims"], key=lambda claim: claim["story_id"]):
        lines = list(told)
        first = lines[0]
        yield ClaimEntry(
            numbers[story_id], first["on"] or "", first["where"], plain_days(first["act_days"]), tuple(_voices(lines))
        )


def _voices(lines: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for what in dict.fromkeys(line["what"] for line in lines):
        yield what, ", ".join(dict.fromkeys(line["by"] for line in lines if line["what"] == what))


def marks(found: Mapping[str, Any], numbers: Numbers) -> Iterator[MarkEntry]:
    """Yield what officers marked as evidence; a mark in a story that has left the case has no number."""
    for mark in found["marks"]:
        says = mark["says"] + (f", {mark['party']}" if mark["party"] else "")
        yield MarkEntry(" ".join(mark["quote"].split()), says, mark["actor"], numbers.get(mark["story_id"], 0))


def act_days(found: Mapping[str, Any]) -> str:
    """Return the days that the stories give the act, each once; empty where none tells them."""
    told = [claim["act_days"] for claim in found["claims"]] + [held["days"] for held in found["held"]]
    return plain_days("; ".join(dict.fromkeys(day for days in told for day in days.split("; ") if day)))
