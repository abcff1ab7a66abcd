"""Acts that fall under several regimes or none: the answer on both sides of every day on which it changes."""

from datetime import date, timedelta

import pytest

from rules.dating import dated_acts
from rules.extraction import extract, read_story, told_acts
from rules.findings import ElementName
from rules.measures import measures_for
from rules.rulebook import load_rulebook
from rules.vocabulary import Field, Role

BOOK = load_rulebook()
DAY = timedelta(days=1)
FOREVER = date(2026, 11, 1)

# An act, a regime, and the first and last day of each of its windows; the end of one that is open is None.
IRAN_ARMS_OUT = [
    (date(2007, 3, 24), date(2016, 1, 15)), (date(2016, 1, 16), date(2020, 10, 18)), (date(2025, 9, 28), None),
]  # fmt: skip
WINDOWS = [
    ("Iran shipped rifles to the Houthis.", "2140", [(date(2015, 4, 14), None)]),
    ("Iran shipped rifles to the Houthis.", "1737", IRAN_ARMS_OUT),
    ("Iran shipped rifles to Hezbollah.", "1701", [(date(2006, 8, 11), None)]),
    ("Iran shipped rifles to Hezbollah.", "1737", IRAN_ARMS_OUT),
    ("Iran shipped rifles to Hamas.", "1737", IRAN_ARMS_OUT),
    ("Iran sent drones to Russia.", "1737",
     [(date(2007, 3, 24), date(2016, 1, 15)), (date(2016, 1, 16), date(2023, 10, 18)), (date(2025, 9, 28), None)]),
    ("Russia sold tanks to Iran.", "1737",
     [(date(2010, 6, 9), date(2016, 1, 15)), (date(2016, 1, 16), date(2020, 10, 18)), (date(2025, 9, 28), None)]),
    ("China sold centrifuges to Iran.", "1737",
     [(date(2006, 12, 23), date(2016, 1, 15)), (date(2016, 1, 16), date(2025, 9, 27)), (date(2025, 9, 28), None)]),
    ("North Korea shipped artillery shells to Russia.", "1718", [(date(2006, 10, 14), None)]),
    ("Russia delivered rifles to North Korea.", "1718", [(date(2006, 10, 14), None)]),
    ("North Korea sent workers to Russia.", "1718", [(date(2017, 8, 5), None)]),
    ("Russia shipped diesel to North Korea.", "1718", [(date(2017, 9, 11), None)]),
    ("The UAE supplied rifles to the Rapid Support Forces.", "1591", [(date(2004, 7, 30), None)]),
    ("Egypt delivered rifles to the Sudanese army in Darfur.", "1591", [(date(2004, 7, 30), None)]),
    ("Rwanda supplied rifles to M23.", "1533", [(date(2003, 7, 28), None)]),
    ("Uganda supplied rifles to M23.", "1533", [(date(2003, 7, 28), None)]),
    ("The Houthis shipped rifles to Al-Shabaab.", "2140", [(date(2015, 4, 14), None)]),
    ("The Houthis shipped rifles to Al-Shabaab.", "751", [(date(1992, 1, 23), None)]),
    ("North Korean hackers stole $1.5bn in cryptocurrency.", "1718", [(date(2006, 10, 14), None)]),
    ("The Dominican Republic shipped rifles to gangs in Haiti.", "2653", [(date(2022, 10, 21), None)]),
    ("Ukraine sold rifles to Somalia.", "751", [(date(1992, 1, 23), date(2023, 12, 1))]),
    ("Somalia shipped charcoal to Oman.", "751", [(date(2012, 2, 22), None)]),
    ("Russia delivered rifles to the Central African Republic.", "2745", [(date(2013, 12, 5), date(2024, 7, 30))]),
    ("Russia delivered rifles to Séléka.", "2745", [(date(2013, 12, 5), None)]),
    ("Ukraine sold rifles to the Democratic Republic of the Congo.", "1533", [(date(2005, 4, 18), date(2008, 3, 30))]),
    ("Pakistan supplied rifles to the Taliban.", "1267", [(date(2000, 12, 19), date(2011, 6, 16))]),
    ("Pakistan supplied rifles to the Taliban.", "1988", [(date(2011, 6, 17), None)]),
    ("Qatar sent money to the Taliban.", "1267", [(date(1999, 10, 15), date(2011, 6, 16))]),
    ("Ukraine sold rifles to Liberia.", "1521", [(date(1992, 11, 19), date(2009, 12, 16))]),
    ("Guinea supplied rifles to LURD.", "1521", [(date(1992, 11, 19), date(2016, 5, 25))]),
    ("Ukraine sold rifles to Rwanda.", "918", [(date(1994, 5, 17), date(1996, 8, 31))]),
    ("Zaire supplied rifles to the Interahamwe.", "918", [(date(1994, 5, 17), date(2008, 7, 10))]),
    ("Ukraine sold rifles to Sierra Leone.", "1132", [(date(1997, 10, 8), date(1998, 6, 4))]),
    ("Liberia supplied rifles to the Revolutionary United Front.", "1132", [(date(1997, 10, 8), date(2010, 9, 29))]),
    ("Bulgaria sold rifles to UNITA.", "864", [(date(1993, 9, 25), date(2002, 12, 9))]),
    ("Ukraine sold rifles to Eritrea.", "1907", [(date(2009, 12, 23), date(2018, 11, 14))]),
    ("Ukraine sold rifles to Ethiopia.", "1298", [(date(2000, 5, 17), date(2001, 5, 16))]),
    ("Ukraine sold rifles to Côte d'Ivoire.", "1572", [(date(2004, 11, 15), date(2016, 4, 28))]),
    ("Ukraine sold rifles to Croatia.", "713", [(date(1991, 9, 25), date(1996, 6, 18))]),
    ("Bulgaria sold rifles to the Kosovo Liberation Army.", "1160", [(date(1998, 3, 31), date(2001, 9, 10))]),
    ("Ukraine delivered rifles to South Sudan.", "2206", [(date(2018, 7, 13), None)]),
    ("Turkey delivered rifles to Libya.", "1970", [(date(2011, 2, 26), None)]),
    ("Turkey delivered rifles to Libya.", "748", [(date(1992, 4, 15), date(1999, 4, 5))]),
    ("Iran supplied rifles to the Popular Mobilisation Forces.", "1518", [(date(2003, 5, 22), None)]),
    ("Ukraine sold rifles to Iraq.", "1518", [(date(2003, 5, 22), date(2004, 6, 7))]),
    ("Israel sold rifles to South Africa.", "418", [(date(1977, 11, 4), date(1994, 5, 25))]),
    ("Qatar sent money to the Al-Nusrah Front.", "1267", [(date(1999, 10, 15), date(2026, 2, 26))]),
]  # fmt: skip


def regimes_of(text: str, on: date) -> set[str]:
    """The regimes of which a measure forbids an act of the text, by the story's day."""
    read = read_story("", text, BOOK, on)
    fields = {Field.TITLE: "", Field.TEXT: text}
    acts, _ = told_acts(read, "", text, BOOK)
    acts = dated_acts(acts, read.clauses, fields, on, BOOK)
    found = (r for act in acts for r in measures_for(act, on, BOOK, fields, read.clauses))
    return {ruling.regime for ruling in found if ruling.forbids}


def is_of_the_past(text: str, on: date) -> bool:
    """True where a party of the act was no more on the day: then the act is of the days on which it was."""
    return any(p.days is not None and p.days.last < on and name in text for name, p in BOOK.parties.items())


def is_in(day: date, windows: list[tuple[date, date | None]]) -> bool:
    return any(first <= day and (last is None or day <= last) for first, last in windows)


@pytest.mark.parametrize(("text", "regime", "windows"), WINDOWS)
def test_an_act_is_forbidden_from_the_first_day_to_the_last_and_on_no_day_beside(
    text: str, regime: str, windows: list[tuple[date, date | None]]
) -> None:
    for first, last in windows:
        for day in (first - DAY, first, *((last, last + DAY) if last else (FOREVER,))):
            wanted = is_in(day, windows) or is_of_the_past(text, day)
            assert (regime in regimes_of(text, day)) is wanted, day


@pytest.mark.parametrize(("text", "regime", "windows"), WINDOWS)
def test_the_story_is_told_under_the_regime_while_it_was_in_force(
    text: str, regime: str, windows: list[tuple[date, date | None]]
) -> None:
    last = windows[-1][1]
    assert regime in extract("", text, last or FOREVER, BOOK).regimes
    assert regime not in extract("", text, windows[0][0] - DAY, BOOK).regimes
    if last and not is_of_the_past(text, last + DAY):
        assert regime not in extract("", text, last + DAY, BOOK).regimes


FREE = [
    "Turkey sold rifles to Myanmar.", "Germany sold rifles to Israel.", "Turkey sold drones to Ukraine.",
    "China sold rifles to Russia.", "Turkey sold rifles to Syria.", "Turkey sold drones to Ethiopia.",
    "China sold rifles to Eritrea.", "Russia delivered rifles to Mali.", "China sold rifles to Niger.",
    "Qatar sent rifles to Hamas.", "Turkey sold drones to Somalia.",
    "Russia sold rifles to the Central African Republic.",
    "China sold drones to the Democratic Republic of the Congo.", "Rwanda bought rifles from Ukraine.",
]  # fmt: skip


@pytest.mark.parametrize("text", FREE)
def test_arms_for_whom_no_measure_binds_today_fall_under_no_regime(text: str) -> None:
    assert regimes_of(text, FOREVER) == set()
    assert extract("", text, FOREVER, BOOK).regimes == ()


def test_from_october_2023_to_september_2025_nothing_forbade_arms_between_iran_and_russia() -> None:
    for day in (date(2023, 10, 19), date(2025, 9, 27)):
        assert extract("", "Iran sent ballistic missiles to Russia.", day, BOOK).regimes == ()
    for day in (date(2023, 10, 18), date(2025, 9, 28)):
        assert extract("", "Iran sent ballistic missiles to Russia.", day, BOOK).regimes == ("1737",)


@pytest.mark.parametrize("place", ["Darfur", "El Fasher", "Nyala", "North Darfur"])
def test_the_army_of_sudan_is_a_target_in_every_part_of_darfur_and_nowhere_else(place: str) -> None:
    sent = "Turkey delivered rifles to the Sudanese army in {}."
    assert regimes_of(sent.format(place), FOREVER) == {"1591"}
    assert extract("", sent.format(place), FOREVER, BOOK).regimes == ("1591",)
    for elsewhere in ("Port Sudan", "Khartoum", "Omdurman"):
        assert regimes_of(sent.format(elsewhere), FOREVER) == set()


def test_arms_out_of_libya_into_darfur_fall_under_both() -> None:
    assert regimes_of("Libya shipped rifles to the Rapid Support Forces.", FOREVER) == {"1970", "1591"}


def test_whoever_takes_part_is_named_with_his_role_on_both_sides() -> None:
    found = extract("", "North Korea shipped artillery shells to Russia.", FOREVER, BOOK)
    roles = {p.canonical: p.roles for p in found.parties}
    assert roles == {"North Korea": (Role.SUPPLIER,), "Russia": (Role.RECIPIENT,)}


def test_an_old_sale_to_a_state_that_is_free_today_is_judged_by_its_own_day() -> None:
    text = "Ukraine sold rifles to Somalia in 2008, a court in Kyiv heard."
    assert regimes_of(text, date(2026, 5, 1)) == {"751"}
    assert regimes_of(text.replace("in 2008", "in 2025"), date(2026, 5, 1)) == set()


def test_a_state_that_was_a_target_for_a_time_says_when() -> None:
    text = "Ukraine sold rifles to Liberia."
    on = date(2012, 5, 1)
    read = read_story("", text, BOOK, on)
    fields = {Field.TITLE: "", Field.TEXT: text}
    acts, _ = told_acts(read, "", text, BOOK)
    ruling = next(r for a in acts for r in measures_for(a, on, BOOK, fields) if r.code == "1521.arms")
    assert ruling.missing == (ElementName.TARGET,)
    assert "Liberia was bound by it 1992-11-19 to 2009-12-16 only" in {e.says for e in ruling.elements}
