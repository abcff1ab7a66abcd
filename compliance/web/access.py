"""Who may do what at the desk: one table, checked on the server for every route, pages and API alike."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from fastapi import HTTPException, Request
from fastapi.routing import APIRoute
from sqlmodel import Session
from starlette.routing import BaseRoute

from compliance.admission import Came
from compliance.store import tokens, users
from compliance.store.database import read_scope, spare_scope
from compliance.store.users import Role, Visitor

COOKIE = "embargowatch_session"
BROWSER_COOKIE = "embargowatch_browser"
EVERYONE = frozenset(Role)
DECIDERS = frozenset({Role.ANALYST, Role.APPROVER, Role.ADMIN})
# Who may give the second of two decisions.
APPROVERS = frozenset({Role.APPROVER, Role.ADMIN})
OVERSEERS = frozenset({Role.ADMIN, Role.AUDITOR})
ADMINS = frozenset({Role.ADMIN})
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
    # single sign-on, one's own account, people
    "sso_begin": PUBLIC,
    "sso_return": PUBLIC,
    "account_page": EVERYONE,
    "account_password": EVERYONE,
    "account_end_sessions": EVERYONE,
    "account_make_token": EVERYONE,
    "account_end_token": EVERYONE,
    "people_page": OVERSEERS,
    "people_add": ADMINS,
    "people_change": ADMINS,
    # record, reports
    "record_page": OVERSEERS,
    "analytics_page": EVERYONE,
    "report_page": EVERYONE,
    "report_pdf": EVERYONE,
    "exports_page": EVERYONE,
    "export_file": EVERYONE,
}

# Routes that show one case, whose showing is recorded: who saw what, when (readings.note_view).
READINGS = frozenset({"case_page", "report_page", "api_case", "api_dossier", "api_report_html"})


def officers(session: Session) -> list[str]:
    """Return those who work on cases, by name."""
    return [user.name for user in users.listed(session) if user.active and Role(user.role) in DECIDERS]


def reader(visitor: Visitor) -> str | None:
    """Return who reads a case file, or None for an auditor, who sees everything and decides nothing."""
    return None if visitor.role is Role.AUDITOR else visitor.name


class SignInNeeded(Exception):
    """Nobody is signed in; the visitor is sent to the sign-in page and back afterwards."""


def check_routes(routes: Iterable[BaseRoute], table: Collection[str]) -> None:
    """Raise RuntimeError where a route has no row in the table of rights."""
    for route in routes:
        if not isinstance(route, APIRoute) or route.name not in table:
            raise RuntimeError(
                f"route {getattr(route, 'path', '')} ({getattr(route, 'name', '')}) has no declared roles"
            )


def current_visitor(request: Request) -> Visitor:
    """Return who is signed in, if the route's row in the table allows that role.

    Raises SignInNeeded, or HTTPException 403.
    """
    found = session_visitor(request)
    if found is None:
        raise SignInNeeded
    name = request.scope["route"].name
    if found.role not in RIGHTS[name]:
        raise HTTPException(403, f"A {found.role.value} may not do this. Ask an administrator of the desk.")
    note_reading(request, found)
    return found


def note_reading(request: Request, visitor: Visitor) -> None:
    """Leave for the end of the request that it shows this visitor a case, where it does."""
    name = request.scope["route"].name
    if name in READINGS:
        request.state.reading = (visitor.name, request.path_params["reference"], name)


def session_visitor(request: Request) -> Visitor | None:
    """Return who is signed in in this browser, or None."""
    token = request.cookies.get(cookie_name(request))
    if not token:
        return None
    settings = request.app.state.settings
    engine, now = request.app.state.engine, datetime.now(UTC)
    idle, absolute = timedelta(minutes=settings.session_idle_minutes), timedelta(hours=settings.session_hours)
    # Whoever only reads waits for no writer: that the session was used is noted where nobody is writing.
    with read_scope(engine) as session:
        found, is_due = users.visitor(session, token, now, idle, absolute)
    if is_due:
        with spare_scope(engine) as session:
            users.note_use(session, token, found is None, now)
    return found


def token_visitor(request: Request) -> Visitor | None:
    """Return whose token the Authorization header carries, or None."""
    way, _, token = request.headers.get("authorization", "").partition(" ")
    if way.lower() != "bearer":
        return None
    engine, now, token = request.app.state.engine, datetime.now(UTC), token.strip()
    with read_scope(engine) as session:
        found, is_due = tokens.bearer(session, token, now)
    if is_due:
        with spare_scope(engine) as session:
            tokens.note_use(session, token, now)
    return found


def cookie_name(request: Request, name: str = COOKIE) -> str:
    """Return a cookie's name; under https its prefix binds it to this host alone."""
    return f"__Host-{name}" if is_secure(request) else name


def is_secure(request: Request) -> bool:
    """True where the desk is reached through https."""
    return str(request.app.state.settings.desk_url).startswith("https://")


def came(request: Request) -> Came:
    """Return where a try to sign in comes from."""
    return Came(
        request.client.host if request.client else "",
        request.cookies.get(cookie_name(request, BROWSER_COOKIE), ""),
        request.cookies.get(cookie_name(request), ""),
    )


def check_form(request: Request, visitor: Visitor, token: str) -> None:
    """Refuse a form that another site may have sent: the session's CSRF token and the Origin header must fit."""
    check_origin(request)
    if not visitor.csrf or not users.same_token(token, visitor.csrf):
        raise HTTPException(403, "The form is out of date. Go back, reload the page and send it again.")


def check_origin(request: Request) -> None:
    """Refuse a write whose Origin header names another site."""
    origin = request.headers.get("origin")
    if origin is None:
        return
    own = {urlsplit(str(request.app.state.settings.desk_url)).netloc, request.headers.get("host", "")}
    if origin == "null" or urlsplit(origin).netloc not in own:
        raise HTTPException(403, "The form came from another site.")


def is_known_host(request: Request) -> bool:
    """True where the Host header names this desk: a forged one must not end up in links, nor pass as our own origin."""
    settings = request.app.state.settings
    try:
        host = urlsplit(f"//{request.headers.get('host', '')}").hostname
    except ValueError:
        return False
    own = urlsplit(str(settings.desk_url)).hostname
    return host in {own, settings.desk_host, "localhost", "127.0.0.1", "::1"}


def own_path(target: str) -> str:
    """Return the path to go on to after signing in: only a path of this desk, else the queue."""
    if not target.startswith("/") or target.startswith("//") or any(c == "\\" or ord(c) < 33 for c in target):
        return "/"
    parts = urlsplit(target)
    return "/" if parts.scheme or parts.netloc else target[:500]
