"""How well scores tell breaches from the rest, in the figures that decide whether anyone can use them. Pure."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import average_precision_score, precision_recall_curve

from compliance.classifier.corpus import Example

_LAW = re.compile(r"\bU\.?N\.?\b|united nations|sanction|embargo|resolution|security council", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Report:
    """Figures on labelled stories; shares are between 0 and 1."""

    stories: int
    average_precision: float
    average_precision_hard: float
    recall_at_90: float
    recall_at_review: float
    silent_recall_at_review: float
    flagged_by_type: dict[str, float]
    calibration_error: float

    def lines(self) -> list[str]:
        """Return the report as text."""
        return [
            f"stories                             {self.stories}",
            f"average precision                   {self.average_precision:.3f}",
            f"average precision, hard negatives   {self.average_precision_hard:.3f}",
            f"recall at precision 0.90            {self.recall_at_90:.3f}",
            f"recall of what is flagged           {self.recall_at_review:.3f}",
            f"  of breaches that name no law      {self.silent_recall_at_review:.3f}",
            f"calibration error                   {self.calibration_error:.3f}",
            *(f"flagged, {name:<27}{share:.3f}" for name, share in sorted(self.flagged_by_type.items())),
        ]


def is_silent(example: Example) -> bool:
    """True where the story never names the UN, a sanction, an embargo or a resolution."""
    return not names_law(f"{example.story.title} {example.story.text}")


def names_law(text: str) -> bool:
    """True where the text names the UN, a sanction, an embargo or a resolution."""
    return _LAW.search(text) is not None


def evaluate(examples: Sequence[Example], scores: np.ndarray, flagged: np.ndarray, base_rate: float) -> Report:
    """Return the figures of these scores and flags; grey stories must have been left out.

    ``base_rate`` is the share of breaches that the scores were calibrated to.
    """
    labels = np.array([e.label == "breach" for e in examples])
    hard = np.array([e.label == "breach" or (e.negative_type or "") != "ordinary" for e in examples])
    silent = np.array([is_silent(e) for e in examples]) & labels
    by_type: dict[str, list[bool]] = defaultdict(list)
    for example, flag in zip(examples, flagged, strict=True):
        if example.label == "not_breach":
            by_type[example.negative_type or "untyped"].append(bool(flag))
    precision, recall, _ = precision_recall_curve(labels, scores)
    return Report(
        stories=len(examples),
        average_precision=float(average_precision_score(labels, scores)),
        average_precision_hard=float(average_precision_score(labels[hard], scores[hard])),
        recall_at_90=float(max(recall[precision >= 0.9], default=0.0)),
        recall_at_review=float(flagged[labels].mean()),
        silent_recall_at_review=float(flagged[silent].mean()) if silent.any() else float("nan"),
        flagged_by_type={name: float(np.mean(flags)) for name, flags in by_type.items()},
        calibration_error=calibration_error(labels, scores, base_rate),
    )


def calibration_error(labels: np.ndarray, scores: np.ndarray, base_rate: float, bins: int = 10) -> float:
    """Return the expected calibration error over bins of equal size, as it would be at the base rate.

    The stories' own share of breaches is another one, so each counts by how common its like is in a feed.
    """
    share = labels.mean()
    weights = np.where(labels, base_rate / share, (1 - base_rate) / (1 - share))
    parts = [p for p in np.array_split(np.argsort(scores, kind="stable"), bins) if len(p)]
    off = [
        abs(np.average(scores[p], weights=weights[p]) - np.average(labels[p], weights=weights[p])) * weights[p].sum()
        for p in parts
    ]
    return float(sum(off) / weights.sum())
