import pytest

from compliance.missrate import Tally, estimate


def test_the_interval_is_the_exact_one() -> None:
    found = estimate(Tally(10_000, 130, {"breach": 1, "not_breach": 99, "grey": 5}))
    assert (found.breaches, found.not_breaches, found.grey, found.waiting) == (1, 99, 5, 25)
    assert found.share == 0.01 and found.low is not None and found.high is not None
    # The ends are where one breach or fewer, and one or more, have a chance of 2.5 %.
    assert 1 - (1 - found.low) ** 100 == pytest.approx(0.025)
    assert (1 - found.high) ** 100 + 100 * found.high * (1 - found.high) ** 99 == pytest.approx(0.025)
    assert found.lines()[1:] == [
        "Cleared stories that report a breach: 1.00% (95% interval 0.03% to 5.45%, Clopper-Pearson).",
        "Of the 10,000 cleared that is 100.0 missed (2.5 to 544.6).",
    ]


def test_no_breach_among_many_still_leaves_an_upper_end() -> None:
    found = estimate(Tally(50_000, 1_000, {"not_breach": 1_000}))
    assert (found.share, found.low) == (0.0, 0.0)
    assert found.high == pytest.approx(1 - 0.025 ** (1 / 1_000))


def test_without_a_decision_nothing_is_said() -> None:
    found = estimate(Tally(500, 3, {"grey": 1}))
    assert found.share is found.low is found.high is None
    assert found.waiting == 2 and "nothing can be said" in found.lines()[-1]
