"""Floors of the grouping: stories of one act in one case. They belong to the acts in tests/quality/grouping."""

import random

import pytest

from benchmarks.grouping import Told, figures_of, load_acts, put_into_cases, read_acts
from compliance.grouping import Act
from rules.rulebook import load_rulebook


@pytest.fixture(scope="module")
def told() -> list[Told]:
    return load_acts()


@pytest.fixture(scope="module")
def acts(told: list[Told]) -> dict[str, list[Act]]:
    return read_acts(told, load_rulebook())


def test_the_set_is_as_large_and_mixed_as_it_says(told: list[Told]) -> None:
    by_act = {act: [t for t in told if act in t.acts] for t in told for act in t.acts}
    assert len(by_act) >= 50 and all(3 <= len(stories) <= 12 for stories in by_act.values())
    held_out = {act for act, stories in by_act.items() if stories[0].held_out}
    assert len(held_out) * 3 >= len(by_act)
    assert sum(len(t.acts) > 1 for t in told) >= 2


@pytest.mark.parametrize(
    ("held_out", "precision", "recall", "f1"), [(False, 0.95, 0.90, 0.95), (True, 0.95, 0.90, 0.95)]
)
def test_stories_of_one_act_lie_in_one_case(
    told: list[Told], acts: dict[str, list[Act]], held_out: bool, precision: float, recall: float, f1: float
) -> None:
    found = figures_of(told, put_into_cases([t.id for t in told], acts), held_out)
    assert found.pair_precision >= precision, found
    assert found.pair_recall >= recall, found
    assert found.bcubed_f1 >= f1, found


def test_another_order_of_the_stories_changes_little(told: list[Told], acts: dict[str, list[Act]]) -> None:
    order = [t.id for t in told]
    random.Random(7).shuffle(order)
    assert figures_of(told, put_into_cases(order, acts), held_out=False).bcubed_f1 >= 0.90
