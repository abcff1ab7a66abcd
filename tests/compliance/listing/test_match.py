"""A party is matched to the listed one that it is, however its name is written, and to nobody by chance words."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.listing.index import MOST_COMPARED, NameIndex
from compliance.listing.listed import Listed, Quality, Sort
from compliance.listing.match import Match, Sought, beside_each, matches
from rules.vocabulary import PartyType
from tests.compliance.listing.records import index, others, record


def best(name: str, *records: Listed, **known: object) -> Match | None:
    found = matches(Sought(name, **known), index(*records))
    return found[0] if found else None


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        ("QASSIM AL-DURRANI WAZIRI", "Waziri, Qassim al-Durrani"),
        ("QASSIM DURRANI", "Qasem Dourany"),
        ("ABDUL RAHIM WAZIRI", "Abdurrahim Waziri"),
        ("ABD AL-RAHIM WAZIRI", "Abdel Rahim Waziri"),
        ("HABIBULLAH WAZIRI", "Habib Ullah Waziri"),
        ("SAIF AL-DIN WAZIRI", "Seifuddin Waziri"),
        ("MUAMMAR QADHDHAFI WAZIRI", "Moammar Gaddafi Waziri"),
        ("AGHA JAN DURRANI", "Aghajan Durrani"),
        ("RO CHO'L-CHAE", "Ro Chol Chae"),
        ("PAK JONG HYOK", "Park Jeong-hyeok"),
        ("ISLAM SEIT-UMAROVICH TATABIEV", "Ислам Сеит-Умарович Татабиев"),
        ("QASSIM SULAYMAN WAZIRI", "قاسم سليمان وزيري"),
        ("KIM HAK TOL", "김학돌"),
        ("JIN TIESHAN", "金铁山"),
        ("BOSCO TAGANDAR", "Bosco Tagnadar"),
        ("MUHAMMAD QASSIM DURRANI", "Qassim Durrani"),
    ],
)
def test_a_listed_person_is_found_however_the_name_is_written(listed: str, said: str) -> None:
    found = best(said, record(listed), type=PartyType.PERSON)
    assert found is not None and found.listed.name == listed and 0.6 <= found.score <= 1
    assert found.reason and listed.split()[0].lower()[:2] in found.reason.lower()


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        ("QASSIM DURRANI", "Qassim Walker"),
        ("QASSIM DURRANI", "Durrani"),
        ("KIM JONG SIK", "Kim Jong"),
        ("KIM JONG UK", "Kim Jong In"),
        ("GREY HARBOUR TRADING COMPANY", "Trading Company"),
        ("MINISTRY OF NATIONAL DEFENCE", "Ministry of Health"),
        ("FACTORY 79 TALLOW", "Factory 97 Tallow"),
    ],
)
def test_what_many_names_share_matches_nobody(listed: str, said: str) -> None:
    sort = Sort.BODY if listed[0] in "GMF" else Sort.PERSON
    assert best(said, record(listed, sort=sort)) is None


@pytest.mark.parametrize(
    "form", ["Ltd", "LLC", "Co., Ltd", "GmbH", "Pte. Ltd.", "OOO", "S.A.", "Corporation", "Limted"]
)
def test_legal_forms_weigh_nothing(form: str) -> None:
    listed = record("TALLOW HARBOUR COMPANY LIMITED", sort=Sort.BODY)
    found = best(f"Tallow Harbour {form}", listed, type=PartyType.COMPANY)
    assert found is not None and found.score == 1.0


def test_a_person_never_matches_a_body_nor_a_state_anything() -> None:
    listed = record("TALLOW HARBOUR", sort=Sort.BODY)
    assert best("Tallow Harbour", listed, type=PartyType.PERSON) is None
    assert best("Tallow Harbour", listed, type=PartyType.STATE) is None
    assert best("Tallow Harbour", listed, type=PartyType.COMPANY) is not None


def test_a_weak_alias_of_one_word_matches_only_beside_another_listed_party_of_its_regime() -> None:
    weak = record("ORVAL DESTANIAN", "Terminator", quality=Quality.WEAK)
    strong = record("QASSIM DURRANI")
    found = index(weak, strong)
    alone = Sought("Terminator", PartyType.PERSON)
    assert matches(alone, found) == []
    other = matches(Sought("Qassim Durrani", PartyType.PERSON), found)
    beside = beside_each([[], other], ["Terminator", "Qassim Durrani"])
    assert beside[1] == {}
    together = matches(alone, found, beside[0])
    assert [m.listed.name for m in together] == ["ORVAL DESTANIAN"]
    assert together[0].quality is Quality.WEAK and "weak alias" in together[0].reason
    assert f"the story names Qassim Durrani ({strong.reference}) too" in together[0].reason
    elsewhere = index(replace(weak, regimes=("1533",)), strong)
    assert matches(alone, elsewhere, beside[0]) == []


def test_a_weak_alias_of_several_words_needs_a_second_cue_too_and_a_birth_or_nationality_is_one() -> None:
    weak = record("ORVAL DESTANIAN", "Tamsin Okonjo Vell", quality=Quality.WEAK)
    found = index(replace(weak, birth_dates=("1961-04-05",), countries=("Ruritania",)))
    alone = Sought("Tamsin Okonjo Vell", PartyType.PERSON)
    assert matches(alone, found) == []
    for cue in (replace(alone, birth_dates=("1961",)), replace(alone, countries=("Ruritania",))):
        told = matches(cue, found)
        assert len(told) == 1 and "too weak or common to count alone, but the same" in told[0].reason
    assert matches(replace(alone, birth_dates=("1999",), countries=("Ruritania",)), found) == []


@pytest.mark.parametrize(
    ("listed", "said", "is_one"),
    [
        ("HARA COMPANY", "Company Hara", True), ("KOTI CORP", "Koti Corp", True), ("KOTI CORP", "Koti", False),
        ("MYOHYANG SHIPPING CO", "Myohyang Shipping Ceo", True), ("SON JONG HYOK", "Son Jong Hyok", True),
        ("ALLAH DAD MATIN", "Matin, Allah Dad", True), ("WALIJAN", "Waleejan", True),
        ("MATI UR-REHMAN ALI MUHAMMAD", "Mati Or-Rehman Ali Muhammad", True),
        ("KIM KYU", "Kim Heung-kyu", False), ("JOHNSON ANDRE", "Andrew Johnson", False),
        ("SEYYED HUSSEIN HOSSEINI", "Sajjad Hussain", False),
    ],
)  # fmt: skip
def test_forms_articles_and_order_tell_names_apart(listed: str, said: str, is_one: bool) -> None:
    sort = Sort.BODY if listed.endswith(("COMPANY", "CORP", "CO")) else Sort.PERSON
    filler = [record(f"FILLER NUMBER {n}", sort=sort) for n in range(40)]
    assert bool(matches(Sought(said), index(record(listed, sort=sort), *filler))) is is_one


def test_another_name_of_two_common_words_counts_only_beside_a_second_cue() -> None:
    several = [record(f"MUHAMMAD AMIN NUMBER{n}") for n in range(12)]
    one = record("ORVAL DESTANIAN", "Muhammad Amin")
    found = index(one, *several)
    said = Sought("Muhammad Amin", PartyType.PERSON)
    assert one.key not in {m.listed.key for m in matches(said, found)}
    cued = matches(said, found, dict.fromkeys(one.regimes, "M23 (CDe.006)"))
    assert one.key in {m.listed.key for m in cued}


def test_an_imo_number_finds_a_renamed_ship_and_another_number_parts_two_of_one_name() -> None:
    ship = record("GREY HERON", sort=Sort.VESSEL, imo_numbers=("9074729",))
    renamed = best("Blue Finch", ship, type=PartyType.VESSEL, imo="9074729")
    assert renamed is not None and renamed.score == 1.0 and "renamed" in renamed.reason
    assert best("Grey Heron", ship, type=PartyType.VESSEL) is not None
    assert best("Grey Heron", ship, type=PartyType.VESSEL, imo="9176187") is None
    assert best("Blue Finch", ship, type=PartyType.VESSEL, imo="9074720") is None


def test_birth_and_nationality_bear_on_the_score_and_are_told() -> None:
    listed = record("QASSIM SULAYMAN DURRANI", birth_dates=("1961-02-03",), countries=("Ruritania",))
    plain = best("Qasim Durrani", listed)
    same = best("Qasim Durrani", listed, birth_dates=("1961-02-03",), countries=("Ruritania",))
    other = best("Qasim Durrani", listed, birth_dates=("1990",))
    assert plain is not None and same is not None and same.score > plain.score and other is None
    assert "the same birth date" in same.reason and "the same nationality" in same.reason
    assert ("birth date", 0.1) in same.features


def test_a_reason_says_what_is_spelled_otherwise_left_out_and_added() -> None:
    found = best("Qasem Durrani Waziri", record("QASSIM DURRANI MOMINOV WAZIRI", note="reported dead"))
    assert found is not None
    assert "spelled otherwise: qasem for qassim" in found.reason
    assert "not said: mominov" in found.reason and "reported dead" in found.reason


@settings(deadline=None)
@given(st.text(max_size=120))
def test_any_text_is_answered_with_scores_in_bounds(name: str) -> None:
    for match in matches(Sought(name), _INDEX):
        assert 0 <= match.score <= 1 and match.reason


_INDEX = NameIndex([record("QASSIM DURRANI", "قاسم دراني", "Q."), *others(40)])


def test_equal_input_gives_an_equal_answer() -> None:
    first, second = index(record("QASSIM DURRANI")), index(record("QASSIM DURRANI"))
    for name in ("Qasem Dourany", "Durrani", "kakaka karoor"):
        assert matches(Sought(name), first) == matches(Sought(name), second)


@pytest.mark.parametrize("word", ["muhammad ali", "ba " * 100])
def test_ten_thousand_names_that_are_hard_to_tell_apart_bound_the_work_for_each(word: str) -> None:
    records = [record(f"{word} {n % 7}", key=f"k{n}") for n in range(10_000)]
    crowded = NameIndex(records)
    before = crowded.compared
    for n in range(20):
        matches(Sought(f"{word} {n}"), crowded)
    assert crowded.compared - before <= 20 * 2 * MOST_COMPARED


def test_a_name_as_long_as_a_book_is_cut() -> None:
    found = matches(Sought("Qassim Durrani " + "word " * 200_000), index(record("QASSIM DURRANI")))
    assert len(found) <= 5
