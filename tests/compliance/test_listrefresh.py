"""The UN list over real HTTP: a good one comes into use, a doubtful one is noted and changes nothing."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlmodel import select

from compliance.errors import FeedError
from compliance.listrefresh import list_in_use, refresh_un_list, shipped_snapshot
from compliance.monitor import Monitor, assemble
from compliance.settings import Settings
from compliance.store.database import session_scope
from compliance.store.tables import LedgerRow, ListRow
from rules.designation import parse_list
from tests.compliance.intake.hostile import hostile, reply


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


@pytest.fixture
def monitor(settings: Settings, tmp_path: Path) -> Iterator[Monitor]:
    catalogue = tmp_path / "feeds.yml"
    catalogue.write_text("feeds:\n  - {id: f, url: 'https://news.example/rss', title: F}\n")
    monitor = assemble(settings, catalogue)
    yield monitor
    monitor.engine.dispose()


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


def test_the_shipped_snapshot_is_whole() -> None:
    shipped = shipped_snapshot()
    assert shipped.persons > 600 and shipped.entities > 200
    assert all(d.name and d.reference and d.regime for d in shipped.designations)
