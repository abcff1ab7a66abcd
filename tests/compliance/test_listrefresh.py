"""The UN list over real HTTP: a good one comes into use, a doubtful one is noted and changes nothing."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from sqlmodel import col, select

from compliance.errors import FeedError
from compliance.listrefresh import list_in_use, refresh_un_list, shipped_snapshot
from compliance.monitor import Monitor
from compliance.store import captures, hunts, ledger, stories
from compliance.store.database import session_scope
from compliance.store.tables import LedgerRow, ListRow
from rules.designation import parse_list
from tests.compliance.intake.hostile import hostile, reply
from tests.factories import NOW, story


def person(number: int, name: str = "Orrin") -> str:
    return (
        f"<INDIVIDUAL><DATAID>{number}</DATAID><FIRST_NAME>{name}</FIRST_NAME><SECOND_NAME>Vale {number}</SECOND_NAME>"
        f"<UN_LIST_TYPE>Al-Qaida</UN_LIST_TYPE><REFERENCE_NUMBER>QDi.{number % 1000:03}</REFERENCE_NUMBER>"
        "<INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>O. Vale</ALIAS_NAME></INDIVIDUAL_ALIAS></INDIVIDUAL>"
    )


def document(count: int, day: str = "2026-11-20", name: str = "Orrin") -> bytes:
    body = "".join(person(100_000 + n, name) for n in range(count))
    head = f'<?xml version="1.0" encoding="utf-8"?><CONSOLIDATED_LIST dateGenerated="{day}T00:00:00Z">'
    return f"{head}<INDIVIDUALS>{body}</INDIVIDUALS><ENTITIES></ENTITIES></CONSOLIDATED_LIST>".encode()


def refresh(monitor: Monitor, body: bytes, status: str = "200 OK") -> str:
    with hostile({"/list.xml": reply(body, status, "Content-Type: application/xml\r\n")}) as server:
        settings = monitor.settings.model_copy(update={"un_list_url": server.base + "/list.xml"})
        return refresh_un_list(replace(monitor, settings=settings)).detail


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (document(2), "only 2 designations"),
        (document(900), "entities fell"),
        (document(900)[:-300], "cut or not well-formed"),
        (b"<html>maintenance</html>", "not CONSOLIDATED_LIST"),
        (b'<!DOCTYPE x [<!ENTITY a "aaaa">]><CONSOLIDATED_LIST>&a;</CONSOLIDATED_LIST>', "document type"),
        (document(900).replace(b"QDi.007", b"../x"), "no proper reference number"),
        (document(900).replace(b"<DATAID>100007<", b"<DATAID>100006<"), "twice"),
        (b"<a>" * 5_000, "deep"),
    ],
)
def test_a_doubtful_list_is_refused_with_its_reason_and_the_last_stays(
    monitor: Monitor, body: bytes, told: str
) -> None:
    assert told in refresh(monitor, body)
    with session_scope(monitor.engine) as session:
        assert list_in_use(session) == shipped_snapshot()
        (row,) = session.exec(select(ListRow))
        assert not row.accepted and told in (row.reason or "")


def test_a_list_that_cannot_be_had_is_an_error_and_changes_nothing(monitor: Monitor) -> None:
    with pytest.raises(FeedError, match="could not be fetched"):
        refresh(monitor, b"", "500 Oops")
    with session_scope(monitor.engine) as session:
        assert list(session.exec(select(ListRow))) == []


def test_a_real_list_comes_into_use_once_and_its_changes_are_recorded(monitor: Monitor) -> None:
    named = os.environ.get("EMBARGOWATCH_UN_LIST")
    if not named:
        pytest.skip("NO UN LIST: set EMBARGOWATCH_UN_LIST to a copy of the UN Consolidated List in XML")
    body = Path(named).read_bytes()
    assert "persons and" in refresh(monitor, body)
    assert refresh(monitor, body) == "the same list as before"
    with session_scope(monitor.engine) as session:
        assert list_in_use(session) == parse_list(body)
        entries = [row for row in session.exec(select(LedgerRow)) if row.action == "list.accepted"]
        assert len(entries) == 1


def entity(number: int) -> str:
    return (
        f"<ENTITY><DATAID>{number}</DATAID><FIRST_NAME>GREY LINE {number}</FIRST_NAME><UN_LIST_TYPE>DPRK</UN_LIST_TYPE>"
        f"<REFERENCE_NUMBER>KPe.{number % 1000:03}</REFERENCE_NUMBER></ENTITY>"
    )


def whole(persons: range, entities: range, day: str = "2026-11-20") -> bytes:
    """A list long enough to be put over the shipped one."""
    listed = "".join(person(100_000 + n) for n in persons), "".join(entity(200_000 + n) for n in entities)
    head = f'<CONSOLIDATED_LIST dateGenerated="{day}T23:00:00Z">'
    return f"{head}<INDIVIDUALS>{listed[0]}</INDIVIDUALS><ENTITIES>{listed[1]}</ENTITIES></CONSOLIDATED_LIST>".encode()


def in_ledger(monitor: Monitor) -> list[LedgerRow]:
    with session_scope(monitor.engine) as session:
        return list(session.exec(select(LedgerRow).order_by(col(LedgerRow.id))))


def test_the_next_list_comes_into_use_and_just_its_changes_are_recorded(monitor: Monitor) -> None:
    first = whole(range(900), range(400))
    second = whole(range(2, 901), range(401), "2026-11-21").replace(b"Vale 100007<", b"Vale the Seventh<")
    assert refresh(monitor, first).startswith("900 persons and 400 entities; 1300 added")
    told = refresh(monitor, second)
    assert told.startswith("899 persons and 401 entities; 2 added, 2 removed, 1 changed; 0 hits")
    event = in_ledger(monitor)[-1]
    assert (event.actor, event.action, event.subject) == ("machine", "list.accepted", "list:un-consolidated")
    assert event.after == {
        "added": ["QDi.900", "KPe.400"],
        "removed": ["QDi.000", "QDi.001"],
        "changed": ["QDi.007"],
    }
    with session_scope(monitor.engine) as session:
        assert list_in_use(session) == parse_list(second)
        assert ledger.broken_links(session) == []


def test_a_list_that_shrank_is_refused_however_often_it_is_served(monitor: Monitor) -> None:
    good, short = whole(range(900), range(400)), whole(range(800), range(400), "2026-11-21")
    refresh(monitor, good)
    assert refresh(monitor, short) == "refused: persons fell from 900 to 800; a person must confirm such a fall"
    assert refresh(monitor, short).startswith("refused again: persons fell from 900 to 800")
    with session_scope(monitor.engine) as session:
        assert list_in_use(session) == parse_list(good)
        rows = list(session.exec(select(ListRow).order_by(col(ListRow.id))))
        assert [(row.accepted, row.individuals) for row in rows] == [(True, 900), (False, 800)]
        assert rows[1].last_seen > rows[1].fetched_at
        assert captures.body(session, rows[1].digest) == short
    assert len(in_ledger(monitor)) == 1


HOSTILE = {
    "entity bomb": '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
    "external entity": '<!DOCTYPE x [<!ENTITY a SYSTEM "{canary}">]>',
    "parameter entity": '<!DOCTYPE x [<!ENTITY % a SYSTEM "{canary}"> %a;]>',
    "outer document type": '<!DOCTYPE x SYSTEM "{canary}">',
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_list_is_refused_and_nothing_it_names_is_fetched(monitor: Monitor, name: str, encoding: str) -> None:
    with hostile({"/canary": reply(b"CANARY")}) as inside:
        body = (
            HOSTILE[name].replace("{canary}", inside.base + "/canary") + whole(range(900), range(400)).decode()
        ).encode(encoding)
        assert "document type" in refresh(monitor, body)
        assert inside.asked == []
    with session_scope(monitor.engine) as session:
        assert list_in_use(session) == shipped_snapshot()
    assert in_ledger(monitor) == []


def test_a_list_behind_a_redirect_is_taken_and_one_that_is_cut_is_not(monitor: Monitor) -> None:
    body = whole(range(900), range(400))
    routes = {
        "/list.xml": reply(b"", "302 Found", "Location: /signed?se=1\r\n"),
        "/signed": reply(body),
        "/cut.xml": reply(body[:-500], length=len(body)),
    }
    with hostile(routes) as server:

        def served(path: str) -> Monitor:
            settings = monitor.settings.model_copy(update={"un_list_url": server.base + path})
            return replace(monitor, settings=settings)

        assert refresh_un_list(served("/list.xml")).accepted
        with pytest.raises(FeedError, match="could not be fetched"):
            refresh_un_list(served("/cut.xml"))
    with session_scope(monitor.engine) as session:
        assert list_in_use(session) == parse_list(body)
        assert len(list(session.exec(select(ListRow)))) == 1


def test_an_inner_address_is_not_asked_for_the_list_unless_allowed(monitor: Monitor) -> None:
    with hostile({"/list.xml": reply(whole(range(900), range(400)))}) as server:
        settings = monitor.settings.model_copy(update={"un_list_url": server.base + "/list.xml"})
        policy = replace(monitor.fetch_policy, allow_private=False)
        with pytest.raises(FeedError, match="blocked"):
            refresh_un_list(replace(monitor, settings=settings, fetch_policy=policy))
        assert server.asked == []


def test_newly_listed_names_are_found_in_stories_stored_before(monitor: Monitor) -> None:
    told = story(title="Trial opens", text="The court heard Orrin Vale 100900 and Orrin Vale 100003.", fingerprint="f1")
    with session_scope(monitor.engine) as session:
        stories.add(session, [told], [(None, None)], "run", NOW)
    refresh(monitor, whole(range(900), range(400)))
    before = found_in_stories(monitor)
    assert refresh(monitor, whole(range(901), range(400), "2026-11-21")).endswith("; 1 hits in 1 stored stories")
    assert (before, found_in_stories(monitor)) == (["Orrin Vale 100003"], ["Orrin Vale 100003", "Orrin Vale 100900"])


def found_in_stories(monitor: Monitor) -> list[str]:
    with session_scope(monitor.engine) as session:
        return sorted(hit.quote for hit, _ in hunts.hits(session))


def test_the_shipped_snapshot_is_whole() -> None:
    shipped = shipped_snapshot()
    assert shipped.persons > 600 and shipped.entities > 200
    assert all(d.name and d.reference and d.regime for d in shipped.designations)
