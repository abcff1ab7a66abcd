"""Candidates → who of them is said to have taken part, and in what role.

A linear model weighs what stands around each name, what the frames found, and what else the story speaks of
(``rules/surroundings.py``); a second one weighs whoever may have taken part beside the others (``rules/beside.py``).
Their weights are data (``rules/weights.py``).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rules.beside import LEAST, Alone, beside_features, odds_beside
from rules.candidates import Candidate
from rules.naming import Numbered
from rules.rulebook import Rulebook
from rules.vocabulary import Role
from rules.weights import BESIDE, ROLES, RoleWeights, share

# How sure the model must be that a candidate takes part: where a frame says so, where none does, and where moreover
# every sentence that names him denies or imagines something.
THRESHOLD_FRAMED, THRESHOLD, THRESHOLD_DOUBTED = 0.35, 0.45, 0.6
# How sure where nothing in the story is said without doubt.
THRESHOLD_SURE = 0.75
# An official named beside the party he acts for mostly only speaks or visits: the party answers for him.
THRESHOLD_OFFICIAL = 0.65
# How likely a role besides the likeliest must be of whoever takes part, and how near it must come to the likeliest.
_ALSO, _NEARLY = 0.4, 0.5
# By how much a frame raises the log-odds of the role that it gives to whoever is not weighed beside others.
_FRAMED = 0.4


@dataclass(frozen=True, slots=True)
class Judgement:
    """How likely a candidate takes part, and his roles if he does, likeliest first; none below ``LEAST``.

    ``violator`` is a probability if the story reports a breach at all; ``suspect`` the log-odds that he takes part in
    one where that is not known.
    """

    violator: float
    suspect: float
    roles: tuple[Role, ...]


def judge(
    features: Sequence[Mapping[Any, float]],
    candidates: Sequence[Candidate],
    framed: Mapping[int, Collection[Role]],
    rulebook: Rulebook,
) -> list[Judgement]:
    """Return what the weights say of each candidate; ``framed`` are the roles that frames gave him, by his number.

    Each is weighed by what stands around him, and whoever may have taken part once more beside the others.
    """
    told = [rulebook.roles.names.numbered(one) for one in features]
    first = [rulebook.roles.log_odds_of("violator", one) for one in told]
    suspect = [rulebook.roles.log_odds_of("suspect", one) for one in told]
    likely = alone(told, first, candidates, framed, rulebook.roles)
    judged = [Judgement(share(odds), doubt, ()) for odds, doubt in zip(first, suspect, strict=True)]
    for number, odds in zip(likely, _beside(list(likely.values()), rulebook), strict=True):
        judged[number] = Judgement(share(odds[0]), suspect[number], _roles_of(odds))
    return judged


def alone(
    told: Sequence[Numbered],
    violator: Sequence[float],
    candidates: Sequence[Candidate],
    framed: Mapping[int, Collection[Role]],
    weights: RoleWeights,
) -> dict[int, Alone]:
    """Return whoever may have taken part by what stands around him, by his number among the candidates."""
    return {
        number: Alone(
            candidates[number],
            [odds, *(weights.log_odds_of(role.value, told[number]) for role in ROLES)],
            framed.get(number, ()),
        )
        for number, odds in enumerate(violator)
        if odds >= LEAST
    }


def _beside(likely: Sequence[Alone], rulebook: Rulebook) -> list[Sequence[float]]:
    weights = rulebook.roles.beside
    if weights is None:
        return [[o + _FRAMED * (a in one.framed) for a, o in zip(BESIDE, one.odds, strict=True)] for one in likely]
    return [odds_beside(f, weights.biases, weights.weights) for f in beside_features(likely, rulebook)]


def _roles_of(odds: Sequence[float]) -> tuple[Role, ...]:
    violator, likely = share(odds[0]), dict(zip(ROLES, map(share, odds[1:]), strict=True))
    top = max(likely.values())
    least = min(top, max(_ALSO * violator, _NEARLY * top))
    return tuple(sorted((r for r in ROLES if likely[r] >= least), key=lambda r: (-likely[r], r)))
