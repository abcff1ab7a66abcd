"""A case page says of each measure which of its five elements the story meets, and in which words."""

import pytest

from compliance.elements import act_days, held_measures, law_of_story, plain_days
from rules.rulebook import load_rulebook
from tests import factories

BOOK = load_rulebook()
DAY = factories.NOW.date()
NAMES = ("actor", "target", "goods", "direction", "date")


def test_each_measure_shows_its_five_elements_and_what_is_missing() -> None:
    found = {m.code: m for m in held_measures([(law_of_story(factories.TITLE, factories.TEXT, DAY, BOOK), {})], [])}
    assert all(tuple(e.name for e in m.elements) == NAMES for m in found.values())
    export, to_them = found["1718.arms.export"], found["1718.arms.import"]
    assert export.missing == () and to_them.missing == ("direction",)
    assert {e.name: e.quote for e in export.elements}["goods"] == "shells"


def test_every_quote_of_an_element_stands_where_it_says_in_the_text_as_given() -> None:
    # A look-alike letter and a sign that cannot be seen shift what the rules read against what was written.
    text = factories.TEXT.replace("North Korea", "Nоrth\u200b Korea")
    told = law_of_story("Cargo seen", text, DAY, BOOK)
    quotes = [e.quote for ruling, _ in told.rulings for e in ruling.elements if e.quote]
    assert quotes and any("Nоrth\u200b Korea" in q.quote for q in quotes)
    assert all({"title": "Cargo seen", "text": text}[q.field][q.start : q.end] == q.quote for q in quotes)


def test_elements_lead_to_the_spot_of_the_page_where_their_words_stand() -> None:
    told = law_of_story(factories.TITLE, factories.TEXT, DAY, BOOK)
    anchors = {span: f"e0-{n}" for n, span in enumerate(told.spans())}
    export = next(m for m in held_measures([(told, anchors)], ["1718"]) if m.code == "1718.arms.export")
    assert {e.anchor for e in export.elements if e.quote} <= set(anchors.values())
    assert all(e.anchor for e in export.elements if e.quote)


def test_the_story_that_meets_most_of_a_measure_speaks_for_it() -> None:
    vague = law_of_story("Talk of shells", "Inspectors said North Korea sold shells abroad.", DAY, BOOK)
    full = law_of_story(factories.TITLE, factories.TEXT, DAY, BOOK)
    for told in ([vague, full], [full, vague]):
        best = {m.code: m for m in held_measures([(t, {}) for t in told], [])}
        assert best["1718.arms.export"].missing == ()


def test_the_measures_of_the_cases_own_regimes_come_first() -> None:
    text = "Inspectors said Iran shipped missile parts to the Houthis in Yemen. North Korea sold shells to Russia."
    told = law_of_story("Two cargoes", text, DAY, BOOK)
    regimes = {m.regime for m in held_measures([(told, {})], [])}
    assert len(regimes) > 1
    assert all(held_measures([(told, {})], [first])[0].regime == first for first in regimes)


def test_an_act_is_shown_with_its_own_days_where_the_story_tells_them() -> None:
    text = "Inspectors said North Korea shipped artillery shells to Russia on 3 May 2024."
    dated = held_measures([(law_of_story("Shells", text, DAY, BOOK), {})], ["1718"])[0]
    assert dated.days == "2024-05-03"
    assert next(e for e in dated.elements if e.name == "date").quote
    undated = held_measures([(law_of_story(factories.TITLE, factories.TEXT, DAY, BOOK), {})], ["1718"])[0]
    assert undated.days == "" and "the day of the story" in undated.elements[-1].says
    assert act_days([{"when": {"days": "2024-05"}}, {"when": None}, {}, {"when": {"days": "2024-05"}}]) == "2024-05"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("2024-05-03", "2024-05-03"),
        ("2024-02-01/2024-02-29", "2024-02"),
        ("2023-02-01/2023-02-28; 2024-05-03", "2023-02; 2024-05-03"),
        ("2024-01-01/2024-12-31; in force 2006-10-14 to now", "2024; in force 2006-10-14 to now"),
        ("2024-02-01/2024-03-29", "2024-02-01 to 2024-03-29"),
        ("2023-01-01/2024-12-31", "2023-01-01 to 2024-12-31"),
        ("no days", "no days"),
    ],
)
def test_an_interval_is_a_year_a_month_or_two_days(given: str, shown: str) -> None:
    assert plain_days(given) == shown
