"""The figures agree with scikit-learn's and with sums done by hand, for weights of ones and for any other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, precision_recall_curve

from compliance.classifier import figures

ONES = np.ones((1, 4))
LABELS = np.array([True, False, True, False])
SCORES = np.array([0.9, 0.8, 0.7, 0.1])
stories = st.lists(st.tuples(st.booleans(), st.sampled_from([0.1, 0.3, 0.5, 0.9]), st.integers(0, 3)), min_size=2)


@given(stories)
def test_average_precision_is_that_of_scikit_learn_for_any_weights(told: list[tuple[bool, float, int]]) -> None:
    labels, scores, weights = (np.array(column) for column in zip(*told, strict=True))
    found = figures.average_precision(labels, scores, weights[None].astype(float))[0]
    if not weights[labels].sum():
        assert np.isnan(found)
        return
    assert found == pytest.approx(average_precision_score(labels, scores, sample_weight=weights))


@given(stories)
def test_recall_at_a_precision_is_read_off_the_curve(told: list[tuple[bool, float, int]]) -> None:
    labels, scores = (np.array(column) for column in list(zip(*told, strict=True))[:2])
    if not labels.any():
        return
    precision, recall, _ = precision_recall_curve(labels, scores)
    found = figures.recall_at_precision(labels, scores, np.ones((1, len(labels))), 0.6)[0]
    assert found == pytest.approx(max(recall[precision >= 0.6], default=0.0))


def test_a_figure_done_by_hand() -> None:
    # Breaches come first and third: (1/1 + 2/3) / 2.
    assert figures.average_precision(LABELS, SCORES, ONES)[0] == pytest.approx((1 + 2 / 3) / 2)
    assert figures.recall_at_precision(LABELS, SCORES, ONES, 0.9)[0] == pytest.approx(0.5)
    assert figures.recall_at_precision(LABELS, SCORES, ONES, 0.6)[0] == pytest.approx(1.0)


def test_a_share_counts_a_story_as_often_as_it_was_drawn() -> None:
    wanted = {"flagged": (SCORES > 0.75, LABELS), "none": (LABELS, np.zeros(4, dtype=bool))}
    found = figures.shares(wanted, np.array([[1.0, 1, 1, 1], [3, 1, 1, 1]]))
    assert found["flagged"] == pytest.approx([1 / 2, 3 / 4])
    assert np.isnan(found["none"]).all()


def test_reliability_weighs_each_story_by_how_common_its_like_is() -> None:
    scores = np.array([0.1] * 10 + [0.6] * 10)
    labels = np.array([False] * 10 + [True] * 5 + [False] * 5)
    told, came, size = figures.reliability(labels, scores, np.ones((1, 20)), base_rate=0.1)
    assert told[0] == pytest.approx([0.1, 0.6])
    # In the upper bin five breaches stand for 0.1 / 0.25 each and five others for 0.9 / 0.75 each.
    assert came[0] == pytest.approx([0, 0.4 / (0.4 + 1.2)])
    off = (0.1 * size[0, 0] + abs(0.6 - 0.25) * size[0, 1]) / size[0].sum()
    assert figures.calibration_error(told, came, size)[0] == pytest.approx(off)


def test_scores_that_come_true_have_no_calibration_error() -> None:
    random = np.random.default_rng(1)
    scores = random.uniform(size=40_000)
    labels = random.uniform(size=40_000) < scores
    found = figures.reliability(labels, scores, np.ones((1, 40_000)), base_rate=float(labels.mean()))
    assert figures.calibration_error(*found)[0] < 0.01


def test_equal_scores_share_a_bin_and_no_bin_is_empty() -> None:
    bins = figures.bins_of(np.array([0.0] * 80 + list(np.linspace(0.1, 1, 20))))
    assert set(bins[:80]) == {0}
    assert set(bins) == set(range(bins.max() + 1))
