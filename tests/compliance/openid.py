"""A real OpenID provider on loopback: discovery, keys, authorization code with PKCE, signed ID tokens.

It checks what a provider must check, and ``lies`` make it answer as none should.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

CLIENT, SECRET = "desk", "a secret of the client, and long enough for HMAC"


@dataclass
class Grant:
    """A code that was given out."""

    redirect_uri: str
    challenge: str
    nonce: str
    used: bool = False


@dataclass
class OpenId:
    """The provider's state: whom it vouches for, its key, and how it lies."""

    url: str = ""
    claims: dict[str, Any] = field(default_factory=lambda: {"sub": "s-1", "preferred_username": "grace", "groups": []})
    lies: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"}))
    grants: dict[str, Grant] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.lies.get("issuer", self.url),
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": self.lies.get("token_endpoint", f"{self.url}/token"),
            "jwks_uri": f"{self.url}/keys",
            "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        }

    def authorize(self, query: dict[str, str]) -> str:
        """Return where the browser goes: back with a code, or an error."""
        assert query["client_id"] == CLIENT and query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256" and len(query["state"]) >= 32 and len(query["nonce"]) >= 32
        assert "openid" in query["scope"].split()
        back = {"state": query["state"]}
        if "deny" in self.lies:
            back["error"] = "access_denied"
        else:
            back["code"] = secrets.token_urlsafe(16)
            self.grants[back["code"]] = Grant(query["redirect_uri"], query["code_challenge"], query["nonce"])
        return f"{query['redirect_uri']}?{urlencode(back)}"

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """Return status and body of the token endpoint."""
        expected = base64.b64encode(f"{quote(CLIENT)}:{quote(SECRET)}".encode()).decode()
        plain = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if authorization.removeprefix("Basic ") not in (expected, plain):
            return 401, {"error": "invalid_client"}
        grant = self.grants.get(form.get("code", ""))
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if grant is None or grant.used or form["redirect_uri"] != grant.redirect_uri or challenge != grant.challenge:
            return 400, {"error": "invalid_grant"}
        grant.used = True
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": grant.nonce, **self.claims}
        claims |= self.lies.get("claims", {})
        claims = {name: value for name, value in claims.items() if value is not None}
        return 200, {"access_token": "at", "token_type": "Bearer", "id_token": self.signed(claims)}

    def signed(self, claims: dict[str, Any]) -> str:
        """Return the ID token, signed as it should be or as the lie says."""
        way = self.lies.get("sign", "RS256")
        if way == "none":
            parts = (json.dumps({"alg": "none"}), json.dumps(claims), "")
            return ".".join(base64.urlsafe_b64encode(p.encode()).decode().rstrip("=") for p in parts)
        if way == "HS256":
            return jwt.encode({"alg": "HS256", "kid": "k1"}, claims, OctKey.import_key(SECRET), algorithms=["HS256"])
        key = RSAKey.generate_key(2048, {"kid": "k1"}) if way == "stranger" else self.key
        return jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key)

    def keys(self) -> dict[str, Any]:
        return dict(KeySet([self.key]).as_dict(private=False))


@contextmanager
def openid() -> Iterator[OpenId]:
    """Run a provider on a free port of loopback."""
    provider = OpenId()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def answer(self, status: int, body: dict[str, Any]) -> None:
            told = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            provider.asked.append(parts.path)
            if parts.path == "/.well-known/openid-configuration":
                self.answer(200, provider.metadata())
            elif parts.path == "/keys":
                self.answer(200, provider.keys())
            elif parts.path == "/authorize":
                self.send_response(302)
                self.send_header("Location", provider.authorize({k: v[0] for k, v in parse_qs(parts.query).items()}))
                self.send_header("Content-Length", "0")
                self.end_headers()
            else:
                self.answer(404, {})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            provider.asked.append(self.path)
            form = {k: v[0] for k, v in parse_qs(body).items()}
            self.answer(*provider.token(form, self.headers.get("Authorization", "")))

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield provider
    server.shutdown()
    server.server_close()
    thread.join()
