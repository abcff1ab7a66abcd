"""Acts dated in the text: the day belongs to the words of the act, and the law of that day judges it."""

from datetime import date

import pytest

from rules.extraction import extract
from rules.findings import Extraction
from rules.rulebook import load_rulebook

BOOK = load_rulebook()


def read(text: str, on: date | None = date(2024, 5, 6), title: str = "") -> Extraction:
    return extract(title, text, on, BOOK)


def days(found: Extraction) -> set[str]:
    return {hit.when.days for hit in found.hits if hit.when is not None}


LIBERIA = (
    "A court in Antwerp on Friday sentenced a Belgian arms dealer to six years in prison for selling rifles to Liberia "
    "between 2000 and 2003."
)


def test_a_verdict_on_an_old_act_is_a_breach_though_no_measure_is_in_force_on_its_day() -> None:
    found = read(LIBERIA, date(2017, 4, 21))
    assert found.regimes == ("1521",)
    assert [(m.code, m.in_force, m.days) for m in found.measures] == [("1521.arms", True, "2000-01-01/2003-12-31")]
    assert not BOOK.regimes["1521"].is_in_force(date(2017, 4, 21))


def test_the_same_verdict_without_the_days_of_the_act_is_none() -> None:
    found = read(LIBERIA.replace(" between 2000 and 2003", ""), date(2017, 4, 21))
    assert found.regimes == () and [m.in_force for m in found.measures] == [False]


def test_the_years_of_the_war_in_which_the_arms_were_sold_are_the_years_of_the_sale() -> None:
    sold = "A timber merchant was found guilty of selling rifles to Liberia during the country's civil war between {}."
    assert read(sold.format("2000 and 2003"), date(2017, 4, 22)).regimes == ("1521",)
    assert read(sold.format("1989 and 1991"), date(2017, 4, 22)).regimes == ()


def test_a_day_behind_payments_is_theirs_though_a_verdict_is_told_before() -> None:
    told = "Two directors of a pump maker are jailed over payments of 400,000 euros to Iraq in {} for a contract."
    assert days(read(told.format("2001"), date(2011, 2, 23))) == {"2001-01-01/2001-12-31"}
    assert (
        days(read("Two directors of a pump maker are jailed in 2001 over payments to Iraq.", date(2011, 2, 23)))
        == set()
    )


@pytest.mark.parametrize(
    ("told", "regimes"),
    [
        ("in March 1992", set()),
        ("in 1993", {"1521"}),
        ("in December 2009", {"1521"}),
        ("in January 2010", set()),
        ("on 16 December 2009", {"1521"}),
        ("on 17 December 2009", set()),
    ],
)
def test_the_days_of_the_act_are_judged_on_both_sides_of_each_end(told: str, regimes: set[str]) -> None:
    found = read(f"A Ukrainian firm sold rifles to Liberia {told}, a court in Kyiv heard.", date(2018, 5, 6))
    assert set(found.regimes) == regimes


def test_a_seizure_of_an_earlier_year_is_judged_by_that_year() -> None:
    text = "Iran shipped the rifles that a frigate seized in {} to the Houthis, investigators say."
    before, within, gap = (read(text.format(year)) for year in ("2013", "2019", "2022"))
    assert "1737" in within.regimes and "1737" in before.regimes
    assert "1737" not in gap.regimes and "2140" in gap.regimes


@pytest.mark.parametrize(
    "text",
    [
        "A court in 2017 sentenced a dealer for selling rifles to Liberia.",
        "A dealer who was jailed in 2003 sold rifles to Liberia.",
        "Rifles reached Liberia under an embargo of 2001.",
        "Rifles reached Liberia, banned since 1992.",
        "Resolution 1521 (2003) bars whoever sells rifles to Liberia.",
        "A dealer born in 1961 sold rifles to Liberia.",
        "The president, elected in 1997, received rifles in Liberia.",
    ],
)
def test_the_day_of_a_law_a_verdict_or_a_life_is_not_the_day_of_the_act(text: str) -> None:
    assert days(read(text, date(2018, 5, 6))) == set()


def test_of_two_days_in_a_sentence_each_goes_to_its_own_event() -> None:
    found = read("He was sentenced on 21 April 2017 for shipping rifles to Liberia in 2002.", date(2018, 5, 6))
    assert days(found) == {"2002-01-01/2002-12-31"}


def test_the_next_sentence_may_tell_the_days() -> None:
    text = "A dealer shipped rifles to Liberia. The deliveries took place between 2000 and 2003."
    found = read(text, date(2018, 5, 6))
    assert days(found) == {"2000-01-01/2003-12-31"} and found.regimes == ("1521",)


def test_the_next_sentence_does_not_where_it_is_about_another_target() -> None:
    text = "A dealer shipped rifles to Liberia. North Korea sold shells in 2002."
    assert all(hit.when is None for hit in read(text, date(2018, 5, 6)).hits if "Liberia" in hit.says)


def test_a_paragraph_of_history_revives_no_law_in_news_of_something_else() -> None:
    text = (
        "North Korea shipped artillery shells to Russia last week, Seoul said. "
        "North Korea sent missiles to Russia too. "
        "In 1999 Ukraine sold rifles to Liberia."
    )
    assert read(text).regimes == ("1718",)


def test_a_law_of_today_is_not_set_aside_for_a_day_that_stands_deep_in_the_story() -> None:
    filler = "The ministry gave no more details about the affair at its briefing in the capital. " * 9
    deep = read(f"{filler}Ugandan planes carried rifles to South Sudan in 2014.")
    head = read("Ugandan planes carried rifles to South Sudan in 2014.")
    assert "2206" in deep.regimes and head.regimes == ()
    assert head.measures and not any(m.in_force for m in head.measures)


def test_a_headline_is_of_the_days_that_the_text_tells() -> None:
    found = read("A firm sold rifles to Liberia in 2002.", date(2018, 5, 6), title="Firm sold rifles to Liberia")
    assert all(hit.when is not None for hit in found.hits) and found.regimes == ("1521",)


def test_an_act_after_the_day_of_the_story_is_of_no_day() -> None:
    assert days(read("Iran will ship rifles to the Houthis in 2026.")) == set()


@pytest.mark.parametrize(
    "noise", ["", "북한이 무기를 보냈다. ", "أرسلت إيران أسلحة. ", "Иран отправил оружие. ", "e\u0301İ🚢 "]
)
def test_the_words_of_the_days_are_quoted_at_their_place(noise: str) -> None:
    text = f"{noise}Iran sent rifles to the Houthis between 2016\u2013and 2018, or rather from 2016\u20132018."
    quoted = [hit.when.evidence for hit in read(text).hits if hit.when is not None]
    assert quoted and all(text[e.start : e.end] == e.quote for e in quoted)


SADDAM = "A trader from Geneva pleaded guilty to paying surcharges to Saddam Hussein's government for its crude."


def test_what_a_party_that_is_no_more_did_is_of_the_days_on_which_it_was() -> None:
    found = read(SADDAM, date(2007, 3, 2))
    assert "661" in found.regimes and days(found) == {"1979-07-16/2003-04-09"}
    told = next(hit.when.evidence for hit in found.hits if hit.when is not None)
    assert SADDAM[told.start : told.end] == told.quote and "Saddam" in told.quote
    # While it was there, the day is the story's.
    assert days(read(SADDAM, date(2001, 3, 2))) == set()
    # A year that the story names says more than the party does.
    assert days(read(SADDAM.replace("crude.", "crude in 2001."), date(2007, 3, 2))) == {"2001-01-01/2001-12-31"}


def test_a_story_of_the_relief_programme_for_iraq_is_of_the_days_on_which_it_ran() -> None:
    text = "The exporter paid Iraqi ministries $2 million in kickbacks. It won its contracts under the {}."
    found = read(text.format("oil-for-food programme"), date(2006, 11, 7))
    assert found.regimes == ("661",) and days(found) == {"1996-12-10/2003-05-22"}
    assert read(text.format("Oil for Food Program"), date(2006, 11, 7)).regimes == ("661",)
    assert read(text.format("ministry's programme"), date(2006, 11, 7)).regimes == ()
    # Years within it are sure to be the act's, years outside it are not for that.
    within = "The Iraqi regime got kickbacks from the pump maker for oil-for-food contracts of 2001 and 2002, it says."
    assert read(within, date(2010, 12, 15)).regimes == ("661",)
    assert read(within.replace("2001 and 2002", "2007"), date(2010, 12, 15)).regimes == ()
    # Whoever is said to have broken its rules broke them while it ran, though no Iraqi is named.
    silent = read(
        "The oil trader Ned Marlow was jailed for breaking the rules of the oil-for-food programme.", date(2007, 11, 27)
    )
    assert silent.regimes == ("661",) and [m.code for m in silent.measures if m.in_force] == ["661.trade"]
    # What stands at the head of a story with its own years is old, though no frame reads it; a plea takes no years.
    plea = (
        "The pump maker pleaded guilty to kickbacks that reached Iraqi ministries between June 2000 and September 2002."
    )
    assert read(plea, date(2007, 11, 20)).regimes == ("661",)
    assert read(f"It rained. {'It snowed. ' * 60}{plea}", date(2007, 11, 20)).regimes == ()
    # A term served, and years of a verdict that are no range, date no act.
    for served in ("jailed from 2000 to 2002 for", "convicted in the 1990s of", "charged in 2000 and 2002 with"):
        old = read(f"The dealer was {served} paying kickbacks to Iraqi ministries.", date(2007, 11, 20))
        assert old.regimes == (), served
    # What is only named further down revives no law, and takes none away that is in force.
    later = "The trader smuggled fuel. It rained. It snowed. It hailed. His father had run the oil-for-food programme."
    assert read(later, date(2019, 6, 1)).regimes == ()
    # Of other states the programme tells nothing.
    other = read(text.format("oil-for-food programme").replace("Iraqi", "Liberian"), date(2006, 11, 7))
    assert "1996" not in "".join(days(other))
