"""Signing in and out."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from compliance import admission
from compliance.admission import Admitted
from compliance.store import users
from compliance.store.database import session_scope
from compliance.store.users import Visitor
from compliance.web import access
from compliance.web.pages import sentence

router = APIRouter()


@router.get("/login", name="login_page")
def login_page(request: Request, next: str = "/") -> Response:
    """Show the sign-in form."""
    return form(request, access.own_path(next), "")


def form(request: Request, target: str, problem: str, status: int = 200) -> Response:
    """Return the sign-in page with what went wrong, if anything did."""
    settings = request.app.state.settings
    page: Response = request.app.state.pages.TemplateResponse(
        request,
        "login.html",
        {
            "target": target,
            "problem": problem,
            "visitor": None,
            "provider": settings.oidc_label if settings.oidc_issuer else "",
            "with_password": settings.password_sign_in,
        },
        status_code=status,
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
    target = access.own_path(next)
    if not request.app.state.settings.password_sign_in:
        return form(request, target, "Passwords are not used here. Sign in through the provider.", 403)
    try:
        admitted = admission.sign_in(
            request.app.state.engine, name.strip(), password, access.came(request), datetime.now(UTC)
        )
    except admission.WaitError as error:
        page = form(request, target, sentence(error), 429)
        page.headers["Retry-After"] = str(error.seconds)
        return page
    if admitted is None:
        return form(request, target, "Name and password do not fit together.", 401)
    return welcome(request, admitted, target)


def welcome(request: Request, admitted: Admitted, target: str) -> Response:
    """Send a person who has signed in on to the page asked for, with the cookies of the new session."""
    response = RedirectResponse(target, status_code=303)
    hours = request.app.state.settings.session_hours
    days = admission.BROWSER_LASTS.days
    for cookie, value, age in (
        (access.COOKIE, admitted.session, hours * 3600),
        (access.BROWSER_COOKIE, admitted.browser, days * 86_400),
    ):
        response.set_cookie(
            access.cookie_name(request, cookie),
            value,
            max_age=age,
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
