"""The learnt weights of roles, as data: ``book/roles.json``, written by training on the annotated corpus.

Every answer can be read back from them: it is the logistic of a bias and a weight per named feature.
"""

import json
import math
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from rules.naming import KnownNames, Numbered
from rules.vocabulary import Role

ROLES = tuple(Role)
# What the weights answer of a candidate, in the order of each feature's row. "violator" tells the parties to a breach
# from the other names of stories that report one, "suspect" from the names of all stories alike.
ANSWERS = ("violator", "suspect", *(r.value for r in ROLES))


@dataclass(frozen=True)
class RoleWeights:
    """A bias for each of ``ANSWERS``, and for each feature a weight for each of them; see ``book/roles.json``."""

    biases: tuple[float, ...]
    weights: Mapping[str, tuple[float, ...]]
    corpus: str

    def probability(self, answer: str, features: Mapping[str, float]) -> float:
        """Return the logistic of the weighted sum, which does not depend on the order of the features."""
        return self.probability_of(answer, self.names.numbered(features))

    @cached_property
    def names(self) -> KnownNames:
        """The names of the features that weigh anything, with their numbers."""
        return KnownNames(self.weights)

    @cached_property
    def _columns(self) -> Mapping[str, Sequence[float]]:
        """The weights for each answer, by the features' numbers."""
        rows = list(self.weights.values())
        return {answer: array("d", [0.0, *(row[at] for row in rows)]) for at, answer in enumerate(ANSWERS)}

    def probability_of(self, answer: str, told: Numbered) -> float:
        """Return ``probability`` of features by their numbers."""
        return _logistic(self.log_odds_of(answer, told))

    def log_odds_of(self, answer: str, told: Numbered) -> float:
        """Return the weighted sum for an answer, with its bias."""
        column = self._columns[answer]
        return self.biases[ANSWERS.index(answer)] + math.fsum([column[n] * v for n, v in told.items()])

    def telling(self, features: Mapping[Any, float], count: int = 3) -> list[str]:
        """Return the features that spoke most for the candidate's taking part, of those that an officer can read."""
        column, names = self._columns["violator"], self.names.names
        spoken = sorted(
            ((column[n] * v, names[n]) for n, v in self.names.numbered(features).items() if column[n] * v > 0),
            reverse=True,
        )
        return list(islice((name for _, name in spoken if not name.startswith("bones")), count))


def _logistic(total: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


def load_weights(path: Path) -> RoleWeights:
    """Read the weights. Raises ValueError naming the file where it is not what training wrote."""
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
        if tuple(given["answers"]) != ANSWERS:
            raise ValueError(f"expected the answers {', '.join(ANSWERS)}")
        biases, weights = _row(given["biases"]), {str(n): _row(row) for n, row in given["weights"].items()}
        return RoleWeights(biases, weights, str(given["corpus"]))
    except (OSError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"{path.name}: {error}") from error


def _row(given: list[float]) -> tuple[float, ...]:
    row = tuple(map(float, given))
    if len(row) != len(ANSWERS):
        raise ValueError(f"expected {len(ANSWERS)} numbers in a row, found {len(row)}")
    return row


def save_weights(weights: RoleWeights, path: Path) -> None:
    """Write the weights, a line for each feature, so that equal weights give an equal file."""
    head = {"answers": ANSWERS, "biases": weights.biases, "corpus": weights.corpus}
    lines = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in head.items()]
    rows = ",\n".join(
        f"{json.dumps(name, ensure_ascii=False)}: {json.dumps([_short(w) for w in row], separators=(',', ':'))}"
        for name, row in sorted(weights.weights.items())
    )
    path.write_text("{" + ",\n".join([*lines, '"weights": {\n' + rows + "\n}"]) + "}\n", encoding="utf-8")


def _short(weight: float) -> float:
    return int(weight) if weight == int(weight) else weight
