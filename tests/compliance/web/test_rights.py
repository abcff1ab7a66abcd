"""Every route × every role, pages and API alike: the table of rights says who gets in, and nobody else does."""

import re
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from compliance.store.users import Role, Scope
from compliance.web import access
from compliance.web.api import app as api
from compliance.web.api.rights import API_RIGHTS
from compliance.web.app import ROUTERS
from tests.compliance.web.conftest import make_token, sign_in

PAGES = {(r.name): r for router in ROUTERS for r in router.routes if isinstance(r, APIRoute)}
API = {(r.name): r for router in api.ROUTERS for r in router.routes if isinstance(r, APIRoute)}

# What a form must hold for its route to get as far as doing something.
FORMS: dict[str, dict[str, str]] = {
    "decide": {"disposition": "grey", "reason": "unclear", "revision": "1"},
    "reopen": {"revision": "1"},
    "correct_party": {"do": "add", "revision": "1"},
    "correct_facts": {"fact": "kinds", "revision": "1"},
    "mark": {"story": "1", "quote": "x", "revision": "1"},
    "subscribe": {"channel": "team", "address": "grace@desk.example", "timing": "immediate"},
    "keep_view": {"name": "mine", "query": "kind=arms"},
    "people_add": {"name": "somebody", "role": "viewer", "password": "a long enough password"},
    "people_change": {"what": "role", "role": "viewer"},
    "account_make_token": {"name": "script", "scopes": "read"},
}
BODIES: dict[str, dict[str, Any]] = {
    "api_assign": {"assignee": "analyst"},
    "api_escalate": {"note": "look"},
    "api_snooze": {"note": ""},
    "api_note": {"note": "seen"},
    "api_correct": {"change": "set_kinds", "kinds": ["arms"]},
    "api_mark": {"story": 1, "quote": "x"},
    "api_move": {"story": 1, "target": "EW-2026-00002"},
    "api_split": {"story": 1, "keep": True},
    "api_merge": {"target": "EW-2026-00002"},
    "api_undo": {"change": 1},
    "api_keep_view": {"name": "mine", "filters": {"kind": "arms"}},
    "api_subscribe": {"channel": "team", "address": "grace@desk.example"},
    "api_resend_all": {"channel": "email"},
    "api_password": {"current": "not this one", "new": "another herd of quiet geese"},
    "api_decide": {"disposition": "grey", "reason": "unclear"},
    "api_reopen": {"note": ""},
    "api_make_token": {"name": "another", "scopes": ["read"]},
    "api_add_user": {"name": "somebody", "password": "a long enough password"},
    "api_change_user": {"role": "viewer"},
}


def filled(path: str, reference: str) -> str:
    """Return a route's path with something real in each place."""
    given = {"reference": reference, "name": "viewer", "token_id": "999", "story_id": "1", "form": "csv",
             "number": "7", "view": "1",
             "mark": "1"}  # fmt: skip
    return re.sub(r"{(\w+)}", lambda found: given[found[1]], path)


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    assert PAGES.keys() == access.RIGHTS.keys()
    assert API.keys() == API_RIGHTS.keys()
    routes = [r for router in (*ROUTERS, *api.ROUTERS) for r in router.routes]
    assert all(isinstance(r, APIRoute) for r in routes) and len(routes) == len(PAGES) + len(API)


def test_the_app_has_no_route_beside_the_routers_static_files_and_the_api(client: TestClient) -> None:
    assert isinstance(client.app, FastAPI)
    assert len(client.app.routes) == len(ROUTERS) + 2
    [mounted] = [r for r in client.app.routes if getattr(r, "name", "") == "api"]
    assert len(mounted.app.routes) == len(api.ROUTERS)


@pytest.mark.parametrize("table", [access.RIGHTS, API_RIGHTS])
def test_a_route_without_declared_roles_stops_the_start(table: dict[str, object]) -> None:
    router = APIRouter()
    router.get("/new", name="new_page")(lambda: "x")
    assert "new_page" not in table
    with pytest.raises(RuntimeError, match="new_page"):
        access.check_routes(router.routes, table)


def test_a_route_that_checks_nobody_would_be_found() -> None:
    """Every page and API route asks who is there, but those that are declared public."""
    for name, route in {**PAGES, **API}.items():
        asks = set(_asked(route.dependant))
        is_public = access.RIGHTS.get(name) == access.PUBLIC and name in PAGES
        assert is_public != bool(asks & {access.current_visitor, _caller()}), name


def _asked(dependant: Any) -> list[Any]:
    """Return everything that a route depends on, and what that depends on."""
    return [call for d in dependant.dependencies for call in (d.call, *_asked(d))]


def _caller() -> Any:
    from compliance.web.api.frame import caller

    return caller


@pytest.mark.parametrize("role", [None, *Role])
def test_each_role_gets_the_pages_that_the_table_says(client: TestClient, reference: str, role: Role | None) -> None:
    csrf = sign_in(client, role.value) if role else ""
    for name, route in sorted(PAGES.items(), key=lambda pair: pair[0] in ("logout", "login")):
        [method] = route.methods
        form = {"csrf": csrf, **FORMS.get(name, {})} if method == "POST" else None
        status = client.request(method, filled(route.path, reference), data=form).status_code
        allowed = access.RIGHTS[name]
        if allowed == access.PUBLIC:
            assert status in (200, 303, 400, 401, 404), name
        elif role is None:
            assert status == (303 if method == "GET" else 403), name
        elif role in allowed:
            assert status in (200, 303, 404, 409, 422), name
        else:
            assert status == 403, name


@pytest.mark.parametrize("role", [None, *Role])
def test_each_role_gets_the_api_that_the_table_says(
    client: TestClient, desk_engine: Engine, reference: str, role: Role | None
) -> None:
    token = make_token(desk_engine, role.value, *Scope) if role else "ewt_unknown"
    for name, route in API.items():
        [method] = route.methods
        answer = client.request(
            method,
            f"/api/v1{filled(route.path, reference)}",
            json=BODIES.get(name),
            headers={"authorization": f"Bearer {token}"},
        )
        if role is None:
            assert answer.status_code == 401 and answer.headers["www-authenticate"].startswith("Bearer"), name
        elif role in API_RIGHTS[name][0]:
            assert answer.status_code in (200, 201, 204, 404, 422, 428), (name, answer.text)
        else:
            assert answer.status_code == 403, name


@pytest.mark.parametrize("scope", list(Scope))
def test_a_token_does_no_more_than_its_scopes(
    client: TestClient, desk_engine: Engine, reference: str, scope: Scope
) -> None:
    token = make_token(desk_engine, "admin", scope)
    for name, route in API.items():
        [method] = route.methods
        answer = client.request(
            method,
            f"/api/v1{filled(route.path, reference)}",
            json={"name": "another", "scopes": [scope]} if name == "api_make_token" else BODIES.get(name),
            headers={"authorization": f"Bearer {token}"},
        )
        assert (answer.status_code == 403) == (API_RIGHTS[name][1] is not scope), (name, answer.text)
