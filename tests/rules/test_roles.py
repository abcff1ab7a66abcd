"""Who is a candidate, what the learnt weights may say of him, and what they may not."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from compliance.classifier.corpus import corpus_digest
from rules.acts import clauses_of
from rules.candidates import Candidate, find_candidates
from rules.extraction import extract, read_story
from rules.findings import LEARNT
from rules.rulebook import load_rulebook
from rules.vocabulary import PartyType, Role
from rules.weights import ANSWERS, RoleWeights, load_weights, save_weights

BOOK = load_rulebook()
DAY = date(2026, 11, 20)


def candidates(text: str) -> dict[str, Candidate]:
    return {c.name: c for c in find_candidates(list(clauses_of("", text, BOOK)), BOOK)}


def weights(**biases: float) -> RoleWeights:
    return RoleWeights(tuple(biases.get(a, -9.0) for a in ANSWERS), {}, "none")


def test_short_forms_of_a_name_are_one_candidate() -> None:
    found = candidates(
        "Prosecutors say Tomasz Wilk met the buyer in Aden. Later Wilk paid Harbour Gate Trading LLC. "
        "The court heard that Harbour Gate shipped rifles, and that Mr Wilk had signed for them."
    )
    assert len(found["Tomasz Wilk"].places) == 3 and found["Tomasz Wilk"].type is PartyType.PERSON
    assert len(found["Harbour Gate Trading LLC"].places) == 2
    assert found["Harbour Gate Trading LLC"].type is PartyType.COMPANY
    assert "Wilk" not in found and "Harbour Gate" not in found


def test_what_his_people_call_him_is_no_part_of_a_name_but_of_where_it_stands() -> None:
    text = 'He bought rifles from Osric "Kite" Lemairo.'
    (place,) = candidates(text)["Osric Lemairo"].places
    assert text[place.start : place.end] == 'Osric "Kite" Lemairo'
    assert "Osric Lemairo" in candidates('Rifles came from Osric Lemairo "Kite", who fled.')


def test_a_ship_is_no_short_form_of_the_man_who_bears_its_name() -> None:
    found = candidates(
        "The rifles lay in the dhow Yunus off Aden, and Yunus Tarkan paid for them. The dhow Yunus was sunk."
    )
    assert found["Yunus"].type is PartyType.VESSEL and len(found["Yunus"].places) == 2
    assert len(found["Yunus Tarkan"].places) == 1


@pytest.mark.parametrize(
    ("text", "name", "type_"),
    [
        ("The fuel went aboard the tanker Orlogin-31 off Nampo.", "Orlogin-31", PartyType.VESSEL),
        ("Rifles were paid for by Daud el-Karim in Sanaa.", "Daud el-Karim", PartyType.PERSON),
        ("A court named Efrem Tesfai O. Haile as the buyer.", "Efrem Tesfai O. Haile", PartyType.PERSON),
        ("A court named Jorge St. Clair as the buyer.", "Jorge St. Clair", PartyType.PERSON),
        ("Prosecutors accuse Idris ag Walet of smuggling.", "Idris ag Walet", PartyType.PERSON),
        ("GENEVA - Bo Lindqvist was charged with smuggling rifles.", "Bo Lindqvist", PartyType.PERSON),
        ("Police charged HUGO MARTIN BELL with fraud.", "Hugo Martin Bell", PartyType.PERSON),
        ("The radios came from Delta Systems Pyongyang last year.", "Delta Systems Pyongyang", PartyType.COMPANY),
        ("Gold was bought by Uganda Northern Impex for cash.", "Uganda Northern Impex", PartyType.COMPANY),
        ("It paid Quillon (S) Pte Ltd for the pumps.", "Quillon (S) Pte Ltd", PartyType.COMPANY),
        ("It paid Orrin Economic and Trade Company, Ltd. for steel.", "Orrin Economic and Trade Company, Ltd.",
         PartyType.COMPANY),
        ("It was sold by Tehran-based Orrin Trading.", "Orrin Trading", PartyType.COMPANY),
        ("The rifles were bought by All Harbour Trading.", "All Harbour Trading", PartyType.COMPANY),
        ("It was paid by Trucker Idris Walet Noor.", "Idris Walet Noor", PartyType.PERSON),
        ("Rifles reached the 44th Brigade in the north.", "44th Brigade", PartyType.ORGANISATION),
        ("It was sold to the State Petrol Marketing Company.", "State Petrol Marketing Company", PartyType.COMPANY),
        ("Yesterday Osric Lemairo was convicted of selling rifles.", "Osric Lemairo", PartyType.PERSON),
        ("The fuel went aboard the tanker Maria off Nampo.", "Maria", PartyType.VESSEL),
        ("The rifles were for Commander Malek in the hills.", "Malek", PartyType.PERSON),
        ("The rifles were for Mullah Orrin in the hills.", "Mullah Orrin", PartyType.PERSON),
        ("The rifles were sold by his son Osric Gaddafi in Niamey.", "Osric Gaddafi", PartyType.PERSON),
        ("The pumps were sold by Orrin Vale Solutions in Dubai.", "Orrin Vale Solutions", PartyType.COMPANY),
        ("The money came from Unit 29155 in Moscow.", "Unit 29155", PartyType.ORGANISATION),
        ("Temrex, a Belgrade broker, sold the rifles.", "Temrex", PartyType.ORGANISATION),
    ],
)  # fmt: skip
def test_a_name_is_taken_whole_and_without_what_stands_before_it(text: str, name: str, type_: PartyType) -> None:
    found = candidates(f"It rained. {text}")
    assert name in found and found[name].type is type_
    place = found[name].places[0]
    assert f"It rained. {text}"[place.start : place.end].lower() == name.lower()


@pytest.mark.parametrize("name", ["Melbourne", "Lake Azuei", "Flagler Street", "Operation Sharp Guard", "HMS Chatham"])
def test_a_town_a_landmark_or_a_warship_is_nobody(name: str) -> None:
    assert candidates(f"It rained. The rifles were sold near {name} and later at {name} again.") == {}


def test_a_ship_may_bear_the_name_of_a_town_or_of_a_port() -> None:
    found = candidates(
        "It rained. The rifles were on the freighter Melbourne. The Melbourne had met the tanker Port Olya-3."
    )
    assert {name: c.type for name, c in found.items()} == dict.fromkeys(("Melbourne", "Port Olya-3"), PartyType.VESSEL)
    assert len(found["Melbourne"].places) == 2


def test_a_leader_is_a_candidate_and_so_is_the_party_he_leads() -> None:
    found = candidates("The rifles were for Kim Jong Un.")
    assert set(found) == {"Kim Jong Un", "North Korea"}
    assert all(p.by_leader for p in found["North Korea"].places)


def test_a_title_in_capitals_names_whom_the_text_names() -> None:
    clauses = list(clauses_of("Trader Tomasz Wilk Charged Over Rifles", "Police charged Tomasz Wilk, 41.", BOOK))
    (one,) = [c for c in find_candidates(clauses, BOOK) if not c.is_known]
    assert one.name == "Tomasz Wilk" and [p.clause for p in one.places] == [0, 1]


def test_a_given_name_spelled_another_way_or_a_word_that_opens_a_sentence_makes_no_other_person() -> None:
    for text in (
        "The rifles were for Moamer Gaddafi.",
        "Calling Gaddafi, he sold rifles.",
        "It hurt then-leader Gaddafi.",
    ):
        assert [name for name in candidates(text) if "Gaddafi" in name] == ["Muammar Gaddafi"], text


def test_kin_of_somebody_known_are_others_and_his_titles_and_spellings_are_he() -> None:
    for kin in ("Rifaat al-Assad", "Asma Assad", "Moussa Gaddafi"):
        found = candidates(f"The rifles were for {kin}.")
        assert kin.removeprefix("al-") in found and not any(found[name].is_known for name in found), kin
    for text in ("It went to Sheikh Nasrallah.", 'He wrote: "Free Nasrallah".', "It went to Hasan Nasrallah."):
        assert "Hassan Nasrallah" in candidates(text), text


def test_whoever_is_told_by_title_and_by_his_whole_name_is_one() -> None:
    found = candidates("Rifles were sold by Mohammad Orrin in Kabul. They were moved by Mullah Orrin.")
    assert len(found["Mohammad Orrin"].places) == 2 and "Mullah Orrin" not in found


def test_what_only_opens_a_sentence_is_no_name() -> None:
    assert set(candidates("Later it rained. Officials left. On Monday nothing came.")) == set()
    for word in ("Overnight", "Elsewhere", "Nevertheless", "Separately"):
        assert word not in candidates(f"It rained. {word}, a trader sold rifles."), word


def test_a_ship_is_known_by_what_stands_before_its_name() -> None:
    assert (
        candidates("Diesel was pumped aboard the tanker Lorna Grey off Wonsan.")["Lorna Grey"].type is PartyType.VESSEL
    )


def test_media_and_bodies_are_never_candidates() -> None:
    assert not {"Reuters", "United Nations", "Security Council"} & set(
        candidates("Reuters said the United Nations had told the Security Council of rifles sent to Yemen.")
    )


def test_a_name_the_weights_are_sure_of_becomes_a_party_with_its_sentence() -> None:
    text = "Rifles were found in Aden. The dealer, Tomasz Wilk, had shipped the rifles to the Houthis, a court heard."
    book = replace(BOOK, roles=weights(violator=9.0, broker=9.0))
    party = next(p for p in extract("", text, DAY, book).parties if p.canonical == "Tomasz Wilk")
    assert party.roles == (Role.BROKER,) and {e.rule for e in party.evidence} == {LEARNT}
    assert all(text[e.start : e.end] == e.quote and "Tomasz Wilk" in e.quote for e in party.evidence)


def test_what_a_frame_names_needs_less_of_the_weights_and_is_shown_in_the_words_of_the_frame() -> None:
    text = "Iran shipped drones to the Houthis, and Tomasz Wilk arranged it."
    found = extract("", text, DAY, replace(BOOK, roles=weights(violator=-0.5, supplier=0.0, recipient=0.0)))
    assert {p.canonical: p.roles[0].value for p in found.parties} == {"Iran": "supplier", "Houthis": "recipient"}
    assert all(p.evidence[0].rule.startswith("transfer.") for p in found.parties)
    assert extract("", text, DAY, replace(BOOK, roles=weights())).parties == ()


@pytest.mark.parametrize(
    "text", ["Tomasz Wilk could ship rifles to Yemen.", "Tomasz Wilk did not ship rifles to Yemen."]
)
def test_no_weight_makes_a_party_of_a_sentence_that_denies_or_imagines(text: str) -> None:
    assert extract("", text, DAY, replace(BOOK, roles=weights(violator=9.0, supplier=9.0))).parties == ()


def test_a_sentence_that_plans_one_thing_may_tell_another() -> None:
    book = replace(BOOK, roles=weights(violator=9.0, supplier=9.0))
    told = "Tomasz Wilk could lose his seat on the board of the pump maker and all else for payments made to Yemen."
    assert [p.canonical for p in extract("", told, DAY, book).parties if p.type is PartyType.PERSON] == ["Tomasz Wilk"]
    planned = "Tomasz Wilk could make payments to Yemen."
    assert extract("", planned, DAY, book).parties == ()


def test_the_features_of_a_name_do_not_hold_the_name() -> None:
    read = read_story("", "The firm Orrin Vale Shipping sent coal from Nampo, Orrin Vale said.", BOOK)
    told = {name.lower() for features in read.features for name in features}
    assert not any("orrin" in name or "vale" in name for name in told)


def test_the_shipped_weights_learnt_from_the_shipped_corpus() -> None:
    assert BOOK.roles.corpus == corpus_digest(), "the corpus changed: embargowatch model train"


def test_weights_survive_being_written_and_a_broken_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "roles.json"
    save_weights(BOOK.roles, path)
    assert load_weights(path) == BOOK.roles
    path.write_text(json.dumps({"corpus": "", "answers": ["violator"], "biases": [0], "weights": {}}))
    with pytest.raises(ValueError, match=r"roles\.json"):
        load_weights(path)
