"""Single sign-on through the OpenID Connect provider that the settings name."""

import logging
from datetime import UTC, datetime

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from compliance import admission
from compliance.errors import AccessError, EmbargoWatchError
from compliance.provider import Provider
from compliance.settings import Settings
from compliance.store import identities
from compliance.store.database import session_scope
from compliance.store.users import Role
from compliance.web import access, signin
from compliance.web.pages import sentence

router = APIRouter()
log = logging.getLogger(__name__)

_FLOW_COOKIE = "embargowatch_flow"


def open_provider(settings: Settings) -> Provider | None:
    """Return the provider that the settings name, or None. Nothing is asked of it yet."""
    if not settings.oidc_issuer:
        return None
    return Provider(
        settings.oidc_issuer,
        settings.oidc_client_id,
        settings.provider_secret,
        settings.oidc_scopes,
        settings.oidc_name_claim,
        settings.oidc_groups_claim,
    )


def _provider(request: Request) -> Provider:
    provider: Provider | None = request.app.state.provider
    if provider is None:
        raise HTTPException(404)
    return provider


def _back(request: Request) -> str:
    return f"{str(request.app.state.settings.desk_url).rstrip('/')}/login/sso/return"


@router.get("/login/sso", name="sso_begin")
def begin(request: Request, next: str = "/") -> Response:
    """Send the browser to the provider; what comes back must carry this flow's state into this very browser."""
    provider = _provider(request)
    with session_scope(request.app.state.engine) as session:
        flow = identities.begin(session, access.own_path(next), datetime.now(UTC))
    try:
        url = provider.authorization_url(flow, _back(request))
    except AccessError as error:
        return _refused(request, flow.target, error)
    response = RedirectResponse(url, status_code=303)
    response.set_cookie(
        access.cookie_name(request, _FLOW_COOKIE),
        flow.browser,
        max_age=int(identities.FLOW_LASTS.total_seconds()),
        httponly=True,
        secure=access.is_secure(request),
        samesite="lax",
        path="/",
    )
    return response


@router.get("/login/sso/return", name="sso_return")
def come_back(request: Request, state: str = "", code: str = "", error: str = "") -> Response:
    """Begin a session for whom the provider vouches for, or say why not."""
    provider = _provider(request)
    cookie, now = access.cookie_name(request, _FLOW_COOKIE), datetime.now(UTC)
    with session_scope(request.app.state.engine) as session:
        flow = identities.take(session, state, request.cookies.get(cookie, ""), now)
    if flow is None:
        return signin.form(request, "/", "This sign-in is over or was begun in another browser. Begin it again.", 400)
    if error or not code:
        return signin.form(request, flow.target, "The provider did not let you in.", 403)
    settings = request.app.state.settings
    try:
        who = provider.vouch(code, flow, _back(request))
        roles = {group: Role(role) for group, role in settings.oidc_roles.items()}
        default = Role(settings.oidc_default_role) if settings.oidc_default_role else None
        role = admission.role_of(who.groups, roles, default)
        admitted = admission.admit(request.app.state.engine, who, role, access.came(request), now)
    except EmbargoWatchError as problem:
        return _refused(request, flow.target, problem)
    response = signin.welcome(request, admitted, flow.target)
    response.delete_cookie(cookie, path="/", secure=access.is_secure(request), httponly=True)
    return response


def _refused(request: Request, target: str, error: EmbargoWatchError) -> Response:
    log.warning("single sign-on refused reason=%r", str(error))
    return signin.form(request, target, sentence(error), 403)
