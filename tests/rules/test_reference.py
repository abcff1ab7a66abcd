"""The book beside a table of the regimes that was compiled apart from it: nothing of the table is missing or other.

The table is no part of the project. EMBARGOWATCH_REGIMES names a copy; without one these tests are skipped.
"""

import os
import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from rules.regime import Measure, Regime
from rules.rulebook import BOOK as FOLDER
from rules.rulebook import load_rulebook

BOOK = load_rulebook()
MEASURES = {m.code: m for regime in BOOK.regimes.values() for m in regime.measures}
Row = Mapping[str, Any]


@pytest.fixture(scope="module")
def table() -> Row:
    """The table, read once."""
    named = os.environ.get("EMBARGOWATCH_REGIMES")
    if not named:
        pytest.skip("NO TABLE OF REGIMES: set EMBARGOWATCH_REGIMES to a YAML file of regimes to hold the book against")
    found = yaml.safe_load(Path(named).read_text(encoding="utf-8"))
    assert isinstance(found, dict) and len(found["regimes"]) > 20
    return found


def pairs(table: Row) -> Iterator[tuple[Row, Regime]]:
    for row in table["regimes"]:
        assert row["id"] in BOOK.regimes, row["id"]
        yield row, BOOK.regimes[row["id"]]


def rows_of_measures(table: Row) -> Iterator[tuple[Row, Measure, bool]]:
    """Every measure with its like in the book, and whether anything of it is marked as not checked."""
    for row, regime in pairs(table):
        codes = {m.code for m in regime.measures}
        for measure in row["measures"]:
            assert measure["code"] in codes, measure["code"]
            marks = (measure.get("unverified"), measure.get("op_unverified"), row.get("unverified"))
            yield measure, MEASURES[measure["code"]], any(marks)


def test_every_regime_has_its_numbers_prefixes_committee_and_sources(table: Row) -> None:
    for row, regime in pairs(table):
        numbers = {n for n in row.get("other_ids", []) if re.fullmatch(r"\d+", n)}
        assert numbers <= set(regime.numbers), row["id"]
        assert set(row.get("list_prefixes", [])) == set(regime.list_prefixes), row["id"]
        named = re.search(r"\d+(?:/\d+)?", str(row.get("committee", "")))
        assert not named or named[0].split("/")[0] in str(regime.committee), row["id"]
        assert {table["sources"][name] for name in row.get("src", [])} <= set(regime.sources), row["id"]


def test_every_measure_has_its_kind_direction_paragraphs_and_marks(table: Row) -> None:
    for row, measure, is_unverified in rows_of_measures(table):
        assert (measure.kind.value, measure.direction.value) == (row["kind"], row["direction"]), row["code"]
        assert set(measure.basis) == set(row["basis"]), row["code"]
        assert measure.unverified or not is_unverified, row["code"]


def test_every_measure_has_its_days(table: Row) -> None:
    for row, measure, _ in rows_of_measures(table):
        windows = row.get("windows") or [[row["from"], row["to"]]]
        assert [[w.start, w.end] for w in measure.windows] == windows, row["code"]
        assert measure.confirmed_to == row.get("confirmed_to"), row["code"]


def test_every_exemption_is_told(table: Row) -> None:
    for row, measure, _ in rows_of_measures(table):
        told = str(row.get("exemptions") or "none")
        assert told == "none" or measure.exemptions, row["code"]
        # What it names by paragraph, and what is let pass by number.
        ours = " ".join(measure.exemptions)
        for number in re.findall(r"\b\d{4}\b(?= OP)|\b2664\b", told):
            assert number in ours, (row["code"], number)


def test_a_regime_that_ended_ends_on_its_day_and_says_how(table: Row) -> None:
    for row, regime in pairs(table):
        last = row["status"].get("to")
        assert regime.is_in_force(date(2026, 11, 1)) is row["status"]["in_force"], row["id"]
        if not row["status"]["in_force"]:
            assert regime.ended and not regime.is_in_force(None), row["id"]
            assert max(w.end or date.max for m in regime.measures for w in m.windows) <= last, row["id"]


def test_every_resolution_has_its_day_and_its_mark(table: Row) -> None:
    for row, regime in pairs(table):
        text = (FOLDER / "regimes" / f"{regime.key}.yml").read_text(encoding="utf-8")
        ours = {r["number"]: r for r in yaml.safe_load(text)["resolutions"]}
        for one in row["resolutions"]:
            told = ours.get(one["n"])
            assert told is not None and told["date"] == one["date"], (row["id"], one["n"])
            doubted = one.get("unverified") or one.get("day_unverified")
            assert told.get("unverified", False) or not doubted, (row["id"], one["n"])


def test_every_body_that_watches_has_its_days(table: Row) -> None:
    for row, regime in pairs(table):
        days = [(b.start, b.end, b.mandate_to) for b in regime.monitoring]
        for body in row.get("monitoring") or []:
            told = [body.get(k) for k in ("from", "to", "mandate_to", "mandate_confirmed_to")]
            known = [day for day in told if day is not None]
            if "body" in body and known:
                assert any(set(known) <= set(filter(None, mine)) for mine in days), (row["id"], body["body"])


def test_as_much_is_told_not_to_be_covered(table: Row) -> None:
    """A comma in the table's own lists may have cut one thing in two."""
    for row, regime in pairs(table):
        told = " ".join(regime.not_covered)
        for thing in row.get("not_covered", []):
            assert regime.not_covered, row["id"]
            for number in re.findall(r"\d{4}-\d\d-\d\d", thing):
                assert number in told, (row["id"], thing)


# What the table says of targets in words that name nobody.
IN_WORDS = re.compile(
    r"anyone|listed|Government and WPK|other actors|supporters|non-governmental|any entity|factions|militias|"
    r"mercenaries|^all |^\(|money exchanges|instead|officers|2745 list|RUF support|DRC$|Rason",
    re.IGNORECASE,
)
# By what name the book knows what the table writes otherwise.
AS = {
    "affiliates": "ISIL", "Boko Haram (JAS)": "Boko Haram", "Zaire": "Zaire-FPAC", "AFRC junta": "Sierra Leone junta",
    "CRP": "Convention for the Popular Revolution", "Joint Forces (Darfur movements)": "Joint Forces",
    "Charles Taylor's circle": "Charles Taylor", "former Saddam Hussein officials": "Former Iraqi regime",
    "parallel government in Nyala": "Rapid Support Forces", "SAF for moves into Darfur": "Sudanese Armed Forces",
    "SLM factions": "Sudan Liberation Army", "SLA": "Sudan Liberation Army", "VDP": "Wazalendo",
    "HSM": "Al-Shabaab", "JAD": "Jamaah Ansharut Daulah", "KTJ": "Katiba al-Tawhid wal-Jihad",
    "KIB": "Khatiba Imam al-Bukhari", "IMU": "Islamic Movement of Uzbekistan",
    "FR Yugoslavia": "Yugoslavia", "Gbagbo camp": "Gbagbo loyalists",
}  # fmt: skip


def names_in(told: str) -> Iterator[str]:
    for part in re.split(r" / |/(?=[A-Z])", told):
        yield AS.get(told) or AS.get(part) or BOOK.canonical(re.sub(r"\s*\(.*", "", part).strip())


def test_every_target_is_one_in_the_book(table: Row) -> None:
    for row, regime in pairs(table):
        bound = {*regime.towards, *regime.territory}
        for key in ("states", "groups", "listed_entities"):
            for told in row["targets"].get(key, []):
                if not IN_WORDS.search(told):
                    names = list(names_in(told))
                    assert any(n in bound or BOOK.principal(n) in bound for n in names), (row["id"], told, names)


def test_what_was_removed_is_no_target_since(table: Row) -> None:
    for row, regime in pairs(table):
        for gone in row["targets"].get("removed", []):
            # YAML 1.1 reads the key "on" as true.
            day = gone.get("on") or gone[True]
            for name in (BOOK.canonical(re.sub(r"\s*\(.*", "", n).strip()) for n in re.split(r" / |, ", gone["name"])):
                assert name not in regime.targets or not regime.binds(name, day), name


def test_who_is_not_listed_is_no_target(table: Row) -> None:
    for row, regime in pairs(table):
        for told in row["targets"].get("not_listed_as_far_as_known", []):
            name = BOOK.canonical(re.sub(r"\s*\(.*", "", told).strip())
            assert not regime.is_bound(name, date(2026, 11, 1)), (row["id"], told)


def test_a_place_of_a_territory_leads_to_its_regime(table: Row) -> None:
    for row, regime in pairs(table):
        for told in row["targets"].get("territories", []):
            for place in re.split(r" / ", re.sub(r"\s*[(/]R.*", "", told)):
                known = {place, BOOK.places.get(place, ""), BOOK.canonical(place)}
                assert known & {*regime.territory, *regime.places}, (row["id"], place)
