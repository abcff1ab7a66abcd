"""A server that answers with whatever bytes a test wants, as slowly as it wants, and counts who connected."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Answer = Callable[[socket.socket, str], None]


@dataclass
class Hostile:
    """The running server: where it is, and what was asked of it."""

    base: str
    asked: list[str] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)


def reply(body: bytes = b"", status: str = "200 OK", headers: str = "", length: int | None = None) -> Answer:
    """Answer properly, or with a false length."""

    def answer(client: socket.socket, _path: str) -> None:
        size = len(body) if length is None else length
        head = f"HTTP/1.1 {status}\r\nContent-Length: {size}\r\nConnection: close\r\n{headers}\r\n"
        client.sendall(head.encode("latin-1") + body)

    return answer


def raw(*parts: bytes, pause: float = 0) -> Answer:
    """Send these bytes, pausing between them, then hang up."""

    def answer(client: socket.socket, _path: str) -> None:
        for part in parts:
            client.sendall(part)
            time.sleep(pause)

    return answer


def drip(head: bytes, piece: bytes, every: float, seconds: float) -> Answer:
    """Send the head, then a piece at a time for so long."""

    def answer(client: socket.socket, _path: str) -> None:
        client.sendall(head)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            client.sendall(piece)
            time.sleep(every)

    return answer


@contextmanager
def hostile(routes: dict[str, Answer], host: str = "127.0.0.1") -> Iterator[Hostile]:
    """Serve the routes on loopback; an unknown path answers 404."""
    listener = socket.create_server((host, 0), backlog=128)
    server = Hostile(f"http://{host}:{listener.getsockname()[1]}")

    def serve(client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head and len(head) < 100_000:
                piece = client.recv(65_536)
                if not piece:
                    return
                head += piece
            path = head.split(b" ")[1].decode("latin-1")
            server.asked.append(path)
            server.heads.append(head.decode("latin-1"))
            routes.get(path.split("?")[0], reply(b"", "404 Not Found"))(client, path)
            client.shutdown(socket.SHUT_WR)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield server
    finally:
        listener.close()
