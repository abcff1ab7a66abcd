"""What a page can do, the API can: each form has its counterpart with the same rights, or a reason why not."""

import shlex
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from compliance.web import access
from compliance.web.api.rights import API_RIGHTS
from tests import factories
from tests.compliance.web.conftest import bearer, make_token, open_case
from tests.compliance.web.test_rights import API, BODIES, PAGES, filled

# A form's route → the API's routes that do the same.
DOES: dict[str, tuple[str, ...]] = {
    "decide": ("api_decide",),
    "reopen": ("api_reopen",),
    "claim": ("api_claim",),
    "release": ("api_release",),
    "assign": ("api_assign",),
    "escalate": ("api_escalate",),
    "snooze": ("api_snooze",),
    "wake": ("api_wake",),
    "add_note": ("api_note",),
    "correct_party": ("api_correct",),
    "correct_facts": ("api_correct",),
    "mark": ("api_mark",),
    "unmark": ("api_unmark",),
    "move_story": ("api_move",),
    "split_case": ("api_split",),
    "merge_cases": ("api_merge",),
    "undo": ("api_undo",),
    # In two steps, so that the caller sees what is taken back: which change it was, then its undoing.
    "undo_last": ("api_last_change", "api_undo"),
    "acknowledge_case": ("api_acknowledge",),
    "keep_view": ("api_keep_view",),
    "drop_view": ("api_drop_view",),
    "resend_alert": ("api_resend",),
    "resend_alerts": ("api_resend_all",),
    "subscribe": ("api_subscribe",),
    "unsubscribe": ("api_unsubscribe",),
    "account_password": ("api_password",),
    "account_end_sessions": ("api_end_sessions",),
    "account_make_token": ("api_make_token",),
    "account_end_token": ("api_end_token",),
    "people_add": ("api_add_user",),
    "people_change": ("api_change_user",),
}
# A page that shows → the API's routes that tell the same.
SHOWS: dict[str, tuple[str, ...]] = {
    "queue_page": ("api_queue", "api_counters", "api_choices", "api_views"),
    "case_page": ("api_case", "api_dossier", "api_history", "api_changes"),
    "triage_page": ("api_next", "api_place"),
    "search_page": ("api_search",),
    "coverage_page": ("api_coverage", "api_feeds", "api_runs"),
    "alerts_page": ("api_alerts", "api_alert", "api_channels", "api_unacknowledged"),
    "subscriptions_page": ("api_subscriptions", "api_subscription"),
    "certificates_page": ("api_certificates",),
    "certificate_page": ("api_certificate",),
    "certificate_json": ("api_certificate",),
    "certificate_pdf": ("api_certificate_pdf",),
    "account_page": ("api_me", "api_tokens", "api_sessions"),
    "people_page": ("api_users", "api_user"),
    "record_page": ("api_record",),
    "analytics_page": ("api_analytics",),
    "report_page": ("api_report_html",),
    "report_pdf": ("api_report",),
    "export_file": ("api_export",),
}
# What has no counterpart, and why.
NOT: dict[str, str] = {
    "login": "a program shows its token with every request",
    "logout": "a program has no session to end; a token is ended by api_end_token",
    "login_page": "a form",
    "sso_begin": "a browser's way to the provider and back",
    "sso_return": "a browser's way to the provider and back",
    "exports_page": "a page of links; the formats and columns stand in the OpenAPI document and in docs/reports.md",
    "delivery_report": "an address of its own for mail services, with signatures instead of tokens",
    "mailgun_report": "an address of its own for mail services, with signatures instead of tokens",
    "healthz": "for the machine that watches the process",
    "readyz": "for the machine that watches the process",
}


def test_every_page_has_its_counterpart_or_a_reason() -> None:
    told = DOES.keys() | SHOWS.keys() | NOT.keys()
    assert PAGES.keys() - told == set(), "give the page an API route, or say in NOT why it has none"
    assert told - PAGES.keys() == set()
    assert {name for name, route in PAGES.items() if "POST" in route.methods} <= DOES.keys() | NOT.keys()
    for counterparts in (*DOES.values(), *SHOWS.values()):
        assert set(counterparts) <= API.keys()


def test_a_counterpart_has_the_rights_of_its_page() -> None:
    for page, counterparts in (DOES | SHOWS).items():
        for name in counterparts:
            assert API_RIGHTS[name][0] == access.RIGHTS[page], (page, name)


def document(client: TestClient, engine: Engine) -> dict[str, Any]:
    answer = client.get("/api/v1/openapi.json", headers=bearer(make_token(engine, "viewer")))
    found: dict[str, Any] = answer.json()
    return found


# What needs no idempotency key: its answer must not be kept, or asking again finds nothing left to do.
WITHOUT_KEY = {"make_token", "end_token", "password"}
# What needs no If-Match: it makes something new, or concerns whatever there is.
WITHOUT_MATCH = {*WITHOUT_KEY, "keep_view", "subscribe", "add_user", "resend_all", "end_sessions"}


def test_every_write_takes_a_key_and_what_the_caller_saw_and_says_what_it_refuses(
    client: TestClient, desk_engine: Engine
) -> None:
    told = document(client, desk_engine)
    operations = [op for path in told["paths"].values() for method, op in path.items() if method != "get"]
    assert len(operations) >= 29
    for operation in operations:
        name = operation["operationId"]
        headers = {p["name"].lower() for p in operation.get("parameters", ()) if p["in"] == "header"}
        assert ("idempotency-key" in headers) == (name not in WITHOUT_KEY), name
        assert ("if-match" in headers) == (name not in WITHOUT_MATCH), name
        if "if-match" in headers:
            assert {"404", "409", "412", "428"} <= operation["responses"].keys(), name


def test_every_operation_is_described_and_every_body_has_an_example(client: TestClient, desk_engine: Engine) -> None:
    told = document(client, desk_engine)
    schemas = told["components"]["schemas"]
    for operation in (op for path in told["paths"].values() for op in path.values()):
        assert operation["description"] and operation["tags"], operation["operationId"]
        for status, answer in operation["responses"].items():
            assert answer["description"] not in ("", "See detail"), (operation["operationId"], status)
            if int(status) >= 400:
                assert answer["content"]["application/problem+json"]["example"]["status"] == int(status)
        if "412" in operation["responses"] and operation["operationId"] not in ("drop_view", "unsubscribe"):
            [done] = [a for s, a in operation["responses"].items() if int(s) < 300]
            assert "ETag" in done.get("headers", {}), operation["operationId"]
        sent = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        for one in (sent, *sent.get("anyOf", ())):
            name = one.get("$ref", "").rpartition("/")[2]
            assert not name or name == "Nothing" or schemas[name]["examples"], operation["operationId"]
            assert not name or schemas[name]["description"], name


@pytest.mark.parametrize("name", sorted(n for n, r in API.items() if r.methods == {"GET"}))
def test_every_list_is_bounded(name: str) -> None:
    """A route that answers with a list has a limit, or says in its words how many there are at most."""
    route = API[name]
    told = str(route.response_model)
    if "Listed" in told or told.startswith("list["):
        names = {p.name for p in route.dependant.query_params}
        assert (
            "limit" in names
            or "more than" in (route.description or "")
            or "up to" in (route.description or "")
            or (name == "api_channels")
        ), name


UNLISTED = ("id", "actor", "revision", "state", "role_", "user_id", "owner", "at", "versions", "is_admin", "csrf")


def test_no_body_takes_a_field_that_is_not_listed(client: TestClient, desk_engine: Engine) -> None:
    reference = open_case(desk_engine)
    token = bearer(make_token(desk_engine, "admin")) | {"if-match": "*"}
    taking = {name: route for name, route in API.items() if route.body_field is not None}
    assert len(taking) >= 20
    for name, route in taking.items():
        [method] = route.methods or ()
        for field in UNLISTED:
            body = BODIES.get(name, {}) | {field: "admin"}
            answer = client.request(method, f"/api/v1{filled(route.path, reference)}", json=body, headers=token)
            assert answer.status_code == 422 and field in answer.text, (name, field, answer.text)
    told = client.get(f"/api/v1/cases/{reference}", headers=token).json()
    assert (told["revision"], told["state"]) == (1, "waiting")


PAGE = Path(__file__).parents[3] / "docs" / "api.md"


def examples() -> list[tuple[str, str, dict[str, str], str | None]]:
    """Return every worked example of the page: method, address behind the API's own, headers, body."""
    found = []
    for line in PAGE.read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
        if not line.startswith("ew "):
            continue
        words = shlex.split(line)
        method = words[words.index("-X") + 1] if "-X" in words else "GET"
        headers = dict(words[i + 1].split(": ", 1) for i, word in enumerate(words) if word == "-H")
        body = words[words.index("-d") + 1] if "-d" in words else None
        [address] = [word.removeprefix("$API") for word in words if word.startswith("$API")]
        found.append((method, address, {k: v.replace("$TAG", "*") for k, v in headers.items()}, body))
    return found


def test_every_route_has_a_worked_example_that_the_api_takes(client: TestClient, desk_engine: Engine) -> None:
    """Each is sent as it stands: it finds its route and its fields fit."""
    for number in range(3):
        open_case(desk_engine, factories.story(fingerprint=f"{number}" * 64))
    asked: set[str] = set()
    done = 0
    told = [one for one in examples() if "password" not in one[1]] + [one for one in examples() if "password" in one[1]]
    token = bearer(make_token(desk_engine, "admin"))
    for method, address, headers, body in told:
        path = address.partition("?")[0]
        for name, route in API.items():
            if method in (route.methods or ()) and route.path_regex.match(path):
                asked.add(name)
                break
        else:
            raise AssertionError(f"no route takes {method} {path}")
        answer = client.request(
            method,
            f"/api/v1{address}",
            content=body,
            headers=token | headers | ({"content-type": "application/json"} if body else {}),
        )
        # The examples tell one story each, not one together: some find nothing there, or a case that is decided. A
        # refusal that names fields would mean that the example itself is wrong.
        assert answer.status_code in {200, 201, 204, 404, 409, 422}, (method, address, answer.text)
        assert answer.status_code != 422 or "errors" not in answer.json(), (method, address, answer.text)
        done += answer.status_code < 300
    assert done >= 50
    assert API.keys() - asked == set()
