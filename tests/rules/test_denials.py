from datetime import date

import pytest

from rules.extraction import extract
from rules.rulebook import load_rulebook

BOOK = load_rulebook()
ACT = "Iran shipped anti-ship missiles to the Houthis, coalition officials said. "


def denied_by(text: str) -> set[str]:
    return set(extract("", ACT + text, date(2026, 11, 20), BOOK).denied_by)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Iran denied it.", {"Iran"}),
        ("Tehran's ambassador, in a letter to the council, rejected the claim as baseless.", {"Iran"}),
        ("The foreign ministry in Tehran, through its spokesman Hamid Karel, called it a lie.", {"Iran"}),
        ("Both Iran and the Houthis dismissed the report.", {"Iran", "Houthis"}),
        ("Iran says it has never supplied weapons to anyone.", {"Iran"}),
        ("Iran was named again. It rejected the report.", {"Iran"}),
        ("Israel denied that its jets had been near.", set()),
        ("Officials in Oman said nothing more.", set()),
        ("The report does not say who paid.", set()),
    ],
)
def test_whoever_denies_is_told_and_nobody_else(text: str, names: set[str]) -> None:
    assert denied_by(text) == names


def test_nobody_denies_who_is_no_party() -> None:
    assert "Russia" not in denied_by("Russia denied that it had known.")
