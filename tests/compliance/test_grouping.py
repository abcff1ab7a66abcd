from dataclasses import replace
from datetime import timedelta
from typing import Any

from compliance.grouping import Act, OpenCase, group, particulars, shingles
from tests.factories import NOW, TEXT, TITLE

SHELLS = Act(
    roles=frozenset({("supplier", "North Korea"), ("recipient", "Russia")}),
    kinds=frozenset({"arms"}),
    regimes=frozenset({"1718"}),
    particulars=particulars(TITLE, TEXT),
    shingles=shingles(TITLE, TEXT),
    day=NOW,
)
RETOLD_TITLE = "Freighter moved North Korean shells to a Russian port"
RETOLD_TEXT = (
    "In May a ship brought shells from Rajin to Dunai, inspectors reported. Moscow said the account was false."
)
OTHER_TITLE, OTHER_TEXT = (
    "Kim sends workers",
    "Some 300 builders from Hamhung reached Vladivostok on a Wednesday in 2026.",
)


def told(title: str, text: str, **changes: Any) -> Act:
    return replace(SHELLS, particulars=particulars(title, text), shingles=shingles(title, text), **changes)


def test_the_same_act_in_other_words_joins_its_case() -> None:
    found = group(told(RETOLD_TITLE, RETOLD_TEXT), [OpenCase(7, (SHELLS,))])
    assert found.case_id == 7
    assert "North Korea as supplier" in found.reason


def test_the_same_parties_in_another_act_open_a_new_case() -> None:
    assert group(told(OTHER_TITLE, OTHER_TEXT), [OpenCase(7, (SHELLS,))]).case_id is None


def test_swapped_roles_are_another_act() -> None:
    swapped = frozenset({("supplier", "Russia"), ("recipient", "North Korea")})
    oil = told(RETOLD_TITLE, RETOLD_TEXT, roles=swapped)
    assert group(oil, [OpenCase(7, (SHELLS,))]).case_id is None


def test_a_story_long_after_opens_a_new_case() -> None:
    assert group(replace(SHELLS, day=NOW + timedelta(days=11)), [OpenCase(7, (SHELLS,))]).case_id is None


def test_a_copy_joins_even_where_the_rules_saw_less_in_it() -> None:
    copy = told("Another headline", TEXT, roles=frozenset())
    found = group(copy, [OpenCase(7, (SHELLS,))])
    assert found.case_id == 7 and "copy" in found.reason


def test_a_tie_goes_to_the_older_case_whatever_the_order() -> None:
    cases = [OpenCase(9, (SHELLS,)), OpenCase(3, (SHELLS,))]
    assert group(SHELLS, cases).case_id == group(SHELLS, cases[::-1]).case_id == 3
