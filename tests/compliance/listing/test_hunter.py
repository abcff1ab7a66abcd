"""Listed names in running text: found in any spelling of the list, quoted where they stand, never by chance."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.listing.hunter import MOST_OF_ONE, NameHunter, fold
from compliance.listing.listed import Quality, Sort
from tests.compliance.listing.records import record

PERSON = record("QASSIM AL-DURRANI", "Ch'o'l Waziri", "قاسم الدراني", "Terminator", quality=Quality.GOOD)
WEAK = record("ORVAL DESTANIAN", "The Lofter", quality=Quality.WEAK)
BODY = record("TALLOW HARBOUR TRADING COMPANY, LIMITED", "THT", sort=Sort.BODY, regimes=("1718",))
SHIP = record("HERON", sort=Sort.VESSEL, imo_numbers=("9074729",), regimes=("1718",))


def found(text: str, *records: object) -> list[str]:
    hits = NameHunter(records or (PERSON, WEAK, BODY, SHIP)).find(text)
    assert all(text[h.start : h.end] == h.quote for h in hits)
    return [h.quote for h in hits]


@pytest.mark.parametrize(
    ("text", "quotes"),
    [
        ("Police held Qassim al-Durrani on Monday.", ["Qassim al-Durrani"]),
        ("Police held QASSIM AL DURRANI.", ["QASSIM AL DURRANI"]),
        ("Qassim\n  Al-Durrani's brother", ["Qassim\n  Al-Durrani"]),
        ("Chol Waziri and Ch’o’l Waziri met.", ["Chol Waziri", "Ch’o’l Waziri"]),
        ("قال قاسم الدراني إن", ["قاسم الدراني"]),
        ("Qa\u0301ssim al-Durra\u0301ni spoke", ["Qa\u0301ssim al-Durra\u0301ni"]),
        ("cargo of Tallow Harbour Trading was seized", ["Tallow Harbour Trading"]),
        ("the tallow harbour trading of candles", []),
        ("Terminator was on television", []),
        ("Terminator is Qassim al-Durrani, they say", ["Terminator", "Qassim al-Durrani"]),
        ("The Lofter spoke", []),
        ("The Lofter spoke to Qassim al-Durrani", ["The Lofter", "Qassim al-Durrani"]),
        ("THT said nothing", []),
        ("THT is Tallow Harbour Trading", ["THT", "Tallow Harbour Trading"]),
        ("A heron stood in the river. Heron Street is long.", []),
        ("The tanker Heron left port.", ["Heron"]),
        ("A ship, IMO number 9074729, left; order 9074729 was paid.", ["9074729"]),
        ("Qassim al-Durranius", []),
    ],
)
def test_a_name_is_found_where_it_is_meant(text: str, quotes: list[str]) -> None:
    assert found(text) == quotes


@settings(deadline=None)
@given(st.text(alphabet="ab'’ -é\u0301\n٠قA", max_size=60), st.text(max_size=40))
def test_every_quote_stands_at_its_offsets_in_any_text(before: str, after: str) -> None:
    text = f"{before} Qassim al-Durrani {after}"
    assert "Qassim al-Durrani" in found(text)


@settings(deadline=None)
@given(st.text(max_size=200))
def test_folding_tells_each_place_back(text: str) -> None:
    folded = fold(text)
    places = [folded.origin(i) for i in range(len(folded.text))]
    assert places == sorted(set(places)) and all(0 <= p < len(text) for p in places)


def test_a_name_repeated_a_thousand_times_gives_a_few_hits() -> None:
    assert len(found("Qassim al-Durrani. " * 50_000)) == MOST_OF_ONE


def test_ten_thousand_names_are_one_automaton() -> None:
    hunter = NameHunter([record(f"Name{n} Surname{n}") for n in range(10_000)])
    assert hunter.names == 10_000
    assert [h.quote for h in hunter.find("Name7 Surname7 met Name9999 Surname9999")] == [
        "Name7 Surname7",
        "Name9999 Surname9999",
    ]
