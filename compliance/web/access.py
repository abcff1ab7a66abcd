"""Who may do what at the desk: one table, checked on the server for every route."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from fastapi import HTTPException, Request
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from compliance.store import users
from compliance.store.database import session_scope
from compliance.store.users import Role, Visitor

COOKIE = "embargowatch_session"
EVERYONE = frozenset(Role)
DECIDERS = frozenset({Role.ANALYST, Role.APPROVER, Role.ADMIN})
# Who may give the second of two decisions.
APPROVERS = frozenset({Role.APPROVER, Role.ADMIN})
PUBLIC: frozenset[Role] = frozenset()

# Route name → roles that may call it; PUBLIC needs no sign-in. A route that is missing here stops the start.
RIGHTS: dict[str, frozenset[Role]] = {
    "login_page": PUBLIC,
    "login": PUBLIC,
    "healthz": PUBLIC,
    "readyz": PUBLIC,
    "logout": EVERYONE,
    "queue_page": EVERYONE,
    "case_page": EVERYONE,
    "coverage_page": EVERYONE,
    "delivery_report": PUBLIC,
    "mailgun_report": PUBLIC,
    "alerts_page": EVERYONE,
    "resend_alert": DECIDERS,
    "resend_alerts": DECIDERS,
    "acknowledge_case": DECIDERS,
    "subscriptions_page": EVERYONE,
    "subscribe": EVERYONE,
    "unsubscribe": EVERYONE,
    "certificates_page": EVERYONE,
    "certificate_page": EVERYONE,
    "certificate_json": EVERYONE,
    "certificate_pdf": EVERYONE,
    "triage_page": EVERYONE,
    "search_page": EVERYONE,
    "keep_view": EVERYONE,
    "drop_view": EVERYONE,
    "decide": DECIDERS,
    "reopen": DECIDERS,
    "claim": DECIDERS,
    "release": DECIDERS,
    "assign": DECIDERS,
    "escalate": DECIDERS,
    "snooze": DECIDERS,
    "wake": DECIDERS,
    "add_note": DECIDERS,
    "correct_party": DECIDERS,
    "correct_facts": DECIDERS,
    "mark": DECIDERS,
    "unmark": DECIDERS,
    "move_story": DECIDERS,
    "split_case": DECIDERS,
    "merge_cases": DECIDERS,
    "undo": DECIDERS,
    "undo_last": DECIDERS,
}


class SignInNeeded(Exception):
    """Nobody is signed in; the visitor is sent to the sign-in page and back afterwards."""


def check_routes(routes: Iterable[BaseRoute]) -> None:
    """Raise RuntimeError where a route has no row in the table of rights."""
    for route in routes:
        if not isinstance(route, APIRoute) or route.name not in RIGHTS:
            raise RuntimeError(
                f"route {getattr(route, 'path', '')} ({getattr(route, 'name', '')}) has no declared roles"
            )


def current_visitor(request: Request) -> Visitor:
    """Return who is signed in, if the route's row in the table allows that role.

    Raises SignInNeeded, or HTTPException 403.
    """
    found = _visitor(request)
    if found is None:
        raise SignInNeeded
    if found.role not in RIGHTS[request.scope["route"].name]:
        raise HTTPException(403, f"A {found.role.value} may not do this.")
    return found


def _visitor(request: Request) -> Visitor | None:
    token = request.cookies.get(cookie_name(request))
    if not token:
        return None
    settings = request.app.state.settings
    idle = timedelta(minutes=settings.session_idle_minutes)
    with session_scope(request.app.state.engine) as session:
        return users.visitor(session, token, datetime.now(UTC), idle, timedelta(hours=settings.session_hours))


def cookie_name(request: Request) -> str:
    """Return the session cookie's name; under https its prefix binds it to this host alone."""
    return f"__Host-{COOKIE}" if is_secure(request) else COOKIE


def is_secure(request: Request) -> bool:
    """True where the desk is reached through https."""
    return str(request.app.state.settings.desk_url).startswith("https://")


def check_form(request: Request, visitor: Visitor, token: str) -> None:
    """Refuse a form that another site may have sent: the session's CSRF token and the Origin header must fit."""
    check_origin(request)
    if not users.same_token(token, visitor.csrf):
        raise HTTPException(403, "The form is out of date. Go back, reload the page and send it again.")


def check_origin(request: Request) -> None:
    """Refuse a write whose Origin header names another site."""
    origin = request.headers.get("origin")
    if origin is None:
        return
    own = {urlsplit(str(request.app.state.settings.desk_url)).netloc, request.headers.get("host", "")}
    if origin == "null" or urlsplit(origin).netloc not in own:
        raise HTTPException(403, "The form came from another site.")


def own_path(target: str) -> str:
    """Return the path to go on to after signing in: only a path of this desk, else the queue."""
    if not target.startswith("/") or target.startswith("//") or any(c in target for c in "\\\r\n\t"):
        return "/"
    parts = urlsplit(target)
    return "/" if parts.scheme or parts.netloc else target[:500]
