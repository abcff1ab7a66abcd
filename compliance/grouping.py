"""An act that a story tells → the case of the same act, and why. Pure and deterministic.

Two stories tell of the same act when they share rare names, figures and words, the same parties in the same roles, and
kind, law and goods do not speak against it, close together in time. Headlines alone never decide: outlets word the same
act differently and different acts alike. How rare a name is was counted once over a corpus and never over what came in,
so that the answer does not depend on what else was read that night.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from compliance.particulars import Passage, joined, stem, telling
from compliance.rarity import rarity
from rules.findings import Extraction

# Verdicts of courts and reports of panels come months after the act.
WINDOW = timedelta(days=366)
_MOST_NAMES, _MOST_WORDS, _MOST_FIGURES = 40, 80, 20
_TELLING = 0.35
_RARE_NAME = 0.75
_KEY_NAMES, _KEY_WORDS = 16, 12
# A case is as like an act as its most like stories are: one alone may have been put there in error.
_VOICES = 4
_LOUDEST = 4.0
_MOST_ACTS = 3
# Fitted on the acts that were not set aside (benchmarks/grouping.py --fit) and rounded.
WEIGHTS = {
    "names": 2.4,
    "rarest name": 2.0,
    "rare names": -0.4,
    "wording": 3.2,
    "words": 3.7,
    "figures": 2.2,
    "role": 0.5,
    "parties": 0.6,
    "other kind": -1.9,
    "other law": -2.1,
    "other goods": -0.8,
    "days": -0.6,
}
BIAS = -2.2
THRESHOLD = 0.0


@dataclass(frozen=True, slots=True)
class Act:
    """What is compared: who is said to have what part in it, its kinds, law and goods, and what else tells it apart.

    ``copies`` is the story whose text this one repeats, or its own; ``parts`` are the story's sentences, where known.
    """

    roles: frozenset[tuple[str, str]]
    kinds: frozenset[str]
    regimes: frozenset[str]
    goods: frozenset[str]
    told: Passage
    day: datetime
    copies: int | None = None
    parts: tuple[Passage, ...] = ()

    @property
    def parties(self) -> frozenset[str]:
        """The names of those who take part."""
        return frozenset(name for _, name in self.roles)


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
    likeness: float = 0.0


def act_of(found: Extraction, parts: Sequence[Passage], day: datetime, copies: int | None = None) -> Act:
    """Return what grouping compares, from what the rules found and the particulars of the story's sentences."""
    return Act(
        roles=frozenset((role.value, party.canonical) for party in found.parties for role in party.roles),
        kinds=frozenset(kind.value for kind in found.kinds),
        regimes=frozenset(found.regimes),
        goods=frozenset(g.name for g in found.goods),
        told=_telling_part(joined(parts)),
        day=day,
        copies=copies,
        parts=tuple(parts),
    )


def _telling_part(whole: Passage) -> Passage:
    """Return what is rare in a passage, so much of it as is kept and compared."""
    names = telling((n for n in whole.names if name_rarity(n) >= _TELLING), _MOST_NAMES)
    words = telling((w for w in whole.words if rarity(w) >= _TELLING), _MOST_WORDS)
    figures = sorted(whole.figures, key=lambda f: (-len(f), f))[:_MOST_FIGURES]
    return replace(whole, names=frozenset(names), words=frozenset(words), figures=frozenset(figures), start=0)


@lru_cache(maxsize=100_000)
def name_rarity(name: str) -> float:
    """Return how rare a name is; one that is an ordinary word at the head of a sentence is as common as the word."""
    return rarity(name) if " " in name else min(rarity(name), rarity(stem(name)))


def keys_of(act: Act) -> tuple[str, ...]:
    """Return the terms under which an act is found again: two tellings that share none of them are never compared."""
    names = telling(act.told.names, _KEY_NAMES)
    words = telling(act.told.words - act.told.names, _KEY_WORDS)
    figures = sorted((f for f in act.told.figures if len(f) > 2), key=lambda f: (-len(f), f))[:4]
    return tuple(dict.fromkeys([*names, *words, *figures]))


def group(act: Act, cases: Iterable[OpenCase]) -> Grouping:
    """Return the best case to join; ties go to the older case, so that equal input gives an equal answer."""
    found = ranked(act, cases)
    return found[0] if found else Grouping(None, "no case tells of these names, figures, parties and law in these days")


def ranked(act: Act, cases: Iterable[OpenCase]) -> list[Grouping]:
    """Return every case that tells of the same act, the most like first; ties in the order of their opening."""
    judged = (_of_case(act, case) for case in cases)
    return sorted((g for g in judged if g is not None), key=lambda g: (-g.likeness, g.case_id))


def _of_case(act: Act, case: OpenCase) -> Grouping | None:
    scores = sorted(((likeness(act, other), other) for other in case.acts), key=lambda pair: -pair[0])
    heard = scores[: max(1, min(_VOICES, len(scores)))]
    if not heard:
        return None
    if is_copy(act, heard[0][1]):
        return Grouping(case.id, reason(act, heard[0][1]), heard[0][0])
    score = sum(min(s, _LOUDEST) for s, _ in heard) / len(heard)
    return Grouping(case.id, reason(act, heard[0][1]), score) if score >= THRESHOLD else None


def likeness(act: Act, other: Act) -> float:
    """Return how much speaks for two tellings being of one act; the same act from THRESHOLD on."""
    if abs(act.day - other.day) > WINDOW:
        return -math.inf
    if is_copy(act, other):
        return 10.0
    return BIAS + sum(WEIGHTS[name] * value for name, value in features(act, other).items())


def is_copy(act: Act, other: Act) -> bool:
    """True where both repeat the text of one story."""
    return act.copies is not None and act.copies == other.copies


def features(act: Act, other: Act) -> dict[str, float]:
    """Return what speaks for and against two tellings being of one act, each under the name of its weight."""
    names = act.told.names & other.told.names
    rarities = [name_rarity(n) for n in names]
    words = sorted((rarity(w) for w in (act.told.words & other.told.words) - names), reverse=True)
    return {
        "names": min(sum(r**3 for r in rarities), 4.0),
        "rarest name": max(rarities, default=0.0),
        "rare names": min(sum(r > _RARE_NAME for r in rarities), 4),
        "wording": _cosine(act.told.words, other.told.words),
        "words": sum(r**3 for r in words[:8]),
        "figures": min(len(act.told.figures & other.told.figures), 2),
        "role": float(bool(act.roles & other.roles)),
        "parties": _overlap(act.parties, other.parties),
        "other kind": _disjoint(act.kinds, other.kinds),
        "other law": _disjoint(act.regimes, other.regimes),
        "other goods": _disjoint(act.goods, other.goods),
        "days": math.log1p(abs((act.day - other.day).total_seconds()) / 86_400),
    }


def reason(act: Act, other: Act) -> str:
    """Return in words what two tellings have in common."""
    if is_copy(act, other):
        return "a copy: it repeats the text of a story of this case"
    names = [n for n in telling(act.told.names & other.told.names, 6) if name_rarity(n) > _TELLING]
    shared = [n for n in names if not any(n != m and n in m for m in names)]
    figures = sorted(act.told.figures & other.told.figures, key=lambda f: (-len(f), f))[:3]
    roles = [f"{name} as {role}" for role, name in sorted(act.roles & other.roles)]
    words = telling((act.told.words & other.told.words) - act.told.names, 4)
    days = abs((act.day - other.day).days)
    parts = [
        f"names: {', '.join(shared)}" if shared else "",
        f"figures: {', '.join(figures)}" if figures else "",
        f"parties: {', '.join(roles)}" if roles else "",
        f"words: {', '.join(words)}" if words and not shared else "",
        "the same day" if days == 0 else f"{days} day{'s' if days > 1 else ''} apart",
    ]
    return "same act: " + "; ".join(p for p in parts if p)


def place(act: Act, cases: Sequence[OpenCase]) -> list[tuple[Grouping, Act]]:
    """Return every case to put the story's act into, or the new one, each with what the story tells of it.

    A story that tells of two known acts joins both: the second by the sentences that say nothing of the first.
    """
    found = ranked(act, cases)
    if not found:
        return [(group(act, ()), act)]
    by_id = {case.id: case for case in cases}
    placed = [(found[0], act)]
    left = act
    for _ in found[1:_MOST_ACTS]:
        left = _rest_of(left, by_id[placed[-1][0].case_id or 0])
        known = {g.case_id for g, _ in placed}
        also = ranked(left, [by_id[g.case_id or 0] for g in found if g.case_id not in known])
        if not also or not left.told.names:
            break
        placed.append((also[0], left))
    if len(placed) > 1:
        rest = {part for _, told in placed[1:] for part in told.parts}
        placed[0] = (placed[0][0], _of_parts(act, [p for p in act.parts if p not in rest]))
    return placed


def _rest_of(act: Act, case: OpenCase) -> Act:
    """Return the act by the sentences that have no rare name of the case."""
    names = frozenset().union(*(other.told.names for other in case.acts))
    shared = {n for n in act.told.names & names if name_rarity(n) > _TELLING}
    return _of_parts(act, [part for part in act.parts if part.start >= 0 and not part.names & shared])


def _of_parts(act: Act, parts: Sequence[Passage]) -> Act:
    return replace(act, told=_telling_part(joined(parts)), parts=tuple(parts), copies=None)


def _cosine(left: frozenset[str], right: frozenset[str]) -> float:
    shared = sum(rarity(w) ** 4 for w in left & right)
    return shared / math.sqrt(_weight(left) * _weight(right)) if shared else 0.0


@lru_cache(maxsize=10_000)
def _weight(words: frozenset[str]) -> float:
    return sum(rarity(w) ** 4 for w in words)


def _overlap(left: frozenset[Any], right: frozenset[Any]) -> float:
    return len(left & right) / min(len(left), len(right)) if left and right else 0.0


def _disjoint(left: frozenset[Any], right: frozenset[Any]) -> float:
    return float(bool(left and right and not left & right))
