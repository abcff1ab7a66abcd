"""A watchlist is read strictly: what is wrong is told with file, line and field, and nothing of the file is used."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.listing.csvlist import MOST_FAULTS, ListFileError, parse_vessels, parse_watchlist
from compliance.listing.listed import Quality, Sort

HEAD = "kind,type,name,aliases,imo,birth_date,country,belongs_to,reference,note\n"
GOOD = (
    HEAD + "customer,company,Tallow Dry Bulk Ltd,Tallow Bulk; TDB Bulk,,,Ruritania,,C-1,\n"
    "counterparty,person,Orval Wale,,,1961-02-03,Ruritania,,C-2,trader\n"
    "vessel,,Grey Heron,,IMO 9074729,,,Tallow Dry Bulk Ltd,,\n"
)


def faults(text: str | bytes) -> list[str]:
    with pytest.raises(ListFileError) as caught:
        parse_watchlist(text if isinstance(text, bytes) else text.encode(), "own", "own.csv")
    assert "\n" not in str(caught.value)
    return caught.value.faults


def test_customers_counterparties_and_vessels_are_read() -> None:
    company, person, ship = parse_watchlist(b"\xef\xbb\xbf" + GOOD.encode(), "own", "own.csv")
    assert [r.sort for r in (company, person, ship)] == [Sort.BODY, Sort.PERSON, Sort.VESSEL]
    assert [(n.name, n.quality) for n in company.names][1:] == [
        ("Tallow Bulk", Quality.GOOD),
        ("TDB Bulk", Quality.GOOD),
    ]
    assert (person.birth_dates, person.countries, person.note) == (
        ("1961-02-03",),
        ("Ruritania",),
        "counterparty – trader",
    )
    assert (ship.imo_numbers, ship.owner, company.key) == (("9074729",), "Tallow Dry Bulk Ltd", "watchlist:own:C-1")
    assert all(r.is_watched and not r.regimes for r in (company, person, ship))


def test_a_row_without_reference_keeps_its_key_from_version_to_version() -> None:
    row = b"kind,name\ncustomer,Tallow Bulk\n"
    more = b"kind,name,note\ncustomer,Other Bulk,\ncustomer,Tallow Bulk,new\n"
    assert parse_watchlist(row, "own", "f")[0].key == parse_watchlist(more, "own", "f")[1].key


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "own.csv: line 1: kind: the column is missing"),
        ("kind;name\n", "own.csv: line 1: kind;name: unknown column"),
        ("kind,name,name\n", "own.csv: line 1: name: the column stands twice"),
        ("kind,name,age\n", "own.csv: line 1: age: unknown column"),
        (HEAD, "own.csv: line 1: the file holds no rows below its header"),
        ("kind,name\nfriend,Ab\n", "own.csv: line 2: kind: 'friend' is none of customer, counterparty, vessel"),
        ("kind,name\n\ncustomer,A\n", "own.csv: line 3: name: a name of two letters or more is needed"),
        ("kind,name\ncustomer\n", "own.csv: line 2: 1 fields where the header has 2"),
        ("kind,name,imo\nvessel,Heron,9074720\n", "own.csv: line 2: imo: '9074720' is no IMO number"),
        ("kind,name,imo\nvessel,Heron,٩٠٧٤٧٢٩\n", "own.csv: line 2: imo:"),
        ("kind,name,birth_date\ncustomer,Wale,1961-02-30\n", "own.csv: line 2: birth_date: '1961-02-30' is no date"),
        ("kind,name,birth_date\ncustomer,Wale,3.2.1961\n", "own.csv: line 2: birth_date:"),
        ("kind,type,name\nvessel,person,Wale\n", "own.csv: line 2: type: 'person' is no type of a vessel"),
        ("kind,name\ncustomer,Wale\ncustomer,WALE\n", "own.csv: line 3: name: stands in the file twice"),
        ("kind,name\ncustomer,Wa\x00le\n", "own.csv: line 2: name: holds a control character"),
        ('kind,name\ncustomer,"Wale\n', "own.csv: line 2: "),
        ("kind,name\ncustomer," + "w" * 2_000 + "\n", "own.csv: line 2: name: longer than 1,000 letters"),
        ('kind,name\ncustomer,"two\nlines"\ncustomer,A\n', "own.csv: line 4: name:"),
    ],
)
def test_a_fault_names_file_line_and_field(text: str, told: str) -> None:
    assert faults(text)[0].startswith(told)


def test_bytes_of_another_encoding_name_the_line() -> None:
    assert faults("kind,name\ncustomer,Wale\ncustomer,Zoë\n".encode("latin-1"))[0].startswith(
        "own.csv: line 3: not UTF-8"
    )


def test_every_fault_is_told_up_to_a_bound() -> None:
    assert len(faults("kind,name\n" + "friend,Wale\n" * 5)) == 5
    assert len(faults("kind,name\n" + "friend,Wale\n" * 500)) == MOST_FAULTS


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_list_or_one_line_of_refusal(body: bytes) -> None:
    try:
        parse_watchlist(b"kind,name\n" + body, "own", "own.csv")
    except ListFileError as error:
        assert error.faults and all(fault.startswith("own.csv: line ") for fault in error.faults)


def test_designated_vessels_need_a_number_and_may_have_former_names() -> None:
    body = b"imo,name,former_names,owner,listed_on\n9074729,Grey Heron,Heron I; Heron II,Tallow Shipping,2018-10-16\n"
    (ship,) = parse_vessels(body, "v.csv")
    assert (ship.regimes, ship.reference, ship.is_watched) == (("1718",), "IMO 9074729", False)
    assert [n.quality for n in ship.names] == [Quality.PRIMARY, Quality.FORMER, Quality.FORMER]
    with pytest.raises(ListFileError, match=r"v.csv: line 2: imo: a designated vessel needs its number"):
        parse_vessels(b"imo,name\n,Grey Heron\n", "v.csv")


SIMPLE = (
    '"id","schema","name","aliases","birth_date","countries","addresses","identifiers","sanctions","dataset"\n'
    '"ofac-1","Person","Orval Wale","Wale, Orval;""Wale; the elder""","1961-02-03;1961","ru;ir",'
    '"","","SDGT","US OFAC"\n'
    '"eu-2","Vessel","Grey Heron","","","pa","","IMO 9074729;351234000","","EU FSF"\n'
    '"x-3","CryptoWallet","bc1q","","","","","","",""\n'
    '"eu-4","Company","Tallow Dry Bulk","","","","","9074729","",""\n'
)


def test_a_list_as_opensanctions_publishes_those_of_ofac_and_the_eu_is_read() -> None:
    person, ship, company = parse_watchlist(SIMPLE.encode(), "ofac", "targets.simple.csv")
    assert (person.sort, ship.sort, company.sort) == (Sort.PERSON, Sort.VESSEL, Sort.BODY)
    assert [n.name for n in person.names] == ["Orval Wale", "Wale, Orval", "Wale; the elder"]
    assert (person.birth_dates, person.countries) == (("1961-02-03", "1961"), ("ru", "ir"))
    assert (person.key, person.note) == ("watchlist:ofac:ofac-1", "US OFAC – SDGT")
    assert (ship.imo_numbers, company.imo_numbers) == (("9074729",), ())
    assert all(r.is_watched and not r.is_listed and not r.regimes for r in (person, ship, company))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"eu-2"', '"ofac-1"', "own.csv: line 3: id: stands in the file twice"),
        ('"eu-2"', '""', "own.csv: line 3: id: is empty"),
        ('"Grey Heron"', '"G"', "own.csv: line 3: name: a name of two letters or more is needed"),
        ('"dataset"', '"colour"', "own.csv: line 1: colour: unknown column"),
    ],
)
def test_what_is_wrong_in_such_a_list_is_told_with_its_line(old: str, new: str, told: str) -> None:
    assert faults(SIMPLE.replace(old, new, 1))[0].startswith(told)
