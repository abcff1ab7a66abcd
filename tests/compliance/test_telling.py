"""Which sentences of a story tell of its act."""

from datetime import date

from compliance.particulars import passages
from compliance.telling import passages_of, told_apart
from rules.extraction import extract
from rules.rulebook import load_rulebook

BOOK = load_rulebook()
TITLE = "Dhow with rifles stopped"
ACT = "The navy found that Iran had shipped 600 rifles to the Houthis aboard the dhow Marwan. It was led to Salalah. "
BESIDE = "".join(
    f"In Quentinville the {n}th hearing on the budget of Mayor Orlando Vasquez was put off again. "
    for n in range(3, 23)
)


def names_of(text: str) -> set[str]:
    parts = passages(TITLE, text)
    (told,) = passages_of(parts, told_apart(extract(TITLE, text, date(2026, 11, 20), BOOK)))
    return {name for part in told for name in part.names}


def test_of_a_long_story_only_what_is_near_the_act_is_compared() -> None:
    found = names_of("Leaders met in Doha on Friday. " + BESIDE + ACT + BESIDE)
    assert {"marwan", "salalah", "doha"} <= found
    assert len(passages(TITLE, BESIDE + ACT + BESIDE)) > 14


def test_what_stands_far_from_the_act_is_left_out_of_a_long_story_alone() -> None:
    far = "Bergamo mourned its bishop. "
    assert "bergamo" not in names_of("Leaders met in Doha on Friday. " + ACT + BESIDE + far)
    assert "bergamo" in names_of("Leaders met in Doha on Friday. " + ACT + far)
