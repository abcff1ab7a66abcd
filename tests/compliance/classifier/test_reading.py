"""What the classifier's reader flags and what its gate lets through."""

import pytest

from compliance.classifier.reading import TARGET, Reader, Reading
from rules.rulebook import load_rulebook

READER = Reader(load_rulebook())


def _flags(reading: Reading) -> frozenset[str]:
    return frozenset().union(*reading.flags)


def test_a_group_that_one_measure_alone_binds_is_a_target() -> None:
    assert TARGET in _flags(READER.read("", "A court heard that she collected money for the Islamic Jihad Union."))


def test_men_who_are_sent_are_flagged_under_whatever_name() -> None:
    reading = READER.read("", "Warships landed Syrian mercenaries at Misrata, a port of Libya.")
    assert "g_arms" in _flags(reading)
    assert reading.passes_gate


@pytest.mark.parametrize(
    "text",
    [
        "Two North Koreans still earn a living as footballers in Austria.",
        "The pump maker admitted that it paid kickbacks to the Iraqi regime.",
        "Forty boxes of battlefield radios bound for Eritrea were stopped at the airport.",
        "Six hundred Russians of the firm are fighting for the general near Sirte in Libya.",
        "Seoul holds the tanker Winmore, which passed its cargo of diesel to a ship of the North.",
        "The trader was jailed for breaking the rules of the oil-for-food programme.",
    ],
)
def test_the_gate_lets_an_act_through(text: str) -> None:
    assert READER.read("", text).passes_gate


def test_what_is_short_for_a_party_counts_where_the_story_says_of_whom_it_speaks() -> None:
    told = "A tanker passed diesel to a ship of the North, officials in {} said."
    assert TARGET in _flags(READER.read("", told.format("Seoul")))
    assert TARGET not in _flags(READER.read("", told.format("Leeds")))
    assert TARGET not in _flags(READER.read("", "A tanker of the North Sea fleet called at a port near Seoul."))


@pytest.mark.parametrize(
    "text", ["The band played to a full house in Lisbon.", "The Taliban closed the only music school of the town."]
)
def test_the_gate_stops_what_tells_of_no_act(text: str) -> None:
    assert not READER.read("", text).passes_gate
