"""National law told apart: whose it is, only where no measure of the UN was in force."""

from datetime import date

import pytest

from rules.extraction import extract
from rules.rulebook import load_rulebook

BOOK = load_rulebook()


def whose(text: str, title: str = "") -> list[str]:
    return [law.who for law in extract(title, text, date(2024, 6, 1), BOOK).national_only]


@pytest.mark.parametrize(
    ("text", "who"),
    [
        (
            "A Danish court fined the fuel trader for breaking EU sanctions on Syria: it evaded them.",
            ["European Union"],
        ),
        ("The US Treasury has imposed sanctions on a refinery for buying Iranian crude.", ["United States"]),
        ("The tanker carried Russian oil above the cap, in breach of the price cap.", ["Group of Seven"]),
        ("Two men pleaded guilty to violating U.S. and British sanctions.", ["United States", "United Kingdom"]),
    ],
)
def test_an_act_that_only_national_law_forbids_is_said_to_be_that(text: str, who: list[str]) -> None:
    assert whose(text) == who


@pytest.mark.parametrize(
    "text",
    [
        "The US criticised those who violate the embargo of the UN Security Council.",
        "He told us that sanctions were violated.",
        "The EU discussed sanctions on Monday.",
        "North Korea shipped artillery shells to Russia. The US imposed sanctions for buying them.",
        "",
    ],
)
def test_the_law_of_the_un_policy_and_pronouns_are_no_national_law(text: str) -> None:
    assert whose(text) == []


def test_the_sentence_is_quoted_from_its_own_field() -> None:
    title, text = "Trader fined", "“Nothing”, he said.\n\nThe trader evaded the UK’s sanctions, a UK court found."
    [law] = extract(title, text, date(2024, 6, 1), BOOK).national_only
    assert law.evidence.quote == text[law.evidence.start : law.evidence.end] and "UK’s" in law.evidence.quote
