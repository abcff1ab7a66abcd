"""The API as an application of its own under /api/v1: its OpenAPI document, and every error a problem document."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import State
from starlette.exceptions import HTTPException as StarletteHTTPException

from compliance.web import access
from compliance.web.api import (
    account,
    alerts,
    cases,
    certificates,
    correcting,
    exports,
    people,
    queue,
    sight,
    subscriptions,
    views,
    work,
)
from compliance.web.api.frame import Caller, refusals
from compliance.web.api.problem import Problem, problem
from compliance.web.api.rights import API_RIGHTS
from compliance.web.crash import broken

document = APIRouter(tags=["document"])
ROUTERS = (
    document,
    queue.router,
    cases.router,
    work.router,
    correcting.router,
    views.router,
    exports.router,
    sight.router,
    certificates.router,
    alerts.router,
    subscriptions.router,
    account.router,
    people.router,
)
_VERSION = "1.0"
_ABOUT = (
    "What the review desk's pages can do, with the same rights. Send a personal token (made on the account page) as "
    "`Authorization: Bearer`. Lists come in pages: pass `next` as `cursor`. A change needs `If-Match` with the `ETag` "
    "of what you saw, and may carry an `Idempotency-Key`. Errors are problem documents (RFC 9457)."
)


@document.get("/openapi.json", name="api_document", response_model=dict[str, Any], responses=refusals())
def openapi(request: Request, visitor: Caller) -> Any:
    """Return this API's OpenAPI document."""
    return request.app.openapi()


def create_api(state: State) -> FastAPI:
    """Return the API on the desk's own state. A route without declared rights stops the start."""
    api = FastAPI(
        title="Embargo Watch API",
        version=_VERSION,
        description=_ABOUT,
        openapi_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name.removeprefix("api_"),
    )
    api.state = state
    for router in ROUTERS:
        access.check_routes(router.routes, API_RIGHTS)
        api.include_router(router)
    api.add_exception_handler(StarletteHTTPException, _show_error)
    api.add_exception_handler(RequestValidationError, _show_invalid)
    # Within the application's own outermost layer, which would answer a crash in plain text.
    api.middleware("http")(_show_crash)
    _describe(api)
    return api


async def _show_crash(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    try:
        return await call_next(request)
    except Exception:  # noqa: BLE001  whatever breaks, the caller gets a problem document, the log the trace
        return problem(request, 500, broken(request))


def _describe(api: FastAPI) -> None:
    """Name in the document the problem schema and the two ways of showing who one is."""
    plain = api.openapi

    def described() -> dict[str, Any]:
        if api.openapi_schema is None:
            found = plain()
            parts = found.setdefault("components", {})
            parts.setdefault("schemas", {})["Problem"] = Problem.model_json_schema()
            parts["securitySchemes"] = {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": access.COOKIE},
            }
            for operation in (one for path in found["paths"].values() for one in path.values()):
                operation["summary"] = operation["operationId"].replace("_", " ").capitalize()
            found["security"] = [{"token": []}, {"session": []}]
            found["servers"] = [{"url": "/api/v1"}]
            api.openapi_schema = found
        return api.openapi_schema

    api.openapi = described  # type: ignore[method-assign]  # FastAPI's own way to extend what it describes


async def _show_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, StarletteHTTPException)
    known = {404: "There is no such thing.", 405: "This address does not take that method."}
    told = isinstance(error, HTTPException) and error.detail != "Not Found"
    answer = problem(
        request, error.status_code, str(error.detail) if told else known.get(error.status_code, "Refused.")
    )
    for name, value in (error.headers or {}).items():
        answer.headers[name] = value
    return answer


async def _show_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = [
        {"where": _plain(".".join(str(part) for part in found["loc"])), "what": _plain(str(found["msg"]))}
        for found in error.errors()[:20]
    ]
    return problem(request, 422, "The request does not fit what this address takes.", errors=errors)


def _plain(said: str) -> str:
    """Return a text that may repeat what was sent so that it can be sent back, shortened."""
    return said[:200].encode("utf-8", "replace").decode()
