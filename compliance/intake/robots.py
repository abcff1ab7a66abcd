"""robots.txt for article pages (RFC 9309), read by protego and asked for once per host and run."""

import threading
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit, urlunsplit

from protego import Protego

from compliance.intake.fetcher import FetchPolicy, fetch
from compliance.story import FeedState

# RFC 9309 asks a crawler to read at least 500 kibibytes.
_MOST_BYTES = 512 * 1024
_LONGEST_DELAY = 60.0
_MOST_LINES = 20_000


@dataclass(frozen=True, slots=True)
class Rules:
    """What one host allows; ``delay`` is in seconds. ``why_closed`` tells why nothing of it may be fetched."""

    parsed: Protego | None = None
    why_closed: str = ""


@dataclass(slots=True)
class Robots:
    """The robots.txt of every host met in a run. May be asked by many threads; each host's file is fetched once."""

    policy: FetchPolicy
    _rules: dict[str, Rules] = field(default_factory=dict)
    _locks: dict[str, threading.Lock] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def refusal(self, url: str, user_agent: str) -> str | None:
        """Return why a page may not be fetched, or None.

        No robots.txt (4xx) allows everything; one that cannot be had (5xx, no answer) closes the host for this run.
        """
        rules = self._of(_place(url), user_agent)
        if rules.why_closed:
            return rules.why_closed
        if rules.parsed is not None and not rules.parsed.can_fetch(url, user_agent):
            return "robots.txt forbids this page"
        return None

    def delay(self, url: str, user_agent: str) -> float:
        """Return the seconds that a host already met wants between two fetches; 0 where it names none."""
        rules = self._rules.get(_place(url))
        wanted = rules.parsed.crawl_delay(user_agent) if rules and rules.parsed else None
        return min(max(0.0, wanted or 0.0), _LONGEST_DELAY)

    def _of(self, place: str, user_agent: str) -> Rules:
        with self._lock:
            lock = self._locks.setdefault(place, threading.Lock())
        with lock:
            if place not in self._rules:
                self._rules[place] = _fetch_rules(place, self.policy, user_agent)
            return self._rules[place]


def _place(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme.lower(), parts.netloc.lower(), "/robots.txt", "", ""))


def _fetch_rules(place: str, policy: FetchPolicy, user_agent: str) -> Rules:
    bounded = replace(policy, max_bytes=_MOST_BYTES)
    outcome = fetch(place, bounded, accept="text/plain, */*;q=0.5", user_agent=user_agent)
    if outcome.document is not None:
        return Rules(_parsed(outcome.document.body))
    status = outcome.status or 0
    if 400 <= status < 500 and status != 429:
        return Rules()
    if outcome.state is FeedState.TOO_LARGE:
        return Rules(why_closed="robots.txt is too large to be read")
    return Rules(why_closed=f"robots.txt could not be had ({outcome.reason})")


def _parsed(body: bytes) -> Protego:
    lines = body.decode("utf-8-sig", "replace").replace("\x00", "").splitlines()[:_MOST_LINES]
    return Protego.parse("\n".join(lines))
