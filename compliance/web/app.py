"""The app factory: routes, security headers on every answer, and error pages that say what to do."""

import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from sqlalchemy import Engine
from starlette.exceptions import HTTPException as StarletteHTTPException

from compliance.monitor import open_rulebook
from compliance.settings import Settings
from compliance.severity import SeverityPolicy, load_severity_policy
from compliance.store import priorities
from compliance.store.database import session_scope
from compliance.web import access, acts, alerts, callbacks, certificates, coverage, review, signin, triage
from compliance.web.pages import open_pages
from compliance.web.reasons import load_reasons

log = logging.getLogger(__name__)

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
    review.router,
    triage.router,
    acts.router,
    coverage.router,
    alerts.router,
    certificates.router,
    callbacks.router,
)


def create_app(settings: Settings, engine: Engine) -> FastAPI:
    """Return the review desk on this database. A route without declared roles stops the start."""
    app = FastAPI(title="Embargo Watch", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.settings, app.state.engine = settings, engine
    app.state.reasons = load_reasons(settings.config / "reasons.yml")
    app.state.regimes = {number: regime.name for number, regime in open_rulebook().regimes.items()}
    app.state.severity = load_severity_policy(settings.config / "severity.yml", app.state.regimes)
    app.state.pages = open_pages()
    _weigh_anew(engine, app.state.severity)
    app.mount("/static", StaticFiles(directory=_HERE / "static"), name="static")
    for router in ROUTERS:
        access.check_routes(router.routes)
        app.include_router(router)
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
    """Bound the body, put the headers on every answer, and show a crash as a page with a number and no trace."""
    length = request.headers.get("content-length", "0")
    if not length.isdigit() or int(length) > _MAX_BODY or "transfer-encoding" in request.headers:
        response: Response = _error(request, 413, "That is more than this page takes.")
    else:
        try:
            response = await call_next(request)
        except Exception:  # whatever breaks, the visitor gets a page and the log gets the trace
            number = uuid4().hex[:8]
            log.exception("request broke number=%s path=%s", number, request.url.path)
            response = _error(request, 500, f"Something broke on our side. Its number in the log is {number}.")
    response.headers.update(_HEADERS)
    if not request.url.path.startswith("/static/"):
        response.headers["Cache-Control"] = "no-store"
    return response


def _error(request: Request, status: int, text: str) -> HTMLResponse:
    page: Any = request.app.state.pages.env.get_template("error.html")
    return HTMLResponse(page.render(status=status, text=text, visitor=None), status_code=status)


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
