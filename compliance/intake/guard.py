"""The address guard: the address connected to is the address that was checked.

A name is resolved once, every answer is checked, and the connection goes to a checked address, so neither odd
spellings, redirects nor a name that changes between check and use can reach an inner host. Server name and
certificate are still checked against the name in the URL.
"""

import contextlib
import ipaddress
import queue
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.poolmanager import PoolManager

Resolver = Callable[[str, int], Sequence[str]]

PUBLIC_PORTS = frozenset({80, 443, 8080, 8443})
_NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
_METADATA = {ipaddress.ip_address(a) for a in ("169.254.169.254", "fd00:ec2::254", "100.100.100.200", "192.0.0.192")}


class AddressRefusedError(OSError):
    """The guard refused the address; the text says which class of address it is."""


class NameUnknownError(OSError):
    """The name has no address."""


class DeadlineError(OSError):
    """The fetch's total time is used up."""


def refusal(address: str) -> str | None:
    """Return why an address may not be connected to, or None where it is a public one."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = _embedded(ip)
        if inner is not None:
            why = refusal(str(inner))
            return f"{why} inside an IPv6 address" if why else None
    checks = (
        (ip in _METADATA, "cloud metadata"),
        (ip.is_loopback, "loopback"),
        (ip.is_unspecified, "unspecified"),
        (ip.is_link_local, "link-local"),
        (ip.is_multicast, "multicast"),
        (ip.is_private, "private"),
        (ip.is_reserved, "reserved"),
        (isinstance(ip, ipaddress.IPv6Address) and ip.is_site_local, "site-local"),
        (not ip.is_global, "not public"),
    )
    return next((why for applies, why in checks if applies), None)


def _embedded(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that an IPv6 address stands for (RFC 4291, 3056, 4380, 6052), if any."""
    if ip.ipv4_mapped:
        return ip.ipv4_mapped
    if ip.sixtofour:
        return ip.sixtofour
    if ip.teredo:
        return ip.teredo[1]
    if any(ip in network for network in _NAT64):
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    if int(ip) >> 32 == 0 and int(ip) > 1:
        return ipaddress.IPv4Address(int(ip))
    return None


def check_url(url: str, *, allow_private: bool) -> str | None:
    """Return why a URL may not be fetched before any name is resolved, or None."""
    if any(c.isspace() or ord(c) < 33 or c == "\\" for c in url):
        return "the address holds blanks, control characters or a backslash"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "the address is malformed"
    if parts.scheme.lower() not in ("http", "https"):
        return f"only http and https are fetched, not {parts.scheme[:20] or 'an address without scheme'}"
    if not parts.hostname:
        return "the address names no host"
    if parts.username is not None or parts.password is not None:
        return "the address carries credentials"
    if port is not None and port not in PUBLIC_PORTS and not allow_private:
        return f"port {port} is not among {', '.join(map(str, sorted(PUBLIC_PORTS)))}"
    return None


def system_resolver(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a name as the operating system gives them."""
    infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in infos))


@dataclass(slots=True)
class Deadline:
    """The total time of one fetch. When it runs out, every connection made under it is cut."""

    seconds: float
    started: float = field(default_factory=time.monotonic)
    has_passed: bool = False
    _watched: list[socket.socket] = field(default_factory=list)
    _timer: threading.Timer | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> "Deadline":
        self._timer = threading.Timer(self.seconds, self._cut)
        self._timer.daemon = True
        self._timer.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        if self._timer:
            self._timer.cancel()
        with self._lock:
            for sock in self._watched:
                sock.close()
            self._watched.clear()

    def left(self) -> float:
        """Return the seconds left; DeadlineError where there are none."""
        left = self.seconds - (time.monotonic() - self.started)
        if left <= 0:
            self.has_passed = True
            raise DeadlineError("the time for this fetch is used up")
        return left

    def watch(self, sock: socket.socket) -> None:
        """Cut this connection when the time runs out. A duplicate is kept, as TLS takes the original over."""
        with self._lock:
            self._watched.append(sock.dup())

    def _cut(self) -> None:
        self.has_passed = True
        with self._lock:
            for sock in self._watched:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True, slots=True)
class Guard:
    """Connects to checked addresses only, within a deadline."""

    allow_private: bool
    connect_timeout: float
    deadline: Deadline
    resolver: Resolver = system_resolver

    def connect(self, host: str, port: int) -> socket.socket:
        """Return a connection to a checked address of the host.

        Raises NameUnknownError, AddressRefusedError where any answer is an inner address, or OSError.
        """
        addresses = self._resolve(host.strip("[]"), port)
        self._check(host, addresses)
        failure: OSError = NameUnknownError(f"{host} has no address")
        for address in addresses:
            try:
                sock = socket.create_connection((address, port), min(self.connect_timeout, self.deadline.left()))
            except DeadlineError:
                raise
            except OSError as error:
                failure = error
                continue
            self.deadline.watch(sock)
            return sock
        raise failure

    def _check(self, host: str, addresses: Sequence[str]) -> None:
        for address in () if self.allow_private else addresses:
            if why := refusal(address):
                raise AddressRefusedError(f"{host} has the {why} address {address}")

    def check_before_proxy(self, url: str) -> None:
        """Raise AddressRefusedError where a URL leads inside, as far as can be known before a proxy is asked.

        A name that only the proxy can resolve is left to it.
        """
        parts = urlsplit(url)
        host = parts.hostname or ""
        try:
            addresses = self._resolve(host, parts.port or (443 if parts.scheme == "https" else 80))
        except NameUnknownError:
            return
        self._check(host, addresses)

    def _resolve(self, host: str, port: int) -> Sequence[str]:
        """Resolve in a thread of its own, since the system's resolver knows no time limit."""
        answers: queue.Queue[Sequence[str] | Exception] = queue.Queue(1)

        def ask() -> None:
            try:
                answers.put(self.resolver(host, port))
            except (OSError, UnicodeError) as error:
                answers.put(error)

        threading.Thread(target=ask, daemon=True, name="resolve").start()
        try:
            answer = answers.get(timeout=min(self.connect_timeout, self.deadline.left()))
        except queue.Empty:
            raise NameUnknownError(f"{host} could not be resolved in time") from None
        if isinstance(answer, Exception):
            raise NameUnknownError(f"{host} cannot be resolved") from answer
        if not answer:
            raise NameUnknownError(f"{host} has no address")
        return answer


class GuardedAdapter(HTTPAdapter):
    """A requests adapter whose every connection is made by the guard."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        super().__init__(max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: Any) -> None:
        """Give the pool connection classes bound to our guard."""
        manager = PoolManager(num_pools=connections, maxsize=maxsize, block=block, **kwargs)
        manager.pool_classes_by_scheme = _pools(self._guard)
        self.poolmanager = manager

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:
        """Reach a proxy under the same deadline. Where it stands is the operator's choice, and may be inside."""
        manager = super().proxy_manager_for(proxy, **proxy_kwargs)
        manager.pool_classes_by_scheme = _pools(replace(self._guard, allow_private=True))
        return manager


def _pools(guard: Guard) -> dict[str, type[HTTPConnectionPool]]:
    """Return the pools by scheme whose every connection this guard makes."""

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return guard.connect(self.host, self.port or 80)

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return guard.connect(self.host, self.port or 443)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}
