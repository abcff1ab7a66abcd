"""What strangers try against the desk, and what holds: each test fails without its defence."""

import logging
import re
import socket
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from sqlmodel import select

from compliance.settings import Settings
from compliance.store.database import session_scope
from compliance.store.tables import SessionRow, UserRow
from compliance.web import access
from compliance.web.app import create_app
from tests.compliance.web.conftest import PASSWORD, bearer, make_token, sign_in
from tests.compliance.web.test_rights import API, BODIES, FORMS, PAGES, filled

WRITES = sorted(n for n, r in PAGES.items() if r.methods == {"POST"} and access.RIGHTS[n] != access.PUBLIC)
FORGERIES: dict[str, dict[str, Any]] = {
    "no token": {"csrf": ""},
    "a made-up token": {"csrf": "x" * 43},
    "somebody else's token": {"csrf": "THEIRS"},
    "another site": {"headers": {"origin": "https://evil.example"}},
    "a hidden origin": {"headers": {"origin": "null"}},
    "a look-alike": {"headers": {"origin": "http://127.0.0.1:8000.evil.example"}},
}


def test_every_form_that_writes_refuses_every_forgery(
    client: TestClient, desk_settings: Settings, desk_engine: Engine, reference: str
) -> None:
    csrf = sign_in(client, "admin")
    with TestClient(create_app(desk_settings, desk_engine), base_url="http://127.0.0.1:8000") as other:
        theirs = sign_in_csrf(other, "analyst")
    assert len(WRITES) >= 8
    for name in WRITES:
        for forgery in FORGERIES.values():
            form = FORMS.get(name, {}) | {"csrf": str(forgery.get("csrf", csrf)).replace("THEIRS", theirs)}
            path = filled(PAGES[name].path, reference)
            assert client.post(path, data=form, headers=forgery.get("headers")).status_code == 403, (name, forgery)
    with session_scope(desk_engine) as session:
        assert session.connection().execute(text("SELECT count(*) FROM tokens")).scalar_one() == 0
        assert session.connection().execute(text("SELECT count(*) FROM users")).scalar_one() == 5
        assert session.connection().execute(text("SELECT state FROM cases")).scalar_one() == "waiting"


def test_every_write_of_the_api_by_a_browsers_session_refuses_every_forgery(
    client: TestClient, desk_settings: Settings, desk_engine: Engine, reference: str
) -> None:
    csrf = sign_in(client, "admin")
    with TestClient(create_app(desk_settings, desk_engine), base_url="http://127.0.0.1:8000") as other:
        theirs = sign_in_csrf(other, "analyst")
    writes = {name: route for name, route in API.items() if route.methods != {"GET"}}
    assert len(writes) >= 29
    for name, route in writes.items():
        [method] = route.methods
        for forgery in FORGERIES.values():
            sent = str(forgery.get("csrf", csrf)).replace("THEIRS", theirs)
            headers = {"x-csrf-token": sent, "if-match": "*", **forgery.get("headers", {})}
            path = f"/api/v1{filled(route.path, reference)}"
            answer = client.request(method, path, json=BODIES.get(name), headers=headers)
            assert answer.status_code == 403, (name, forgery)
    with session_scope(desk_engine) as session:
        assert session.connection().execute(text("SELECT revision FROM cases")).scalar_one() == 1
        assert session.connection().execute(text("SELECT count(*) FROM saved_views")).scalar_one() == 0


def sign_in_csrf(client: TestClient, name: str) -> str:
    client.post("/login", data={"name": name, "password": PASSWORD})
    page = client.get("/").text
    return page.partition('name="csrf" value="')[2].partition('"')[0]


def test_nothing_is_changed_by_asking_for_a_page(client: TestClient, desk_engine: Engine, reference: str) -> None:
    """A GET leaves no trace but who saw or took what, in the record, and when a session was last used."""
    sign_in(client, "admin")
    counted = ("users", "cases", "tokens", "stories", "screenings", "outbox", "answers", "identities")

    def counts() -> list[Any]:
        with session_scope(desk_engine) as session:
            return [session.connection().execute(text(f"SELECT * FROM {table}")).all() for table in counted]

    before = counts()
    for route in PAGES.values():
        if route.methods == {"GET"}:
            client.get(filled(route.path, reference))
    assert counts() == before


def test_a_session_that_a_stranger_planted_is_not_taken_up(client: TestClient, desk_engine: Engine) -> None:
    client.cookies.set(access.COOKIE, "planted-by-a-stranger")
    sign_in(client)
    client.cookies.clear()
    client.cookies.set(access.COOKIE, "planted-by-a-stranger")
    assert client.get("/").status_code == 303
    with session_scope(desk_engine) as session:
        assert len(session.exec(select(SessionRow)).all()) == 1


def test_signing_in_again_ends_the_session_before(client: TestClient, desk_engine: Engine) -> None:
    sign_in(client)
    first = client.cookies[access.COOKIE]
    sign_in(client, "viewer")
    client.cookies.set(access.COOKIE, first)
    assert client.get("/").status_code == 303


def test_the_password_changes_only_with_the_present_one_and_ends_everything(
    client: TestClient, desk_engine: Engine
) -> None:
    token = make_token(desk_engine)
    csrf = sign_in(client)
    new = "another herd of quiet geese"
    form = {"csrf": csrf, "current": "wrong", "new": new}
    assert client.post("/account/password", data=form).status_code == 422
    assert client.post("/account/password", data=form | {"current": PASSWORD, "new": "short"}).status_code == 422
    assert client.post("/account/password", data=form | {"current": PASSWORD}).headers["location"] == "/login"
    assert client.get("/").status_code == 303
    assert client.get("/api/v1/me", headers=bearer(token)).status_code == 401
    assert client.post("/login", data={"name": "analyst", "password": PASSWORD}).status_code == 401
    sign_in(client, password=new)


def test_an_open_desk_is_no_place_to_guess_the_password_at(client: TestClient) -> None:
    csrf = sign_in(client)
    form = {"csrf": csrf, "current": "wrong", "new": "another herd of quiet geese"}
    statuses = [client.post("/account/password", data=form).status_code for _ in range(7)]
    assert statuses == [422] * 5 + [429] * 2


def test_a_wait_is_told_with_its_length(client: TestClient) -> None:
    for i in range(6):
        answer = client.post("/login", data={"name": "viewer", "password": f"wrong {i}"})
    assert answer.status_code == 429 and 0 < int(answer.headers["retry-after"]) <= 30
    assert "wait" in answer.text and "30 seconds" in answer.text


def test_all_other_sessions_can_be_ended(client: TestClient, desk_settings: Settings, desk_engine: Engine) -> None:
    with TestClient(create_app(desk_settings, desk_engine), base_url="http://127.0.0.1:8000") as other:
        sign_in_csrf(other, "analyst")
        csrf = sign_in(client)
        assert client.post("/account/sessions/end", data={"csrf": csrf}).status_code == 303
        assert other.get("/", follow_redirects=False).status_code == 303
    assert client.get("/").status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "evil.example:8000", "[::1", "", "a@b", "127.1"]
)
def test_a_forged_host_is_refused(client: TestClient, host: str) -> None:
    answer = client.get("/login", headers={"host": host})
    assert answer.status_code == 421 and "evil" not in answer.text and "http://127.0.0.1:8000" in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "[::1]:8000", "LOCALHOST"])
def test_the_desk_answers_to_its_own_names(client: TestClient, host: str) -> None:
    assert client.get("/login", headers={"host": host}).status_code == 200


OUTWARD = [
    "https://evil.example", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example",
    "/%09//evil.example\t", "javascript:alert(1)", "data:text/html,x", "http:/evil.example",
    "http:evil.example", "/\n/evil.example", "/\r\nLocation: x", " //evil.example", "\t//evil.example",
    "evil.example", "", "?next=//evil", "#//evil", "/\u0000//evil", "https:evil.example", "ftp://x",
    "//evil.example/%2f..", "//evil%2eexample", "/\\/evil.example", "\\/evil.example",
    "http://127.0.0.1:8000@evil", "////", "//", "/ /evil.example", "//\u3002evil",
]  # fmt: skip


def test_signing_in_leads_out_by_no_address(client: TestClient) -> None:
    assert len(set(OUTWARD)) >= 30
    for target in OUTWARD:
        answer = client.post("/login", data={"name": "analyst", "password": PASSWORD, "next": target})
        location = answer.headers["location"]
        assert location.startswith("/") and not location.startswith(("//", "/\\")), target
        assert not re.search(r"[\x00-\x20\\]", location), target


CLIMBING = [
    "../../etc/passwd", "..%2f..%2fetc%2fpasswd", "....//....//etc/passwd", "%2e%2e/%2e%2e/etc/passwd", "/etc/passwd",
    "..\\..\\windows\\win.ini", "%00", "desk.css%00.png", "..;/..;/", "%252e%252e%252fetc", "file:///etc/passwd",
    "EW-2026-00001/../../../etc/passwd", "~root", "CON", "%c0%ae%c0%ae/", "\u2025/\u2025", "a" * 6_000, "...",
    ". .", "%2e", "..%5c..%5cetc%5cpasswd", "%5c%5cserver%5cshare", "..%00/", "../" * 40 + "etc/passwd",
    "desk.db", "desk.css/../../app.py", "desk.css%2f..%2f..%2fapp.py", ".%2e/.%2e/settings.py",
    "%uff0e%uff0e/etc", "..%ef%bc%8fetc", "C:%5cwindows",
    "%2fproc%2fself%2fenviron", "proc/self/environ", "..%2f..%2f..%2fdesk.db",
    "%2e%2e%2f%2e%2e%2fconfig%2ffeeds.yml", "EW-2026-00001%0a../../x", "-", "*", "?", "csv/../../x",
    "csv%2f..%2f..%2fx", "\u202e..",
]  # fmt: skip


def test_forty_names_try_to_climb() -> None:
    assert len(set(CLIMBING)) >= 40


@pytest.mark.parametrize(
    "path",
    ["/static/{}", "/cases/{}/report.pdf", "/exports/cases.{}", "/cases/{}/report", "/certificates/{}.pdf",
     "/api/v1/cases/{}", "/api/v1/cases/{}/report.pdf", "/api/v1/exports/cases?format={}"],
)  # fmt: skip
def test_no_name_climbs_out_of_its_place(client: TestClient, desk_url: str, desk_engine: Engine, path: str) -> None:
    """Also over a socket, where no client tidies the path before it is sent."""
    sign_in(client)
    token = make_token(desk_engine, "admin")
    port = int(desk_url.rpartition(":")[2])
    for name in CLIMBING:
        answer = client.get(path.format(name), headers=bearer(token) if path.startswith("/api") else {})
        assert answer.status_code in (303, 400, 401, 404, 405, 414, 422), (name, answer.status_code)
        told = answer.text + _asked_raw(port, path.format(name), token)
        assert "root:" not in told and "SQLite format 3" not in told and "EMBARGOWATCH_" not in told
        assert "attachment" not in answer.headers.get("content-disposition", "")


def _asked_raw(port: int, target: str, token: str) -> str:
    """Send the target as it stands, bytes and all, and return the answer."""
    sent = target.encode("utf-8").replace(b"\n", b"").replace(b" ", b"%20")[:7_000]
    with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
        head = f" HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
        line.sendall(b"GET " + sent + head.encode())
        answer = b"".join(iter(lambda: line.recv(65_536), b""))
    assert re.match(rb"HTTP/1.1 (?:303|400|401|404|405|414|422) ", answer), (target, answer[:80])
    return answer.decode("utf-8", "replace")


@pytest.mark.parametrize(
    "payload", ["x\r\nSet-Cookie: a=b", "x\nX-Evil: 1", 'x"; filename="evil.exe', "x\r\n\r\n<script>"]
)
def test_nothing_sent_becomes_a_header(client: TestClient, desk_engine: Engine, payload: str) -> None:
    csrf = sign_in(client, "admin")
    answers = [
        client.get("/", params={"next": payload}),
        client.get("/cases/x/report.pdf", params={"form": payload}),
        client.post("/login", data={"name": payload, "password": "x", "next": payload}),
        client.post("/people", data={"csrf": csrf, "name": payload, "password": PASSWORD}),
        client.get("/record", params={"subject": payload, "actor": payload}),
        client.get("/api/v1/cases", params={"cursor": payload}),
    ]
    for answer in answers:
        assert "evil" not in str(answer.headers).lower() and "a=b" not in answer.headers.get("set-cookie", "")


def test_every_page_and_answer_is_guarded_and_kept_by_nobody(client: TestClient, reference: str) -> None:
    sign_in(client, "admin")
    for route in [*PAGES.values(), *API.values()]:
        prefix = "/api/v1" if route in API.values() else ""
        if route.methods == {"GET"}:
            headers = client.get(prefix + filled(route.path, reference)).headers
            assert headers["cache-control"] == "no-store", route.path
            assert (
                headers["x-frame-options"] == "DENY" and "frame-ancestors 'none'" in headers["content-security-policy"]
            )
            assert headers["x-content-type-options"] == "nosniff"
            assert "unsafe" not in headers["content-security-policy"]


def test_under_https_browsers_are_told_to_stay_there_and_cookies_too(
    desk_settings: Settings, desk_engine: Engine
) -> None:
    settings = desk_settings.model_copy(update={"desk_url": "https://desk.example"})
    client = TestClient(create_app(settings, desk_engine), base_url="https://desk.example", follow_redirects=False)
    answer = client.post("/login", data={"name": "analyst", "password": PASSWORD})
    assert "max-age" in answer.headers["strict-transport-security"]
    cookies = [c.lower() for c in answer.headers.get_list("set-cookie")]
    assert len(cookies) == 2 and all(c.startswith("__host-") and "secure" in c and "domain" not in c for c in cookies)


def test_no_page_breaks_open_when_the_database_does(
    client: TestClient, desk_engine: Engine, reference: str, caplog: pytest.LogCaptureFixture
) -> None:
    csrf = sign_in(client, "admin")
    with desk_engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        for table in ("sessions", "tokens", "sign_in_tries", "sign_in_flows"):
            connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO gone_{table}")
    with caplog.at_level(logging.CRITICAL):
        for name, route in [*PAGES.items(), *API.items()]:
            [method] = route.methods
            path = ("/api/v1" if name in API else "") + filled(route.path, reference)
            headers = bearer("ewt_" + "x" * 43) if name in API else {}
            answer = client.request(method, path, data={"csrf": csrf} if method == "POST" else None, headers=headers)
            public = name in ("healthz", "readyz", "login_page", "sso_begin", "sso_return") or path.startswith(
                "/hooks/"
            )
            assert answer.status_code == 500 or public, (name, answer.status_code)
            for leak in ("Traceback", "sqlite3", "sqlalchemy", "no such table", ".py", "SELECT"):
                assert leak not in answer.text, (name, leak)
            if answer.status_code == 500:
                assert re.search(r"number in the log is [0-9a-f]{8}", answer.text), name


def test_what_is_sent_stays_on_one_line_of_the_log(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    sign_in(client)
    original, client.app.state.engine = client.app.state.engine, None
    client.get("/cases/a%0aWARNING forged line")
    client.app.state.engine = original
    [line] = [r.getMessage() for r in caplog.records if "request broke" in r.getMessage()]
    assert "\n" not in line


def test_no_secret_stands_on_a_page_or_in_the_log(
    desk_settings: Settings, desk_engine: Engine, caplog: pytest.LogCaptureFixture, reference: str
) -> None:
    planted = {
        "oidc_client_secret": "planted-client-secret",
        "webhook_secret": "whsec_cGxhbnRlZC13ZWJob29rLXNlY3JldA==",
    }
    given = desk_settings.model_dump() | planted | {"oidc_issuer": "http://127.0.0.1:9", "oidc_client_id": "c"}
    token = make_token(desk_engine, "admin")
    with (
        caplog.at_level(logging.DEBUG),
        TestClient(
            create_app(Settings(**given), desk_engine), base_url="http://127.0.0.1:8000", follow_redirects=False
        ) as client,
    ):
        sign_in(client, "admin")
        secrets = [*planted.values(), PASSWORD, token, client.cookies[access.COOKIE]]
        pages = [client.get(filled(r.path, reference)).text for r in PAGES.values() if r.methods == {"GET"}]
        pages += [client.get("/api/v1" + filled(r.path, reference)).text for r in API.values() if r.methods == {"GET"}]
    with session_scope(desk_engine) as session:
        pages.append(str([u.password for u in session.exec(select(UserRow))]) and caplog.text)
    for secret in secrets:
        assert not [p for p in pages if secret in p]
    assert not [p for p in pages if "$argon2id$" in p]


@pytest.mark.parametrize(
    ("method", "path", "sent", "status"),
    [
        ("POST", "/login", {"content": b"x" * 200_001}, 413),
        ("POST", "/login", {"content": iter([b"x"])}, 413),
        ("GET", "/record?subject=" + "x" * 9_000, {}, 414),
        ("GET", "/api/v1/cases?limit=1000000", {}, 422),
        ("GET", "/analytics?months=100000", {}, 422),
        ("POST", "/login", {"data": {"name": "n" * 81}}, 422),
    ],
)
def test_what_is_too_much_is_refused(
    client: TestClient, method: str, path: str, sent: dict[str, Any], status: int
) -> None:
    sign_in(client, "admin")
    assert client.request(method, path, **sent).status_code == status


PAYLOADS = [
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "'><svg onload=alert(1)>", "{{7*7}}",
    "${7*7}", "{% raw %}", "javascript:alert(1)", "</textarea><script>", "<!--", "]]>", "&lt;b&gt;",
    "\u202eevil\u202c", "<a href=//evil>x</a>", "` onfocus=x `",
]  # fmt: skip


def test_no_name_of_a_person_token_or_subject_becomes_markup(client: TestClient) -> None:
    csrf = sign_in(client, "admin")
    for payload in PAYLOADS:
        _show_everywhere(client, csrf, payload)


def _show_everywhere(client: TestClient, csrf: str, payload: str) -> None:
    from tests.compliance.web.test_review import _Active

    client.post("/people", data={"csrf": csrf, "name": payload, "role": "viewer", "password": PASSWORD})
    client.post("/account/tokens", data={"csrf": csrf, "name": payload, "scopes": "read"})
    pages = [client.get(p) for p in ("/people", "/account", "/record")]
    pages.append(client.get("/record", params={"subject": payload, "actor": payload}))
    pages.append(client.post("/people", data={"csrf": csrf, "name": payload, "password": PASSWORD}))
    for page in pages:
        active = _Active()
        active.feed(page.text)
        assert active.found == [], page.url
        assert "<script>alert" not in page.text


def test_settings_say_which_proxies_are_believed() -> None:
    """A stranger's X-Forwarded-For must not give him ever new addresses to guess from."""
    source = (Path(access.__file__).parent.parent / "cli.py").read_text(encoding="utf-8")
    assert "proxy_headers=bool(settings.desk_trusted_proxies)" in source


def test_routes_are_found_by_the_tables_above() -> None:
    assert all(isinstance(r, APIRoute) for r in PAGES.values())
