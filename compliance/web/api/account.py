"""The caller's own account: who he is, his tokens, his browser sessions, his password."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr
from sqlalchemy import Engine

from compliance import admission
from compliance.errors import ConfigError
from compliance.store import ledger, tokens, users
from compliance.store.database import read_scope, session_scope
from compliance.store.tables_people import TokenRow
from compliance.store.users import Role, Scope
from compliance.web import access
from compliance.web.api import frame
from compliance.web.api.frame import Body, Caller, Done, Key, Nothing, refusals

router = APIRouter(tags=["account"])

_Id = Annotated[int, Path(ge=1, le=2**31 - 1)]


class Me(BaseModel):
    """Who calls; ``scopes`` is null for a browser's session."""

    name: str
    role: Role
    scopes: list[Scope] | None


class TokenLine(BaseModel):
    """A token as it is kept; ``hint`` is how it begins."""

    id: int
    name: str
    hint: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime
    last_used: datetime | None


class TokenMade(TokenLine):
    """A new token. ``token`` is shown this once."""

    token: str


class NewToken(Body):
    """What a new token is called, may do, and how long."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "nightly", "scopes": ["read"], "days": 30}]})

    name: str = Field(min_length=1, max_length=80)
    scopes: list[Scope] = Field(min_length=1, max_length=len(Scope))
    days: int = Field(default=90, ge=1, le=366)


class SessionLine(BaseModel):
    """A browser that is signed in."""

    created_at: datetime
    last_used: datetime


class Ended(BaseModel):
    """How many sessions were ended."""

    ended: int


class NewPassword(Body):
    """The present password and the new one."""

    model_config = ConfigDict(
        str_strip_whitespace=False,
        json_schema_extra={"examples": [{"current": "the one until now", "new": "a herd of very quiet geese"}]},
    )

    current: SecretStr = Field(max_length=1_000)
    new: SecretStr = Field(max_length=1_000)


@router.get("/me", name="api_me", responses=refusals())
def me(visitor: Caller) -> Me:
    """Tell who calls and what he may do."""
    return Me(
        name=visitor.name, role=visitor.role, scopes=sorted(visitor.scopes) if visitor.scopes is not None else None
    )


@router.get("/tokens", name="api_tokens", responses=refusals())
def list_tokens(request: Request, visitor: Caller) -> list[TokenLine]:
    """List the caller's own tokens; nobody has more than twenty."""
    with read_scope(request.app.state.engine) as session:
        return [TokenLine.model_validate(row.model_dump()) for row in tokens.of_user(session, visitor.user_id)]


@router.post("/tokens", name="api_make_token", status_code=201, responses=refusals(409))
def make_token(request: Request, visitor: Caller, body: NewToken) -> TokenMade:
    """Make a token for the caller. A token makes none that may do or last more than itself.

    It takes no idempotency key: its answer, which holds the token, is not kept.
    """
    now = datetime.now(UTC)
    if visitor.scopes is not None and not set(body.scopes) <= visitor.scopes:
        raise HTTPException(403, "A token cannot make one that may do more than itself.")
    lasts = timedelta(days=body.days)
    try:
        with session_scope(request.app.state.engine) as session:
            until = _expiry(session, request) if visitor.scopes is not None else None
            if until is not None:
                lasts = min(lasts, until - now)
            row, token = tokens.make(session, visitor.user_id, body.name, body.scopes, lasts, now)
            _note(session, visitor.name, "token.made", now, {"name": row.name, "scopes": row.scopes})
            return TokenMade.model_validate(row.model_dump() | {"token": token})
    except ConfigError as error:
        raise HTTPException(409, f"{error}.") from error


def _expiry(session: Any, request: Request) -> datetime | None:
    digest = users.digest(request.headers.get("authorization", "").partition(" ")[2].strip())
    row = tokens.of_digest(session, digest)
    return row.expires_at if row else None


def _note(session: Any, name: str, action: str, now: datetime, after: dict[str, Any]) -> None:
    ledger.append(session, at=now, actor=name, action=action, subject=f"user:{name}", after=after)


@router.delete("/tokens/{token_id}", name="api_end_token", status_code=204, responses=refusals(404))
def end_token(request: Request, visitor: Caller, token_id: Annotated[int, Path(ge=1, le=2**31 - 1)]) -> Response:
    """End one of the caller's own tokens; somebody else's is as if it were not there.

    A token never changes, and is gone afterwards: neither If-Match nor an idempotency key is needed.
    """
    now = datetime.now(UTC)
    with session_scope(request.app.state.engine) as session:
        row: TokenRow | None = tokens.end(session, visitor.user_id, token_id)
        if row is None:
            raise HTTPException(404, f"You have no token {token_id}.")
        _note(session, visitor.name, "token.ended", now, {"name": row.name})
    return Response(status_code=204)


@router.get("/me/sessions", name="api_sessions", responses=refusals())
def list_sessions(request: Request, visitor: Caller) -> list[SessionLine]:
    """List up to two hundred browsers in which the caller is signed in, the newest first."""
    with read_scope(request.app.state.engine) as session:
        rows = users.sessions_of(session, visitor.user_id)[:200]
    return [SessionLine(created_at=row.created_at, last_used=row.last_used) for row in rows]


@router.delete("/me/sessions", name="api_end_sessions", response_model=Ended, responses=refusals(409))
def end_sessions(request: Request, visitor: Caller, key: Key = None) -> Response:
    """End every browser session of the caller, but the one that asks. Whatever there is ends: no If-Match."""
    here = request.cookies.get(access.cookie_name(request), "") if visitor.scopes is None else ""

    def do(engine: Engine) -> Done:
        with session_scope(engine) as session:
            before = len(users.sessions_of(session, visitor.user_id))
            users.end_sessions(session, visitor.user_id, here)
            ended = before - len(users.sessions_of(session, visitor.user_id))
            _note(session, visitor.name, "user.sessions_ended", datetime.now(UTC), {})
        return 200, "", {"ended": ended}

    return frame.once(request, visitor, key, Nothing(), do)


@router.put("/me/password", name="api_password", status_code=204, responses=refusals(429))
def change_password(request: Request, visitor: Caller, body: NewPassword) -> Response:
    """Set a new password, where the present one is given; every session and token of the caller ends, this one too.

    Tries count as at sign-in. It takes no idempotency key: whoever asks again is no longer let in.
    """
    engine, now = request.app.state.engine, datetime.now(UTC)

    def do() -> Done:
        if not admission.confirm(engine, visitor.name, body.current.get_secret_value(), access.came(request), now):
            raise HTTPException(422, "The present password does not fit.")
        with session_scope(engine) as session:
            users.set_password(session, visitor.name, body.new.get_secret_value())
            _note(session, visitor.name, "user.password_set", now, {})
        return 204, "", {}

    frame.done(do)
    return Response(status_code=204)
