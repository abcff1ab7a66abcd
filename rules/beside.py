"""Whoever may have taken part, once more beside the others of the story: who sold depends on who bought. Pure.

What stands around a name tells much of what its bearer did (``rules/surroundings.py``), and what stands around the
others tells the rest: where one is surely the seller, the next likeliest is rather the buyer. A second linear model
weighs each one's log-odds beside those of the others; its weights are data too (``rules/weights.py``). The idea is that
of stacked sequential learning (Cohen and Carvalho, IJCAI 2005).
"""

import math
from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from rules.candidates import Candidate
from rules.rulebook import Rulebook
from rules.vocabulary import Role
from rules.weights import BESIDE, share

# Log-odds of taking part below which nobody is looked at again, nor counts beside others.
LEAST = -2.0
# Log-odds past this are as clear as any, and those of somebody who is not there.
_CLEAREST = 8.0


@dataclass(frozen=True, slots=True)
class Alone:
    """What is told of a candidate by himself: the log-odds of each of ``BESIDE``, and what roles frames gave him."""

    candidate: Candidate
    odds: Sequence[float]
    framed: Collection[Role] = ()


def beside_features(likely: Sequence[Alone], rulebook: Rulebook) -> list[dict[str, float]]:
    """Return named numbers for each of those who may have taken part, in their order."""
    columns = [_Column([one.odds[n] for one in likely]) for n in range(len(BESIDE))]
    by_name = {one.candidate.name: one for one in likely}
    agents: dict[str, list[Alone]] = {}
    for one in likely:
        principal = rulebook.principal(one.candidate.name)
        if principal != one.candidate.name:
            agents.setdefault(principal, []).append(one)
    violators = [one.odds[0] for one in likely]
    first = max(range(len(likely)), key=lambda n: (violators[n], -n), default=0)
    second = max((n for n in range(len(likely)) if n != first), key=lambda n: (violators[n], -n), default=None)
    found = []
    for number, one in enumerate(likely):
        name = one.candidate.name
        features = _own(one, rulebook)
        features["others"] = math.log1p(len(likely) - 1)
        features["alone"] = float(len(likely) == 1)
        other = second if number == first else first
        nearest = likely[other].odds if other is not None else None
        for answer, column, own in zip(BESIDE, columns, one.odds, strict=True):
            features[f"best {answer}"], features[f"second {answer}"] = column.best_but(number)
            features[f"summed {answer}"] = math.log1p(column.summed - share(own))
            features[f"above {answer}"] = math.log1p(column.above(own))
        features |= _told("likeliest", nearest)
        leading = by_name.get(rulebook.principal(name))
        leading = None if leading is one else leading
        acting = agents.get(name, ())
        features |= _told("principal", leading.odds if leading else None)
        features |= _told("agent", [max(odds) for odds in zip(*(a.odds for a in acting), strict=True)] or None)
        features["has a principal"], features["is a principal"] = float(leading is not None), float(bool(acting))
        found.append(features)
    return found


def _own(one: Alone, rulebook: Rulebook) -> dict[str, float]:
    features = _told("own", one.odds)
    top = max(one.odds[1:])
    features |= {
        f"short in {role}": max(odds - top, -_CLEAREST) for role, odds in zip(BESIDE[1:], one.odds[1:], strict=True)
    }
    features["framed"] = float(bool(one.framed))
    features |= {f"framed {role.value}": 1.0 for role in one.framed}
    features[f"is a {one.candidate.type.value}"] = 1.0
    features["is a target"] = float(rulebook.is_targeted(one.candidate.name))
    return features


def _told(whose: str, odds: Sequence[float] | None) -> dict[str, float]:
    return {f"{whose} {a}": _within(odds[n]) if odds else -_CLEAREST for n, a in enumerate(BESIDE)}


def _within(odds: float) -> float:
    return max(-_CLEAREST, min(_CLEAREST, odds))


class _Column:
    """The log-odds of one answer of all who may have taken part."""

    def __init__(self, odds: Sequence[float]) -> None:
        self.odds = odds
        self.ordered = sorted(odds)
        self.summed = math.fsum(map(share, odds))

    def best_but(self, number: int) -> tuple[float, float]:
        """Return the best two log-odds of the others; the least there is for those who are not there."""
        top = self.ordered[-3:][::-1]
        others = list(top)
        if self.odds[number] in others:
            others.remove(self.odds[number])
        first, second, *_ = *map(_within, others), -_CLEAREST, -_CLEAREST
        return first, second

    def above(self, odds: float) -> int:
        """Return how many have higher log-odds."""
        return len(self.ordered) - bisect_right(self.ordered, odds)


def odds_beside(
    features: Mapping[str, float], biases: Sequence[float], weights: Mapping[str, Sequence[float]]
) -> list[float]:
    """Return the log-odds of each of ``BESIDE`` by the features."""
    told = [(weights[name], value) for name, value in features.items() if value and name in weights]
    return [bias + math.fsum([row[n] * value for row, value in told]) for n, bias in enumerate(biases)]
