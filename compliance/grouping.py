"""Screening → the case that tells of the same act, and why. Pure and deterministic.

Two stories tell of the same act when the same parties stand in the same roles under the same regime and kind,
close together in time, and their texts share particulars (names, figures, places). Headlines alone never decide:
outlets word the same act differently and different acts alike.
"""

import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

WINDOW = timedelta(days=10)
_PARTICULAR = re.compile(r"\b(?:[A-Z][\w'’-]{2,}|\d[\d,.]*)")
_WORD = re.compile(r"\w+")
_SHINGLE = 5
_COPY = 0.4
_SAME_ACT = 0.16


@dataclass(frozen=True, slots=True)
class Act:
    """What is compared: roles as (role, canonical name) pairs, and the particulars of the text."""

    roles: frozenset[tuple[str, str]]
    kinds: frozenset[str]
    regimes: frozenset[str]
    particulars: frozenset[str]
    shingles: frozenset[int]
    day: datetime


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case a story could join, as the acts its stories told."""

    id: int
    acts: tuple[Act, ...]


@dataclass(frozen=True, slots=True)
class Grouping:
    """The case to join, or None for a new one, and the reason in words."""

    case_id: int | None
    reason: str


def particulars(title: str, text: str) -> frozenset[str]:
    """Return the lower-case names and figures of a story: what two tellings of one act have in common."""
    found = {match.group().rstrip(".,").lower() for match in _PARTICULAR.finditer(f"{title}. {text[:4000]}")}
    return frozenset(found)


def shingles(title: str, text: str) -> frozenset[int]:
    """Return the five-word runs of a story's beginning, as numbers: what a copy shares however it is headed."""
    words = [w.lower() for w in _WORD.findall(f"{title} {text[:4000]}")]
    runs = (" ".join(words[i : i + _SHINGLE]) for i in range(max(1, len(words) - _SHINGLE + 1)))
    return frozenset(zlib.crc32(run.encode("utf-8", "replace")) for run in runs)


def group(act: Act, cases: Iterable[OpenCase]) -> Grouping:
    """Return the best case to join; ties go to the older case, so that equal input gives an equal answer."""
    best: tuple[float, int, str] | None = None
    for case in sorted(cases, key=lambda c: c.id):
        for other in case.acts:
            likeness, why = _likeness(act, other)
            if likeness > 0 and (best is None or likeness > best[0]):
                best = (likeness, case.id, why)
    if best is None:
        return Grouping(None, "no open case tells of these parties, regime and particulars")
    return Grouping(best[1], best[2])


def _likeness(act: Act, other: Act) -> tuple[float, str]:
    if abs(act.day - other.day) > WINDOW:
        return 0, ""
    copied = _jaccard(act.shingles, other.shingles)
    if copied >= _COPY:
        return 1 + copied, f"a copy: {copied:.0%} of the wording is the same"
    shared = _jaccard(act.particulars, other.particulars)
    if act.regimes and other.regimes and not act.regimes & other.regimes:
        return 0, ""
    if not act.kinds & other.kinds:
        return 0, ""
    same_roles = act.roles & other.roles
    if not same_roles or len(same_roles) < min(2, len(act.roles), len(other.roles)):
        return 0, ""
    if shared < _SAME_ACT:
        return 0, ""
    names = ", ".join(f"{name} as {role}" for role, name in sorted(same_roles))
    return shared, f"same act: {names}; the texts share {shared:.0%} of their names and figures"


def _jaccard(a: frozenset[Any], b: frozenset[Any]) -> float:
    return len(a & b) / len(a | b) if a and b else 0.0
