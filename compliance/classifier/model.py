"""The trained classifier: linear scores over lexicon features, calibrated, explained, checked before loading."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
import skops.io

from compliance.classifier.classification import Classification, Term
from compliance.classifier.features import NAMES, Featurizer
from compliance.errors import ModelError
from compliance.story import Story
from rules.rulebook import Rulebook
from rules.vocabulary import Kind

ARTEFACT, CARD = "model.skops", "model-card.json"
# What the artefact may hold; skops refuses any other type without running its code.
TRUSTED: list[str] = []
_TERMS = 12


@dataclass(frozen=True)
class Model:
    """Estimators and calibration. ``breach`` and each of ``kinds`` are scikit-learn pipelines ending linearly."""

    featurizer: Featurizer
    breach: Any
    kinds: dict[str, Any]
    slope: float
    intercept: float
    floor: float
    version: str

    def classify(self, stories: Sequence[Story]) -> list[Classification]:
        """Return one classification per story, in order.

        A story that the gate stops gets the lowest score any story got in training, and no explanation.
        """
        passed = [self.featurizer.passes_gate(s.title, s.text) for s in stories]
        likely = [s for s, p in zip(stories, passed, strict=True) if p]
        answers = iter(self._classify(likely))
        stopped = Classification(self.floor, passed_gate=False, version=self.version)
        return [next(answers) if p else stopped for p in passed]

    def _classify(self, stories: Sequence[Story]) -> list[Classification]:
        if not stories:
            return []
        matrix = self.featurizer.matrix(stories)
        scores = self.scores(matrix)
        kinds = {name: estimator.predict_proba(matrix)[:, 1] for name, estimator in self.kinds.items()}
        shares = [{k: float(v[i]) for k, v in kinds.items()} for i in range(len(stories))]
        return [self._answer(row, float(s), k) for row, s, k in zip(matrix, scores, shares, strict=True)]

    def scores(self, matrix: np.ndarray) -> np.ndarray:
        """Return calibrated probabilities: a logistic curve over the linear score, fitted on held-out folds."""
        logits = self.slope * self.breach.decision_function(matrix) + self.intercept
        return np.asarray(1 / (1 + np.exp(-logits)))

    def _answer(self, row: np.ndarray, score: float, kinds: dict[str, float]) -> Classification:
        likely = sorted((k for k, p in kinds.items() if p >= 0.5), key=lambda k: -kinds[k])
        if not likely:
            likely = [max(kinds, key=lambda k: kinds[k])]
        return Classification(
            score=score,
            kinds=tuple(Kind(k) for k in likely),
            why=self._why(row),
            version=self.version,
        )

    def _why(self, row: np.ndarray) -> tuple[Term, ...]:
        """Return the features that moved the score most, in log-odds against an average story."""
        scaled = self.breach[0].transform(row.reshape(1, -1))[0]
        weights = self.slope * scaled * self.breach[-1].coef_[0]
        present = [i for i in np.argsort(-np.abs(weights), kind="stable") if row[i]][:_TERMS]
        return tuple(Term(NAMES[i], float(weights[i])) for i in present)


def save_model(folder: Path, parts: dict[str, Any], card: dict[str, Any]) -> None:
    """Write the artefact with skops and its card with the artefact's digest."""
    folder.mkdir(parents=True, exist_ok=True)
    body = skops.io.dumps(parts)
    (folder / ARTEFACT).write_bytes(body)
    card = {**card, "artefact_sha256": sha256(body).hexdigest(), "scikit_learn": sklearn.__version__}
    (folder / CARD).write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def load_model(folder: Path, rulebook: Rulebook) -> Model:
    """Load the artefact if it is the one its card describes.

    Raises ModelError where card or artefact is missing, the digest differs, scikit-learn is of another version,
    the features are others, or the artefact holds a type that is not on the list.
    """
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        body = (folder / ARTEFACT).read_bytes()
    except (OSError, ValueError) as error:
        raise ModelError(f"the model cannot be read: {error}") from error
    if sha256(body).hexdigest() != card.get("artefact_sha256"):
        raise ModelError(f"{folder / ARTEFACT} is not the artefact that its card describes (digests differ)")
    if card.get("scikit_learn") != sklearn.__version__:
        raise ModelError(
            f"the model is for scikit-learn {card.get('scikit_learn')}, not {sklearn.__version__}: train it anew"
        )
    if card.get("features_sha256") != features_digest():
        raise ModelError("the model is for other features than this version reads: train it anew")
    try:
        parts = skops.io.loads(body, trusted=TRUSTED)
    except Exception as error:  # skops raises many kinds on a type it was not told to trust
        raise ModelError(f"the artefact was refused: {error}") from error
    return Model(
        Featurizer(rulebook),
        parts["breach"],
        parts["kinds"],
        float(parts["slope"]),
        float(parts["intercept"]),
        float(parts["floor"]),
        str(card["version"]),
    )


def features_digest() -> str:
    """Return a digest of the features' names, which an artefact must agree with."""
    return sha256("\n".join(NAMES).encode()).hexdigest()
