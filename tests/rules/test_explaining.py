"""An explanation tells the same as the extraction, and what was dropped with its reason."""

from datetime import date

import pytest

from rules.explaining import explain
from rules.extraction import extract
from rules.rulebook import load_rulebook

BOOK = load_rulebook()
TEXT = (
    "Iran sent drones to Russia in 2022, Kyiv says. Germany sold tanks to Ukraine. "
    "Turkey never sent rifles to the Houthis. Moscow denied the charge."
)


def test_the_explanation_holds_the_extraction_itself() -> None:
    assert explain("", TEXT, date(2024, 6, 1), BOOK).extraction == extract("", TEXT, date(2024, 6, 1), BOOK)


def test_every_act_is_told_with_its_days_and_its_law() -> None:
    found = explain("", TEXT, date(2024, 6, 1), BOOK)
    act = next(a for a in found.acts if a.rule == "transfer.active")
    assert act.roles == (("supplier", "Iran"), ("recipient", "Russia")) and act.days == "2022-01-01/2022-12-31"
    assert any(ruling.forbids and ruling.code == "2231.missile-items" for ruling in act.rulings)


def test_what_was_dropped_is_told_with_its_reason() -> None:
    dropped = explain("", TEXT, date(2024, 6, 1), BOOK).dropped
    reasons = {d.reason for d in dropped}
    assert "no target of a regime takes part" in reasons
    assert any("denied" in d.reason and "Houthis" in d.evidence.quote for d in dropped)
    assert all(TEXT[d.evidence.start : d.evidence.end] == d.evidence.quote for d in dropped)


@pytest.mark.parametrize("text", ["", "Nothing.", "\ud800 Iran", "北 " * 50])
def test_a_text_that_tells_of_nothing_is_explained_too(text: str) -> None:
    assert explain("", text, None, BOOK).acts == ()
