"""The order of the queue: what counts, and that waiting alone changes no two cases' order."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from compliance.priority import Weighed, points, priority
from compliance.severity import Severity

DUE = datetime(2026, 11, 20, tzinfo=UTC)
CASE = Weighed(Severity.MEDIUM, 0.5, 1, False, False, DUE)


@pytest.mark.parametrize(
    "better",
    [
        {"severity": Severity.HIGH},
        {"score": 0.6},
        {"origins": 2},
        {"is_novel": True},
        {"is_escalated": True},
        {"due_at": DUE - timedelta(hours=1)},
    ],
)
def test_each_of_these_brings_a_case_forward(better: dict[str, object]) -> None:
    assert priority(replace(CASE, **better)) > priority(CASE)


def test_an_escalated_case_stands_before_every_other_of_its_day() -> None:
    slight = replace(CASE, severity=Severity.LOW, score=0.0, is_escalated=True)
    grave = Weighed(Severity.CRITICAL, 1.0, 9, True, False, DUE)
    assert priority(slight) > priority(grave)


def test_a_slight_case_that_waits_long_comes_before_a_grave_new_one() -> None:
    old = replace(CASE, severity=Severity.LOW, due_at=DUE - timedelta(days=40))
    assert priority(old) > priority(replace(CASE, severity=Severity.CRITICAL))


def test_the_points_are_told_in_words_and_add_up() -> None:
    case = Weighed(Severity.HIGH, 0.91, 3, True, False, DUE)
    assert points(case) == [
        ("severity high", 2_000),
        ("score 0.91", 364),
        ("3 independent origins", 100),
        ("parties not named in an earlier case", 100),
    ]
    assert sum(n for _, n in points(case)) - priority(case) == 5 * (DUE - datetime(2020, 1, 1, tzinfo=UTC)).days * 24
