"""How firmly a story states the act."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.extraction import extract
from rules.rulebook import load_rulebook
from rules.vocabulary import Status

BOOK = load_rulebook()
DAY = date(2026, 11, 20)


def status(text: str, title: str = "") -> Status | None:
    return extract(title, text, DAY, BOOK).status


@pytest.mark.parametrize(
    ("text", "firmness"),
    [
        (
            "Iran shipped rifles to the Houthis, the UN panel of experts found. "
            "The panel's annual report lists the serial numbers.",
            Status.DOCUMENTED,
        ),
        (
            "North Korea sold coal to a trading firm in breach of UN sanctions, the monitors wrote in a confidential "
            "report to the Security Council.",
            Status.DOCUMENTED,
        ),
        (
            "Iran is sending drones to the Houthis, intelligence officials said, accusing it of arming the group.",
            Status.ALLEGED,
        ),
        (
            "South Korea's spy agency believes North Korea has sent shells to Russia, two officials said.",
            Status.ALLEGED,
        ),
        ("A trader pleaded guilty to selling rifles to Al-Shabaab. He will be sentenced in May.", Status.ADMITTED),
    ],
)
def test_who_says_so_decides_how_firm_it_is(text: str, firmness: Status) -> None:
    assert status(text) is firmness


def test_a_plea_of_not_guilty_admits_nothing() -> None:
    assert status("A trader charged with selling rifles to Al-Shabaab pleaded not guilty.") is not Status.ADMITTED


def test_a_story_of_nothing_forbidden_has_no_status() -> None:
    assert status("The council of a small town found the money for a new bridge, a panel said.") is None


WORDS = ["Iran", "shipped", "rifles", "to", "the Houthis", ".", "experts", "found", "pleaded guilty", "“We", "court"]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=40))
def test_equal_words_have_an_equal_status(words: list[str]) -> None:
    text = " ".join(words)
    assert status(text) == status(text)
