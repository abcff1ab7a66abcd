"""The app factory: routes, security headers on every answer, and error pages that say what to do."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException as StarletteHTTPException

from compliance.fetchpolicy import fetch_policy
from compliance.monitor import Monitor
from compliance.settings import Settings
from compliance.severity import SeverityPolicy, load_severity_policy
from compliance.store import priorities, readings
from compliance.store.database import read_scope, session_scope
from compliance.web import (
    access,
    account,
    acts,
    alerts,
    analytics,
    callbacks,
    certificates,
    coverage,
    people,
    record,
    reports,
    review,
    signin,
    sso,
    triage,
)
from compliance.web.api.app import create_api
from compliance.web.api.problem import problem
from compliance.web.crash import broken
from compliance.web.pages import open_pages
from compliance.web.reasons import load_reasons

_HERE = Path(__file__).parent
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Other sites get no referrer; with "no-referrer" browsers would also hide our own forms' origin from us.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
_MAX_BODY = 200_000
ROUTERS = (
    signin.router,
    sso.router,
    account.router,
    people.router,
    review.router,
    triage.router,
    acts.router,
    coverage.router,
    record.router,
    analytics.router,
    reports.router,
    alerts.router,
    certificates.router,
    callbacks.router,
)
API = "/api/v1"
_MAX_ADDRESS = 8_000
_ADVICE = {
    400: "Go back and begin again.",
    403: "If you need this for your work, ask an administrator of the desk to give you a role that has it.",
    404: "Look at the address for a slip, or find the case in the queue.",
    405: "Use the buttons and links of the pages.",
    409: "Open the case again to see how it stands.",
    413: "Shorten the text and send it again.",
    414: "Narrow the question and send it again.",
    422: "Nothing was recorded.",
    500: "Nothing was recorded. Try again; if it breaks again, tell the operator the number.",
}


def create_app(settings: Settings, engine: Engine) -> FastAPI:
    """Return the review desk on this database. A wrong configuration or a route without roles stops the start."""
    app = FastAPI(title="Embargo Watch", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.settings, app.state.engine = settings, engine
    app.state.reasons = load_reasons(settings.config / "reasons.yml")
    app.state.monitor = Monitor(settings, engine, (), fetch_policy(settings))
    # Whom a change at the desk is told to must be known before the first change.
    app.state.rulebook, _ = app.state.monitor.rulebook, app.state.monitor.alert_book
    app.state.regimes = {number: regime.name for number, regime in app.state.rulebook.regimes.items()}
    app.state.severity = load_severity_policy(settings.config / "severity.yml", app.state.regimes)
    app.state.pages, app.state.counted = open_pages(), {}
    _weigh_anew(engine, app.state.severity)
    app.state.provider = sso.open_provider(settings)
    app.state.verifying = Lock()
    app.mount("/static", StaticFiles(directory=_HERE / "static"), name="static")
    for router in ROUTERS:
        access.check_routes(router.routes, access.RIGHTS)
        app.include_router(router)
    app.mount(API, create_api(app.state), name="api")
    app.middleware("http")(_guard_answer)
    app.add_exception_handler(access.SignInNeeded, _send_to_sign_in)
    app.add_exception_handler(StarletteHTTPException, _show_error)
    app.add_exception_handler(RequestValidationError, _show_invalid)
    return app


def _weigh_anew(engine: Engine, policy: SeverityPolicy) -> None:
    """Give every open case its place under the policy as it is now, a few hundred in one transaction."""
    while True:
        with session_scope(engine) as session:
            if not priorities.refresh(session, policy):
                return


async def _guard_answer(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Bound the request, put the headers on every answer, and show a crash as a page with a number and no trace."""
    request.state.reading = None
    refused = _refusal(request)
    if refused:
        response = _error(request, *refused)
    else:
        try:
            response = await call_next(request)
            if response.status_code == 200 and request.state.reading:
                await run_in_threadpool(_note_view, request)
        except Exception:  # noqa: BLE001  whatever breaks, the visitor gets a page, the log the trace
            response = _error(request, 500, broken(request))
    response.headers.update(_HEADERS)
    if access.is_secure(request):
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    if not request.url.path.startswith("/static/"):
        response.headers["Cache-Control"] = "no-store"
    return response


def _refusal(request: Request) -> tuple[int, str] | None:
    """Return why a request is not let in at all, or None."""
    length = request.headers.get("content-length", "0")
    if not length.isdigit() or int(length) > _MAX_BODY or "transfer-encoding" in request.headers:
        return 413, "That is more than this page takes."
    if len(request.url.path) + len(request.url.query) > _MAX_ADDRESS:
        return 414, "That address is longer than this desk reads."
    if not access.is_known_host(request):
        return 421, f"This desk does not go by that name. Open it at {request.app.state.settings.desk_url}."
    return None


def _note_view(request: Request) -> None:
    """Record that a case was shown, before it is: what cannot be recorded is not shown."""
    actor, reference, way = request.state.reading
    engine, now = request.app.state.engine, datetime.now(UTC)
    with read_scope(engine) as session:
        if readings.is_noted(session, actor, reference, way, now):
            return
    with session_scope(engine) as session:
        readings.note_view(session, actor, reference, way, now)


def _error(request: Request, status: int, text: str) -> Response:
    if request.url.path.startswith(API):
        return problem(request, status, text)
    page: Any = request.app.state.pages.env.get_template("error.html")
    body = page.render(status=status, text=text, advice=_ADVICE.get(status, ""), visitor=None)
    return HTMLResponse(body, status_code=status)


async def _send_to_sign_in(request: Request, _error_: Exception) -> Response:
    if request.method != "GET":
        return _error(request, 403, "Your session has ended. Sign in again in another tab, then send this form again.")
    target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"/login?next={quote(target, safe='')}", status_code=303)


async def _show_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, StarletteHTTPException)
    known = {404: "There is no such page.", 405: "This page cannot be asked that way."}
    text = str(error.detail) if isinstance(error, HTTPException) and error.status_code not in (404, 405) else ""
    return _error(request, error.status_code, text or known.get(error.status_code, "That did not work."))


async def _show_invalid(request: Request, _error_: Exception) -> Response:
    return _error(request, 422, "The form is incomplete. Go back and fill in what is missing.")
