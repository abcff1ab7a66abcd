"""The learnt weights of roles, as data: ``book/roles.json``, written by training on the annotated corpus.

Every answer can be read back from them: it is the logistic of a bias and a weight per named feature.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from rules.naming import KnownNames
from rules.vocabulary import Role

ROLES = tuple(Role)
# What the weights answer of a candidate, in the order of each feature's row.
ANSWERS = ("violator", *(r.value for r in ROLES))


@dataclass(frozen=True)
class RoleWeights:
    """A bias for each of ``ANSWERS``, and for each feature a weight for each of them; see ``book/roles.json``."""

    biases: tuple[float, ...]
    weights: Mapping[str, tuple[float, ...]]
    corpus: str

    def probability(self, answer: str, features: Mapping[str, float]) -> float:
        """Return the logistic of the weighted sum, which does not depend on the order of the features."""
        return self.probability_of(answer, self.told_by(features))

    def violator(self, features: Mapping[str, float]) -> float:
        """Return the probability that the candidate takes part, which most do not."""
        weights = self._violator
        parts = [weights[name] * value for name, value in features.items() if name in weights]
        return _logistic(self.biases[0] + math.fsum(parts))

    @cached_property
    def names(self) -> KnownNames:
        """The names of the features that weigh anything."""
        return KnownNames(self.weights)

    @cached_property
    def _violator(self) -> Mapping[str, float]:
        return {name: row[0] for name, row in self.weights.items() if row[0]}

    def told_by(self, features: Mapping[str, float]) -> list[tuple[tuple[float, ...], float]]:
        """Return the row and the value of each feature that weighs anything, for ``probability_of``."""
        row_of = self.weights.get
        return [(row, value) for name, value in features.items() if (row := row_of(name)) is not None]

    def probability_of(self, answer: str, told: Sequence[tuple[tuple[float, ...], float]]) -> float:
        """Return ``probability`` of features whose rows were looked up already: several answers share them."""
        at = ANSWERS.index(answer)
        return _logistic(self.biases[at] + math.fsum([row[at] * value for row, value in told]))

    def telling(self, features: Mapping[str, float], count: int = 3) -> list[str]:
        """Return the features that spoke most for the candidate's taking part, of those that an officer can read."""
        readable = ((n, v) for n, v in features.items() if n in self.weights and not n.startswith("bones"))
        spoken = sorted(((self.weights[n][0] * v, n) for n, v in readable), reverse=True)
        return [name for weight, name in spoken[:count] if weight > 0]


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
