"""Intervals: they cover what they should, know that stories of one event stand together, and come out equal twice."""

import numpy as np
import pytest

from compliance.classifier.bootstrap import Estimate, estimate, weights_of, widened


def share_of(flags: np.ndarray) -> object:
    return lambda weights: {"share": (weights @ flags) / weights.sum(axis=1)}


def test_nineteen_of_twenty_intervals_cover_the_truth() -> None:
    random, events = np.random.default_rng(7), [str(i) for i in range(200)]
    covered = 0
    for _ in range(200):
        found = estimate(share_of((random.uniform(size=200) < 0.3).astype(float)), events, draws=400)["share"]
        covered += found.low <= 0.3 <= found.high
    assert 182 <= covered <= 199


def test_stories_of_one_event_make_an_interval_wider() -> None:
    flags = np.array([1.0, 0.0] * 50)
    alone = estimate(share_of(flags), [str(i) for i in range(100)])["share"]
    # Sorted, ten events of ten stories each are flagged as a whole or not at all.
    together = estimate(share_of(np.sort(flags)), [str(i // 10) for i in range(100)])["share"]
    assert alone.value == together.value == 0.5
    assert together.high - together.low > 2 * (alone.high - alone.low)


def test_an_event_is_drawn_with_all_its_stories() -> None:
    weights = np.vstack(list(weights_of(["a", "b", "a", "c"], draws=120, seed=3)))
    assert weights.shape == (120, 4)
    assert (weights[:, 0] == weights[:, 2]).all()
    assert (weights[:, [0, 1, 3]].sum(axis=1) == 3).all()
    assert len(np.unique(weights, axis=0)) > 5


def test_an_equal_seed_gives_equal_bounds_and_another_other_ones() -> None:
    flags, events = np.array([1.0, 0, 0, 1, 1, 0, 1] * 9), [str(i) for i in range(63)]
    first, again, other = (estimate(share_of(flags), events, seed=seed)["share"] for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_none_of_eighty_is_not_certainly_none() -> None:
    found = widened(Estimate(0.0, 0.0, 0.0), events=80)
    # The exact bound: with this share, none of eighty comes in one case of forty.
    assert (found.value, found.low) == (0.0, 0.0)
    assert (1 - found.high) ** 80 == pytest.approx(0.025)
    assert widened(Estimate(1.0, 1.0, 1.0), 80).low == pytest.approx(1 - found.high)
    assert widened(Estimate(0.5, 0.4, 0.6), 80) == Estimate(0.5, 0.4, 0.6)


def test_a_figure_is_written_with_its_interval_or_as_a_dash() -> None:
    assert str(Estimate(0.5, 0.25, 0.75)) == "0.500 [0.250, 0.750]"
    assert str(Estimate(0.0014, 0.0002, 0.004).per(10_000)) == "14 [2, 40]"
    nothing = estimate(lambda w: {"share": np.full(len(w), np.nan)}, ["a", "b"])["share"]
    assert str(nothing) == "–"
