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
        """Return ``probability`` of each kind."""
        return dict(zip(Kind, map(_logistic, self._kinds.sums(features)), strict=True))

    def likeliest_status(self, features: Mapping[str, float]) -> Status:
        """Return the status of the highest ``probability``, the first of equals."""
        sums = self._statuses.sums(features)
        return max(zip(Status, sums, strict=True), key=lambda told: told[1])[0]

    @cached_property
    def _kinds(self) -> "_Together":
        return _Together(self, [f"kind {kind.value}" for kind in Kind])

    @cached_property
    def _statuses(self) -> "_Together":
        return _Together(self, [f"status {status.value}" for status in Status])

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


class _Together:
    """Several answers of the same features: every feature is looked up once for all, which is what takes the time."""

    def __init__(self, weights: StoryWeights, answers: Sequence[str]) -> None:
        held = [weights.weights[answer] for answer in answers]
        self.biases = [weights.biases[answer] for answer in answers]
        # 0 where an answer has no weight for a feature.
        self.rows = {name: tuple(one.get(name, 0.0) for one in held) for name in {n for one in held for n in one}}

    def sums(self, features: Mapping[str, float]) -> list[float]:
        """Return the weighted sum of each answer, with its bias."""
        find = self.rows.get
        told = [(row, value) for name, value in features.items() if (row := find(name)) is not None]
        return [bias + sum([row[n] * value for row, value in told]) for n, bias in enumerate(self.biases)]


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
