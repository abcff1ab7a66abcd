"""One guarded fetcher for feeds, article pages, lists and webhooks: bounded in time, size and address.

Every failure ends as a state and a reason; nothing that a server does raises out of here.
"""

import contextlib
import hashlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from urllib.parse import urljoin

import requests
import urllib3

from compliance.intake.guard import (
    AddressRefusedError,
    Deadline,
    DeadlineError,
    Guard,
    GuardedAdapter,
    NameUnknownError,
    Resolver,
    check_url,
    system_resolver,
)
from compliance.intake.unpacking import ACCEPTED, PackingError, TooLargeError, codings, unpacked
from compliance.story import Feed, FeedDocument, FeedState, FetchOutcome

_CHUNK = 65_536
_REDIRECTS = (301, 302, 303, 307, 308)
_PERMANENT = (301, 308)
_AGAIN = (500, 502, 503, 504)
_WORTH_AGAIN = (FeedState.CONNECTION, FeedState.TIMEOUT)
_PAUSE = 0.5
_LONGEST_PAUSE = 5.0
_KEPT_HEADERS = (
    "content-type",
    "content-encoding",
    "content-length",
    "content-language",
    "etag",
    "last-modified",
    "date",
    "server",
    "retry-after",
    "cache-control",
    "expires",
    "location",
)
_KEPT_OF_POSTS = (*_KEPT_HEADERS, "x-message-id")
FEED_TYPES = "application/rss+xml, application/atom+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5"


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """The bounds of a fetch. ``deadline`` covers everything from the first look-up to the last byte, retry included."""

    user_agent: str
    connect_timeout: float = 10
    read_timeout: float = 15
    deadline: float = 25
    max_bytes: int = 15_000_000
    max_redirects: int = 5
    allow_private: bool = False
    resolver: Resolver = system_resolver
    use_proxies: bool = False


@dataclass(frozen=True, slots=True)
class PostOutcome:
    """How a post ended: the status that was answered, or None and why there was no answer.

    ``body`` is the beginning of the answer, as it came.
    """

    status: int | None
    reason: str
    latency_ms: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class _FetchError(Exception):
    """A fetch that ended in a state other than a whole body."""

    def __init__(self, state: FeedState, reason: str, status: int | None = None, retry_after: float | None = None):
        super().__init__(reason)
        self.outcome = FetchOutcome(state, reason, status=status, retry_after=retry_after)


def fetch_feed(
    feed: Feed, policy: FetchPolicy, *, etag: str | None = None, last_modified: str | None = None
) -> FetchOutcome:
    """Fetch one feed as ``fetch`` does, under the user agent its catalogue row names, if any."""
    return fetch(
        feed.url, policy, etag=etag, last_modified=last_modified, accept=FEED_TYPES, user_agent=feed.user_agent
    )


def fetch(
    url: str,
    policy: FetchPolicy,
    *,
    etag: str | None = None,
    last_modified: str | None = None,
    accept: str = "text/html, application/xhtml+xml, */*;q=0.5",
    user_agent: str | None = None,
) -> FetchOutcome:
    """Fetch one address and return how it ended; ``document`` holds the whole, unpacked body or nothing.

    Server errors, cut connections and time-outs are tried once more while the deadline allows.
    """
    headers = {"User-Agent": user_agent or policy.user_agent, "Accept": accept, "Accept-Encoding": ACCEPTED}
    if etag:
        headers["If-None-Match"] = etag
    if last_modified:
        headers["If-Modified-Since"] = last_modified
    with Deadline(policy.deadline) as deadline:
        attempts = 1
        outcome = _attempt(url, headers, policy, deadline)
        while attempts < 2 and _is_worth_another(outcome, deadline):
            time.sleep(min(outcome.retry_after or _PAUSE, _LONGEST_PAUSE))
            attempts += 1
            outcome = _attempt(url, headers, policy, deadline)
    return replace(outcome, attempts=attempts)


def _is_worth_another(outcome: FetchOutcome, deadline: Deadline) -> bool:
    if outcome.state not in _WORTH_AGAIN and outcome.status not in _AGAIN:
        return False
    pause = outcome.retry_after or _PAUSE
    left = deadline.seconds - (time.monotonic() - deadline.started)
    return pause <= _LONGEST_PAUSE and left > pause + 1


def _attempt(url: str, headers: Mapping[str, str], policy: FetchPolicy, deadline: Deadline) -> FetchOutcome:
    try:
        with _session(policy, deadline) as session:
            return _follow(session, url, dict(headers), policy, deadline)
    except _FetchError as error:
        return error.outcome
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        state, reason = _explain(error, deadline)
        return FetchOutcome(state, reason)


def _session(policy: FetchPolicy, deadline: Deadline) -> requests.Session:
    session = requests.Session()
    # No proxies, no .netrc credentials, no certificate paths from the environment.
    session.trust_env = False
    adapter = GuardedAdapter(_guard(policy, deadline))
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


def _follow(
    session: requests.Session, url: str, headers: dict[str, str], policy: FetchPolicy, deadline: Deadline
) -> FetchOutcome:
    """Follow redirects by hand, each hop checked anew, and read the body of the last answer."""
    here, moved_to, is_permanent = url, None, True
    for _ in range(policy.max_redirects + 1):
        if why := check_url(here, allow_private=policy.allow_private):
            state = FeedState.BLOCKED if here != url or here.lower().startswith("http") else FeedState.BAD_URL
            raise _FetchError(state, why)
        session.cookies.clear()
        timeout = (min(policy.connect_timeout, deadline.left()), min(policy.read_timeout, deadline.left()))
        response = session.get(
            here,
            headers=headers,
            timeout=timeout,
            stream=True,
            allow_redirects=False,
            proxies=_proxies(here, policy, deadline),
        )
        with response:
            location = response.headers.get("location")
            if response.status_code in _REDIRECTS and location:
                here = _joined(here, location)
                # Where a temporary hop leads is no new address, whatever comes behind it.
                is_permanent = is_permanent and response.status_code in _PERMANENT
                moved_to = here if is_permanent else moved_to
                continue
            outcome = _answer(response, url, here, policy, deadline)
            return replace(outcome, moved_to=moved_to if moved_to != url else None)
    raise _FetchError(FeedState.REDIRECT, f"more than {policy.max_redirects} redirects")


def _proxies(url: str, policy: FetchPolicy, deadline: Deadline) -> dict[str, str]:
    """Return the proxies the environment names for this address: none unless the operator allowed them.

    A proxy connects in our place, so the address is looked up and checked here before it is asked.
    """
    if not policy.use_proxies:
        return {}
    proxies = dict(requests.utils.get_environ_proxies(url))
    if requests.utils.select_proxy(url, proxies):
        _guard(policy, deadline).check_before_proxy(url)
    return proxies


def _guard(policy: FetchPolicy, deadline: Deadline) -> Guard:
    return Guard(policy.allow_private, policy.connect_timeout, deadline, policy.resolver)


def _joined(here: str, location: str) -> str:
    """Return the address a Location header stands for; a header is Latin-1, but servers write UTF-8 into it."""
    with contextlib.suppress(UnicodeError):
        location = location.encode("latin-1").decode("utf-8")
    return urljoin(here, location.strip())


def _answer(
    response: requests.Response, url: str, final_url: str, policy: FetchPolicy, deadline: Deadline
) -> FetchOutcome:
    status = response.status_code
    if status == 304:
        return FetchOutcome(FeedState.UNCHANGED, "not modified", status=304)
    if status != 200:
        reason = f"answered {status} {' '.join((response.reason or '').split())[:60]}".strip()
        raise _FetchError(FeedState.HTTP_ERROR, reason, status, retry_after(response.headers.get("retry-after")))
    body = _whole_body(response, policy, deadline)
    kept = {k: response.headers[k][:1_000] for k in _KEPT_HEADERS if k in response.headers}
    document = FeedDocument(
        url=url,
        final_url=final_url,
        status=status,
        body=body,
        digest=hashlib.sha256(body).hexdigest(),
        fetched_at=datetime.now(UTC),
        content_type=kept.get("content-type"),
        etag=kept.get("etag"),
        last_modified=kept.get("last-modified"),
        headers=kept,
    )
    return FetchOutcome(FeedState.OK, "", document, status)


def _whole_body(response: requests.Response, policy: FetchPolicy, deadline: Deadline) -> bytes:
    """Return the unpacked body; a body over the cap, cut short or packed oddly is refused."""
    stream: Iterator[bytes] = _raw_chunks(response, policy, deadline)
    body = bytearray()
    try:
        for coding in reversed(codings(response.headers.get("content-encoding", ""))):
            stream = unpacked(stream, coding, policy.max_bytes)
        for chunk in stream:
            body += chunk
    except PackingError as error:
        raise _FetchError(FeedState.CONNECTION, str(error)) from error
    except TooLargeError as error:
        raise _FetchError(FeedState.TOO_LARGE, f"more than {policy.max_bytes:,} bytes after unpacking") from error
    if deadline.has_passed:
        raise DeadlineError("cut at the deadline")
    return bytes(body)


def _raw_chunks(response: requests.Response, policy: FetchPolicy, deadline: Deadline) -> Iterator[bytes]:
    read = 0
    while chunk := response.raw.read(_CHUNK, decode_content=False):
        deadline.left()
        read += len(chunk)
        if read > policy.max_bytes:
            raise _FetchError(FeedState.TOO_LARGE, f"more than {policy.max_bytes:,} bytes")
        yield chunk


def _explain(error: Exception, deadline: Deadline) -> tuple[FeedState, str]:
    """Return the state and reason an exception of requests, urllib3 or the socket stands for."""
    if deadline.has_passed:
        return FeedState.TIMEOUT, f"not finished within {deadline.seconds:g} seconds"
    causes = list(_causes(error))
    for kind, state in (
        (AddressRefusedError, FeedState.BLOCKED),
        (NameUnknownError, FeedState.DNS),
        (DeadlineError, FeedState.TIMEOUT),
    ):
        found = next((c for c in causes if isinstance(c, kind)), None)
        if found is not None:
            return state, str(found)
    if any(isinstance(c, requests.exceptions.SSLError | urllib3.exceptions.SSLError) for c in causes):
        return FeedState.TLS, "the TLS connection could not be trusted or made"
    timeouts = requests.Timeout | urllib3.exceptions.TimeoutError | TimeoutError
    if any(isinstance(c, timeouts) for c in causes):
        return FeedState.TIMEOUT, "no answer in time"
    bad = requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema | requests.exceptions.MissingSchema
    if any(isinstance(c, bad | urllib3.exceptions.LocationValueError | UnicodeError) for c in causes):
        return FeedState.BAD_URL, "the address is malformed"
    return FeedState.CONNECTION, f"the connection failed ({type(causes[-1]).__name__})"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the exception and everything it wraps, outermost first."""
    seen: set[int] = set()
    queue = [error]
    while queue:
        here = queue.pop(0)
        if id(here) in seen:
            continue
        seen.add(id(here))
        yield here
        inner = [here.__cause__, here.__context__, getattr(here, "reason", None), *here.args]
        queue.extend(e for e in inner if isinstance(e, BaseException))


def retry_after(value: str | None) -> float | None:
    """Return Retry-After in seconds, read as a number or an HTTP date (RFC 9110, 10.2.3); nonsense as absent."""
    from email.utils import parsedate_to_datetime

    if not value:
        return None
    if value.strip().isascii() and value.strip().isdigit():
        return min(float(value), 86_400.0)
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError, OverflowError):
        return None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return min(max(0.0, (moment - datetime.now(UTC)).total_seconds()), 86_400.0)


def post(url: str, body: bytes, headers: Mapping[str, str], policy: FetchPolicy) -> PostOutcome:
    """Post a body under the same guard and deadline; redirects are answers, not followed. Never raises."""
    started = time.monotonic()

    def outcome(
        status: int | None, reason: str, answered: Mapping[str, str] | None = None, said: bytes = b""
    ) -> PostOutcome:
        return PostOutcome(status, reason, int((time.monotonic() - started) * 1000), answered or {}, said)

    if why := check_url(url, allow_private=policy.allow_private):
        return outcome(None, f"blocked: {why}")
    with Deadline(policy.deadline) as deadline:
        try:
            with (
                _session(policy, deadline) as session,
                session.post(
                    url,
                    data=body,
                    headers={"User-Agent": policy.user_agent, **headers},
                    timeout=(policy.connect_timeout, policy.read_timeout),
                    allow_redirects=False,
                    stream=True,
                    proxies=_proxies(url, policy, deadline),
                ) as response,
            ):
                kept = {k.lower(): v[:1_000] for k, v in response.headers.items() if k.lower() in _KEPT_OF_POSTS}
                # A receiver that is still writing when we hang up would take the post for broken.
                said = response.raw.read(_CHUNK, decode_content=False)
                return outcome(response.status_code, "", kept, said)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            state, reason = _explain(error, deadline)
            return outcome(None, f"{state.value}: {reason}")
