"""The learnt weights of roles, as data: ``book/roles.json``, written by training on the annotated corpus.

Every answer can be read back from them: it is the logistic of a bias and a weight per named feature, of what stands
around a candidate first, and for whoever may have taken part then of those log-odds beside the others'.
"""

import json
import math
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from pathlib import Path
from typing import Any

from rules.naming import KnownNames, Numbered
from rules.vocabulary import Role

ROLES = tuple(Role)
# What the weights answer of a candidate, in the order of each feature's row. "violator" tells the parties to a breach
# from the other names of stories that report one, "suspect" from the names of all stories alike.
ANSWERS = ("violator", "suspect", *(r.value for r in ROLES))
# What is asked once more of whoever may have taken part, beside the others.
BESIDE = ("violator", *(r.value for r in ROLES))


@dataclass(frozen=True)
class BesideWeights:
    """A bias for each of ``BESIDE``, and for each feature of ``rules/beside.py`` a weight for each of them."""

    biases: tuple[float, ...]
    weights: Mapping[str, tuple[float, ...]]


@dataclass(frozen=True)
class RoleWeights:
    """A bias for each of ``ANSWERS``, and for each feature a weight for each of them; see ``book/roles.json``.

    ``beside`` weighs what they say of several; without it each is judged by himself.
    """

    biases: tuple[float, ...]
    weights: Mapping[str, tuple[float, ...]]
    corpus: str
    beside: BesideWeights | None = None

    def probability(self, answer: str, features: Mapping[str, float]) -> float:
        """Return the logistic of the weighted sum, which does not depend on the order of the features."""
        return self.probability_of(answer, self.names.numbered(features))

    @cached_property
    def names(self) -> KnownNames:
        """The names of the features that weigh anything, with their numbers."""
        return KnownNames(self.weights)

    @cached_property
    def _cells(self) -> Sequence[float]:
        """The weights of each feature for all answers side by side, by the features' numbers.

        Whoever is asked for one answer is mostly asked for another next: what waits for memory is then at hand.
        """
        return array("d", chain([0.0] * len(ANSWERS), *self.weights.values()))

    def probability_of(self, answer: str, told: Numbered) -> float:
        """Return ``probability`` of features by their numbers."""
        return share(self.log_odds_of(answer, told))

    def log_odds_of(self, answer: str, told: Numbered) -> float:
        """Return the weighted sum for an answer, with its bias."""
        cells, at, width = self._cells, ANSWERS.index(answer), len(ANSWERS)
        return self.biases[at] + math.fsum([cells[width * n + at] * v for n, v in told.items()])

    def telling(self, features: Mapping[Any, float], count: int = 3) -> list[str]:
        """Return what of what stands around a candidate spoke most for his taking part, of what an officer can read."""
        cells, width, names = self._cells, len(ANSWERS), self.names.names
        moved = ((cells[width * n] * v, names[n]) for n, v in self.names.numbered(features).items())
        spoken = sorted((told for told in moved if told[0] > 0), reverse=True)
        return list(islice((name for _, name in spoken if not name.startswith("bones")), count))


def share(total: float) -> float:
    """Return the probability that log-odds stand for."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


def load_weights(path: Path) -> RoleWeights:
    """Read the weights. Raises ValueError naming the file where it is not what training wrote."""
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
        if tuple(given["answers"]) != ANSWERS:
            raise ValueError(f"expected the answers {', '.join(ANSWERS)}")
        biases, weights = _row(given["biases"]), {str(n): _row(row) for n, row in given["weights"].items()}
        return RoleWeights(biases, weights, str(given["corpus"]), _beside(given["beside"]))
    except (OSError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"{path.name}: {error}") from error


def _beside(given: Mapping[str, Any] | None) -> BesideWeights | None:
    if given is None:
        return None
    rows = {str(name): _row(row, len(BESIDE)) for name, row in given["weights"].items()}
    return BesideWeights(_row(given["biases"], len(BESIDE)), rows)


def _row(given: list[float], size: int = len(ANSWERS)) -> tuple[float, ...]:
    row = tuple(map(float, given))
    if len(row) != size:
        raise ValueError(f"expected {size} numbers in a row, found {len(row)}")
    return row


def save_weights(weights: RoleWeights, path: Path) -> None:
    """Write the weights, a line for each feature, so that equal weights give an equal file."""
    beside = weights.beside and {"biases": weights.beside.biases, "weights": weights.beside.weights}
    head = {"answers": ANSWERS, "beside": beside, "biases": weights.biases, "corpus": weights.corpus}
    lines = [f"{json.dumps(name)}: {json.dumps(value, sort_keys=True)}" for name, value in head.items()]
    rows = ",\n".join(
        f"{json.dumps(name, ensure_ascii=False)}: {json.dumps([_short(w) for w in row], separators=(',', ':'))}"
        for name, row in sorted(weights.weights.items())
    )
    path.write_text("{" + ",\n".join([*lines, '"weights": {\n' + rows + "\n}"]) + "}\n", encoding="utf-8")


def _short(weight: float) -> float:
    return int(weight) if weight == int(weight) else weight
