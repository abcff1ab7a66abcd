"""The learnt weights of a story's kinds, regimes, status and denials, as data: ``book/story.json``.

Every answer can be read back from them: it is the logistic of a bias and a weight per named feature.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from rules.vocabulary import Kind, Status

DENIES = "denies"
UNDER = "under the regime"
ANSWERS = (DENIES, UNDER, *(f"status {s.value}" for s in Status), *(f"kind {k.value}" for k in Kind))


@dataclass(frozen=True)
class StoryWeights:
    """A bias and a weight per feature for each of ``ANSWERS``; ``corpus`` names what they were learnt from."""

    biases: Mapping[str, float]
    weights: Mapping[str, Mapping[str, float]]
    corpus: str

    def probability(self, answer: str, features: Mapping[str, float]) -> float:
        """Return the logistic of the weighted sum."""
        weights = self.weights[answer]
        parts = [weights[name] * value for name, value in features.items() if name in weights]
        return _logistic(self.biases[answer] + sum(parts))

    def kind_probabilities(self, features: Mapping[str, float]) -> dict[Kind, float]:
        """Return ``probability`` of each kind; features that weigh in none are passed over once for all."""
        known = self._weighing_in_kinds
        told = {name: value for name, value in features.items() if name in known}
        return {kind: self.probability(f"kind {kind.value}", told) for kind in Kind}

    @cached_property
    def _weighing_in_kinds(self) -> frozenset[str]:
        return frozenset().union(*(self.weights[f"kind {kind.value}"] for kind in Kind))


def _logistic(total: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


def load_story_weights(path: Path) -> StoryWeights:
    """Read the weights. Raises ValueError naming the file where it is not what training wrote."""
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
        if set(given["biases"]) != set(ANSWERS) or set(given["weights"]) != set(ANSWERS):
            raise ValueError("expected a bias and weights for every answer")
        return StoryWeights(given["biases"], given["weights"], str(given["corpus"]))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path.name}: {error}") from error


def save_story_weights(weights: StoryWeights, path: Path) -> None:
    """Write the weights so that equal weights give an equal file."""
    given = {"corpus": weights.corpus, "biases": weights.biases, "weights": weights.weights}
    path.write_text(json.dumps(given, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
