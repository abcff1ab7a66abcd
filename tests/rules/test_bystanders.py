"""Who denies, accuses, seizes or suffers in a story."""

import pytest

from rules.acts import clauses_of
from rules.bystanders import Stances, read_stances
from rules.rulebook import load_rulebook
from rules.vocabulary import Stance

BOOK = load_rulebook()


def stances(text: str) -> Stances:
    return read_stances([clause for _, clause in clauses_of("", text, BOOK)], BOOK)


@pytest.mark.parametrize(
    ("text", "deniers"),
    [
        ("Iran denied it.", ["Iran"]),
        ("Rwanda and Uganda rejected the report.", ["Rwanda", "Uganda"]),
        ("The charge was dismissed by Iran.", ["Iran"]),
        ("Iran armed the Houthis. They called the report a fabrication.", ["Iran"]),
        ("Rwanda's allies met in Kigali.", []),
        ("Turkey supplies grain to Somalia.", []),
        ("Ukraine denied Russia access to the strait.", []),
        ("A judge in Germany denied him bail.", []),
    ],
)
def test_who_denies_and_who_only_refuses(text: str, deniers: list[str]) -> None:
    assert stances(text).deniers == deniers


@pytest.mark.parametrize(
    ("text", "name", "stance"),
    [
        ("France accused Iran of sending missiles.", "France", Stance.ACCUSER),
        ("According to Japan, the ships met at night.", "Japan", Stance.ACCUSER),
        ("Oman seized the boat.", "Oman", Stance.SEIZER),
        ("The rebels fired rockets against Ukraine.", "Ukraine", Stance.VICTIM),
        ("Iran dismissed the claim.", "Iran", Stance.DENIER),
    ],
)
def test_the_verb_after_a_name_tells_its_stance(text: str, name: str, stance: Stance) -> None:
    assert stances(text).by_name[name] is stance


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("George Galloway is accused of using a charity for oil money.", "George Galloway"),
        (
            "A member of the Iranian Revolutionary Guard captured in Kandahar had rockets.",
            "Islamic Revolutionary Guard Corps",
        ),
        ("Iran was blamed for the rockets.", "Iran"),
        ("Hezbollah, sanctioned by Washington, bought the rockets.", "Hezbollah"),
    ],
)
def test_what_was_done_to_somebody_tells_nothing_of_his_stance(text: str, name: str) -> None:
    assert name not in stances(text).by_name


def test_a_denial_outweighs_an_accusation() -> None:
    assert stances("Iran said the ship was empty. Iran denied the charge.").by_name["Iran"] is Stance.DENIER
