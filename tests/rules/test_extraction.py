import os
import unicodedata
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.examples import run_examples
from rules.extraction import extract
from rules.findings import Extraction
from rules.rulebook import load_rulebook
from rules.vocabulary import Kind, Role, Status

BOOK = load_rulebook()
DAY = date(2026, 11, 20)


def roles(found: Extraction) -> set[tuple[str, str]]:
    return {(role.value, party.canonical) for party in found.parties for role in party.roles}


def read(text: str, title: str = "", on: date | None = DAY) -> Extraction:
    return extract(title, text, on, BOOK)


def test_every_example_of_the_book_comes_out_as_it_says() -> None:
    trial = run_examples(BOOK)
    assert trial.faults == () and trial.examples > 90


def test_the_seed_story_comes_out() -> None:
    path = os.environ.get("EMBARGOWATCH_SEED_STORY")
    if not path:
        pytest.skip("NO SEED STORY: set EMBARGOWATCH_SEED_STORY to the file of the story the project began with")
    found = extract("", Path(path).read_text(encoding="utf-8"), date(2024, 1, 16), BOOK)
    assert roles(found) == {("supplier", "North Korea"), ("recipient", "Russia")}
    assert found.kinds[0] is Kind.ARMS and found.regimes[0] == "1718"
    assert set(found.denied_by) == {"North Korea", "Russia"}
    assert found.status is Status.ALLEGED
    others = {b.canonical for b in found.bystanders}
    assert {
        "South Korea",
        "United States",
        "Yonhap",
        "The New York Times",
        "Choe Son Hui",
        "Sergei Lavrov",
    } <= others | {"United States"}


def test_an_accuser_is_no_party() -> None:
    found = read("South Korea said North Korea had shipped artillery shells to Russia. Yonhap reported it first.")
    assert roles(found) == {("supplier", "North Korea"), ("recipient", "Russia")}
    assert {b.canonical: b.stance.value for b in found.bystanders} == {"South Korea": "accuser", "Yonhap": "reporter"}


def test_an_arms_deal_that_no_regime_touches_names_nobody() -> None:
    found = read("The United States sent howitzers and artillery shells to Ukraine, the Pentagon said.")
    assert found.parties == () and found.regimes == ()


@pytest.mark.parametrize(
    "text",
    [
        "North Korea could sell missiles to Russia, an analyst warned.",
        "North Korea has not sent any shells to Russia.",
        "There is no evidence that Iran shipped drones to the Houthis.",
    ],
)
def test_what_is_only_imagined_or_denied_is_no_act(text: str) -> None:
    assert roles(read(text)) == set()


def test_a_denial_does_not_undo_an_allegation() -> None:
    found = read("Iran shipped anti-ship missiles to the Houthis, the coalition said. Iran denied the claim.")
    assert ("supplier", "Iran") in roles(found)
    assert found.denied_by == ("Iran",)


@pytest.mark.parametrize(
    ("day", "regimes"),
    [
        (date(2015, 12, 1), {"2140", "1737"}),
        (date(2020, 10, 18), {"2140", "1737"}),
        (date(2020, 10, 19), {"2140"}),
        (date(2025, 9, 27), {"2140"}),
        (date(2025, 9, 28), {"2140", "1737"}),
        (date(2015, 4, 13), {"1737"}),
    ],
)
def test_a_story_is_judged_by_the_law_of_its_own_day(day: date, regimes: set[str]) -> None:
    found = read("Iran smuggled rifles to the Houthis.", on=day)
    assert set(found.regimes) == regimes


def test_a_day_outside_every_measure_finds_no_regime_but_shows_the_lapsed_measure() -> None:
    found = read("Iran sent drones to Russia.", on=date(2024, 6, 1))
    assert found.regimes == () and found.measures and not any(m.in_force for m in found.measures)


def test_words_that_several_rules_found_are_quoted_once() -> None:
    text = "Warships seized Iranian-made missile components and drone engines from a dhow bound for the Houthis."
    for party in extract("", text, date(2026, 11, 20), BOOK).parties:
        spans = [(e.field, e.start, e.end) for e in party.evidence]
        assert len(spans) == len(set(spans)), party.canonical


def test_equal_input_gives_an_equal_answer() -> None:
    text = "The UAE flew weapons to the Rapid Support Forces in Darfur, U.N. experts said. The UAE denied it."
    assert read(text) == read(text)


def _quotes_hold(found: Extraction, title: str, text: str) -> None:
    fields = {"title": title, "text": text}
    spans = [e for p in found.parties for e in p.evidence] + [h.evidence for h in found.hits]
    for span in spans:
        assert fields[span.field.value][span.start : span.end] == span.quote
    for party in found.parties:
        assert any(party.name in e.quote for e in party.evidence)


@pytest.mark.parametrize(
    "noise",
    [
        "북한이 무기를 보냈다. ",
        "أرسلت إيران أسلحة. ",
        "Иран отправил оружие. ",
        "İstanbul’da “ağır” sila\u0301h. ",
        "🚢🚢 e\u0301 ",
    ],
)
def test_quotes_stand_at_their_offsets_in_any_script(noise: str) -> None:
    text = noise * 3 + "North Korea shipped shells to Russia. " + noise + "Iran-made drones were fired by the Houthis."
    found = extract(noise, text, DAY, BOOK)
    assert ("supplier", "North Korea") in roles(found)
    _quotes_hold(found, noise, text)
    decomposed = unicodedata.normalize("NFD", text)
    _quotes_hold(extract(noise, decomposed, DAY, BOOK), noise, decomposed)


WORDS = [
    "North Korea", "Russia", "the Houthis", "shipped", "shells", "to", "from", "by", "Iran’s", "missiles", "denied",
    ".", ",", "İ", "e\u0301", "Moscow", "\n\n", "“", "said", "tanker Lady Rose", "weapons", "and", "M23", "Rwanda",
    "gold", "不",
]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=60))
def test_any_words_in_any_order_keep_their_quotes(words: list[str]) -> None:
    text = " ".join(words)
    _quotes_hold(extract("Title", text, DAY, BOOK), "Title", text)


@pytest.mark.parametrize(
    "text",
    ["a" * 300_000, "(" * 100_000, "North Korea " * 30_000, "shipped shells to " * 20_000, ". " * 100_000,
     "A. " * 80_000, "A" + " Ab" * 100_000, "tanker " * 50_000, "'" * 100_000],
    ids=["word", "brackets", "names", "verbs", "stops", "initials", "capitals", "tankers", "quotes"],
)  # fmt: skip
def test_no_text_takes_long(text: str) -> None:
    import time

    started = time.process_time()
    extract("", text, DAY, BOOK)
    assert time.process_time() - started < 8


def test_acronyms_that_other_things_share_need_a_cue() -> None:
    assert not any(p.canonical == "Rapid Support Forces" for p in read("RSF sent weapons to Russia.").parties)
    with_cue = read("In Sudan the UAE sent weapons to the RSF.")
    assert ("recipient", "Rapid Support Forces") in roles(with_cue)


def test_south_sudan_is_never_sudan() -> None:
    found = read("Uganda sent tanks to South Sudan.")
    assert roles(found) == {("supplier", "Uganda"), ("recipient", "South Sudan")}
    assert found.regimes == ("2206",)


def test_a_leader_answers_for_his_side() -> None:
    found = read("Kim Jong Un sent Vladimir Putin artillery shells.")
    assert {r for r in roles(found) if r[0] == Role.SUPPLIER} == {("supplier", "North Korea")}


def test_the_leader_of_a_group_is_named_as_the_story_names_him() -> None:
    found = read("Egypt has been sending weapons and ammunition to Khalifa Haftar.")
    assert roles(found) == {("supplier", "Egypt"), ("recipient", "Khalifa Haftar")}
    assert found.regimes == ("1970",)
    assert ("recipient", "Khalifa Haftar") in {(role.value, name) for act in found.acts for role, name in act.roles}


def test_a_group_acts_not_the_land_it_is_of() -> None:
    found = read("Hezbollah of Lebanon sent rockets to the Houthis.")
    acts = {(role.value, name) for act in found.acts if act.strong for role, name in act.roles}
    assert acts == {("supplier", "Hezbollah"), ("recipient", "Houthis")}
    assert any(act.evidence.quote.startswith("Hezbollah of Lebanon sent") for act in found.acts)


def test_who_moves_his_own_arms_over_a_border_stands_at_both_ends_and_the_law_sees_both() -> None:
    found = read("Hezbollah has moved rockets from Syria into Lebanon, officials say.")
    assert {("supplier", "Hezbollah"), ("recipient", "Hezbollah")} <= roles(found)
    assert ("recipient", "Hezbollah") in {(role.value, name) for act in found.acts for role, name in act.roles}
    assert found.regimes == ("1701",)


@pytest.mark.parametrize(
    "text", ["Iran", "\ud800 Iran", "Iran, Russia", "Iran - 2024", "\ud800", "It rained on \ud800."]
)
def test_a_bare_name_tells_of_no_act_and_half_a_character_breaks_nothing(text: str) -> None:
    assert extract("", text, DAY, BOOK).parties == ()
