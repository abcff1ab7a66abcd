from datetime import UTC, datetime

import pytest

from compliance.grouping import act_of
from compliance.particulars import passages
from compliance.standins import StandIns, leads, shared_parties
from rules.extraction import extract
from rules.rulebook import load_rulebook

BOOK = load_rulebook()
STATE = {"KOMID": "North Korea", "Green Pine": "North Korea"}


def stand_ins(*parties: str) -> StandIns:
    return StandIns(frozenset(parties), STATE)


@pytest.mark.parametrize(
    ("left", "right", "share"),
    [
        (["KOMID"], ["North Korea"], 1.0),
        (["KOMID"], ["KOMID", "North Korea"], 1.0),
        (["KOMID"], ["Green Pine"], 0.0),
        (["KOMID", "Syria"], ["Green Pine", "Syria"], 0.5),
        # The state that both name besides does not make two firms one.
        (["KOMID", "North Korea"], ["Green Pine", "North Korea"], 0.5),
        (["North Korea"], ["Russia"], 0.0),
        ([], ["Russia"], 0.0),
    ],
)
def test_a_firm_stands_for_its_state_but_not_for_another_firm(left: list[str], right: list[str], share: float) -> None:
    assert shared_parties(stand_ins(*left), stand_ins(*right)) == share
    assert shared_parties(stand_ins(*right), stand_ins(*left)) == share


@pytest.mark.parametrize(
    ("name", "counts_as"),
    [
        ("Khalifa Haftar", "Libyan National Army"),
        ("Rosoboronexport", "Rosoboronexport"),
        ("Nobody Known", "Nobody Known"),
    ],
)
def test_a_leader_counts_as_what_he_leads_and_a_firm_as_itself(name: str, counts_as: str) -> None:
    assert leads(name, BOOK) == counts_as


def test_an_act_told_with_the_leader_has_the_parties_of_the_act_told_with_the_force() -> None:
    day = datetime(2026, 2, 3, tzinfo=UTC)
    told = [
        act_of(extract("", text, day.date(), BOOK), passages("", text, on=day.date()), day, rulebook=BOOK)
        for text in (
            "The United Arab Emirates shipped drones to Khalifa Haftar in Libya.",
            "The United Arab Emirates shipped drones to the Libyan National Army.",
        )
    ]
    assert told[0].parties == told[1].parties == {"United Arab Emirates", "Libyan National Army"}
