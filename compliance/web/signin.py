"""Signing in and out."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from compliance.errors import AccessError
from compliance.store import ledger, users
from compliance.store.database import session_scope
from compliance.store.users import Visitor
from compliance.web import access

router = APIRouter()


@router.get("/login", name="login_page")
def login_page(request: Request, next: str = "/") -> Response:
    """Show the sign-in form."""
    return _form(request, access.own_path(next), "")


def _form(request: Request, target: str, problem: str, status: int = 200) -> Response:
    page: Response = request.app.state.pages.TemplateResponse(
        request, "login.html", {"target": target, "problem": problem, "visitor": None}, status_code=status
    )
    return page


@router.post("/login", name="login")
def login(
    request: Request,
    name: Annotated[str, Form(max_length=80)] = "",
    password: Annotated[str, Form(max_length=1_000)] = "",
    next: Annotated[str, Form(max_length=600)] = "/",
) -> Response:
    """Begin a session under a new token, or say that name and password do not fit, whichever of them it was."""
    access.check_origin(request)
    now, target = datetime.now(UTC), access.own_path(next)
    try:
        with session_scope(request.app.state.engine) as session:
            tokens = users.sign_in(session, name.strip(), password, now)
            if tokens:
                ledger.append(
                    session, at=now, actor=name.strip(), action="user.signed_in", subject=f"user:{name.strip()}"
                )
    except AccessError as error:
        return _form(request, target, f"{error}.".capitalize(), 429)
    if tokens is None:
        return _form(request, target, "Name and password do not fit together.", 401)
    response = RedirectResponse(target, status_code=303)
    response.set_cookie(
        access.cookie_name(request),
        tokens[0],
        max_age=request.app.state.settings.session_hours * 3600,
        httponly=True,
        secure=access.is_secure(request),
        samesite="lax",
        path="/",
    )
    return response


@router.post("/logout", name="logout")
def logout(
    request: Request,
    visitor: Annotated[Visitor, Depends(access.current_visitor)],
    csrf: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """End the session on the server and in the browser."""
    access.check_form(request, visitor, csrf)
    with session_scope(request.app.state.engine) as session:
        users.sign_out(session, request.cookies[access.cookie_name(request)])
    response = RedirectResponse("/login", status_code=303)
    response.delete_cookie(access.cookie_name(request), path="/", secure=access.is_secure(request), httponly=True)
    return response
