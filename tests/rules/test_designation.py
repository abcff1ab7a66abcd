"""The UN list as XML: what its odd fields mean, what is refused, and what a hostile document does not achieve."""

import os
import resource
import time
import xml.etree.ElementTree as ET
from datetime import date
from pathlib import Path

import pytest

from rules.designation import (
    REGIMES,
    Alias,
    Designation,
    DesignationError,
    DesignationList,
    check_plausible,
    load_snapshot,
    parse_list,
    write_snapshot,
)
from rules.rulebook import BOOK
from tests.compliance.intake.hostile import hostile, reply

PERSON = """<INDIVIDUAL><DATAID>6908555</DATAID><VERSIONNUM>1</VERSIONNUM><FIRST_NAME>ORRIN</FIRST_NAME>
<SECOND_NAME>VALE</SECOND_NAME><THIRD_NAME/><FOURTH_NAME>OF
  LOFTHOUSE</FOURTH_NAME><UN_LIST_TYPE>DPRK</UN_LIST_TYPE><REFERENCE_NUMBER>KPi.033 </REFERENCE_NUMBER>
<LISTED_ON>2015-07-01-04:00</LISTED_ON><NAME_ORIGINAL_SCRIPT>오린</NAME_ORIGINAL_SCRIPT>
<NATIONALITY><VALUE>Ruritania</VALUE><VALUE/></NATIONALITY>
<INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>Orval Wale; b) O’Vale</ALIAS_NAME></INDIVIDUAL_ALIAS>
<INDIVIDUAL_ALIAS><QUALITY>Low</QUALITY><ALIAS_NAME>The Lofter, born in Lofthouse</ALIAS_NAME></INDIVIDUAL_ALIAS>
<INDIVIDUAL_ALIAS><QUALITY/><ALIAS_NAME/></INDIVIDUAL_ALIAS>
<INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>EXACT</TYPE_OF_DATE><DATE>1961-02-03</DATE></INDIVIDUAL_DATE_OF_BIRTH>
<INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>EXACT</TYPE_OF_DATE><YEAR>1962</YEAR></INDIVIDUAL_DATE_OF_BIRTH>
<INDIVIDUAL_DATE_OF_BIRTH><FROM_YEAR>1960</FROM_YEAR><TO_YEAR>1963</TO_YEAR></INDIVIDUAL_DATE_OF_BIRTH>
<INDIVIDUAL_DATE_OF_BIRTH><NOTE>unknown</NOTE></INDIVIDUAL_DATE_OF_BIRTH></INDIVIDUAL>"""
ENTITY = """<ENTITY><DATAID>110403</DATAID><FIRST_NAME>  GREY HARBOUR TRADING “GHT” </FIRST_NAME>
<UN_LIST_TYPE>Yemen</UN_LIST_TYPE><REFERENCE_NUMBER>YEe.002</REFERENCE_NUMBER>
<ENTITY_ALIAS><QUALITY>a.k.a.</QUALITY><ALIAS_NAME>GHT</ALIAS_NAME></ENTITY_ALIAS>
<ENTITY_ALIAS><QUALITY>a.k.a.</QUALITY><ALIAS_NAME>GHT</ALIAS_NAME></ENTITY_ALIAS>
<ENTITY_ALIAS><QUALITY>f.k.a.</QUALITY><ALIAS_NAME>Grey Line</ALIAS_NAME></ENTITY_ALIAS>
<ENTITY_ALIAS><QUALITY>rumoured</QUALITY><ALIAS_NAME>Greys</ALIAS_NAME></ENTITY_ALIAS></ENTITY>"""


def document(persons: str = PERSON, entities: str = ENTITY, day: str = "2026-11-20") -> bytes:
    head = f'<?xml version="1.0" encoding="UTF-8"?><CONSOLIDATED_LIST dateGenerated="{day}T23:00:09.067Z">'
    parts = f"<INDIVIDUALS>{persons}</INDIVIDUALS><ENTITIES>{entities}</ENTITIES>"
    return f"{head}{parts}</CONSOLIDATED_LIST>".encode()


def listed(persons: int, entities: int, day: str = "2026-11-20") -> DesignationList:
    """A list of so many persons and entities."""
    rows = [Designation(str(n), f"QDi.{n:03}", f"Person {n}", True, "1267") for n in range(persons)]
    rows += [Designation(f"e{n}", f"QDe.{n:03}", f"Entity {n}", False, "1267") for n in range(entities)]
    return DesignationList(f"{day}T00:00:00Z", "0" * 64, tuple(rows))


def test_a_person_is_read_with_its_odd_fields_made_plain() -> None:
    person = parse_list(document()).designations[0]
    assert person == Designation(
        data_id="6908555",
        reference="KPi.033",
        name="ORRIN VALE OF LOFTHOUSE",
        is_person=True,
        regime="1718",
        aliases=(Alias("Orval Wale", "good"), Alias("O'Vale", "good"), Alias("The Lofter", "low")),
        original_script="오린",
        listed_on="2015-07-01",
        birth_dates=("1961-02-03", "1962", "1960/1963"),
        nationalities=("Ruritania",),
    )


def test_an_entity_is_read_with_former_and_doubtful_names_marked() -> None:
    found = parse_list(document())
    entity = found.designations[1]
    assert (entity.name, entity.regime, entity.is_person) == ("GREY HARBOUR TRADING GHT", "2140", False)
    assert entity.aliases == (Alias("GHT", "good"), Alias("Grey Line", "former"), Alias("Greys", "low"))
    assert (found.persons, found.entities, found.generated[:10]) == (1, 1, "2026-11-20")


def test_the_digest_is_that_of_the_bytes_as_received() -> None:
    import hashlib

    body = document()
    assert parse_list(body).digest == hashlib.sha256(body).hexdigest() != parse_list(body + b"\n").digest


def test_every_list_type_leads_to_a_regime_of_the_book() -> None:
    from rules.regime import load_regimes

    assert set(REGIMES.values()) <= set(load_regimes(BOOK / "regimes"))
    for word, regime in REGIMES.items():
        body = document(PERSON.replace(">DPRK<", f">{word}<"))
        assert parse_list(body).designations[0].regime == regime


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (">DPRK<", ">Atlantis<", "KPi.033: no name, or the unknown list type 'Atlantis'"),
        (">DPRK<", "><", "unknown list type"),
        ("<DATAID>6908555</DATAID>", "", "entry without DATAID"),
        ("KPi.033", "KPi.33", "6908555"),
        ("KPi.033", "kpi.033", "6908555"),
        ("KPi.033", "KPi.0333", "6908555"),
        ("CONSOLIDATED_LIST", "sdnList", "not CONSOLIDATED_LIST"),
        ('dateGenerated="2026-11-20T23:00:09.067Z"', "", "when it was generated"),
        ('dateGenerated="2026-', 'dateGenerated="today ', "when it was generated"),
    ],
)
def test_a_list_that_does_not_say_what_it_should_is_refused_with_the_place(old: str, new: str, told: str) -> None:
    body = document().decode()
    assert old in body
    with pytest.raises(DesignationError, match=told) as caught:
        parse_list(body.replace(old, new).encode())
    assert "\n" not in str(caught.value)


def test_one_data_id_for_a_person_and_an_entity_is_refused() -> None:
    with pytest.raises(DesignationError, match="6908555 stands in the list twice"):
        parse_list(document(entities=ENTITY.replace("110403", "6908555")))


def test_a_list_cut_anywhere_is_refused() -> None:
    body = document()
    for end in range(0, len(body) - 1, 7):
        with pytest.raises(DesignationError):
            parse_list(body[:end])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<",
        b"\x1f\x8b\x08\x00",
        b"{}",
        b"%PDF-1.7",
        b"\xff\xfe<\x00",
        b"<!doctype html><title>Maintenance</title>",
        "<CONSOLIDATED_LIST/>".encode("utf-16"),
        "<CONSOLIDATED_LIST/>".encode("utf-32"),
        b"<CONSOLIDATED_LIST dateGenerated='2026-11-20'>\xff</CONSOLIDATED_LIST>",
    ],
)
def test_what_is_no_list_at_all_is_refused(body: bytes) -> None:
    with pytest.raises(DesignationError):
        parse_list(body)


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol" * 10}">' for n in range(12))
BOMBS = {
    "billion laughs": f"<!DOCTYPE x [{LAUGHS}]>@&l11;",
    "quadratic": f'<!DOCTYPE x [<!ENTITY a "{"a" * 50_000}">]>@{"&a;" * 20_000}',
    "recursive": '<!DOCTYPE x [<!ENTITY a "&b;"><!ENTITY b "&a;">]>@&a;',
    "external entity": '<!DOCTYPE x [<!ENTITY a SYSTEM "{canary}">]>@&a;',
    "external file": '<!DOCTYPE x [<!ENTITY a SYSTEM "file://{file}">]>@&a;',
    "parameter entity": '<!DOCTYPE x [<!ENTITY % p SYSTEM "{canary}"> %p;]>@',
    "outer document type": '<!DOCTYPE CONSOLIDATED_LIST SYSTEM "{canary}">@',
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("name", BOMBS)
def test_entities_are_refused_unexpanded_and_unfetched(name: str, encoding: str, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    canary.write_text("CANARY")
    started, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with hostile({"/canary": reply(b"CANARY")}) as server:
        head, _, inside = BOMBS[name].partition("@")
        head = head.replace("{canary}", server.base + "/canary").replace("{file}", str(canary))
        root = '<CONSOLIDATED_LIST dateGenerated="2026-11-20"><INDIVIDUALS><INDIVIDUAL><FIRST_NAME>'
        tail = "</FIRST_NAME></INDIVIDUAL></INDIVIDUALS></CONSOLIDATED_LIST>"
        with pytest.raises(DesignationError, match="document type or is not UTF-8") as caught:
            parse_list((head + root + inside + tail).encode(encoding))
        assert server.asked == [] and "CANARY" not in str(caught.value)
    assert time.monotonic() - started < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 256_000


@pytest.mark.parametrize(
    "extra",
    [
        '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{canary}" parse="text"/>',
        '<?xml-stylesheet type="text/xsl" href="{canary}"?>',
        '<x xmlns:s="http://www.w3.org/2001/XMLSchema-instance" s:schemaLocation="{canary} {canary}"/>',
    ],
)
def test_what_invites_fetching_is_not_followed(extra: str) -> None:
    with hostile({"/canary": reply(b"CANARY")}) as server:
        person = PERSON.replace("<FIRST_NAME>", extra.replace("{canary}", server.base + "/canary") + "<FIRST_NAME>", 1)
        found = parse_list(document(person))
        assert server.asked == []
    assert "CANARY" not in repr(found) and found.designations[0].name == "ORRIN VALE OF LOFTHOUSE"


def test_depth_is_bounded_in_bounded_time() -> None:
    started = time.monotonic()
    with pytest.raises(DesignationError, match="nested too deeply"):
        parse_list(document("<a>" * 200_000 + "</a>" * 200_000))
    assert time.monotonic() - started < 5


def test_more_bytes_than_any_list_has_are_refused_unread() -> None:
    with pytest.raises(DesignationError, match="more than 50,000,000 bytes"):
        parse_list(b" " * 50_000_001)


@pytest.mark.parametrize(
    ("persons", "entities", "told"),
    [
        (200, 100, None),
        (190, 95, None),
        (189, 100, "persons fell from 200 to 189"),
        (200, 94, "entities fell from 100 to 94"),
        (400, 94, "entities fell"),
        (100, 0, "persons fell"),
        (99, 0, "only 99 designations"),
        (0, 0, "only 0 designations"),
        (2_000, 1_000, None),
    ],
)
def test_a_list_may_lose_a_twentieth_of_each_sort_and_no_more(persons: int, entities: int, told: str | None) -> None:
    last, new = listed(200, 100), listed(persons, entities)
    if told is None:
        check_plausible(new, last)
    else:
        with pytest.raises(DesignationError, match=told):
            check_plausible(new, last)


def test_a_first_list_needs_a_hundred_designations() -> None:
    check_plausible(listed(60, 40), None)
    with pytest.raises(DesignationError, match="only 99"):
        check_plausible(listed(60, 39), None)


def test_a_list_of_the_same_day_may_replace_the_last_and_one_of_the_day_before_may_not() -> None:
    last = listed(200, 100, "2026-11-20")
    check_plausible(listed(200, 100, "2026-11-20"), last)
    with pytest.raises(DesignationError, match="generated 2026-11-19, before the list in use"):
        check_plausible(listed(200, 100, "2026-11-19"), last)


def test_a_snapshot_survives_being_written_and_has_the_same_bytes_each_time(tmp_path: Path) -> None:
    path, found = tmp_path / "snapshot.jsonl.gz", parse_list(document())
    write_snapshot(found, path)
    first = path.read_bytes()
    assert load_snapshot(path) == found
    write_snapshot(load_snapshot(path), path)
    assert path.read_bytes() == first


def test_the_real_list_is_read_whole(tmp_path: Path) -> None:
    named = os.environ.get("EMBARGOWATCH_UN_LIST")
    if not named:
        pytest.skip("NO UN LIST: set EMBARGOWATCH_UN_LIST to a copy of the UN Consolidated List in XML")
    body = Path(named).read_bytes()
    found, root = parse_list(body), ET.fromstring(body)
    assert found.persons == len(root.findall("INDIVIDUALS/INDIVIDUAL")) > 500
    assert found.entities == len(root.findall("ENTITIES/ENTITY")) > 200
    told = {" ".join((e.text or "").split()) for e in root.iter("REFERENCE_NUMBER")}
    assert {d.reference for d in found.designations} == told
    for designation in found.designations:
        assert designation.listed_on is not None and date.fromisoformat(designation.listed_on) <= date.today()
        assert all(alias.name.strip() and alias.quality in ("good", "low", "former") for alias in designation.aliases)
    check_plausible(found, None)
    write_snapshot(found, tmp_path / "list.jsonl.gz")
    assert load_snapshot(tmp_path / "list.jsonl.gz") == found
