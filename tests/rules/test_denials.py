import time
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
        ("Iran's embassy in London called the charge baseless.", {"Iran"}),
        ('"We have never sold weapons to anyone," the Iranian foreign ministry said.', {"Iran"}),
        ("The Iranian foreign ministry rejected the allegation.", {"Iran"}),
        ("“We did not send them a single round,” an adviser to the Iranian president told reporters.", {"Iran"}),
        ('"We have never seen such weapons," a coalition officer said.', set()),
        ("Iran backs the Houthis but denies arming them.", {"Iran"}),
        ("Iran, which has praised the Houthis, denied the charge.", {"Iran"}),
        ("Tehran has met the Houthis in Muscat, and has repeatedly rejected such reports.", {"Iran"}),
        ("Iran did not respond to a request for comment.", set()),
        ("Ukraine denied Iran access to the wreck.", set()),
        ("Israel denied that its jets had been near.", set()),
        ("Officials in Oman said nothing more.", set()),
        ("The report does not say who paid.", set()),
    ],
)
def test_whoever_denies_is_told_and_nobody_else(text: str, names: set[str]) -> None:
    assert denied_by(text) == names


def test_nobody_denies_who_is_no_party() -> None:
    assert "Russia" not in denied_by("Russia denied that it had known.")


def test_equal_input_gives_an_equal_answer() -> None:
    text = "Iran and the Houthis both denied it. Tehran called the report a fabrication."
    assert denied_by(text) == denied_by(text)


def test_no_list_of_names_takes_long() -> None:
    started = time.process_time()
    names = " ".join(f"Abel Ford{'x' * (n % 7)}{n}, who denied it," for n in range(4_000))
    extract("", f"{ACT}{names} said Iran.", date(2026, 11, 20), BOOK)
    assert time.process_time() - started < 8
