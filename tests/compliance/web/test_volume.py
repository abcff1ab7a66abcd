"""The desk's defences at the numbers that docs/security.md promises: many names, leads, fields, errors and routes."""

import csv
import io
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from sqlmodel import SQLModel

from compliance.export import COLUMNS
from compliance.report import spreadsheet
from compliance.settings import Settings
from compliance.store.database import open_engine, session_scope
from compliance.store.tables import CaseRow
from compliance.web.app import create_app
from tests import factories
from tests.compliance.report.test_spreadsheet import LEADS
from tests.compliance.web.conftest import bearer, make_token, open_case, sign_in
from tests.compliance.web.test_rights import API, BODIES, FORMS, PAGES, filled
from tests.hostile import SUM

BASE = "http://127.0.0.1:8000"
COLUMN_NAMES = sorted({column.name for table in SQLModel.metadata.tables.values() for column in table.columns})


def rows_of(engine: Engine, *left_out: str) -> dict[str, list[Any]]:
    """Return every row of every table but those left out."""
    with session_scope(engine) as session:
        return {
            name: [tuple(row) for row in session.connection().execute(table.select())]
            for name, table in SQLModel.metadata.tables.items()
            if name not in left_out
        }


# Headers


def test_every_answer_of_every_route_and_every_error_is_guarded(
    client: TestClient, desk_engine: Engine, reference: str
) -> None:
    csrf = sign_in(client, "admin")
    token = bearer(make_token(desk_engine, "admin"))
    unseen = client.post(f"/api/v1/cases/{reference}/wakings", headers=token)
    answers = [unseen, client.get("/api/v1/cases?cursor=x", headers=token)]
    for name, route in {**PAGES, **API}.items():
        if name == "logout":
            continue
        [method] = route.methods
        path = ("/api/v1" if name in API else "") + filled(route.path, reference)
        body = {"json": BODIES.get(name)} if name in API else {"data": {"csrf": csrf, **FORMS.get(name, {})}}
        answers.append(client.request(method, path, **(body if method != "GET" else {})))
    answers += [
        client.get("/nothing"), client.put("/login"), client.post("/login", data={"name": "x", "password": "y"}),
        client.post("/login", content=b"x" * 200_001), client.get("/record?subject=" + "x" * 9_000),
        client.get("/login", headers={"host": "evil.example"}), client.get("/api/v1/nothing"),
        client.post("/people", data={"csrf": "forged"}), client.get("/cases/%00"), client.get("/static/none.css"),
        client.get("/static/desk.css"), client.get("/api/v1/me", headers=bearer("ewt_x")),
    ]  # fmt: skip
    answers += [client.post("/login", data={"name": "viewer", "password": f"{i}"}) for i in range(7)]
    engine, client.app.state.engine = client.app.state.engine, None
    answers += [client.get("/"), client.get("/api/v1/queue")]
    client.app.state.engine = engine
    statuses = {answer.status_code for answer in answers}
    assert {200, 303, 400, 401, 403, 404, 405, 413, 414, 421, 422, 428, 429, 500} <= statuses, statuses
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        for part in ("default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"):
            assert part in policy, (answer.url, part)
        assert "unsafe" not in policy and "script-src 'self'" in policy and "*" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff" and answer.headers["x-frame-options"] == "DENY"
        # Not "no-referrer": browsers would then hide the origin from the desk's own check of it.
        assert answer.headers["referrer-policy"] == "same-origin", answer.url


# Asking changes nothing


def test_no_get_of_page_or_api_writes_anything_but_who_saw_what(
    client: TestClient, desk_engine: Engine, reference: str
) -> None:
    sign_in(client, "admin")
    token = bearer(make_token(desk_engine, "admin"))
    traces = ("ledger", "sessions", "tokens", "sign_in_flows")
    before = rows_of(desk_engine, *traces)
    asked = 0
    for name, route in {**PAGES, **API}.items():
        if route.methods == {"GET"}:
            path = ("/api/v1" if name in API else "") + filled(route.path, reference)
            client.get(path, headers=token if name in API else {})
            asked += 1
    assert asked >= 60 and rows_of(desk_engine, *traces) == before
    with session_scope(desk_engine) as session:
        told = session.connection().execute(text("SELECT DISTINCT action FROM ledger")).scalars()
        assert set(told) <= {"case.opened", "case.viewed", "exported", "record.verified", "user.signed_in"}


# Mass assignment


@contextmanager
def twins(settings: Settings, engine: Engine, folder: Path) -> Iterator[tuple[TestClient, TestClient]]:
    """Two desks on equal databases, an administrator signed in at each."""
    with engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    source, copy = Path(engine.url.database or ""), folder / "twin.db"
    shutil.copy(source, copy)
    other = open_engine(f"sqlite:///{copy}")
    with (
        TestClient(create_app(settings, engine), base_url=BASE, follow_redirects=False) as one,
        TestClient(
            create_app(settings.model_copy(update={"database_url": f"sqlite:///{copy}"}), other),
            base_url=BASE,
            follow_redirects=False,
        ) as two,
    ):
        yield one, two
    other.dispose()


# Of each writing form, what a page sends; the rest of its fields are those of the tables.
SECRET = {"password", "password_hash", "digest", "token_digest", "csrf", "hint", "previous"}
TIMES = {"at", "created_at", "changed_at", "last_used", "expires_at", "claimed_until", "undone_at", "joined_at",
         "next_attempt", "due_since", "ended_at", "due_at", "opened_at", "priority"}  # fmt: skip


WORK = {
    "assign": {"assignee": "analyst", "revision": "1"},
    "escalate": {"note": "look", "revision": "1"},
    "add_note": {"note": "seen", "revision": "1"},
    "correct_party": {"do": "add", "name": "Red Star", "type": "company", "roles": "broker", "revision": "1"},
    "correct_facts": {"fact": "kinds", "values": "finance", "revision": "1"},
    "mark": {"story": "1", "quote": "artillery shells", "says": "goods", "revision": "1"},
    "move_story": {"story": "1", "target": "EW-2026-00002", "revision": "1"},
    "split_case": {"story": "1", "keep": "true", "revision": "1"},
    "merge_cases": {"target": "EW-2026-00002", "revision": "1"},
}


def kept(engine: Engine) -> dict[str, list[Any]]:
    """Return every row without times and secrets, which differ from one desk to the next."""
    with session_scope(engine) as session:
        return {
            name: [
                [value for column, value in row._mapping.items() if column not in SECRET | TIMES]
                for row in session.connection().execute(table.select())
            ]
            for name, table in SQLModel.metadata.tables.items()
            if name not in ("sessions", "sign_in_tries", "known_browsers")
        }


@pytest.mark.parametrize("name", sorted(n for n, r in PAGES.items() if r.methods == {"POST"}))
def test_no_field_beyond_those_of_a_form_changes_anything(
    desk_settings: Settings, desk_engine: Engine, reference: str, tmp_path: Path, name: str
) -> None:
    route = PAGES[name]
    own = _fields(route) | {"csrf"}
    extra = {column: "7" for column in [*COLUMN_NAMES, "is_admin", "admin", "by", "owner"] if column not in own}
    assert len(extra) > 150
    open_case(desk_engine, factories.story(fingerprint="g" * 64))
    with twins(desk_settings, desk_engine, tmp_path) as (plain, stuffed):
        told = []
        for client, more in ((plain, {}), (stuffed, extra)):
            form = {"csrf": sign_in(client, "admin"), **WORK.get(name, FORMS.get(name, {"revision": "1"})), **more}
            told.append(client.post(filled(route.path, reference), data=form).status_code)
        assert told[0] == told[1]
        assert kept(plain.app.state.engine) == kept(stuffed.app.state.engine)


def batched(names: list[str], size: int) -> Iterator[list[str]]:
    """Yield the names in runs: an answer does not tell of faults without end."""
    yield from (names[start : start + size] for start in range(0, len(names), size))


def _fields(route: Any) -> set[str]:
    """Return the names of the fields of a route's form, those of a form that is a model among them."""
    found: set[str] = set()
    left = [route.dependant]
    while left:
        one = left.pop()
        left += one.dependencies
        for field in one.body_params:
            model = getattr(field.field_info.annotation, "model_fields", None)
            found |= set(model) if model else {field.alias}
    return found


def test_every_body_of_the_api_refuses_every_field_that_is_not_listed(
    client: TestClient, desk_engine: Engine, reference: str
) -> None:
    headers = bearer(make_token(desk_engine, "admin")) | {"if-match": "*"}
    before = rows_of(desk_engine, "ledger", "tokens")
    refused = 0
    for name, body in BODIES.items():
        [method] = API[name].methods
        extra = set(COLUMN_NAMES) - _listed(client, name)
        path = f"/api/v1{filled(API[name].path, reference)}"
        for some in batched(sorted(extra), 10):
            answer = client.request(method, path, json=body | dict.fromkeys(some, "7"), headers=headers)
            assert answer.status_code == 422, (name, answer.text)
            told = {error["where"].rpartition(".")[2] for error in answer.json()["errors"]}
            assert set(some) <= told, (name, set(some) - told)
            refused += len(some)
    assert refused > 2_000 and rows_of(desk_engine, "ledger", "tokens") == before


def _listed(client: TestClient, name: str) -> set[str]:
    """Return the fields that the document lists for the body of a route, of all its shapes together."""
    [mounted] = [route for route in client.app.routes if getattr(route, "name", "") == "api"]
    document = mounted.app.openapi()
    [method] = API[name].methods
    body = document["paths"][API[name].path][method.lower()]["requestBody"]["content"]["application/json"]["schema"]
    found: set[str] = set()
    left = [body]
    while left:
        schema = left.pop()
        if "$ref" in schema:
            left.append(document["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
        left += [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
        found |= set(schema.get("properties", ()))
    return found


# Statements, templates, shells, logs

INJECTED = [
    "'; DROP TABLE cases; --", '" OR 1=1 --', "1 UNION SELECT password FROM users", "%' ESCAPE '",
    "{{7777*7777}}{% include '/etc/passwd' %}", "$(touch ew-made)`touch ew-made`", "| touch ew-made",
    "a\r\n2026-11-26 WARNING compliance forged line=1\x1b[31m",
]  # fmt: skip


@pytest.mark.parametrize("payload", INJECTED)
def test_nothing_in_any_field_is_read_as_a_statement_template_or_command(
    client: TestClient, desk_engine: Engine, reference: str, payload: str, caplog: pytest.LogCaptureFixture
) -> None:
    csrf = sign_in(client, "admin")
    token = bearer(make_token(desk_engine, "admin")) | {"if-match": "*"}
    kept_ones = ("users", "cases", "stories", "screenings", "case_stories", "ledger")
    before = {name: len(rows_of(desk_engine)[name]) for name in kept_ones}
    caplog.set_level(logging.DEBUG)
    caplog.clear()
    for name, route in PAGES.items():
        path = filled(route.path, reference)
        if route.methods == {"GET"}:
            query = {field.alias: payload for field in route.dependant.query_params}
            answers = [client.get(path, params=query | {"party": payload, "regime": payload, "page": payload})]
        else:
            fields = sorted(_fields(route) - {"csrf"})
            given = {"csrf": csrf, **FORMS.get(name, {})}
            answers = [client.post(path, data=given | {field: payload}) for field in fields if name != "logout"]
        for answer in answers:
            assert answer.status_code < 500, (name, answer.status_code)
            assert SUM not in answer.text and "root:" not in answer.text and "$argon2id$" not in answer.text, name
    for name, route in API.items():
        [method] = route.methods
        path = f"/api/v1{filled(route.path, reference)}"
        query = {field.alias: payload for field in route.dependant.query_params}
        bodies = [BODIES[name] | {field: payload} for field in BODIES[name]] if name in BODIES else [None]
        for body in bodies:
            answer = client.request(method, path, params=query, json=body, headers=token)
            assert answer.status_code < 500, (name, answer.status_code)
    after = rows_of(desk_engine)
    assert all(len(after[name]) >= count for name, count in before.items()), "nothing is lost"
    assert not Path("ew-made").exists()
    ours = [record for record in caplog.records if record.name.startswith("compliance")]
    assert all("\n" not in r.getMessage() and "\r" not in r.getMessage() and "\x1b" not in r.getMessage() for r in ours)


# Spreadsheets


@pytest.mark.parametrize("lead", LEADS)
def test_no_lead_makes_a_formula_of_any_column_of_the_export(
    client: TestClient, desk_engine: Engine, reference: str, lead: str
) -> None:
    assert len(LEADS) == 20
    value = f"{lead}cmd|'/c calc'!A1"
    sign_in(client)
    roles = ("supplier", "recipient", "broker", "carrier", "financier", "operator")
    with session_scope(desk_engine) as session:
        row = session.get_one(CaseRow, 1)
        row.act, row.status, row.disposition, row.verdict, row.origin = value, value, value, value, value
        row.kinds, row.regimes, row.denied_by = [value], [value], [value]
        row.parties = [{"canonical": value, "name": value, "type": value, "roles": [role]} for role in roles]
    told = client.get("/exports/cases.csv").text.lstrip("\ufeff")
    [line] = list(csv.DictReader(io.StringIO(told, newline="")))
    assert tuple(line) == COLUMNS
    hostile = [column for column in COLUMNS if "calc" in line[column]]
    assert len(hostile) == 14
    for column in hostile:
        shown = line[column]
        # A regime is written with its body before it, so its lead stands at no beginning.
        assert shown.startswith("'") or shown.startswith("UN-SC"), (column, shown)
        assert spreadsheet.value_of(shown).removeprefix("UN-SC") == value
