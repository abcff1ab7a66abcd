"""Which measure an act offends: the one that names its goods, on its day."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.extraction import extract
from rules.rulebook import load_rulebook
from rules.vocabulary import Kind

BOOK = load_rulebook()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The tanker Selma Star passed diesel to a North Korean tanker.", "1718.refined-oil"),
        ("North Korea shipped coal to China.", "1718.coal-iron"),
        ("North Korea sold squid to a Chinese trader.", "1718.seafood"),
        ("A Singapore firm sold whisky and limousines to North Korea.", "1718.luxury"),
        ("North Korea shipped artillery shells to Russia.", "1718.arms.export"),
        ("North Korean hackers stole $1.5bn in cryptocurrency.", "1718.cyber"),
    ],
)
def test_the_measure_that_names_the_goods_is_told(text: str, code: str) -> None:
    found = extract("", text, date(2024, 5, 1), BOOK)
    assert [m.code for m in found.measures] == [code] and found.regimes == ("1718",)


def test_goods_that_were_not_yet_forbidden_are_no_breach_though_others_were() -> None:
    text = "North Korea shipped coal to China."
    before, after = (extract("", text, day, BOOK) for day in (date(2015, 5, 1), date(2018, 5, 1)))
    assert before.regimes == () and not any(m.in_force for m in before.measures)
    assert after.regimes == ("1718",)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Iran shipped rifles and anti-tank missiles to the Houthis.", Kind.ARMS),
        ("North Korea shipped coal to China.", Kind.COMMODITY),
        ("North Korean hackers stole $1.5bn in cryptocurrency.", Kind.FINANCE),
        ("Iran bought centrifuge parts and maraging steel for its nuclear programme from a firm in Malaysia.",
         Kind.PROLIFERATION),
    ],
)  # fmt: skip
def test_goods_and_verbs_tell_the_kind(text: str, kind: Kind) -> None:
    assert kind in extract("", text, date(2026, 11, 20), BOOK).kinds


def test_drones_that_one_regime_calls_arms_and_another_proliferation_count_under_either() -> None:
    text = "Iran sent drones to Russia."
    between, after = (extract("", text, day, BOOK) for day in (date(2022, 10, 17), date(2024, 6, 1)))
    assert between.regimes == ("1737",) and [m.code for m in between.measures] == ["2231.missile-items"]
    assert after.regimes == ()


def test_an_act_without_a_frame_falls_under_the_regime_of_the_target_named() -> None:
    title = "Cash couriers of Islamic State"
    text = (
        "Donations collected in mosques reached Islamic State through a money changer, who kept a share of the funds."
    )
    found = extract(title, text, date(2020, 5, 1), BOOK)
    assert found.regimes == ("1267",) and all(m.in_force for m in found.measures)


def test_whoever_exports_what_his_own_regime_forbids_adds_it() -> None:
    found = extract("", "North Korea shipped rifles to the Houthis.", date(2020, 5, 1), BOOK)
    assert set(found.regimes) == {"1718", "2140"}


PEOPLE = ["Iran", "North Korea", "the Houthis", "Islamic State", "M23", "Hezbollah", "Libya", "the Taliban", "Haiti"]
GOODS = ["rifles", "coal", "drones", "gold", "centrifuges", "money", "workers"]
SENTENCES = st.builds(
    lambda giver, goods, taker: f"{giver} sent {goods} to {taker}. ",
    st.sampled_from(PEOPLE), st.sampled_from(GOODS), st.sampled_from(PEOPLE),
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.lists(SENTENCES, min_size=1, max_size=4))
def test_a_day_outside_every_measure_finds_no_regime(told: list[str]) -> None:
    found = extract("", "".join(told), date(1975, 1, 1), BOOK)
    assert found.regimes == () and not any(m.in_force for m in found.measures)


@settings(max_examples=40, deadline=None)
@given(st.lists(SENTENCES, min_size=1, max_size=4), st.dates(date(1977, 1, 1), date(2027, 1, 1)))
def test_every_regime_told_is_in_force_and_has_its_measure(told: list[str], day: date) -> None:
    found = extract("", "".join(told), day, BOOK)
    assert found == extract("", "".join(told), day, BOOK)
    assert all(BOOK.regimes[regime].is_in_force(day) for regime in found.regimes)
    assert set(found.regimes) <= {m.regime for m in found.measures if m.in_force}
