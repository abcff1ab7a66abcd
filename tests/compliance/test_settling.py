from dataclasses import replace
from datetime import timedelta

from compliance.grouping import OpenCase, place
from compliance.likeness import NOBODY, Act, Crowd
from compliance.settling import settle
from tests.compliance.test_grouping import FIRST, OTHER_TEXT, OTHER_TITLE, told
from tests.factories import NOW

SAIL = "The freighter Lena Star brought 250 containers of shells from Rajin to Vostochny in February."
AGAIN = told("Lena Star unloaded", SAIL, day=NOW + timedelta(days=2))
WORKERS = told(OTHER_TITLE, OTHER_TEXT)


def nobody(_: Act) -> Crowd:
    return NOBODY


def test_two_cases_that_tell_of_one_act_become_the_older_one() -> None:
    found = settle(OpenCase(3, (FIRST,)), OpenCase(9, (AGAIN,)), nobody)
    assert found is not None and found.is_whole
    assert (found.leaves, found.to, found.moved) == (9, 3, (0,))
    assert "lena star" in found.reason


def test_cases_of_two_acts_stay_apart() -> None:
    assert settle(OpenCase(3, (FIRST,)), OpenCase(9, (WORKERS,)), nobody) is None


def test_a_story_among_those_of_another_act_goes_to_its_own() -> None:
    more = replace(WORKERS, day=NOW + timedelta(days=1))
    found = settle(OpenCase(3, (FIRST,)), OpenCase(9, (WORKERS, more, AGAIN)), nobody)
    assert found is not None and not found.is_whole
    assert (found.leaves, found.to, found.moved) == (9, 3, (2,))


def test_cases_of_many_stories_have_settled() -> None:
    assert settle(OpenCase(3, (FIRST,) * 20), OpenCase(9, (AGAIN,) * 5), nobody) is None


def test_a_story_that_two_cases_could_hold_names_the_other() -> None:
    [(found, _)] = place(AGAIN, [OpenCase(3, (FIRST,)), OpenCase(9, (FIRST,)), OpenCase(11, (WORKERS,))])
    assert found.case_id == 3 and found.rivals == (9,)
