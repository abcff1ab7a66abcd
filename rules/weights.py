"""The learnt weights of roles, as data: ``book/roles.json``, written by training on the annotated corpus.

Every answer can be read back from them: it is the logistic of a bias and a weight per named feature.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rules.vocabulary import Role

ROLES = tuple(Role)


@dataclass(frozen=True, slots=True)
class RoleWeights:
    """A bias and a weight per feature for each answer: ``violator`` and the roles. Learnt; see ``book/roles.json``."""

    biases: Mapping[str, float]
    weights: Mapping[str, Mapping[str, float]]
    corpus: str

    def probability(self, answer: str, features: Mapping[str, float]) -> float:
        """Return the logistic of the weighted sum."""
        weights = self.weights[answer]
        total = self.biases[answer] + sum(weights.get(name, 0.0) * value for name, value in features.items())
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))

    def telling(self, features: Mapping[str, float], count: int = 3) -> list[str]:
        """Return the features that spoke most for the candidate's taking part."""
        weights = self.weights["violator"]
        spoken = sorted(((weights.get(n, 0.0) * v, n) for n, v in features.items()), reverse=True)
        return [name for weight, name in spoken[:count] if weight > 0]


def load_weights(path: Path) -> RoleWeights:
    """Read the weights. Raises ValueError naming the file where it is not what training wrote."""
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
        answers = {"violator", *(r.value for r in ROLES)}
        if set(given["biases"]) != answers or set(given["weights"]) != answers:
            raise ValueError("expected a bias and weights for violator and every role")
        return RoleWeights(given["biases"], given["weights"], str(given["corpus"]))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path.name}: {error}") from error


def save_weights(weights: RoleWeights, path: Path) -> None:
    """Write the weights so that equal weights give an equal file."""
    given = {"corpus": weights.corpus, "biases": weights.biases, "weights": weights.weights}
    path.write_text(json.dumps(given, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
