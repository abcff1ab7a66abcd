"""What every API route stands in: who calls, pages of a list, conflict detection, and writes done once.

A new route is a function with its model, one row in ``access.API_RIGHTS``, and for a write the call of ``once``.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Header, HTTPException, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, model_validator
from sqlalchemy import Engine

from compliance.admission import WaitError
from compliance.correction import CorrectionError
from compliance.errors import AccessError, ConfigError, ConflictError
from compliance.store import answers, users
from compliance.store.database import ending_with, session_scope
from compliance.store.users import Visitor
from compliance.web import access
from compliance.web.api.problem import MEDIA
from compliance.web.api.rights import API_RIGHTS

T = TypeVar("T")
# The answer of a write: its status, the ETag of what it changed or nothing, and the body.
Done = tuple[int, str, dict[str, Any]]
NO_CURSOR = "This cursor is none of ours: begin the list anew without one."
_SAFE = ("GET", "HEAD", "OPTIONS")


class Body(BaseModel):
    """A request's body: the fields it lists, and no others; text that every database and log can keep."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _only_what_can_be_kept(cls, given: Any) -> Any:
        check_text(given)
        return given


class Nothing(Body):
    """A body with nothing in it, which may be left out."""


def check_text(given: Any) -> None:
    """Raise ValueError where a text, however deep, holds half a character or a control character but line ends."""
    if isinstance(given, str) and any((c < " " and c not in "\t\n\r") or "\ud800" <= c <= "\udfff" for c in given):
        raise ValueError("text holds a control character or half a character")
    if isinstance(given, dict):
        for name, value in given.items():
            check_text(name)
            check_text(value)
    elif isinstance(given, list):
        for value in given:
            check_text(value)


class Listed(BaseModel, Generic[T]):
    """A page of a list; ``next`` is the cursor of the following page, absent on the last."""

    items: list[T]
    next: str | None = None


_REFUSED = {
    304: "It is as you have it.",
    400: "The address cannot be read, or the cursor is none of this list.",
    401: "No token, or one that is unknown, over or ended.",
    403: "The role or the token's scope does not allow it, or it is another person's to do.",
    404: "There is no such thing, or it is somebody else's own.",
    406: "This format cannot be made here.",
    409: "It does not fit how the thing stands, somebody else works on it, or the same request is under way.",
    412: "It has changed since you saw it: get it again and look.",
    413: "The body is longer than is taken.",
    414: "The address is longer than is read.",
    421: "The desk does not go by this host name.",
    422: "A field does not fit, or what is asked cannot be; `errors` names the fields.",
    428: "Send If-Match with the ETag of what you saw.",
    429: "Ask again in a moment; Retry-After may say when.",
    500: "Something broke; `detail` has the number under which the log tells more.",
}
ETAG = {"ETag": {"schema": {"type": "string"}, "description": "What a change needs as If-Match."}}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI description of the errors a route may answer with, besides those that any may."""
    found = (400, 401, 403, 413, 414, 421, 422, 500, *statuses)
    return {status: _refusal(status) for status in sorted(found)}


def _refusal(status: int) -> dict[str, Any]:
    if status == 304:
        return {"description": _REFUSED[304]}
    example = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": _REFUSED[status]}
    content = {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}
    return {"content": {MEDIA: content}, "description": _REFUSED[status]}


def caller(request: Request) -> Visitor:
    """Return who calls, if role and token scope allow this route; by token, or by the browser's own session.

    Raises HTTPException 400, 401 and 403. A write by session needs its CSRF token in X-CSRF-Token.
    """
    if "%00" in request.url.query or "\x00" in request.url.path:
        raise HTTPException(400, "The address holds a NUL.")
    with_token = "authorization" in request.headers
    found = access.token_visitor(request) if with_token else access.session_visitor(request)
    if found is None:
        said = "The token is unknown, over or ended." if with_token else "Send a token: Authorization: Bearer ewt_…"
        raise HTTPException(401, said)
    roles, scope = API_RIGHTS[request.scope["route"].name]
    if found.role not in roles:
        raise HTTPException(403, f"A {found.role.value} may not do this.")
    if found.scopes is not None and scope not in found.scopes:
        raise HTTPException(403, f"This needs a token with the scope {scope.value}.")
    if not with_token and request.method not in _SAFE:
        access.check_form(request, found, request.headers.get("x-csrf-token", ""))
    access.note_reading(request, found)
    return found


Caller = Annotated[Visitor, Depends(caller)]
Limit = Annotated[int, Query(ge=1, le=200, description="How many items a page holds at most.")]
Cursor = Annotated[str | None, Query(max_length=400, description="The `next` of the page before.")]
IfMatch = Annotated[str | None, Header(max_length=100, description="The ETag of what you saw; needed for a change.")]
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        pattern=r"^[!-~]+$",
        description="Sent again with the same request within a day, it gets the first answer and changes nothing.",
    ),
]


def cursor_at(*place: int | str) -> str:
    """Return the cursor of the page that follows a place in an order by several values."""
    return base64.urlsafe_b64encode(json.dumps(["2", *place]).encode()).decode().rstrip("=")


def place_of(cursor: str | None, *kinds: type) -> list[Any] | None:
    """Return the values of ``cursor_at``. Raises HTTPException 400 for what is no cursor of this list."""
    if cursor is None:
        return None
    try:
        told = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
        check_text(told)
    except (binascii.Error, ValueError, RecursionError):
        told = None
    if not isinstance(told, list) or [type(v) for v in told] != [str, *kinds] or told[0] != "2":
        raise HTTPException(400, NO_CURSOR)
    if any(isinstance(v, int) and abs(v) >= 2**31 for v in told):
        raise HTTPException(400, NO_CURSOR)
    return list(told[1:])


def cursor_of(before: int | None) -> str | None:
    """Return the cursor of the page that begins before an id."""
    return None if before is None else base64.urlsafe_b64encode(f"1:{before}".encode()).decode().rstrip("=")


def before_of(cursor: str | None) -> int | None:
    """Return the id that a cursor stands for. Raises HTTPException 400 for what is no cursor of ours."""
    if cursor is None:
        return None
    try:
        told = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
        version, _, before = told.partition(":")
        if version == "1" and before.isdigit() and len(before) < 16:
            return int(before)
    except (binascii.Error, ValueError):
        pass
    raise HTTPException(400, NO_CURSOR)


def etag_of(*facts: Any) -> str:
    """Return the ETag that changes whenever these facts do."""
    told = json.dumps(facts, sort_keys=True, default=str)
    return '"' + hashlib.sha256(told.encode()).hexdigest()[:20] + '"'


def check_match(given: str | None, current: str) -> None:
    """Refuse a change of what the caller has not seen as it now stands (428 without If-Match, 412 with another)."""
    if given is None:
        raise HTTPException(428, "Send If-Match with the ETag of what you saw.")
    if given.strip() != "*" and current not in {tag.strip() for tag in given.split(",")}:
        raise HTTPException(412, "It has changed since you saw it: get it again and look.")


def is_unchanged(request: Request, current: str) -> bool:
    """True where the caller has this very version already (If-None-Match)."""
    return current in {tag.strip() for tag in request.headers.get("if-none-match", "").split(",")}


def once(
    request: Request,
    visitor: Visitor,
    key: str | None,
    body: BaseModel,
    do: Callable[[Engine], Done],
) -> Response:
    """Do a write and answer with its status, ETag and body; with a key, once, however often it is asked for.

    The write is done on the engine that it is handed, so that it is noted as done in its own transaction: a process
    that dies before it has answered leaves nothing to be done twice. What was refused is not kept, so that a mended
    request may use the key again.
    """
    if key is None:
        return _answer(*done(lambda: do(request.app.state.engine)))
    engine, now = request.app.state.engine, datetime.now(UTC)
    told = f"{request.method} {request.url.path} {body.model_dump_json()}"
    try:
        with session_scope(engine) as session:
            known = answers.claim(session, visitor.user_id, key, users.digest(told), now)
    except answers.KeyUsedError as error:
        raise HTTPException(422, f"{error}") from error
    except ConflictError as error:
        raise HTTPException(409, f"{error}") from error
    if known is not None:
        replayed = _answer(known.status or 200, str(known.headers.get("ETag", "")), json.loads(known.body))
        replayed.headers["Idempotency-Replayed"] = "true"
        return replayed
    try:
        noting = ending_with(engine, lambda session: answers.note_done(session, visitor.user_id, key))
        status, etag, found = done(lambda: do(noting))
    except HTTPException:
        with session_scope(engine) as session:
            answers.drop(session, visitor.user_id, key)
        raise
    with session_scope(engine) as session:
        answers.keep(session, visitor.user_id, key, status, {"ETag": etag}, json.dumps(found, ensure_ascii=False))
    return _answer(status, etag, found)


def done(do: Callable[[], Done]) -> Done:
    """Do a write; an expected error becomes the answer that says what to do."""
    try:
        return do()
    except LookupError:
        raise HTTPException(404, "There is no such thing.") from None
    except WaitError as error:
        raise HTTPException(429, f"{error}.", {"Retry-After": str(error.seconds)}) from error
    except AccessError as error:
        raise HTTPException(403, f"{error}. Nothing of yours was recorded.") from error
    except ConflictError as error:
        raise HTTPException(409, f"{error}. Nothing of yours was recorded.") from error
    except (ConfigError, CorrectionError) as error:
        raise HTTPException(422, f"{error}.") from error


def _answer(status: int, etag: str, found: dict[str, Any]) -> Response:
    body = json.dumps(found, ensure_ascii=False)
    headers = {"ETag": etag} if etag else None
    return Response(body, status_code=status, media_type="application/json", headers=headers)
