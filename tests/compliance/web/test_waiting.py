"""Whoever only reads waits for no writer: asking for a page or a list never takes the database's write lock."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, event
from sqlmodel import select

from compliance.store.database import session_scope, spare_scope
from compliance.store.tables import SessionRow
from compliance.store.tables_people import TokenRow
from compliance.web import access
from tests.compliance.web.conftest import bearer, make_token, sign_in
from tests.compliance.web.test_rights import API, PAGES, filled

# What hands cases out, or keeps a sign-in's state, writes before it answers: what cannot be recorded is not given.
RECORDED = {"report_pdf", "export_file", "api_report", "api_export", "sso_begin", "sso_return"}
READS = {name: f"{prefix}{route.path}" for prefix, routes in (("", PAGES), ("/api/v1", API))
         for name, route in routes.items() if route.methods == {"GET"} and name not in RECORDED}  # fmt: skip


@contextmanager
def writers(engine: Engine) -> Iterator[list[str]]:
    """Collect every beginning of a transaction that takes the write lock."""
    begun: list[str] = []

    def noted(_c: object, _k: object, statement: str, *_more: object) -> None:
        if statement.startswith("BEGIN IMMEDIATE"):
            begun.append(statement)

    event.listen(engine, "before_cursor_execute", noted)
    yield begun
    event.remove(engine, "before_cursor_execute", noted)


def test_no_reading_route_takes_the_write_lock(client: TestClient, desk_engine: Engine, reference: str) -> None:
    sign_in(client, "admin")
    token = bearer(make_token(desk_engine, "admin"))
    # Who saw a case is recorded at the first sight, and not again within ten minutes.
    for name in access.READINGS & READS.keys():
        client.get(filled(READS[name], reference), headers=token if name.startswith("api_") else {})
    client.get("/api/v1/me", headers=token)
    assert len(READS) >= 50
    for name, path in READS.items():
        with writers(desk_engine) as begun:
            asked = f"{filled(path, reference)}?q=shells"
            answer = client.get(asked, headers=token if name.startswith("api_") else {})
        assert begun == [], name
        assert answer.status_code in (200, 303, 404), name


def test_reading_goes_on_while_another_writes(client: TestClient, desk_engine: Engine, reference: str) -> None:
    """Also where the use of the session and of the token is due to be noted: it is noted another time."""
    sign_in(client)
    token = bearer(make_token(desk_engine))
    before = datetime.now(UTC) - timedelta(minutes=10)
    with session_scope(desk_engine) as session:
        for row in session.exec(select(SessionRow)):
            row.last_used = before
    asked = [("/", {}), ("/search?q=x", {}), ("/api/v1/cases", token), ("/api/v1/stories", token)]
    with ThreadPoolExecutor(1) as pool, session_scope(desk_engine) as writing:
        writing.exec(select(TokenRow)).all()
        found = [pool.submit(client.get, path, headers=headers) for path, headers in asked]
        assert [f.result(timeout=20).status_code for f in found] == [200] * 4
    with session_scope(desk_engine) as session:
        assert session.exec(select(SessionRow.last_used)).one() == before
        assert session.exec(select(TokenRow.last_used)).one() is None
    client.get("/")
    client.get("/api/v1/cases", headers=token)
    with session_scope(desk_engine) as session:
        assert session.exec(select(SessionRow.last_used)).one() > before
        assert session.exec(select(TokenRow.last_used)).one() is not None


def test_what_is_spared_is_only_what_another_writer_stops(desk_engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError), spare_scope(desk_engine) as session:
        session.exec(select(TokenRow)).all()
        _ = 1 / 0
    with session_scope(desk_engine) as writing:
        writing.exec(select(TokenRow)).all()
        with spare_scope(desk_engine) as session:
            session.exec(select(TokenRow)).all()
            raise AssertionError("another held the lock")
