from collections import Counter

import pytest

from compliance.draw import draw

POOL = list(range(100, 200))


@pytest.mark.parametrize(
    ("opened", "share", "number"), [(0, 0.1, 1), (4, 0.1, 1), (9, 0.1, 1), (18, 0.1, 2), (90, 0.1, 10), (50, 0.5, 50)]
)
def test_what_is_drawn_makes_up_its_share_of_the_queue_and_is_at_least_one(
    opened: int, share: float, number: int
) -> None:
    assert len(draw(POOL, opened, share, "run").stories) == number


def test_no_more_is_drawn_than_there_is_and_nothing_at_a_share_of_nought() -> None:
    assert draw([7], 90, 0.1, "run").stories == (7,)
    assert draw([], 90, 0.1, "run").stories == ()
    assert draw(POOL, 90, 0.0, "run").stories == ()


def test_the_same_run_draws_the_same_stories_and_another_run_others() -> None:
    first = draw(POOL, 90, 0.1, "20261120T021500-aa")
    assert draw(list(reversed(POOL)), 90, 0.1, "20261120T021500-aa") == first
    assert draw(POOL, 90, 0.1, "20261121T021500-bb").stories != first.stories


def test_every_story_has_the_same_chance() -> None:
    taken = Counter(s for n in range(2_000) for s in draw(POOL, 90, 0.1, f"run {n}").stories)
    # Each is expected 200 times; five standard deviations are 67.
    assert set(taken) == set(POOL)
    assert max(abs(taken[s] - 200) for s in POOL) < 67
