"""How well stories are put into cases: pairs and B-cubed over acts that are told several times. Pure.

A story may belong to several acts and several cases, so B-cubed counts as in Amigó and others (2009): two stories that
share two acts should share two cases.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations


@dataclass(frozen=True, slots=True)
class GroupingFigures:
    """Shares between 0 and 1. ``split`` acts lie in several cases; ``mixed`` cases hold several acts."""

    stories: int
    acts: int
    cases: int
    pair_precision: float
    pair_recall: float
    bcubed_precision: float
    bcubed_recall: float
    split: int
    mixed: int

    @property
    def bcubed_f1(self) -> float:
        """The harmonic mean of B-cubed precision and recall."""
        both = self.bcubed_precision + self.bcubed_recall
        return 2 * self.bcubed_precision * self.bcubed_recall / both if both else 0.0


def measure(acts: Mapping[str, frozenset[str]], cases: Mapping[str, frozenset[int]]) -> GroupingFigures:
    """Return the figures for stories by id: the acts that each tells of, and the cases that it was put into."""
    ids = sorted(acts)
    pairs = [(len(acts[a] & acts[b]), len(cases[a] & cases[b])) for a, b in combinations(ids, 2)]
    together = [same for same, put in pairs if put]
    belonging = [put for same, put in pairs if same]
    return GroupingFigures(
        stories=len(ids),
        acts=len(frozenset().union(*acts.values())),
        cases=len(frozenset().union(*cases.values())),
        pair_precision=_mean([float(same > 0) for same in together]),
        pair_recall=_mean([float(put > 0) for put in belonging]),
        bcubed_precision=_mean([_shared(a, ids, cases, acts) for a in ids]),
        bcubed_recall=_mean([_shared(a, ids, acts, cases) for a in ids]),
        split=_spread(ids, acts, cases),
        mixed=_spread(ids, cases, acts),
    )


def _shared(one: str, ids: Sequence[str], within: Mapping[str, frozenset], other: Mapping[str, frozenset]) -> float:  # type: ignore[type-arg]  # acts are text, cases numbers
    """Return how much of what a story shares with others of one kind it also shares of the other kind."""
    shares = []
    for also in ids:
        common = len(within[one] & within[also])
        if common:
            shares.append(min(common, len(other[one] & other[also])) / common)
    return _mean(shares)


def _spread(ids: Sequence[str], within: Mapping[str, frozenset], other: Mapping[str, frozenset]) -> int:  # type: ignore[type-arg]  # as above
    """Count the groups of which no single group of the other kind holds every story."""
    groups = frozenset().union(*(within[i] for i in ids))
    members = {g: [i for i in ids if g in within[i]] for g in groups}
    return sum(not frozenset.intersection(*(other[i] for i in told)) for told in members.values())


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 1.0
