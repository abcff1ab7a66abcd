"""One's own account: the password, the sessions that are open, and API tokens."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel import Session

from compliance import admission
from compliance.errors import ConfigError
from compliance.store import ledger, tokens, users
from compliance.store.database import read_scope, session_scope
from compliance.store.users import Scope, Visitor
from compliance.web import access
from compliance.web.pages import Person, sentence, show

router = APIRouter()

Csrf = Annotated[str, Form(max_length=200)]


@router.get("/account", name="account_page")
def account_page(request: Request, visitor: Person) -> Response:
    """Show the visitor's sessions and tokens, and how to change the password."""
    return _account(request, visitor)


def _account(
    request: Request, visitor: Visitor, problem: str = "", said: str = "", token: str = "", status: int = 200
) -> Response:
    here = users.digest(request.cookies.get(access.cookie_name(request), ""))
    with read_scope(request.app.state.engine) as session:
        user = users.known(session, visitor.name)
        return show(
            request,
            "account.html",
            visitor,
            status,
            sessions=users.sessions_of(session, visitor.user_id),
            here=here,
            tokens=tokens.of_user(session, visitor.user_id),
            scopes=list(Scope),
            has_password=bool(user.password),
            problem=problem,
            said=said,
            token=token,
            now=datetime.now(UTC),
        )


@router.post("/account/password", name="account_password")
def change_password(
    request: Request,
    visitor: Person,
    csrf: Csrf = "",
    current: Annotated[str, Form(max_length=1_000)] = "",
    new: Annotated[str, Form(max_length=1_000)] = "",
) -> Response:
    """Set a new password, where the present one is given; every session and token of the account ends."""
    access.check_form(request, visitor, csrf)
    engine, now = request.app.state.engine, datetime.now(UTC)
    try:
        # Counted like a try to sign in: an open desk must not be a place to guess the password at.
        if not admission.confirm(engine, visitor.name, current, access.came(request), now):
            return _account(request, visitor, "The present password does not fit.", status=422)
        with session_scope(engine) as session:
            users.set_password(session, visitor.name, new)
            _note(session, visitor, "user.password_set", now)
    except admission.WaitError as error:
        return _account(request, visitor, sentence(error), status=429)
    except ConfigError as error:
        return _account(request, visitor, sentence(error), status=422)
    return RedirectResponse("/login", status_code=303)


def _note(session: Session, visitor: Visitor, action: str, now: datetime, **after: object) -> None:
    ledger.append(session, at=now, actor=visitor.name, action=action, subject=f"user:{visitor.name}", after=after)


@router.post("/account/sessions/end", name="account_end_sessions")
def end_sessions(request: Request, visitor: Person, csrf: Csrf = "") -> Response:
    """End every session of the visitor but this one."""
    access.check_form(request, visitor, csrf)
    now = datetime.now(UTC)
    with session_scope(request.app.state.engine) as session:
        users.end_sessions(session, visitor.user_id, request.cookies.get(access.cookie_name(request), ""))
        _note(session, visitor, "user.sessions_ended", now)
    return RedirectResponse("/account", status_code=303)


@router.post("/account/tokens", name="account_make_token")
def make_token(
    request: Request,
    visitor: Person,
    csrf: Csrf = "",
    name: Annotated[str, Form(max_length=200)] = "",
    days: Annotated[int, Form(ge=1, le=366)] = 90,
    scopes: Annotated[list[Scope] | None, Form()] = None,
) -> Response:
    """Make a token and show it, this once."""
    access.check_form(request, visitor, csrf)
    now = datetime.now(UTC)
    try:
        with session_scope(request.app.state.engine) as session:
            row, token = tokens.make(session, visitor.user_id, name, scopes or [], timedelta(days=days), now)
            _note(session, visitor, "token.made", now, name=row.name, scopes=row.scopes, days=days)
    except ConfigError as error:
        return _account(request, visitor, sentence(error), status=422)
    return _account(
        request, visitor, said="The token is made. Copy it now: it is not kept and not shown again.", token=token
    )


@router.post("/account/tokens/{token_id}/end", name="account_end_token")
def end_token(request: Request, visitor: Person, token_id: int, csrf: Csrf = "") -> Response:
    """End one of the visitor's own tokens; somebody else's is as if it were not there."""
    access.check_form(request, visitor, csrf)
    now = datetime.now(UTC)
    with session_scope(request.app.state.engine) as session:
        row = tokens.end(session, visitor.user_id, token_id)
        if row is None:
            raise HTTPException(404)
        _note(session, visitor, "token.ended", now, name=row.name)
    return RedirectResponse("/account", status_code=303)
