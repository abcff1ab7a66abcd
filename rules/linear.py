"""The learnt weights of a story's kinds, regimes, status, denials and wording, as data: ``book/story.json``.

Every answer can be read back from them: it is the logistic of a bias and a weight per named feature.
"""

import json
import math
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from rules.naming import KnownNames
from rules.vocabulary import Kind, Status

DENIES = "denies"
UNDER = "under the regime"
WORDED = "worded as a breach"
ANSWERS = (DENIES, UNDER, WORDED, *(f"status {s.value}" for s in Status), *(f"kind {k.value}" for k in Kind))


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
        """Return ``probability`` of each kind, every feature looked up once for all."""
        rows = self._kind_rows
        told = [(rows[name], value) for name, value in features.items() if name in rows]
        return {
            kind: _logistic(self.biases[f"kind {kind.value}"] + sum([row[at] * value for row, value in told]))
            for at, kind in enumerate(Kind)
        }

    @cached_property
    def _kind_rows(self) -> Mapping[str, tuple[float, ...]]:
        """The weights of each feature in every kind, 0 where it has none."""
        weights = [self.weights[f"kind {kind.value}"] for kind in Kind]
        return {name: tuple(held.get(name, 0.0) for held in weights) for name in {n for held in weights for n in held}}

    @cached_property
    def denial_names(self) -> KnownNames:
        """The names of the features that weigh in denials, with their numbers."""
        return KnownNames(self.weights[DENIES])

    def denies(self, told: Iterable[int]) -> float:
        """Return ``probability`` of a denial by the numbers of what is told."""
        column = self._denial_column
        return _logistic(self.biases[DENIES] + sum([column[number] for number in told]))

    @cached_property
    def _denial_column(self) -> Sequence[float]:
        return array("d", [0.0, *self.weights[DENIES].values()])


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
