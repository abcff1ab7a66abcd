"""How much speaks for two tellings being of one act, and what speaks against a story's telling the act of a case. Pure.

Names, words and figures that both have speak for it, the more the rarer they are; a name that several of the cases at
hand have tells none of them apart. Ships, amounts, days, places and goods speak against it where both tell them and
they differ. Against a case speaks the share of its tellings that differ, so that one telling which leaves out the ship
does not let in the act of another ship.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from compliance.circumstances import Days, gap, is_after, other_amounts, other_days, same_amounts, shared_units
from compliance.particulars import Passage, stem
from compliance.rarity import rarity
from compliance.standins import StandIns, shared_parties

# Verdicts of courts and reports of panels come months after the act.
WINDOW = timedelta(days=366)
# Days that are told differently by a week may be those of loading and landing.
_SLACK = 7
# A term that no more cases have than this is as telling as it is rare.
_FEW = 2
# Fitted on the acts that were not set aside (benchmarks/grouping.py --fit) and rounded.
WEIGHTS = {
    "names": 2.3,
    "rarest name": 3.6,
    "name share": 2.2,
    "wording": 2.3,
    "words": 4.3,
    "figures": 2.9,
    "parties": 0.7,
    "other kind": -2.2,
    "other law": -1.9,
    "days": -0.7,
    "same amount": 2.8,
    "other amount": -3.3,
    "other ship": -3.9,
    "other days": -6.2,
    "other places": -0.3,
    "other route": -4.0,
    "other goods": -0.6,
    "other main goods": -3.0,
    "contradicted": -2.8,
}
BIAS = -1.55
THRESHOLD = 0.0


@dataclass(frozen=True, slots=True)
class Act:
    """What is compared: who is said to have what part in it, its kinds, law and goods, and what else tells it apart.

    ``copies`` is the story whose text this one repeats, or its own; ``parts`` are the story's sentences, where known.
    ``acts_for`` says which party acts for which principal; ``main_goods`` are those of the title and the lead.
    """

    roles: frozenset[tuple[str, str]]
    kinds: frozenset[str]
    regimes: frozenset[str]
    goods: frozenset[str]
    told: Passage
    day: datetime
    copies: int | None = None
    parts: tuple[Passage, ...] = ()
    acts_for: frozenset[tuple[str, str]] = frozenset()
    main_goods: frozenset[str] = frozenset()

    @property
    def parties(self) -> frozenset[str]:
        """The names of those who take part."""
        return frozenset(name for _, name in self.roles)

    @property
    def terms(self) -> frozenset[str]:
        """The names and words that it may share with others."""
        return self.told.names | self.told.words


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many of the cases at hand have each term; where few have it, it is as telling as it is rare."""

    holders: Mapping[str, int] = field(default_factory=dict)

    def weighed(self, term: str, rarity_: float) -> float:
        """Return how much the term tells here."""
        return rarity_ * min(1.0, _FEW / max(1, self.holders.get(term, 1)))


NOBODY = Crowd()


def crowd_of(act: Act, cases: Iterable[Sequence[Act]]) -> Crowd:
    """Return how many of the cases, each given as the acts its stories told, have each term of the act."""
    held: Counter[str] = Counter()
    for acts in cases:
        held.update(act.terms & frozenset().union(*(a.terms for a in acts if abs(a.day - act.day) <= WINDOW)))
    return Crowd(held)


@lru_cache(maxsize=100_000)
def name_rarity(name: str) -> float:
    """Return how rare a name is; one that is an ordinary word at the head of a sentence is as common as the word."""
    return rarity(name) if " " in name else min(rarity(name), rarity(stem(name)))


def likeness(act: Act, other: Act, crowd: Crowd = NOBODY, against: Mapping[str, float] | None = None) -> float:
    """Return how much speaks for two tellings being of one act; the same act from THRESHOLD on.

    ``against`` is what speaks against the other's case as a whole, where it has one.
    """
    if abs(act.day - other.day) > WINDOW:
        return -math.inf
    if is_copy(act, other):
        return 10.0
    apart = differences(act, [other]) if against is None else against
    return BIAS + _weighed(shared(act, other, crowd)) + _weighed(apart)


def _weighed(found: Mapping[str, float]) -> float:
    return sum(WEIGHTS[name] * value for name, value in found.items())


def is_copy(act: Act, other: Act) -> bool:
    """True where both repeat the text of one story."""
    return act.copies is not None and act.copies == other.copies


def shared(act: Act, other: Act, crowd: Crowd = NOBODY) -> dict[str, float]:
    """Return what two tellings have in common, and how far apart they are, each under the name of its weight."""
    names = act.told.names & other.told.names
    rarities = [crowd.weighed(n, name_rarity(n)) for n in whole_names(names)]
    both = act.told.words & other.told.words
    words = sorted((crowd.weighed(w, rarity(w)) for w in both - names), reverse=True)
    return {
        "names": min(sum(r**3 for r in rarities), 4.0),
        "rarest name": max(rarities, default=0.0),
        "name share": _name_share(act, other, names, crowd),
        "wording": _cosine(act.told.words, other.told.words, both, crowd),
        "words": sum(r**3 for r in words[:8]),
        "figures": min(len(act.told.figures & other.told.figures), 2),
        "parties": _parties(act, other),
        "other kind": _disjoint(act.kinds, other.kinds),
        "other law": _disjoint(act.regimes, other.regimes),
        "days": math.log1p(gap(_days(act), _days(other))),
    }


def differences(act: Act, others: Sequence[Act]) -> dict[str, float]:
    """Return what an act tells otherwise than the tellings of a case: of those that tell such a thing, what share."""
    mine = act.told
    found = {
        "other ship": _share(_is_other_ship(mine, o.told) for o in others if mine.ships and o.told.ships),
        "other amount": _share(
            other_amounts(mine.amounts, o.told.amounts) for o in others if shared_units(mine.amounts, o.told.amounts)
        ),
        "other days": _share(_is_other_day(act, o) for o in others if mine.days or o.told.days),
        "other places": _share(not mine.places & o.told.places for o in others if mine.places and o.told.places),
        "other goods": _share(not act.goods & o.goods for o in others if act.goods and o.goods),
    }
    found["contradicted"] = max(0.0, sum(found.values()) - 1)
    mains = (not act.main_goods & o.main_goods for o in others if act.main_goods and o.main_goods)
    found["other main goods"] = _share(mains)
    found["other route"] = _share(
        _unshared(mine.places, o.told.places) for o in others if mine.places and o.told.places
    )
    found["same amount"] = max((min(same_amounts(mine.amounts, o.told.amounts), 2) for o in others), default=0)
    return found


def _is_other_ship(mine: Passage, other: Passage) -> bool:
    return not (mine.ships & other.ships or mine.ships & other.names or other.ships & mine.names)


def _is_other_day(act: Act, other: Act) -> bool:
    """True where both name days that lie apart, or the later names days that had not come when the first was told."""
    first, later = (act, other) if act.day <= other.day else (other, act)
    return other_days(act.told.days, other.told.days, _SLACK) or is_after(later.told.days, first.day.date())


def _days(act: Act) -> frozenset[Days]:
    """Return the days that the telling names, and its own."""
    own = act.day.toordinal()
    return act.told.days | {(own, own)}


def _unshared(left: frozenset[str], right: frozenset[str]) -> float:
    """Return how many of the fewer places the other lacks, where each has some that the other lacks."""
    return min(len(left - right), len(right - left)) / min(len(left), len(right))


def _share(differ: Iterable[float]) -> float:
    told = list(differ)
    return sum(told) / len(told) if told else 0.0


def _cosine(left: frozenset[str], right: frozenset[str], both: frozenset[str], crowd: Crowd) -> float:
    common = sum(crowd.weighed(w, rarity(w)) ** 4 for w in both)
    return common / math.sqrt(_weight(left) * _weight(right)) if common else 0.0


@lru_cache(maxsize=10_000)
def _weight(words: frozenset[str]) -> float:
    return sum(rarity(w) ** 4 for w in words)


@lru_cache(maxsize=50_000)
def whole_names(names: frozenset[str]) -> frozenset[str]:
    """Return the names that are no part of a longer one among them: a ship of two words is one name and not three."""
    return names - {part for name in names if " " in name for part in name.split()}


def _name_share(act: Act, other: Act, names: frozenset[str], crowd: Crowd) -> float:
    """Return how much of the rare names of the one that has fewer both have."""
    if not names:
        return 0.0
    least = min(_rare_names(act.told.names, crowd), _rare_names(other.told.names, crowd))
    return _rare_names(names, crowd) / least if least else 0.0


def _rare_names(names: frozenset[str], crowd: Crowd) -> float:
    return sum(crowd.weighed(n, name_rarity(n)) ** 3 for n in names)


def _parties(act: Act, other: Act) -> float:
    principals = dict(act.acts_for | other.acts_for)
    return shared_parties(StandIns(act.parties, principals), StandIns(other.parties, principals))


def _disjoint(left: frozenset[Any], right: frozenset[Any]) -> float:
    return float(bool(left and right and not left & right))
