"""Scores, labels and weights → figures. Pure, and vectorised over weights.

``weights`` has a row for each draw and a column for each story: how often the draw holds the story. One row of ones
gives the figure itself. Each function returns one value a row, NaN where nothing bears on it.
"""

from collections.abc import Mapping
from typing import TypeVar

import numpy as np
import scipy.sparse as sp

BINS = 10
Name = TypeVar("Name")


def average_precision(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the mean precision over the recall gained at each distinct score, highest first."""
    hits, flagged = _at_each_score(labels, scores, weights)
    if not labels.any():
        return np.full(len(weights), np.nan)
    gained = np.diff(hits, axis=1, prepend=0.0)
    return _ratio((gained * _ratio(hits, flagged, none=0.0)).sum(axis=1), hits[:, -1])


def recall_at_precision(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray, least: float = 0.90) -> np.ndarray:
    """Return the highest recall among the thresholds whose precision is at least ``least``; 0 where there is none."""
    hits, flagged = _at_each_score(labels, scores, weights)
    if not labels.any():
        return np.full(len(weights), np.nan)
    reached = np.where(_ratio(hits, flagged, none=0.0) >= least, hits, 0.0).max(axis=1)
    return _ratio(reached, hits[:, -1])


def shares(wanted: Mapping[Name, tuple[np.ndarray, np.ndarray]], weights: np.ndarray) -> dict[Name, np.ndarray]:
    """Return, for each name, how much of the second mask the first one holds."""
    if not wanted:
        return {}
    # Most masks hold few stories: sparse, they cost what they hold.
    among = sp.csr_matrix(np.array([a for _, a in wanted.values()], dtype=float)) @ weights.T
    held = sp.csr_matrix(np.array([of & a for of, a in wanted.values()], dtype=float)) @ weights.T
    return dict(zip(wanted, _ratio(held, among), strict=True))


def calibration_error(told: np.ndarray, came: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Return the expected calibration error from what ``reliability`` returns: how far its bins are off on average."""
    return _ratio(np.nansum(np.abs(told - came) * size, axis=1), size.sum(axis=1))


def reliability(
    labels: np.ndarray, scores: np.ndarray, weights: np.ndarray, base_rate: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return mean score, share of breaches and weight of each bin, a row for each draw.

    The bins hold equally many stories, but that equal scores stay together. The stories' own share of breaches is not
    a feed's, so each story counts by how common its like is there.
    """
    bin_of = bins_of(scores)
    in_bin = sp.csr_matrix((np.ones(len(bin_of)), (bin_of, np.arange(len(bin_of)))))
    share = _ratio(weights @ labels.astype(float), weights.sum(axis=1))[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        like = weights * np.where(labels, base_rate / share, (1 - base_rate) / (1 - share))
    size = (in_bin @ like.T).T
    return _ratio((in_bin @ (like * scores).T).T, size), _ratio((in_bin @ (like * labels).T).T, size), size


def bins_of(scores: np.ndarray, bins: int = BINS) -> np.ndarray:
    """Return the bin of each score, lowest first, numbered without gaps."""
    edges = np.unique(np.quantile(scores, np.linspace(0, 1, bins + 1)[1:-1])) if len(scores) else np.array([])
    return np.asarray(np.unique(np.searchsorted(edges, scores, side="right"), return_inverse=True)[1])


def _at_each_score(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the weight of breaches, and of all, from the highest score down to each distinct one."""
    order = np.argsort(-scores, kind="stable")
    last = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True)) if len(order) else order
    ordered = weights[:, order]
    return np.cumsum(ordered * labels[order], axis=1)[:, last], np.cumsum(ordered, axis=1)[:, last]


def _ratio(part: np.ndarray, whole: np.ndarray, none: float = np.nan) -> np.ndarray:
    return np.asarray(np.divide(part, whole, out=np.full(np.shape(whole), none), where=np.asarray(whole) > 0))
