"""Intervals by drawing events anew: stories of one event stand or fall together. Pure, and equal for an equal seed."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from scipy.stats import binomtest

DRAWS, SEED = 1_000, 1718
# Draws worked on at a time: bounds the memory on a long file.
_CHUNK = 50
_BOUNDS = (2.5, 97.5)
Name = TypeVar("Name")


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with the bounds of its 95 % interval, shown to so many digits; all NaN where no story bears on it."""

    value: float
    low: float
    high: float
    digits: int = 3

    def __str__(self) -> str:
        if np.isnan(self.value):
            return "–"
        value, low, high = (f"{v:.{self.digits}f}" for v in (self.value, self.low, self.high))
        return f"{value} [{low}, {high}]"

    def per(self, many: int) -> "Estimate":
        """Return a share as a count among so many, shown in whole numbers."""
        return Estimate(self.value * many, self.low * many, self.high * many, digits=0)


def estimate(
    figures: Callable[[np.ndarray], dict[Name, np.ndarray]],
    events: Sequence[str],
    draws: int = DRAWS,
    seed: int = SEED,
) -> dict[Name, Estimate]:
    """Return every figure with its percentile interval over ``draws`` samples of the events, drawn with replacement.

    ``figures`` takes weights, a row for each draw and a column for each story, and returns one value a row by name.
    Draws that hold nothing a figure could rest on are left out of its interval.
    """
    values = {name: float(v[0]) for name, v in figures(np.ones((1, len(events)))).items()}
    drawn: dict[Name, list[np.ndarray]] = {name: [] for name in values}
    for weights in weights_of(events, draws, seed):
        for name, found in figures(weights).items():
            drawn[name].append(found)
    return {name: _between(value, np.concatenate(drawn[name])) for name, value in values.items()}


def weights_of(events: Sequence[str], draws: int = DRAWS, seed: int = SEED) -> Iterator[np.ndarray]:
    """Yield how often each story stands in each draw, some draws at a time."""
    distinct, event_of = np.unique(np.asarray(events), return_inverse=True)
    random = np.random.default_rng(seed)
    for start in range(0, draws, _CHUNK):
        size = min(_CHUNK, draws - start)
        counts = random.multinomial(len(distinct), np.full(len(distinct), 1 / len(distinct)), size=size)
        yield counts[:, event_of].astype(float)


def widened(share: Estimate, events: int) -> Estimate:
    """Return a share of none or of all with exact binomial bounds over so many events: there all draws are alike."""
    if share.value not in (0.0, 1.0) or not events:
        return share
    bounds = binomtest(round(share.value * events), events).proportion_ci(0.95, method="exact")
    return Estimate(share.value, float(bounds.low), float(bounds.high))


def _between(value: float, drawn: np.ndarray) -> Estimate:
    known = drawn[~np.isnan(drawn)]
    if np.isnan(value) or not len(known):
        return Estimate(float("nan"), float("nan"), float("nan"))
    low, high = np.percentile(known, _BOUNDS)
    return Estimate(value, float(low), float(high))
