"""Where the names that no list holds begin and end, and what bears a capital and is nobody's name."""

import pytest

from rules.candidates import find_candidates
from rules.extraction import clauses_of
from rules.rulebook import load_rulebook
from rules.vocabulary import PartyType

BOOK = load_rulebook()


def _named(text: str) -> dict[str, PartyType]:
    return {c.name: c.type for c in find_candidates(list(clauses_of("", text, BOOK)), BOOK) if not c.is_known}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Papers in the port name Adria Oil and Gas Corp as the owner.", "Adria Oil and Gas Corp"),
        ("It was flown by the Compagnie Aerienne des Grands Lacs.", "Compagnie Aerienne des Grands Lacs"),
        ("The pumps went by way of Nicaro Eng. Co., Ltd. in a suburb.", "Nicaro Eng. Co., Ltd."),
        ("An aircraft with the tail 9Q-CGQ brought the crates.", "9Q-CGQ"),
        ("Rifles were carried by the Ras Dunbar brigade to the coast.", "Ras Dunbar brigade"),
        ("The court heard that Jan Sowinski cut the price.", "Jan Sowinski"),
        ("The fees were agreed with Tongsun Park, a lobbyist.", "Tongsun Park"),
        ("The money was paid out by his brother Algoney at a hotel.", "Algoney"),
        ("The vessel was run by his cousin, Fuad, from a flat.", "Fuad"),
        ("It lay with the M/T Courageous off the coast.", "Courageous"),
        ("The clerk of Chinpo paid for the passage of the ship.", "Chinpo"),
        ("They joined the Republican Guard of the president's son.", "Republican Guard"),
    ],
)
def test_a_name_is_taken_whole(text: str, name: str) -> None:
    assert name in _named(text)


@pytest.mark.parametrize(
    "text",
    [
        "The crates were put aboard an Antonov at night.",
        "They came on a Lockheed TriStar and two MiG-23 jets.",
        "Six Gazelle and Super Puma helicopters were bought.",
        "A plant in New Hampshire and Massachusetts changed the labels.",
    ],
)
def test_a_type_of_aircraft_and_a_province_are_nobody(text: str) -> None:
    assert _named(text) == {}


def test_a_ship_may_be_called_like_a_type_of_aircraft() -> None:
    assert _named("The tanker Hercules handed over diesel at sea.") == {"Hercules": PartyType.VESSEL}


def test_a_known_surname_may_be_anothers_given_name() -> None:
    told = find_candidates(list(clauses_of("", "A court heard that Burhan Hassan, 17, left for the camp.", BOOK)), BOOK)
    assert [c.name for c in told] == ["Burhan Hassan"]


def test_a_firm_may_begin_like_the_name_of_a_month() -> None:
    assert _named("It was sold in January by Smetka Trading.") == {"Smetka Trading": PartyType.COMPANY}


def test_who_is_also_known_by_another_name_is_one() -> None:
    text = (
        "The trader Orrin Vale, also known as Marek Dunn, paid. A tanker, the Maika, formerly known as Yuk Tong, left."
    )
    assert set(_named(text)) == {"Orrin Vale", "Maika"}
    told = "A court charged Li Fangwei, also known as Karl Lee, over graphite. Lee denied it."
    assert [c.name for c in find_candidates(list(clauses_of("", told, BOOK)), BOOK) if len(c.places) > 1] == [
        "Li Fangwei"
    ]
