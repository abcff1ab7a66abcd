"""Whose turn it is: jobs queue by host, so that a slow or rate-limited host holds up nobody but itself.

Holds no clock: times are seconds of the caller's monotonic clock. Used by one thread.
"""

import heapq
import ipaddress
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from urllib.parse import urlsplit

Job = TypeVar("Job")


def host_of(url: str) -> str:
    """Return the host a job's politeness is owed to; empty where the address names none."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".").lower()
    except ValueError:
        return ""


def is_own(host: str) -> bool:
    """True for this machine itself and for what has no host: nothing to be polite to."""
    if host in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(slots=True)
class _Host(Generic[Job]):
    waiting: deque[Job] = field(default_factory=deque)
    running: int = 0
    free_from: float = 0.0
    delay: float = 0.0
    is_listed: bool = False


@dataclass(slots=True)
class HostQueues(Generic[Job]):
    """Jobs by host: at most ``concurrency`` of a host run at once, and two starts lie ``delay`` seconds apart."""

    concurrency: int
    delay: float
    _hosts: dict[str, _Host[Job]] = field(default_factory=dict)
    _order: list[tuple[float, int, str]] = field(default_factory=list)
    _count: int = 0
    _waiting: int = 0

    def __len__(self) -> int:
        return self._waiting

    def add(self, host: str, job: Job, now: float, *, is_urgent: bool = False) -> None:
        """Put a job behind the others of its host; an urgent one lets its host go before other hosts."""
        queue = self._hosts.setdefault(host, _Host())
        queue.waiting.append(job)
        self._waiting += 1
        self._list(host, -1.0 if is_urgent else max(now, queue.free_from))

    def take(self, now: float) -> tuple[str, Job] | None:
        """Return the next job that may start now, with its host, or None."""
        while self._order and self._order[0][0] <= now:
            _, _, host = heapq.heappop(self._order)
            queue = self._hosts[host]
            queue.is_listed = False
            if not queue.waiting or self._is_full(host):
                continue  # listed again when one of its jobs has ended
            if queue.free_from > now:
                self._list(host, queue.free_from)
                continue
            job = queue.waiting.popleft()
            self._waiting -= 1
            queue.running += 1
            if not is_own(host):
                queue.free_from = now + max(self.delay, queue.delay)
            self._list(host, queue.free_from)
            return host, job
        return None

    def done(self, host: str, now: float) -> None:
        """Tell that a job of the host has ended."""
        queue = self._hosts[host]
        queue.running -= 1
        self._list(host, max(now, queue.free_from))

    def slow_down(self, host: str, delay: float) -> None:
        """Keep the host's starts at least so far apart, as its robots.txt asks."""
        queue = self._hosts.setdefault(host, _Host())
        queue.delay = max(queue.delay, delay)

    def hold(self, host: str, until: float) -> None:
        """Start nothing of the host before then, as its Retry-After asks."""
        queue = self._hosts.setdefault(host, _Host())
        queue.free_from = max(queue.free_from, until)

    def drop(self, host: str, is_dropped: Callable[[Job], bool]) -> list[Job]:
        """Take the waiting jobs of a host that the test names out of the queue and return them."""
        queue = self._hosts.get(host)
        if queue is None:
            return []
        dropped = [job for job in queue.waiting if is_dropped(job)]
        queue.waiting = deque(job for job in queue.waiting if not is_dropped(job))
        self._waiting -= len(dropped)
        return dropped

    def wait(self, now: float) -> float | None:
        """Return the seconds until a job may start, or None where only the end of a running one can free any."""
        return max(0.0, self._order[0][0] - now) if self._order else None

    def _is_full(self, host: str) -> bool:
        return self._hosts[host].running >= self.concurrency and not is_own(host)

    def _list(self, host: str, at: float) -> None:
        queue = self._hosts[host]
        if queue.waiting and not queue.is_listed and not self._is_full(host):
            queue.is_listed = True
            self._count += 1
            heapq.heappush(self._order, (at, self._count, host))
