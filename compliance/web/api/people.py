"""The caller, his tokens, and everyone who may come in."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Request, Response
from pydantic import BaseModel, Field

from compliance import persons
from compliance.errors import ConfigError
from compliance.store import ledger, tokens, users
from compliance.store.database import read_scope, session_scope
from compliance.store.tables import UserRow
from compliance.store.tables_people import TokenRow
from compliance.store.users import Role, Scope
from compliance.web.api import frame
from compliance.web.api.frame import Body, Caller, IfMatch, Key, refusals

router = APIRouter(tags=["people"])

Name = Annotated[str, Path(max_length=80)]


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

    name: str = Field(min_length=1, max_length=80)
    scopes: list[Scope] = Field(min_length=1, max_length=len(Scope))
    days: int = Field(default=90, ge=1, le=366)


class Person(BaseModel):
    """Someone who may come in, or might."""

    name: str
    role: Role
    active: bool
    has_password: bool
    created_at: datetime


class NewPerson(Body):
    """Someone new; without a password only the provider can let him in."""

    name: str = Field(min_length=1, max_length=80)
    role: Role = Role.VIEWER
    password: str = Field(default="", max_length=200)


class PersonChange(Body):
    """What changes about a person; what is left out stays."""

    role: Role | None = None
    active: bool | None = None
    password: str | None = Field(default=None, max_length=200)


@router.get("/me", name="api_me", responses=refusals())
def me(visitor: Caller) -> Me:
    """Tell who calls and what he may do."""
    return Me(
        name=visitor.name, role=visitor.role, scopes=sorted(visitor.scopes) if visitor.scopes is not None else None
    )


@router.get("/tokens", name="api_tokens", responses=refusals())
def list_tokens(request: Request, visitor: Caller) -> list[TokenLine]:
    """List the caller's own tokens."""
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
    """End one of the caller's own tokens; somebody else's is as if it were not there."""
    now = datetime.now(UTC)
    with session_scope(request.app.state.engine) as session:
        row: TokenRow | None = tokens.end(session, visitor.user_id, token_id)
        if row is None:
            raise HTTPException(404, f"You have no token {token_id}.")
        _note(session, visitor.name, "token.ended", now, {"name": row.name})
    return Response(status_code=204)


def _person(row: UserRow) -> Person:
    return Person(
        name=row.name,
        role=Role(row.role),
        active=row.active,
        has_password=bool(row.password),
        created_at=row.created_at,
    )


def _etag(row: UserRow) -> str:
    return frame.etag_of("user", row.name, row.role, row.active, row.password)


@router.get("/users", name="api_users", responses=refusals())
def list_users(request: Request, visitor: Caller) -> list[Person]:
    """List everyone, by name."""
    with read_scope(request.app.state.engine) as session:
        return [_person(row) for row in users.listed(session)]


@router.get("/users/{name}", name="api_user", responses=refusals(404))
def show_user(request: Request, response: Response, visitor: Caller, name: Name) -> Person:
    """Show a person; the ETag is what a change needs."""
    row = _found(request, name)
    response.headers["ETag"] = _etag(row)
    return _person(row)


def _found(request: Request, name: str) -> UserRow:
    with read_scope(request.app.state.engine) as session:
        row = users.find(session, name)
    if row is None:
        raise HTTPException(404, "There is no such user.")
    return row


@router.post("/users", name="api_add_user", status_code=201, response_model=Person, responses=refusals(409))
def add_user(request: Request, visitor: Caller, body: NewPerson, key: Key = None) -> Response:
    """Add a person."""

    def do() -> tuple[int, str, dict[str, Any]]:
        persons.add(request.app.state.engine, body.name, body.role, body.password, visitor.name, datetime.now(UTC))
        row = _found(request, body.name)
        return 201, _etag(row), _person(row).model_dump(mode="json")

    return frame.once(request, visitor, key, body, do)


@router.patch("/users/{name}", name="api_change_user", response_model=Person, responses=refusals(404, 409, 412, 428))
def change_user(
    request: Request, visitor: Caller, name: Name, body: PersonChange, if_match: IfMatch = None, key: Key = None
) -> Response:
    """Change a person's role, state or password."""
    engine = request.app.state.engine

    def do() -> tuple[int, str, dict[str, Any]]:
        frame.check_match(if_match, _etag(_found(request, name)))
        now = datetime.now(UTC)
        if body.password is not None:
            persons.set_password(engine, name, body.password, visitor.name, now)
        if body.role is not None:
            persons.set_role(engine, name, body.role, visitor.name, now)
        if body.active is not None:
            persons.set_active(engine, name, body.active, visitor.name, now)
        row = _found(request, name)
        return 200, _etag(row), _person(row).model_dump(mode="json")

    return frame.once(request, visitor, key, body, do)
