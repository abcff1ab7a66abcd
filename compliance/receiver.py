"""A webhook receiver that catches alert mails instead of sending them: for trying alerts, and for the tests.

It accepts only posts signed to the Standard Webhooks specification, keeps each ``webhook-id`` once, and answers a
repeated one as accepted, as a real receiver should.
"""

import hashlib
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from html import escape
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from compliance.loopback import LoopbackServer

_MAX_BODY = 1_000_000


@contextmanager
def catch_alerts(folder: Path, secret: str, port: int = 0, host: str = "127.0.0.1") -> Iterator[str]:
    """Catch mails into the folder while the block runs; yield the URL to post to."""
    server = _server(folder, secret, host, port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def serve_receiver(folder: Path, secret: str, host: str, port: int) -> None:
    """Catch mails into the folder until interrupted."""
    with _server(folder, secret, host, port) as server:
        server.serve_forever()


def _server(folder: Path, secret: str, host: str, port: int) -> LoopbackServer:
    folder.mkdir(parents=True, exist_ok=True)
    server = LoopbackServer((host, port), _handler(folder, [Webhook(key) for key in secret.split()]))
    return server


def _handler(folder: Path, keys: Sequence[Webhook]) -> type[BaseHTTPRequestHandler]:
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server_version = "AlertCatcher"

        def do_GET(self) -> None:
            if self.path == "/health":
                self._answer(200, "ok")
            else:
                self._answer(200, _page(folder), "text/html; charset=utf-8")

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if not length.isdigit() or int(length) > _MAX_BODY:
                self.close_connection = True
                self._answer(413, "a body of known and bearable length, please")
                return
            body = self.rfile.read(int(length))
            try:
                _verify(keys, body, {k.lower(): v for k, v in self.headers.items()})
                mail = json.loads(body)
                alert = str(self.headers["webhook-id"])
            except (WebhookVerificationError, ValueError):
                self._answer(401, "the signature does not fit")
                return
            with lock:
                _keep(folder, alert, mail)
            self._answer(200, "accepted")

        def _answer(self, status: int, text: str, content_type: str = "text/plain; charset=utf-8") -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Security-Policy", "default-src 'none'")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: the folder is the log."""

    return Handler


def _verify(keys: Sequence[Webhook], body: bytes, headers: dict[str, str]) -> None:
    """Raise WebhookVerificationError unless one of the keys made the signature: two are in use during a change."""
    for key in keys[:-1]:
        with suppress(WebhookVerificationError):
            key.verify(body, headers)
            return
    keys[-1].verify(body, headers)


def _keep(folder: Path, alert: str, mail: dict[str, object]) -> None:
    """Write a mail once; its name comes from a digest, so no id can point outside the folder."""
    name = hashlib.sha256(alert.encode()).hexdigest()[:24]
    record = folder / f"{name}.json"
    if record.exists():
        return
    (folder / f"{name}.txt").write_text(f"Subject: {mail.get('subject')}\n\n{mail.get('text')}", encoding="utf-8")
    (folder / f"{name}.html").write_text(str(mail.get("html")), encoding="utf-8")
    part = record.with_suffix(".part")
    part.write_text(json.dumps({"id": alert, **mail}, ensure_ascii=False, indent=1), encoding="utf-8")
    part.replace(record)


def caught(folder: Path) -> list[dict[str, object]]:
    """Return the mails caught so far, oldest first."""
    files = sorted(folder.glob("*.json"), key=lambda f: (f.stat().st_mtime_ns, f.name))
    return [json.loads(f.read_text(encoding="utf-8")) for f in files]


def _page(folder: Path) -> str:
    mails = caught(folder)
    items = "".join(
        f"<li><b>{escape(str(m.get('subject')))}</b><pre>{escape(str(m.get('text')))}</pre></li>" for m in mails
    )
    return (
        f"<!doctype html><meta charset=utf-8><title>Caught alerts</title><h1>{len(mails)} alerts</h1><ol>{items}</ol>"
    )
