"""An act that a story tells → the case of the same act, and why. Pure and deterministic.

Two stories tell of the same act when they share rare names, figures and words and the same parties, close together in
time, and neither ship, amount, day, place, goods, kind nor law speaks against it (``likeness``). Headlines alone never
decide: outlets word the same act differently and different acts alike. How rare a name is was counted once over a
corpus and never over what came in; only how many of the cases at hand have it counts besides.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import inf

from compliance.likeness import (
    NOBODY,
    THRESHOLD,
    WINDOW,
    Act,
    Crowd,
    crowd_of,
    differences,
    is_copy,
    likeness,
    name_rarity,
)
from compliance.particulars import Passage, as_told, joined, telling
from compliance.rarity import rarity
from compliance.standins import leads
from rules.findings import Extraction
from rules.rulebook import Rulebook
from rules.vocabulary import Field

_MOST_NAMES, _MOST_WORDS, _MOST_FIGURES = 40, 80, 20
_TELLING = 0.35
_NAMED = 0.5
_KEY_NAMES, _KEY_WORDS = 16, 12
# A case is as like an act as its most like stories are: one alone may have been put there in error.
_VOICES = 4
_LOUDEST = 4.0
_MOST_ACTS = 3
_RIVALS = 4
# Of a story's sentences, so many are its lead.
_LEAD = 2
# Words for whatever is banned tell no load from another.
_ANY_GOODS = frozenset(
    (
        *("arms", "weapon", "weaponry", "munition", "military equipment", "military hardware", "military supply"),
        *("military aid", "military assistance", "military support"),
    )
)


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case a story could join, as the acts its stories told."""

    id: int
    acts: tuple[Act, ...]


@dataclass(frozen=True, slots=True)
class Grouping:
    """The case to join, or None for a new one, and the reason in words.

    ``rivals`` are other cases that the act could as well have joined: one act may lie in two of them.
    """

    case_id: int | None
    reason: str
    likeness: float = 0.0
    rivals: tuple[int, ...] = ()


def act_of(
    found: Extraction,
    parts: Sequence[Passage],
    day: datetime,
    copies: int | None = None,
    *,
    rulebook: Rulebook | None = None,
) -> Act:
    """Return what grouping compares, from what the rules found and the particulars of the story's sentences.

    With a rulebook a leader counts as the force or state that he leads, it is noted for whom a firm acts, and names of
    bodies and media tell nothing.
    """
    if rulebook:
        observers = as_told(rulebook.observers)
        parts = [replace(part, names=part.names - observers) for part in parts]
    stands = {p.canonical: leads(p.canonical, rulebook) if rulebook else p.canonical for p in found.parties}
    principals = {name: rulebook.principal(name) for name in stands.values()} if rulebook else {}
    return Act(
        roles=frozenset((role.value, stands[p.canonical]) for p in found.parties for role in p.roles),
        acts_for=frozenset((name, other) for name, other in principals.items() if name != other),
        kinds=frozenset(kind.value for kind in found.kinds),
        regimes=frozenset(found.regimes),
        goods=frozenset(g.name for g in found.goods),
        main_goods=_main_goods(found, parts),
        told=_telling_part(joined(parts)),
        day=day,
        copies=copies,
        parts=tuple(parts),
    )


def _main_goods(found: Extraction, parts: Sequence[Passage]) -> frozenset[str]:
    """Return the goods of the title and the lead: the sentences of background behind them have goods of other acts."""
    starts = sorted(part.start for part in parts if part.start >= 0)
    end = starts[_LEAD] if len(starts) > _LEAD else inf
    told = {g.name for g in found.goods if g.evidence.field is Field.TITLE or g.evidence.start < end}
    return frozenset(told - _ANY_GOODS)


def _telling_part(whole: Passage) -> Passage:
    """Return what is rare in a passage, so much of it as is kept and compared."""
    names = telling((n for n in whole.names if name_rarity(n) >= _TELLING), _MOST_NAMES)
    words = telling((w for w in whole.words if rarity(w) >= _TELLING), _MOST_WORDS)
    figures = sorted(whole.figures, key=lambda f: (-len(f), f))[:_MOST_FIGURES]
    return replace(
        whole,
        names=frozenset(names),
        words=frozenset(words),
        figures=frozenset(figures),
        start=0,
        amounts=frozenset(sorted(whole.amounts)[:_MOST_FIGURES]),
        days=frozenset(sorted(whole.days)[:_MOST_FIGURES]),
    )


def keys_of(act: Act) -> tuple[str, ...]:
    """Return the terms under which an act is found again: two tellings that share none of them are never compared."""
    names = telling(act.told.names, _KEY_NAMES)
    words = telling(act.told.words - act.told.names, _KEY_WORDS)
    figures = sorted((f for f in act.told.figures if len(f) > 2), key=lambda f: (-len(f), f))[:4]
    return tuple(dict.fromkeys([*names, *words, *figures]))


def group(act: Act, cases: Iterable[OpenCase]) -> Grouping:
    """Return the best case to join; ties go to the older case, so that equal input gives an equal answer."""
    found = ranked(act, list(cases))
    return found[0] if found else Grouping(None, "no case tells of these names, figures, parties and law in these days")


def ranked(act: Act, cases: Sequence[OpenCase], crowd: Crowd | None = None) -> list[Grouping]:
    """Return every case that tells of the same act, the most like first; ties in the order of their opening.

    ``crowd`` is that of the cases, unless it is given as that of more.
    """
    around = crowd_of(act, (case.acts for case in cases)) if crowd is None else crowd
    judged = (_of_case(act, case, around) for case in cases)
    return sorted((g for g in judged if g is not None), key=lambda g: (-g.likeness, g.case_id))


def _of_case(act: Act, case: OpenCase, crowd: Crowd) -> Grouping | None:
    found = closeness(act, case.acts, crowd)
    if found is None or found[0] < THRESHOLD:
        return None
    return Grouping(case.id, reason(act, found[1]), found[0])


def closeness(act: Act, others: Sequence[Act], crowd: Crowd) -> tuple[float, Act] | None:
    """Return how like the act is to the tellings of a case, and the most like one; None where all lie too far off."""
    near = [other for other in others if abs(act.day - other.day) <= WINDOW]
    if not near:
        return None
    against = differences(act, near)
    scores = sorted(((likeness(act, other, crowd, against), other) for other in near), key=lambda pair: -pair[0])
    if is_copy(act, scores[0][1]):
        return scores[0]
    heard = scores[:_VOICES]
    return sum(min(s, _LOUDEST) for s, _ in heard) / len(heard), heard[0][1]


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
    crowd = crowd_of(act, (case.acts for case in cases))
    found = ranked(act, cases, crowd)
    if not found:
        return [(group(act, ()), act)]
    by_id = {case.id: case for case in cases}
    rivals = tuple(other.case_id for other in found[1:_RIVALS] if other.case_id)
    placed = [(replace(found[0], rivals=rivals), act)]
    left = act
    for _ in range(_MOST_ACTS):
        left = _rest_of(left, by_id[placed[-1][0].case_id or 0], crowd)
        known = {g.case_id for g, _ in placed}
        others = [case for case in cases if case.id not in known and _is_named(left, case, crowd)]
        also = ranked(left, others, crowd)
        if not also or not left.told.names:
            break
        placed.append((also[0], left))
    if len(placed) > 1:
        rest = {part for _, told in placed[1:] for part in told.parts}
        placed[0] = (placed[0][0], _of_parts(act, [p for p in act.parts if p not in rest]))
    return placed


def _is_named(act: Act, case: OpenCase, crowd: Crowd) -> bool:
    """True where the case has a rare name of the act: a sentence of background fits many acts and tells of none."""
    names = frozenset().union(*(other.told.names for other in case.acts))
    return any(crowd.weighed(n, name_rarity(n)) > _NAMED for n in act.told.names & names)


def _rest_of(act: Act, case: OpenCase, crowd: Crowd = NOBODY) -> Act:
    """Return the act by the sentences that have no rare name of the case, but those that many other cases have."""
    names = frozenset().union(*(other.told.names for other in case.acts))
    shared = {n for n in act.told.names & names if crowd.weighed(n, name_rarity(n)) > _TELLING}
    return _of_parts(act, [part for part in act.parts if part.start >= 0 and not part.names & shared])


def _of_parts(act: Act, parts: Sequence[Passage]) -> Act:
    return replace(act, told=_telling_part(joined(parts)), parts=tuple(parts), copies=None)
