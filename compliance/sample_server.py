"""The sample feeds over real HTTP on loopback, behaving as real servers do: validators, a broken one, a first 500."""

import hashlib
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml

from compliance.errors import ConfigError
from compliance.loopback import LoopbackServer


@dataclass(frozen=True, slots=True)
class Route:
    """How one path answers: with which file, whether conditionally, and how often it fails first."""

    file: Path
    content_type: str
    etag: bool = False
    fail_status: int = 0
    fail_times: int = 0


@contextmanager
def serve_samples(folder: Path, port: int = 0) -> Iterator[str]:
    """Serve the folder's feeds and articles on 127.0.0.1 and yield the base URL.

    The wanted port is used where it is free, so that addresses stay the same from run to run; else any other.
    """
    routes = load_routes(folder)
    try:
        server = LoopbackServer(("127.0.0.1", port), _handler(folder.resolve(), routes))
    except OSError:
        server = LoopbackServer(("127.0.0.1", 0), _handler(folder.resolve(), routes))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def load_routes(folder: Path) -> dict[str, Route]:
    """Read ``server.yml`` of the folder; ConfigError names the route that is wrong."""
    path = folder / "server.yml"
    try:
        declared: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        rows = declared["routes"]
        return {row["path"]: _route(folder, row) for row in rows}
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise ConfigError(f"{path}: {type(error).__name__}: {error}") from error


def _route(folder: Path, row: dict[str, Any]) -> Route:
    failing = row.get("fail_first") or {}
    return Route(
        folder / row["file"],
        row.get("content_type", "application/rss+xml"),
        bool(row.get("etag")),
        int(failing.get("status", 0)),
        int(failing.get("times", 0)),
    )


def _handler(folder: Path, routes: dict[str, Route]) -> type[BaseHTTPRequestHandler]:
    asked: Counter[str] = Counter()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server_version = "SampleFeeds"

        def do_GET(self) -> None:
            path = unquote(urlsplit(self.path).path)
            with lock:
                asked[path] += 1
                times = asked[path]
            route = routes.get(path) or _article(folder, path)
            if route is None or not route.file.is_file():
                self._answer(404, b"no such page", "text/plain")
            elif times <= route.fail_times:
                self._answer(route.fail_status, b"try again", "text/plain")
            else:
                self._send(route)

        def _send(self, route: Route) -> None:
            body = route.file.read_bytes()
            etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
            if route.etag and self.headers.get("If-None-Match") == etag:
                self._answer(304, b"", route.content_type, etag)
            else:
                self._answer(200, body, route.content_type, etag if route.etag else None)

        def _answer(self, status: int, body: bytes, content_type: str, etag: str | None = None) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            if etag:
                self.send_header("ETag", etag)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Keep the terminal for the run's own words."""

    return Handler


def _article(folder: Path, path: str) -> Route | None:
    """Return the article page of that path, if it lies in the folder of articles."""
    articles = folder / "articles"
    file = (folder / path.lstrip("/")).resolve()
    return Route(file, "text/html; charset=utf-8") if file.is_relative_to(articles) else None
