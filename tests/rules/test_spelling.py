"""Spellings of one name compare equal, names of different parties do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.spelling import name_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Machanga Limited", "Machanga"),
        ("MV Basht", "Basht"),
        ("M/V Light", "Light"),
        ("Global Interface Company Inc.", "Global Interface Company Inc"),
        ("Robert Gueï", "Robert Guei"),
        ("Jang Chang-ha", "Jang Chang Ha"),
        ("Sam “Mosquito” Bockarie", "Sam Bockarie"),
        ("Military Industry Corporation (Sudan)", "Military Industry Corporation"),
        ("T Specialist International (S) Pte. Ltd.", "T Specialist International"),
        ("Maxcom Bunker S.p.A.", "Maxcom Bunker SpA"),
        ("NGUESSAN YAO", "Nguessan Yao"),
    ],
)
def test_two_spellings_of_one_name_have_one_key(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("North Korea", "South Korea"),
        ("Korea Kwangson Banking", "Korea Kumgang Banking"),
        ("Sam Jong 1", "Sam Jong 2"),
        ("Company", "Corporation"),
        ("Syria Holding", "Syria"),
    ],
)
def test_names_of_two_parties_have_two_keys(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


@given(st.text(max_size=60))
def test_a_key_is_its_own_key_or_nothing_and_never_empty_for_a_word(name: str) -> None:
    key = name_key(name)
    assert bool(key) or not any(c.isalnum() for c in name)
