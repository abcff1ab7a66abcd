"""Everyone who may come in, for administrators; auditors see it too."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr
from sqlalchemy import Engine

from compliance import persons
from compliance.store import users
from compliance.store.database import read_scope
from compliance.store.tables import UserRow
from compliance.store.users import Role
from compliance.web.api import frame
from compliance.web.api.frame import ETAG, Body, Caller, Cursor, Done, IfMatch, Key, Limit, Listed, refusals

router = APIRouter(tags=["people"])

Name = Annotated[str, Path(max_length=80)]


class Person(BaseModel):
    """Someone who may come in, or might."""

    name: str
    role: Role
    active: bool
    has_password: bool
    created_at: datetime


class NewPerson(Body):
    """Someone new; without a password only the provider can let him in."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "grace", "role": "analyst"}]})

    name: str = Field(min_length=1, max_length=80)
    role: Role = Role.VIEWER
    password: SecretStr = Field(default=SecretStr(""), max_length=1_000)


class PersonChange(Body):
    """What changes about a person; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"role": "approver"}]})

    role: Role | None = None
    active: bool | None = None
    password: SecretStr | None = Field(default=None, max_length=1_000)


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
def list_users(request: Request, visitor: Caller, limit: Limit = 50, cursor: Cursor = None) -> Listed[Person]:
    """List everyone, by name."""
    after = frame.place_of(cursor, str) or [""]
    with read_scope(request.app.state.engine) as session:
        rows = users.listed(session, after[0], limit + 1)
    items = [_person(row) for row in rows[:limit]]
    return Listed(items=items, next=frame.cursor_at(items[-1].name) if len(rows) > limit else None)


@router.get("/users/{name}", name="api_user", responses=refusals(404) | {200: {"headers": ETAG}})
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

    def do(engine: Engine) -> Done:
        persons.add(
            engine,
            body.name,
            body.role,
            body.password.get_secret_value(),
            visitor.name,
            datetime.now(UTC),
        )
        row = _found(request, body.name)
        return 201, _etag(row), _person(row).model_dump(mode="json")

    return frame.once(request, visitor, key, body, do)


@router.patch(
    "/users/{name}",
    name="api_change_user",
    response_model=Person,
    responses=refusals(404, 409, 412, 428) | {200: {"headers": ETAG}},
)
def change_user(
    request: Request, visitor: Caller, name: Name, body: PersonChange, if_match: IfMatch = None, key: Key = None
) -> Response:
    """Change a person's role, state or password, all that is given or nothing."""
    password = body.password.get_secret_value() if body.password is not None else None

    def do(engine: Engine) -> Done:
        _found(request, name)
        persons.change(
            engine,
            name,
            visitor.name,
            datetime.now(UTC),
            seen=lambda row: frame.check_match(if_match, _etag(row)),
            role=body.role,
            active=body.active,
            password=password,
        )
        row = _found(request, name)
        return 200, _etag(row), _person(row).model_dump(mode="json")

    return frame.once(request, visitor, key, body, do)
