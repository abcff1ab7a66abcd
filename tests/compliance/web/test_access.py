from datetime import UTC, datetime, timedelta

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlmodel import select

from compliance.store import users
from compliance.store.database import session_scope
from compliance.store.tables import SessionRow, UserRow
from compliance.store.users import Role
from compliance.web import access
from compliance.web.app import ROUTERS
from tests.compliance.web.conftest import PASSWORD, sign_in

PATHS = {
    "queue_page": ("GET", "/"),
    "case_page": ("GET", "/cases/{reference}"),
    "coverage_page": ("GET", "/coverage"),
    "triage_page": ("GET", "/triage?case={reference}"),
    "search_page": ("GET", "/search?q=shells"),
    "keep_view": ("POST", "/views"),
    "drop_view": ("POST", "/views/1/drop"),
    "claim": ("POST", "/cases/{reference}/claim"),
    "release": ("POST", "/cases/{reference}/release"),
    "assign": ("POST", "/cases/{reference}/assign"),
    "escalate": ("POST", "/cases/{reference}/escalate"),
    "snooze": ("POST", "/cases/{reference}/snooze"),
    "wake": ("POST", "/cases/{reference}/wake"),
    "add_note": ("POST", "/cases/{reference}/note"),
    "correct_party": ("POST", "/cases/{reference}/party"),
    "correct_facts": ("POST", "/cases/{reference}/facts"),
    "mark": ("POST", "/cases/{reference}/mark"),
    "unmark": ("POST", "/cases/{reference}/unmark"),
    "move_story": ("POST", "/cases/{reference}/move"),
    "split_case": ("POST", "/cases/{reference}/split"),
    "merge_cases": ("POST", "/cases/{reference}/merge"),
    "undo": ("POST", "/cases/{reference}/undo"),
    "undo_last": ("POST", "/undo"),
    "decide": ("POST", "/cases/{reference}/decide"),
    "reopen": ("POST", "/cases/{reference}/reopen"),
    "acknowledge_case": ("POST", "/cases/{reference}/acknowledge"),
    "alerts_page": ("GET", "/alerts"),
    "resend_alert": ("POST", "/alerts/7/resend"),
    "resend_alerts": ("POST", "/alerts/resend"),
    "subscriptions_page": ("GET", "/subscriptions"),
    "subscribe": ("POST", "/subscriptions"),
    "unsubscribe": ("POST", "/subscriptions/7/end"),
    "certificates_page": ("GET", "/certificates"),
    "certificate_page": ("GET", "/certificates/7"),
    "certificate_json": ("GET", "/certificates/7/certificate.json"),
    "certificate_pdf": ("GET", "/certificates/7/certificate.pdf"),
    "delivery_report": ("POST", "/hooks/deliveries"),
    "mailgun_report": ("POST", "/hooks/mailgun"),
    "logout": ("POST", "/logout"),
    "login_page": ("GET", "/login"),
    "login": ("POST", "/login"),
    "healthz": ("GET", "/healthz"),
    "readyz": ("GET", "/readyz"),
}


FORMS = [
    "/cases/{reference}/decide", "/cases/{reference}/reopen", "/logout", "/cases/{reference}/acknowledge",
    "/alerts/resend", "/alerts/7/resend", "/subscriptions", "/subscriptions/7/end",
]  # fmt: skip


def test_every_route_of_the_app_is_walked_by_this_table() -> None:
    routes = [route for router in ROUTERS for route in router.routes]
    assert {r.name for r in routes if isinstance(r, APIRoute)} == set(PATHS) == set(access.RIGHTS)
    assert all(isinstance(r, APIRoute) for r in routes)


def test_the_app_has_no_route_beside_the_routers_and_static_files(client: TestClient) -> None:
    assert isinstance(client.app, FastAPI)
    assert len(client.app.routes) == len(ROUTERS) + 1


@pytest.mark.parametrize("role", [None, *Role])
def test_each_role_gets_what_the_table_of_rights_says(client: TestClient, reference: str, role: Role | None) -> None:
    csrf = sign_in(client, role.value) if role else ""
    # Every field of every form: what a form does not list must not matter.
    sent = {"csrf": csrf, "disposition": "grey", "reason": "unclear", "revision": "1", "name": "x", "query": "",
            "do": "add", "fact": "kinds", "story": "1", "quote": "x", "target": "EW-1", "number": "9"}  # fmt: skip
    for name in [*sorted(set(PATHS) - {"logout", "login"}), "logout", "login"]:
        method, path = PATHS[name]
        data = sent if method == "POST" else None
        status = client.request(method, path.format(reference=reference), data=data).status_code
        allowed = access.RIGHTS[name]
        if allowed == access.PUBLIC:
            assert status in (200, 303, 401) or ("/hooks/" in path and status == 404), name
        elif role is None:
            assert status == (303 if method == "GET" else 403), name
        elif role in allowed:
            assert status in (200, 303, 404, 409, 422), name
        else:
            assert status == 403, name


def test_a_route_without_declared_roles_stops_the_start() -> None:
    router = APIRouter()
    router.get("/new", name="new_page")(lambda: "x")
    with pytest.raises(RuntimeError, match="new_page"):
        access.check_routes(router.routes)


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
@pytest.mark.parametrize("path", FORMS)
def test_a_forged_form_is_refused(
    client: TestClient, desk_engine: Engine, reference: str, forgery: dict[str, object], path: str
) -> None:
    csrf = sign_in(client)
    form = {"csrf": forgery.get("csrf", csrf), "disposition": "grey", "reason": "unclear", "revision": "1"}
    form |= {"channel": "team", "address": "a@desk.example"}
    answer = client.post(path.format(reference=reference), data=form, headers=forgery.get("headers"))  # type: ignore[arg-type]
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


def test_guessing_is_slowed_down_but_locks_nobody_out_for_good(client: TestClient, desk_engine: Engine) -> None:
    for _ in range(5):
        client.post("/login", data={"name": "viewer", "password": "a wrong password"})
    assert client.post("/login", data={"name": "viewer", "password": PASSWORD}).status_code == 429
    with session_scope(desk_engine) as session:
        row = session.exec(select(UserRow).where(UserRow.name == "viewer")).one()
        assert row.locked_until is not None and row.locked_until < datetime.now(UTC) + timedelta(minutes=16)
        row.locked_until = datetime.now(UTC) - timedelta(seconds=1)
        session.add(row)
    sign_in(client, "viewer")


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
