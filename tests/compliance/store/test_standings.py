"""How parties stand: listed, belonging to a listed body, watched, named before or none, each with its reason."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from compliance.listimport import import_file
from compliance.listing.listed import Quality
from compliance.listing.standing import Standing, StandingKind
from compliance.store import ledger
from compliance.store.database import session_scope
from compliance.store.standings import judge, standings_of
from compliance.store.tables import CaseRow, StoryRow
from tests.compliance.test_listrefresh import whole
from tests.factories import NOW

LISTED = {"canonical": "Qassem Suleimani", "name": "Qassem Suleimani", "type": "person"}
KEY = "un-consolidated:110408"


def party(name: str, type_: str = "company", **known: Any) -> dict[str, Any]:
    return {"canonical": name, "name": name, "type": type_, **known}


def one(engine: Engine, told: dict[str, Any]) -> Standing:
    with session_scope(engine) as session:
        return standings_of(session, [told])[told["canonical"]]


def watch(engine: Engine, folder: Path, *rows: str) -> None:
    path = folder / "own.csv"
    path.write_text("\n".join(("kind,type,name,imo,belongs_to,reference", *rows)), encoding="utf-8")
    import_file(engine, path, "watchlist:own", "lena")


def open_cases(engine: Engine, *named: tuple[list[dict[str, Any]], str | None]) -> None:
    with session_scope(engine) as session:
        for number, (parties, disposition) in enumerate(named, 1):
            session.add(StoryRow(id=number, fingerprint=f"f{number}", title="t", text="x", first_seen=NOW))
            session.flush()
            session.add(
                CaseRow(
                    reference=f"EW-{number}",
                    opened_by_story=number,
                    verdict="alert",
                    score=0.9,
                    act="a",
                    kinds=[],
                    regimes=[],
                    denied_by=[],
                    parties=parties,
                    disposition=disposition,
                    opened_at=NOW,
                    changed_at=NOW,
                )
            )


def test_the_kinds_of_standing_are_kept_apart(engine: Engine, tmp_path: Path) -> None:
    watch(
        engine,
        tmp_path,
        "customer,company,Tallow Dry Bulk,,,C-1",
        "vessel,,Grey Heron,9074729,Ocean Maritime Management,V",
    )
    parties = [
        LISTED, party("Tallow Dry Bulk Ltd"), party("Blue Finch", "vessel", imo="9074729"),
        party("North Korea", "state"),
        party("Ocean Maritime Management Dalian Branch"), party("Nobody At All Ltd"), party("Houthis", "group"),
    ]  # fmt: skip
    with session_scope(engine) as session:
        found = standings_of(session, parties)
    assert {name: s.kind for name, s in found.items()} == {
        "Qassem Suleimani": StandingKind.UN_LISTED,
        "Tallow Dry Bulk Ltd": StandingKind.WATCHLISTED,
        "Blue Finch": StandingKind.BELONGS_TO_LISTED,
        "North Korea": StandingKind.UNLISTED,
        "Ocean Maritime Management Dalian Branch": StandingKind.BELONGS_TO_LISTED,
        "Nobody At All Ltd": StandingKind.UNLISTED,
        "Houthis": StandingKind.UN_LISTED,
    }
    assert all(s.reason for s in found.values())
    assert "holds the whole name" in found["Ocean Maritime Management Dalian Branch"].reason
    assert "belongs to Ocean Maritime Management" in found["Blue Finch"].reason
    assert "state" in found["North Korea"].reason


def test_a_party_is_named_before_where_two_cases_name_it_or_one_found_a_breach(engine: Engine) -> None:
    once, twice, guilty = party("Once Ltd"), party("Twice Ltd"), party("Guilty Ltd")
    open_cases(
        engine, ([once, twice], None), ([{**twice, "canonical": "TWICE  Ltd"}], "not_breach"), ([guilty], "breach")
    )
    assert one(engine, once).kind is StandingKind.UNLISTED
    assert one(engine, twice).reason == "named in 2 cases; last in EW-2"
    assert one(engine, guilty).reason == "named in 1 case, 1 of them found a breach; last in EW-3"


def test_who_a_case_names_follows_the_officers_correction(engine: Engine) -> None:
    open_cases(engine, ([party("Once Ltd")], "breach"))
    with session_scope(engine) as session:
        row = session.get_one(CaseRow, 1)
        row.parties = [party("Other Ltd")]
        session.add(row)
    assert one(engine, party("Once Ltd")).kind is StandingKind.UNLISTED
    assert one(engine, party("Other Ltd")).kind is StandingKind.NAMED_BEFORE


def test_an_officers_word_is_remembered_until_either_side_changes(engine: Engine, tmp_path: Path) -> None:
    watch(engine, tmp_path, "customer,company,Tallow Dry Bulk,,,C-1")
    tallow = party("Tallow Dry Bulk Ltd")
    with session_scope(engine) as session:
        judge(session, tallow, "C-1", False, "lena", NOW, "another firm")
    assert one(engine, tallow).kind is StandingKind.UNLISTED
    assert one(engine, {**tallow, "countries": ["Ruritania"]}).kind is StandingKind.WATCHLISTED
    watch(engine, tmp_path, "customer,company,Tallow Dry Bulk Carriers,,,C-1")
    assert one(engine, tallow).kind is StandingKind.WATCHLISTED
    with session_scope(engine) as session:
        judge(session, tallow, "C-1", True, "lena", NOW + timedelta(days=1))
        event_ = ledger.of_subject(session, "party:tallow dry bulk ltd")[-1]
    confirmed = one(engine, tallow)
    assert confirmed.is_confirmed and confirmed.reason.endswith("lena found them the same")
    assert (event_.action, event_.after["same"]) == ("match.judged", True)


def test_a_listed_party_called_different_is_not_listed_by_that_record(engine: Engine) -> None:
    with session_scope(engine) as session:
        judge(session, LISTED, KEY, False, "lena", NOW)
    standing = one(engine, LISTED)
    assert standing.match is None or standing.match.listed.key != KEY
    with session_scope(engine) as session, pytest.raises(LookupError, match="no record of the lists in use"):
        judge(session, LISTED, "un-consolidated:0", False, "lena", NOW)


def test_a_page_of_two_hundred_parties_takes_as_many_queries_as_one(engine: Engine) -> None:
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    with session_scope(engine) as session:
        standings_of(session, [LISTED])
    first = len(asked)
    with session_scope(engine) as session:
        standings_of(session, [party(f"Number {n} Ltd") for n in range(200)])
    assert len(asked) - first <= first


def test_a_weak_alias_counts_at_the_desk_where_the_story_names_another_of_its_regime(engine: Engine) -> None:
    terminator = party("Terminator", "person")
    with session_scope(engine) as session:
        alone = standings_of(session, [terminator])["Terminator"]
        beside = standings_of(session, [terminator], others=[party("M23", "group")])["Terminator"]
        elsewhere = standings_of(session, [terminator], others=[party("Houthis", "group")])["Terminator"]
    assert alone.kind is StandingKind.UNLISTED and elsewhere.kind is StandingKind.UNLISTED
    assert beside.kind is StandingKind.UN_LISTED and beside.match is not None
    assert beside.match.quality is Quality.WEAK
    assert "a weak alias of" in beside.reason and "the story names M23 (CDe." in beside.reason


def put_list(engine: Engine, folder: Path, body: bytes, day: str) -> None:
    path = folder / f"{day}.xml"
    path.write_bytes(body)
    import_file(engine, path, "un-consolidated", "lena", confirmed=True)


def test_who_was_taken_off_the_list_is_told_so_with_the_day_of_the_act(engine: Engine, tmp_path: Path) -> None:
    listed = b"<LISTED_ON>2026-03-01</LISTED_ON><REFERENCE_NUMBER>QDi.001<"
    first = whole(range(900), range(400), "2026-11-20").replace(b"<REFERENCE_NUMBER>QDi.001<", listed)
    put_list(engine, tmp_path, first, "2026-11-20")
    gone = party("Orrin Vale 100001", "person")

    def told(on: str) -> Standing:
        with session_scope(engine) as session:
            return standings_of(session, [gone], on=date.fromisoformat(on))["Orrin Vale 100001"]

    assert told("2026-05-01").kind is StandingKind.UN_LISTED and "after the act" not in told("2026-05-01").reason
    assert told("2026-02-01").reason.endswith("listed on 2026-03-01, after the act (2026-02-01)")
    put_list(engine, tmp_path, whole(range(2, 900), range(400), "2026-11-24"), "2026-11-24")
    assert told("2026-05-01").kind is StandingKind.FORMERLY_LISTED
    assert told("2026-05-01").reason.endswith(
        "taken off the list by 2026-11-24; listed on the day of the act (2026-05-01)"
    )
    assert told("2026-02-01").reason.endswith("not yet listed on the day of the act (2026-02-01)")
    assert told("2026-11-24").reason.endswith("taken off the list by 2026-11-24, before the act (2026-11-24)")
    put_list(engine, tmp_path, whole(range(900), range(400), "2026-11-25"), "2026-11-25")
    assert told("2026-05-01").kind is StandingKind.UN_LISTED


def test_who_was_taken_off_lends_no_weak_alias_and_no_branch_a_listing(engine: Engine, tmp_path: Path) -> None:
    put_list(engine, tmp_path, whole(range(900), range(400), "2026-11-20"), "2026-11-20")
    # The shipped table's own records are gone with that list: M23 and the weak alias beside it.
    with session_scope(engine) as session:
        found = standings_of(session, [party("Terminator", "person"), party("Houthis", "group")])
    assert found["Terminator"].kind is StandingKind.UNLISTED
    assert found["Houthis"].kind is StandingKind.FORMERLY_LISTED
