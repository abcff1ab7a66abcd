"""Agreement between readers, beside worked figures."""

import pytest

from compliance.agreement import agreement, paired


def test_full_agreement_is_one_and_one_reader_says_nothing() -> None:
    found = agreement([{"a": "breach", "b": "breach"}, {"a": "grey", "b": "grey"}, {"a": "breach"}])
    assert (found.cases, found.alike, found.alpha, found.share) == (2, 2, 1.0, 1.0)


def test_alpha_of_a_table_worked_by_hand() -> None:
    """Ten cases, two readers: coincidences 10 11 / 00 4; alpha = 1 - 19 * 4 / (2 * 14 * 6) by the nominal formula."""
    cases = [("0", "0")] * 6 + [("0", "1")] * 2 + [("1", "1")] * 2
    found = agreement({"a": x, "b": y} for x, y in cases)
    # Values: 14 zeros, 6 ones; differing ordered pairs: 4.
    assert found.alpha == pytest.approx(1 - 19 * 4 / (20 * 20 - 14 * 14 - 6 * 6))
    assert found.share == 0.8


def test_more_readers_than_two_weigh_as_pairs() -> None:
    found = agreement([{"a": "x", "b": "x", "c": "y"}, {"a": "y", "b": "y", "c": "y"}])
    # Values: 2 x, 4 y; the first case holds 4 differing ordered pairs, each weighing a half.
    assert found.alpha == pytest.approx(1 - 5 * 2 / (36 - 4 - 16)) and found.alike == 1


def test_where_nothing_could_differ_there_is_no_alpha() -> None:
    assert agreement([{"a": "breach", "b": "breach"}]).alpha is None
    nothing = agreement([])
    assert (nothing.cases, nothing.share, nothing.alpha) == (0, None, None)


def test_kappa_of_a_table_worked_by_hand() -> None:
    """Fifty cases: 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no; 0.7 alike, 0.5 by chance (25 * 30 + 25 * 20 of 2,500)."""
    pairs = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    found = paired("second readings", pairs)
    assert (found.cases, found.alike, found.share) == (50, 35, 0.7)
    assert found.kappa == pytest.approx((0.7 - 0.5) / (1 - 0.5))


def test_kappa_is_below_nought_where_readers_contradict_and_none_where_they_could_not() -> None:
    assert paired("", [("y", "n"), ("n", "y")]).kappa == -1
    assert paired("", [("y", "y")]).kappa is None
    nothing = paired("", [])
    assert (nothing.cases, nothing.share, nothing.kappa) == (0, None, None)
