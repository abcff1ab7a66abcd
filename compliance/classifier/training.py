"""Labelled stories → a model: deterministic, in seconds, calibrated on folds that it was not fitted to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from compliance.classifier.corpus import Example
from compliance.classifier.features import Featurizer
from compliance.classifier.model import features_digest
from rules.extraction import extract
from rules.rulebook import Rulebook
from rules.vocabulary import Kind

FOLDS = 5
_STRENGTHS = (0.003, 0.01, 0.03)
# A kind is learnt from this many breaches on; rarer ones are the rules' business.
_FEWEST = 12


@dataclass(frozen=True)
class Training:
    """A trained model's parts, and out-of-fold scores and flags in the order of ``examples``."""

    parts: dict[str, Any]
    card: dict[str, Any]
    examples: list[Example]
    scores: np.ndarray
    flagged: np.ndarray
    review: float
    alert: float


def estimator(strength: float) -> Any:
    """Return an unfitted linear classifier on standardised features."""
    model = LogisticRegression(C=strength, class_weight="balanced", max_iter=2_000, solver="lbfgs")
    return make_pipeline(StandardScaler(), model)


def train(examples: Sequence[Example], rulebook: Rulebook, base_rate: float, corpus: str) -> Training:
    """Fit on every labelled story but the grey ones; equal input gives equal coefficients.

    The strength of regularisation, the calibration and the thresholds all come from folds grouped by event.
    """
    used = [e for e in examples if e.label != "grey"]
    featurizer = Featurizer(rulebook)
    matrix = featurizer.matrix([e.story for e in used])
    passed = np.array([featurizer.passes_gate(e.story.title, e.story.text) for e in used])
    labels = np.array([e.label == "breach" for e in used])
    groups = [e.event for e in used]
    strength, decisions = _best_strength(matrix, labels, groups)
    slope, intercept = _calibrate(decisions, labels, base_rate)
    scores = 1 / (1 + np.exp(-(slope * decisions + intercept)))
    scores = np.where(passed, scores, scores.min())
    breach = estimator(strength).fit(matrix, labels)
    kinds = {
        kind.value: estimator(strength).fit(matrix[labels], wanted)
        for kind in Kind
        if (wanted := np.array([kind in e.kinds for e in used])[labels]).sum() >= _FEWEST and not wanted.all()
    }
    found = [extract(e.story.title, e.story.text, _day(e), rulebook) for e in used]
    witnessed = np.array([bool(x.regimes) for x in found])
    review, alert = _thresholds(used, scores, witnessed)
    parts = {
        "breach": breach,
        "kinds": kinds,
        "slope": slope,
        "intercept": intercept,
        "floor": float(scores.min()),
    }
    coefficients = coefficients_digest(breach)
    card = {
        "name": "Embargo Watch breach classifier",
        "version": sha256(f"{coefficients}{slope:.12e}{intercept:.12e}".encode()).hexdigest()[:12],
        "intended_use": "Ranking English-language news for human review. Not a finding against anyone.",
        "corpus_sha256": corpus,
        "features_sha256": features_digest(),
        "coefficients_sha256": coefficients,
        "regularisation": strength,
        "base_rate": base_rate,
        "stories": {"breach": int(labels.sum()), "not_breach": int((~labels).sum())},
        "gate_recall": round(float(passed[labels].mean()), 4),
        "thresholds": {"review": review, "alert": alert},
    }
    flagged = (scores >= alert) | ((scores >= review) & witnessed)
    return Training(parts, card, used, scores, flagged, review, alert)


def _day(example: Example) -> date | None:
    return example.story.published.date() if example.story.published else None


def out_of_fold(matrix: np.ndarray, labels: np.ndarray, groups: Sequence[str], strength: float) -> np.ndarray:
    """Return each story's decision by a model that saw no story of its group."""
    decisions = np.zeros(len(labels))
    for fit, held in GroupKFold(n_splits=min(FOLDS, len(set(groups)))).split(matrix, labels, groups):
        decisions[held] = estimator(strength).fit(matrix[fit], labels[fit]).decision_function(matrix[held])
    return decisions


def _best_strength(matrix: np.ndarray, labels: np.ndarray, groups: Sequence[str]) -> tuple[float, np.ndarray]:
    from sklearn.metrics import average_precision_score

    tried = {c: out_of_fold(matrix, labels, groups, c) for c in _STRENGTHS}
    best = max(tried, key=lambda c: (round(average_precision_score(labels, tried[c]), 4), -c))
    return best, tried[best]


def _calibrate(decisions: np.ndarray, labels: np.ndarray, base_rate: float) -> tuple[float, float]:
    """Fit a logistic curve (Platt) and move it from the corpus's share of breaches to the feed's."""
    curve = LogisticRegression(C=1e6).fit(decisions.reshape(-1, 1), labels)
    share = labels.mean()
    shift = np.log(base_rate / (1 - base_rate)) - np.log(share / (1 - share))
    return float(curve.coef_[0, 0]), float(curve.intercept_[0] + shift)


def _thresholds(examples: Sequence[Example], scores: np.ndarray, witnessed: np.ndarray) -> tuple[float, float]:
    """Return review and alert thresholds: together with the rules' finding, review flags at most 15 % of hard negatives
    and 0.5 % of ordinary stories; the score alone reaches alert for at most 5 % and none of them.
    """
    ordinary = np.array([e.negative_type == "ordinary" for e in examples])
    hard = np.array([e.label == "not_breach" for e in examples]) & ~ordinary
    second = np.where(witnessed, scores, 0.0)
    review = max(_exceeded_by(second[hard], 0.15), _exceeded_by(second[ordinary], 0.005))
    alert = max(review, _exceeded_by(scores[hard], 0.05), _exceeded_by(scores[ordinary], 0.0))
    return round(float(review), 4), round(float(alert), 4)


def _exceeded_by(scores: np.ndarray, share: float) -> float:
    """Return the threshold that at most this share of the scores reaches."""
    if not len(scores):
        return 0.5
    ordered = np.sort(scores)[::-1]
    allowed = int(share * len(scores))
    return float(ordered[min(allowed, len(ordered) - 1)] + 1e-4)


def coefficients_digest(breach: Any) -> str:
    """Return a digest of the coefficients to nine places: equal corpus, equal digest."""
    return sha256(np.round(breach[-1].coef_, 9).tobytes()).hexdigest()
