from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlmodel import select

from compliance.store import users
from compliance.store.database import session_scope
from compliance.store.tables import SessionRow
from compliance.web import access
from tests.compliance.web.conftest import PASSWORD, sign_in


def test_every_answer_carries_the_security_headers(client: TestClient) -> None:
    for path in ("/", "/login", "/nothing-here", "/static/desk.css", "/healthz", "/cases/x"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"], path
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize(
    "forgery",
    [
        {"csrf": ""},
        {"csrf": "wrong"},
        {"headers": {"origin": "https://evil.example"}},
        {"headers": {"origin": "null"}},
        {"headers": {"origin": "http://127.0.0.1:8000.evil.example"}},
    ],
)
@pytest.mark.parametrize("path", ["/cases/{reference}/decide", "/cases/{reference}/reopen", "/logout"])
def test_a_forged_form_is_refused(
    client: TestClient, desk_engine: Engine, reference: str, forgery: dict[str, object], path: str
) -> None:
    csrf = sign_in(client)
    form = {"csrf": forgery.get("csrf", csrf), "disposition": "grey", "reason": "unclear", "revision": "1"}
    answer = client.post(path.format(reference=reference), data=form, headers=forgery.get("headers"))
    assert answer.status_code == 403
    assert client.get(f"/cases/{reference}").status_code == 200
    assert "Decide" in client.get(f"/cases/{reference}").text


def test_signing_in_from_another_site_is_refused(client: TestClient) -> None:
    form = {"name": "analyst", "password": PASSWORD}
    assert client.post("/login", data=form, headers={"origin": "https://evil.example"}).status_code == 403


def test_signing_in_begins_a_session_under_a_new_token_each_time(client: TestClient) -> None:
    sign_in(client)
    first = client.cookies[access.COOKIE]
    sign_in(client)
    assert client.cookies[access.COOKIE] != first and len(first) >= 40


def test_the_session_cookie_is_out_of_reach_of_scripts(client: TestClient) -> None:
    answer = client.post("/login", data={"name": "analyst", "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie and "path=/" in cookie


def test_signing_out_ends_the_session_on_the_server(client: TestClient) -> None:
    csrf = sign_in(client)
    token = client.cookies[access.COOKIE]
    assert client.post("/logout", data={"csrf": csrf}).status_code == 303
    client.cookies.set(access.COOKIE, token)
    assert client.get("/").status_code == 303


@pytest.mark.parametrize(("field", "age"), [("last_used", timedelta(minutes=31)), ("created_at", timedelta(hours=13))])
def test_a_session_ends_by_idleness_and_by_age(
    client: TestClient, desk_engine: Engine, field: str, age: timedelta
) -> None:
    sign_in(client)
    with session_scope(desk_engine) as session:
        row = session.exec(select(SessionRow)).one()
        setattr(row, field, datetime.now(UTC) - age)
        session.add(row)
    assert client.get("/").status_code == 303


def test_a_disabled_person_is_out_at_the_next_request(client: TestClient, desk_engine: Engine) -> None:
    sign_in(client)
    with session_scope(desk_engine) as session:
        users.disable(session, "analyst")
    assert client.get("/").status_code == 303
    assert client.post("/login", data={"name": "analyst", "password": PASSWORD}).status_code == 401


def test_wrong_and_unknown_names_get_the_same_answer(client: TestClient) -> None:
    wrong = client.post("/login", data={"name": "analyst", "password": "not the password"})
    unknown = client.post("/login", data={"name": "nobody", "password": "not the password"})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.text == unknown.text


def test_passwords_rest_as_argon2id(desk_engine: Engine) -> None:
    with session_scope(desk_engine) as session:
        for row in users.listed(session):
            assert row.password.startswith("$argon2id$") and PASSWORD not in row.password


@pytest.mark.parametrize(
    "target",
    ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/\n/x", "http:/x", "evil"],
)
def test_signing_in_leads_to_no_other_site(client: TestClient, target: str) -> None:
    answer = client.post("/login", data={"name": "analyst", "password": PASSWORD, "next": target})
    assert answer.headers["location"] == "/"


def test_signing_in_leads_back_to_the_page_that_was_asked(client: TestClient, reference: str) -> None:
    asked = client.get(f"/cases/{reference}").headers["location"]
    assert asked.startswith("/login?next=%2Fcases%2F")
    answer = client.post("/login", data={"name": "analyst", "password": PASSWORD, "next": f"/cases/{reference}"})
    assert answer.headers["location"] == f"/cases/{reference}"


def test_a_huge_body_is_refused(client: TestClient) -> None:
    assert client.post("/login", data={"name": "x" * 300_000}).status_code == 413
