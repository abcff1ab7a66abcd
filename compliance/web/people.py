"""Who may come in, for administrators; auditors see it too."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from compliance import persons
from compliance.errors import ConfigError
from compliance.store import users
from compliance.store.database import read_scope
from compliance.store.users import Role, Visitor
from compliance.web import access
from compliance.web.account import Csrf
from compliance.web.pages import Person, sentence, show

router = APIRouter()


class Change(StrEnum):
    """What an administrator may do to an account."""

    ROLE = "role"
    PASSWORD = "password"  # noqa: S105  (the word for a change, no secret)
    DISABLE = "disable"
    ENABLE = "enable"


@router.get("/people", name="people_page")
def people_page(request: Request, visitor: Person) -> Response:
    """Show everyone with role and state."""
    return _people(request, visitor)


def _people(request: Request, visitor: Visitor, problem: str = "", status: int = 200) -> Response:
    with read_scope(request.app.state.engine) as session:
        return show(
            request,
            "people.html",
            visitor,
            status,
            people=users.listed(session),
            roles=list(Role),
            may_change=visitor.role in access.ADMINS,
            problem=problem,
        )


@router.post("/people", name="people_add")
def add(
    request: Request,
    visitor: Person,
    csrf: Csrf = "",
    name: Annotated[str, Form(max_length=200)] = "",
    role: Annotated[Role, Form()] = Role.VIEWER,
    password: Annotated[str, Form(max_length=1_000)] = "",
) -> Response:
    """Add a person."""
    access.check_form(request, visitor, csrf)
    try:
        persons.add(request.app.state.engine, name, role, password, visitor.name, datetime.now(UTC))
    except ConfigError as error:
        return _people(request, visitor, sentence(error), 422)
    return RedirectResponse("/people", status_code=303)


@router.post("/people/{name}", name="people_change")
def change(
    request: Request,
    visitor: Person,
    name: str,
    what: Annotated[Change, Form()],
    csrf: Csrf = "",
    role: Annotated[Role | None, Form()] = None,
    password: Annotated[str, Form(max_length=1_000)] = "",
) -> Response:
    """Give a person another role or password, or lock him out or in."""
    access.check_form(request, visitor, csrf)
    engine, actor, now = request.app.state.engine, visitor.name, datetime.now(UTC)
    with read_scope(engine) as session:
        if users.find(session, name) is None:
            raise HTTPException(404)
    try:
        if what is Change.PASSWORD:
            persons.set_password(engine, name, password, actor, now)
        elif what is Change.ROLE:
            if role is None:
                return _people(request, visitor, "Choose a role.", 422)
            persons.set_role(engine, name, role, actor, now)
        else:
            persons.set_active(engine, name, what is Change.ENABLE, actor, now)
    except ConfigError as error:
        return _people(request, visitor, sentence(error), 422)
    return RedirectResponse("/people", status_code=303)
