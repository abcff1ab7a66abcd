from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.circumstances import (
    amounts_in,
    days_told,
    is_after,
    other_amounts,
    other_days,
    same_amounts,
    ships_in,
)

ON = date(2026, 6, 20)


@pytest.mark.parametrize(
    ("text", "ships"),
    [
        ("The Russian freighter Lena Star carried shells.", {"lena star"}),
        ("A tanker called Nadir unloaded.", {"nadir"}),
        ("Beside the North Korean ship Chol Bong San 3 in the bay", {"chol bong san 3"}),
        ("The dhow “Al Rahma” was boarded; the Al Rahma’s crew fled.", {"al rahma"}),
        ("The Amber Gull, a rusty cargo ship, sailed.", {"amber gull"}),
        ("The freighter left Rajin and a ship came back.", set()),
    ],
)
def test_ships_are_those_that_the_text_calls_so(text: str, ships: set[str]) -> None:
    assert ships_in(text) == ships


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("250 containers of 152 mm artillery shells", {("container", 250)}),
        ("fourteen sealed wagons between the coal", {("wagon", 14)}),
        ("thirty-six Koksan self-propelled guns", {("gun", 36)}),
        ("$90 million and 18 million dollars", {("money", 90_000_000), ("money", 18_000_000)}),
        ("2,100 assault rifles and 226,000 rounds", {("rifle", 2_100), ("round", 226_000)}),
        ("a thousand sappers in two trucks", {("person", 1_000)}),
        ("in 2024 under resolution 1874", set()),
    ],
)
def test_amounts_are_counted_in_figures_and_words(text: str, amounts: set[tuple[str, float]]) -> None:
    assert amounts_in(text) == amounts


def test_another_word_for_what_is_counted_and_a_rounded_count_are_the_same_amount() -> None:
    one, other = amounts_in("Analysts counted 248 boxes."), amounts_in("It took 250 containers.")
    assert same_amounts(one, other) == 1 and not other_amounts(one, other)
    assert other_amounts(one, amounts_in("It took 310 containers."))
    assert not other_amounts(one, amounts_in("It took 310 rifles."))


def test_days_are_told_apart_only_where_both_are_named() -> None:
    february, june = days_told("at the end of February 2026", ON), days_told("on 14 June", ON)
    assert other_days(february, june, 7) and not other_days(february, frozenset(), 7)
    assert not other_days(june, days_told("on 17 June", ON), 7)
    assert not days_told("since 2023", ON)


def test_what_happened_after_a_story_was_published_is_not_what_it_told() -> None:
    assert is_after(days_told("in June, on 17 June", ON), date(2026, 3, 3))
    assert not is_after(days_told("in February and in June", ON), date(2026, 3, 3))
    assert not is_after(frozenset(), date(2026, 3, 3))


@given(st.text(max_size=2_000))
def test_any_text_has_circumstances(text: str) -> None:
    assert all(name == name.lower() for name in ships_in(text))
    assert all(value >= 3 for _, value in amounts_in(text))
    days_told(text, ON)


@pytest.mark.parametrize("piece", ["1,", "forty-", "ship A", "the A", "12 ", "A" * 50 + " "])
def test_a_long_text_takes_no_longer_than_its_length(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    ships_in(text)
    amounts_in(text)


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("The Ilyushin UP-I7601 of Aeroluk flew to Benina.", {"up-i7601"}),
        ("A plane with the tail number 4L-GNK landed.", {"4l-gnk"}),
        ("S-300 systems and AK-103 rifles came with an An-124.", set()),
    ],
)
def test_aircraft_are_known_by_their_marks_and_weapons_are_not_taken_for_them(text: str, marks: set[str]) -> None:
    assert ships_in(text) == marks
