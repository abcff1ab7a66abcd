"""An OpenID Connect provider as this desk uses it: authorization code flow with PKCE (RFC 7636), state and nonce.

The desk trusts what the provider's own metadata, keys and signed ID token say, and nothing that a browser carries.
"""

import ipaddress
import json
import time
from dataclasses import dataclass, field
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from compliance.admission import Vouched
from compliance.errors import AccessError, ConfigError
from compliance.store.identities import Flow

# Signed with the provider's private key alone: with an HMAC the client secret would do, with "none" nothing.
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
_TIMEOUT = (5, 10)
_MOST_BYTES = 1_000_000
_KEPT_SECONDS = 3_600
# Unknown key ids must not make the desk ask the provider for its keys without end.
_ASK_AGAIN_SECONDS = 60
_LEEWAY_SECONDS = 60


@dataclass(slots=True)
class _Kept:
    """Something the provider said, and when (monotonic seconds)."""

    value: Any = None
    at: float = float("-inf")

    @property
    def age(self) -> float:
        return time.monotonic() - self.at


@dataclass(slots=True)
class Provider:
    """One provider and the desk's registration there."""

    issuer: str
    client_id: str
    secret: str
    scopes: str
    name_claim: str
    groups_claim: str
    _metadata: _Kept = field(default_factory=_Kept)
    _keys: _Kept = field(default_factory=_Kept)
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        """Refuse an issuer that would be asked without encryption over a network."""
        if not _is_safe(self.issuer):
            raise ConfigError("EMBARGOWATCH_OIDC_ISSUER: expected an https address")

    def authorization_url(self, flow: Flow, back: str) -> str:
        """Return where to send the browser. Raises AccessError where the provider does not answer as one."""
        with self._client(back) as client:
            url, _ = client.create_authorization_url(
                self._endpoint("authorization_endpoint"),
                state=flow.state,
                nonce=flow.nonce,
                code_verifier=flow.verifier,
            )
        return str(url)

    def vouch(self, code: str, flow: Flow, back: str) -> Vouched:
        """Return whom the provider vouches for in exchange for the code.

        Raises AccessError where the code is not accepted, or the ID token is not signed by this issuer, for this
        client, with this flow's nonce, and in time.
        """
        try:
            with self._client(back) as client:
                token = client.fetch_token(
                    self._endpoint("token_endpoint"),
                    code=code,
                    code_verifier=flow.verifier,
                    grant_type="authorization_code",
                    allow_redirects=False,
                )
            claims = self._claims(token, flow.nonce)
        except (OAuthError, JoseError, requests.RequestException, ValueError, KeyError, TypeError) as error:
            raise AccessError(f"the provider's answer was not accepted ({type(error).__name__})") from error
        return self._vouched(claims)

    def _vouched(self, claims: dict[str, Any]) -> Vouched:
        name = " ".join(str(claims.get(self.name_claim) or claims.get("email") or claims["sub"]).split())
        groups = claims.get(self.groups_claim) or []
        listed = [groups] if isinstance(groups, str) else groups
        known = frozenset(str(g) for g in listed) if isinstance(listed, list) else frozenset()
        return Vouched(self.issuer, str(claims["sub"])[:255], name[:80], known)

    def _claims(self, token: dict[str, Any], nonce: str) -> dict[str, Any]:
        try:
            decoded = jwt.decode(token["id_token"], self._key_set(), algorithms=_ALGORITHMS)
        except InvalidKeyIdError:
            # The provider may have changed its keys.
            decoded = jwt.decode(token["id_token"], self._key_set(anew=True), algorithms=_ALGORITHMS)
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            {
                "iss": {"essential": True, "value": self.issuer},
                "aud": {"essential": True, "value": self.client_id},
                "sub": {"essential": True},
            },
            {"nonce": nonce, "client_id": self.client_id, "access_token": token.get("access_token")},
        )
        claims.validate(leeway=_LEEWAY_SECONDS)
        return dict(claims)

    def _client(self, back: str) -> Any:
        return OAuth2Session(
            self.client_id,
            self.secret or None,
            scope=self.scopes,
            redirect_uri=back,
            code_challenge_method="S256",
            default_timeout=_TIMEOUT,
        )

    def _endpoint(self, name: str) -> str:
        with self._lock:
            if self._metadata.value is None or self._metadata.age > _KEPT_SECONDS:
                told = _fetched(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
                if told.get("issuer") != self.issuer:
                    raise AccessError("the provider calls itself by another name than EMBARGOWATCH_OIDC_ISSUER")
                self._metadata = _Kept(told, time.monotonic())
            address = str(self._metadata.value.get(name, ""))
        if not _is_safe(address):
            raise AccessError(f"the provider names no safe {name}")
        return address

    def _key_set(self, anew: bool = False) -> KeySet:
        address = self._endpoint("jwks_uri")
        with self._lock:
            if self._keys.age > (_ASK_AGAIN_SECONDS if anew else _KEPT_SECONDS):
                told: Any = _fetched(address)
                self._keys = _Kept(KeySet.import_key_set(told), time.monotonic())
            keys: KeySet = self._keys.value
        return keys


def _fetched(url: str) -> dict[str, Any]:
    """Return the JSON object at a provider's address, or raise AccessError."""
    try:
        with requests.get(url, timeout=_TIMEOUT, allow_redirects=False, stream=True) as answer:
            if answer.status_code != 200:
                raise AccessError(f"the provider answered {answer.status_code}")
            body = answer.raw.read(_MOST_BYTES + 1, decode_content=True)
        found = json.loads(body) if len(body) <= _MOST_BYTES else None
    except (requests.RequestException, ValueError, OSError) as error:
        raise AccessError(f"the provider does not answer ({type(error).__name__})") from error
    if not isinstance(found, dict):
        raise AccessError("the provider's answer is no JSON object of a usual size")
    return found


def _is_safe(url: str) -> bool:
    """True for https, and for http to this very machine."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        return bool(parts.hostname)
    host = parts.hostname or ""
    try:
        return parts.scheme == "http" and ipaddress.ip_address(host).is_loopback
    except ValueError:
        return parts.scheme == "http" and host == "localhost"
