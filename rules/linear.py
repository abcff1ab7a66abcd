"""The learnt weights of a story's kinds, regimes, status and denials, as data: ``book/story.json``.

Every answer can be read back from them: it is the logistic of a bias and a weight per named feature.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rules.vocabulary import Kind, Status

DENIES = "denies"
UNDER = "under the regime"
ANSWERS = (DENIES, UNDER, *(f"status {s.value}" for s in Status), *(f"kind {k.value}" for k in Kind))


@dataclass(frozen=True, slots=True)
class StoryWeights:
    """A bias and a weight per feature for each of ``ANSWERS``; ``corpus`` names what they were learnt from."""

    biases: Mapping[str, float]
    weights: Mapping[str, Mapping[str, float]]
    corpus: str

    def probability(self, answer: str, features: Mapping[str, float]) -> float:
        """Return the logistic of the weighted sum."""
        return self.probabilities([answer], features)[0]

    def probabilities(self, answers: Sequence[str], features: Mapping[str, float]) -> list[float]:
        """Return ``probability`` of each answer: what weighs in none of them is passed over once for all."""
        tables = [self.weights[answer] for answer in answers]
        told = [(name, value) for name, value in features.items() if any(name in table for table in tables)]
        totals = [
            self.biases[answer] + sum([weights[name] * value for name, value in told if name in weights])
            for answer, weights in zip(answers, tables, strict=True)
        ]
        return [1 / (1 + math.exp(-max(-30.0, min(30.0, total)))) for total in totals]


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
