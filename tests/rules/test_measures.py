"""Which paragraphs forbid an act: five elements, each with the quote that meets it, and the one that is missing."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.dating import dated_acts
from rules.extraction import read_story, told_acts
from rules.findings import ElementName, Ruling
from rules.measures import measures_for
from rules.rulebook import load_rulebook
from rules.vocabulary import Field

BOOK = load_rulebook()
FIVE = [ElementName.ACTOR, ElementName.TARGET, ElementName.GOODS, ElementName.DIRECTION, ElementName.DATE]


def rulings(text: str, on: date | None, title: str = "") -> list[Ruling]:
    read = read_story(title, text, BOOK, on)
    fields = {Field.TITLE: title, Field.TEXT: text}
    acts, _ = told_acts(read, title, text, BOOK)
    dated = dated_acts(acts, read.clauses, fields, on, BOOK)
    return [ruling for act in dated for ruling in measures_for(act, on, BOOK, fields, read.clauses)]


def forbidding(text: str, on: date | None) -> set[str]:
    return {ruling.code for ruling in rulings(text, on) if ruling.forbids}


def missing(text: str, on: date | None, code: str) -> set[tuple[ElementName, ...]]:
    return {ruling.missing for ruling in rulings(text, on) if ruling.code == code}


@pytest.mark.parametrize(
    ("text", "on", "codes"),
    [
        ("Iran smuggled rifles to the Houthis.", date(2019, 6, 1), {"2231.arms-out", "2140.arms"}),
        ("Iran smuggled rifles to the Houthis.", date(2022, 6, 1), {"2140.arms"}),
        ("Iran smuggled rifles to the Houthis.", date(2025, 9, 28), {"1737.arms-out", "2140.arms"}),
        ("Russia sold tanks to Iran.", date(2012, 6, 1), {"1737.arms-in"}),
        ("North Korea shipped coal to China.", date(2018, 6, 1), {"1718.coal-iron"}),
        ("North Korea shipped artillery shells to Russia.", date(2024, 6, 1), {"1718.arms.export"}),
        ("Rwanda supplied rifles to M23.", date(2025, 2, 1), {"1533.arms"}),
    ],
)
def test_the_paragraphs_that_forbid_an_act_are_those_of_its_day(text: str, on: date, codes: set[str]) -> None:
    assert forbidding(text, on) == codes


def test_every_element_is_met_by_words_of_the_story() -> None:
    text = "North Korea shipped artillery shells to Russia in 2023."
    ruling = next(r for r in rulings(text, date(2024, 6, 1)) if r.code == "1718.arms.export")
    assert [e.name for e in ruling.elements] == FIVE and ruling.forbids
    quoted = {e.name: e.quote.quote for e in ruling.elements if e.quote is not None}
    assert quoted[ElementName.ACTOR] == "Russia" and quoted[ElementName.TARGET] == "North Korea"
    assert quoted[ElementName.GOODS] == "artillery shells" and quoted[ElementName.DATE] == "in 2023"
    assert "shipped" in quoted[ElementName.DIRECTION]
    assert ruling.basis == ("1718 OP8(b)", "1874 OP9", "2270 OP6") and ruling.unverified


def test_rifles_are_none_of_the_heavy_arms_that_iran_may_not_buy() -> None:
    assert missing("Russia sold rifles to Iran.", date(2012, 6, 1), "1737.arms-in") == {(ElementName.GOODS,)}


def test_the_element_that_is_missing_is_named() -> None:
    sold = "Ukraine shipped rifles to Eritrea."
    assert missing(sold, date(2018, 11, 15), "1907.arms") == {(ElementName.DATE,)}
    assert () in missing(sold, date(2018, 11, 14), "1907.arms")
    assert missing("Iran sold tanks to Russia.", date(2012, 6, 1), "1737.arms-in") == {(ElementName.DIRECTION,)}


def test_nobody_who_dealt_with_it_is_a_missing_actor() -> None:
    text = "A court sentenced a dealer for selling rifles to Liberia between 2000 and 2003."
    assert (ElementName.ACTOR,) in missing(text, date(2017, 4, 21), "1521.arms")


def test_the_army_of_sudan_is_a_target_only_where_darfur_is_named() -> None:
    sent = "Turkey delivered rifles to the Sudanese army in {}."
    on = date(2024, 5, 1)
    assert missing(sent.format("Port Sudan"), on, "1591.arms") == {(ElementName.TARGET,)}
    assert () in missing(sent.format("Darfur"), on, "1591.arms")


def test_who_was_taken_off_the_list_is_a_missing_target() -> None:
    text = "Qatar sent money to the Al-Nusrah Front."
    before, after = (missing(text, day, "1267.freeze") for day in (date(2026, 2, 26), date(2026, 2, 27)))
    assert () in before and after == {(ElementName.TARGET,)}


def test_a_freeze_on_listed_persons_does_not_bind_the_state_they_are_of() -> None:
    text = "Kenya sent money to {}."
    assert missing(text.format("South Sudan"), date(2024, 5, 1), "2206.freeze") == {(ElementName.TARGET,)}
    assert () in missing(text.format("North Korea"), date(2024, 5, 1), "1718.freeze")


def test_a_renewal_that_nobody_confirmed_is_told() -> None:
    text = "Rwanda supplied rifles to M23."
    after, before = (
        next(
            e.says for r in rulings(text, on) if r.code == "1533.arms" for e in r.elements if e.name is ElementName.DATE
        )
        for on in (date(2026, 7, 2), date(2026, 7, 1))
    )
    assert after.endswith("; its renewal is known to 2026-07-01 only") and "renewal" not in before


def test_goods_told_in_the_headline_are_quoted_from_it() -> None:
    title, text = "Rifles for the Houthis", "The Houthis received them by sea."
    found = [e.quote for r in rulings(text, date(2024, 6, 1), title) for e in r.elements if e.quote is not None]
    fields = {Field.TITLE: title, Field.TEXT: text}
    assert all(fields[q.field][q.start : q.end] == q.quote for q in found)


PEOPLE = ["Iran", "North Korea", "the Houthis", "Islamic State", "M23", "Hezbollah", "Libya", "Haiti", "Eritrea"]
GOODS = ["rifles", "coal", "drones", "gold", "centrifuges", "tanks"]
SENTENCES = st.builds(
    lambda giver, goods, taker, when: f"{giver} sent {goods} to {taker}{when}. ",
    st.sampled_from(PEOPLE), st.sampled_from(GOODS), st.sampled_from(PEOPLE),
    st.sampled_from(["", " in 2012", " between 2015 and 2019", " last year", " on 4 May 2024"]),
)  # fmt: skip
NOISE = st.sampled_from(["", "북한이 무기를 보냈다. ", "أرسلت إيران أسلحة. ", "Иран отправил. ", "e\u0301 İ 🚢 “x”. "])


@settings(max_examples=60, deadline=None)
@given(NOISE, st.lists(SENTENCES, min_size=1, max_size=3), st.dates(date(1970, 1, 1), date(2027, 1, 1)))
def test_a_measure_forbids_on_its_own_days_alone_and_every_quote_stands_at_its_place(
    noise: str, told: list[str], on: date
) -> None:
    text = noise + "".join(told)
    found = rulings(text, on)
    assert found == rulings(text, on)
    measures = {m.code: m for regime in BOOK.regimes.values() for m in regime.measures}
    for ruling in found:
        dated = ruling.elements[-1].quote is not None
        assert dated or not ruling.forbids or measures[ruling.code].is_in_force(on)
        for element in ruling.elements:
            if element.quote is not None:
                assert text[element.quote.start : element.quote.end] == element.quote.quote


@settings(max_examples=30, deadline=None)
@given(st.lists(SENTENCES, min_size=1, max_size=3))
def test_a_day_outside_every_measure_is_forbidden_by_none(told: list[str]) -> None:
    assert not any(ruling.forbids for ruling in rulings("".join(told), date(1975, 1, 1)))
