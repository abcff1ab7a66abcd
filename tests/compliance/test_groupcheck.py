import pytest

from compliance.groupcheck import measure


def sets(**given: str) -> dict[str, frozenset[str]]:
    return {key: frozenset(value) for key, value in given.items()}


def put(**given: int | tuple[int, ...]) -> dict[str, frozenset[int]]:
    return {key: frozenset(value if isinstance(value, tuple) else (value,)) for key, value in given.items()}


def test_what_lies_as_it_should_has_full_marks() -> None:
    found = measure(sets(a="x", b="x", c="y"), put(a=1, b=1, c=2))
    assert (found.pair_precision, found.pair_recall, found.bcubed_f1) == (1, 1, 1)
    assert (found.split, found.mixed) == (0, 0)


def test_everything_in_one_case_costs_precision_alone() -> None:
    found = measure(sets(a="x", b="x", c="y"), put(a=1, b=1, c=1))
    assert found.pair_precision == pytest.approx(1 / 3) and found.pair_recall == 1
    assert found.bcubed_precision == pytest.approx((2 / 3 + 2 / 3 + 1 / 3) / 3) and found.bcubed_recall == 1
    assert (found.split, found.mixed) == (0, 1)


def test_every_story_alone_costs_recall_alone() -> None:
    found = measure(sets(a="x", b="x", c="y"), put(a=1, b=2, c=3))
    assert found.pair_recall == 0 and found.bcubed_precision == 1
    assert found.bcubed_recall == pytest.approx((0.5 + 0.5 + 1) / 3)
    assert (found.split, found.mixed) == (1, 0)


def test_a_story_of_two_acts_belongs_in_two_cases() -> None:
    acts = sets(a="x", b="xy", c="y")
    assert measure(acts, put(a=1, b=(1, 2), c=2)).bcubed_f1 == 1
    assert measure(acts, put(a=1, b=1, c=2)).bcubed_recall < 1
