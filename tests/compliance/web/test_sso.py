"""Single sign-on against a real provider on loopback: what it vouches for comes in, every forgery stays out."""

import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from compliance.errors import ConfigError
from compliance.provider import Provider
from compliance.settings import Settings
from compliance.store import identities, ledger, users
from compliance.store.database import session_scope
from compliance.web import access
from compliance.web.app import create_app
from tests.compliance.openid import CLIENT, SECRET, OpenId, openid

Desk = Callable[..., TestClient]


@pytest.fixture
def provider() -> Iterator[OpenId]:
    with openid() as running:
        yield running


@pytest.fixture
def desk(desk_settings: Settings, desk_engine: Engine, provider: OpenId) -> Iterator[Desk]:
    """A desk that knows the provider; keyword arguments change its settings."""
    opened: list[TestClient] = []

    def make(**changes: Any) -> TestClient:
        given = {
            "oidc_issuer": provider.url,
            "oidc_client_id": CLIENT,
            "oidc_client_secret": SECRET,
            "oidc_roles": {"team": "analyst", "leads": "approver"},
        } | changes
        settings = Settings(**(desk_settings.model_dump() | given))
        client = TestClient(create_app(settings, desk_engine), base_url="http://127.0.0.1:8000", follow_redirects=False)
        opened.append(client)
        return client

    yield make
    for client in opened:
        client.close()


def through_provider(client: TestClient, target: str = "/") -> str:
    """Begin at the desk, go through the provider as a browser would; return the path to come back on."""
    away = client.get("/login/sso", params={"next": target})
    assert away.status_code == 303, away.text
    back = requests.get(away.headers["location"], allow_redirects=False, timeout=60).headers["location"]
    assert back.startswith("http://127.0.0.1:8000/login/sso/return?")
    return back.removeprefix("http://127.0.0.1:8000")


def test_a_person_of_the_right_group_comes_in_and_lands_where_he_wanted(
    desk: Desk, provider: OpenId, desk_engine: Engine
) -> None:
    provider.claims["groups"] = ["team", "others"]
    client = desk()
    answer = client.get(through_provider(client, "/coverage"))
    assert answer.status_code == 303 and answer.headers["location"] == "/coverage"
    assert "grace" in client.get("/coverage").text
    with session_scope(desk_engine) as session:
        user = users.known(session, "grace")
        assert (user.role, user.password) == ("analyst", "")
        actions = [row.action for row in ledger.of_subject(session, "user:grace")]
        assert actions == ["user.added", "user.signed_in"]


def test_the_same_subject_keeps_its_account_and_its_role_follows_the_groups(
    desk: Desk, provider: OpenId, desk_engine: Engine
) -> None:
    client = desk()
    provider.claims |= {"groups": ["team"]}
    client.get(through_provider(client))
    provider.claims |= {"groups": ["team", "leads"], "preferred_username": "grace.hopper"}
    client.get(through_provider(client))
    with session_scope(desk_engine) as session:
        assert users.known(session, "grace").role == "approver"
        assert users.find(session, "grace.hopper") is None
        [change] = [r for r in ledger.of_subject(session, "user:grace") if r.action == "user.role_changed"]
        assert (change.before, change.after) == ({"role": "analyst"}, {"role": "approver"})


@pytest.mark.parametrize(("default", "status"), [("", 403), ("viewer", 303)])
def test_a_person_without_a_group_gets_the_default_role_or_stays_out(desk: Desk, default: str, status: int) -> None:
    client = desk(oidc_default_role=default)
    answer = client.get(through_provider(client))
    assert answer.status_code == status
    assert client.get("/").status_code == (200 if default else 303)


def test_a_name_that_is_taken_opens_no_account_until_it_is_linked(
    desk: Desk, provider: OpenId, desk_engine: Engine
) -> None:
    provider.claims |= {"preferred_username": "admin", "groups": ["team"]}
    client = desk()
    answer = client.get(through_provider(client))
    assert answer.status_code == 403 and "must link it" in answer.text
    assert client.get("/").status_code == 303
    with session_scope(desk_engine) as session:
        analyst = users.known(session, "analyst")
        identities.link(session, provider.url, "s-1", analyst.id or 0, analyst.created_at)
    assert client.get(through_provider(client)).status_code == 303
    assert "analyst" in client.get("/account").text


LIES: dict[str, dict[str, Any]] = {
    "another issuer in the token": {"claims": {"iss": "https://evil.example"}},
    "another audience": {"claims": {"aud": "another client"}},
    "two audiences without an authorized party": {"claims": {"aud": [CLIENT, "other"], "azp": "other"}},
    "another nonce": {"claims": {"nonce": "n" * 64}},
    "no nonce": {"claims": {"nonce": None}},
    "no subject": {"claims": {"sub": None}},
    "a token that is over": {"claims": {"exp": int(time.time()) - 3_600, "iat": int(time.time()) - 7_200}},
    "a wrong hash of the access token": {"claims": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}},
    "no signature": {"sign": "none"},
    "a signature with the client's own secret": {"sign": "HS256"},
    "a stranger's key": {"sign": "stranger"},
}


@pytest.mark.parametrize("lie", LIES)
def test_a_forged_id_token_lets_nobody_in(desk: Desk, provider: OpenId, lie: str) -> None:
    provider.claims["groups"] = ["team"]
    provider.lies = LIES[lie]
    client = desk()
    answer = client.get(through_provider(client))
    assert answer.status_code == 403 and "not accepted" in answer.text
    assert client.get("/").status_code == 303


def test_the_way_back_works_once_and_in_the_browser_that_began_it(desk: Desk, provider: OpenId) -> None:
    provider.claims["groups"] = ["team"]
    client, other = desk(), desk()
    back = through_provider(client)
    other.cookies.set("embargowatch_flow", "x" * 64)
    assert other.get(back).status_code == 400
    # A flow that was tried from elsewhere is over for its own browser too.
    assert client.get(back).status_code == 400
    back = through_provider(client)
    assert client.get(back).status_code == 303
    assert client.get(back).status_code == 400


def test_a_code_of_one_flow_does_not_serve_another(desk: Desk, provider: OpenId) -> None:
    """PKCE: a code that was stolen from another browser does not fit the verifier of this one's flow."""
    provider.claims["groups"] = ["team"]
    victim, thief = desk(), desk()
    stolen = parse_qs(urlsplit(through_provider(victim)).query)["code"][0]
    own = parse_qs(urlsplit(through_provider(thief)).query)["state"][0]
    answer = thief.get("/login/sso/return", params={"state": own, "code": stolen})
    assert answer.status_code == 403 and thief.get("/").status_code == 303


@pytest.mark.parametrize("query", ["", "?state=x&code=y", "?error=access_denied", "?state=" + "é" * 50])
def test_a_way_back_that_nobody_began_is_refused(desk: Desk, query: str) -> None:
    assert desk().get(f"/login/sso/return{query}").status_code == 400


def test_who_declines_at_the_provider_is_told_so(desk: Desk, provider: OpenId) -> None:
    provider.lies = {"deny": True}
    client = desk()
    assert "did not let you in" in client.get(through_provider(client)).text


@pytest.mark.parametrize("lie", [{"issuer": "https://evil.example"}, {"token_endpoint": "http://evil.example/token"}])
def test_a_provider_that_names_another_or_an_unsafe_address_is_not_used(
    desk: Desk, provider: OpenId, lie: dict[str, str]
) -> None:
    provider.lies = lie
    client = desk()
    away = client.get("/login/sso")
    if away.status_code == 303:
        back = requests.get(away.headers["location"], allow_redirects=False, timeout=60).headers["location"]
        away = client.get(back.removeprefix("http://127.0.0.1:8000"))
    assert away.status_code == 403
    assert "/token" not in provider.asked


def test_a_provider_that_is_down_is_told_on_the_sign_in_page(desk: Desk) -> None:
    answer = desk(oidc_issuer="http://127.0.0.1:9").get("/login/sso")
    assert answer.status_code == 403 and "does not answer" in answer.text and "Password" in answer.text


def test_new_keys_of_the_provider_are_fetched_but_not_without_end(desk: Desk, provider: OpenId) -> None:
    from joserfc.jwk import RSAKey

    provider.claims["groups"] = ["team"]
    client = desk()
    assert client.get(through_provider(client)).status_code == 303
    provider.key = RSAKey.generate_key(2048, {"kid": "k2"})
    for _ in range(3):
        client.get(through_provider(client))
    assert provider.asked.count("/keys") <= 2


def test_without_a_provider_there_is_no_single_sign_on(client: TestClient) -> None:
    assert client.get("/login/sso").status_code == client.get("/login/sso/return").status_code == 404
    assert "/login/sso" not in client.get("/login").text


def test_passwords_can_be_switched_off(desk: Desk) -> None:
    client = desk(password_sign_in=False)
    assert 'name="password"' not in client.get("/login").text
    assert client.post("/login", data={"name": "analyst", "password": "a long enough password"}).status_code == 403


@pytest.mark.parametrize(
    "issuer", ["http://login.example", "ftp://x", "https://", "//x", "http://127.0.0.1.evil.example"]
)
def test_an_issuer_that_is_asked_without_encryption_stops_the_start(issuer: str) -> None:
    with pytest.raises(ConfigError, match="OIDC_ISSUER"):
        Provider(issuer, "c", "s", "openid", "name", "groups")


def test_the_cookies_of_single_sign_on_are_out_of_reach_of_scripts(desk: Desk) -> None:
    cookie = desk().get("/login/sso").headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie
    assert access.COOKIE not in cookie
