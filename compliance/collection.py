"""Every feed → its entries and article pages, host by host: politely, side by side, and never more in memory than said.

Nothing is stored here. A feed or page that fails is an outcome like any other; one that breaks the reader is too.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from compliance.intake.article import MAX_PAGE
from compliance.intake.bounded import parse_within_limits
from compliance.intake.catalog import FOLDER
from compliance.intake.fetcher import FetchPolicy, fetch, fetch_feed
from compliance.intake.filters import filter_entries
from compliance.intake.folder import read_folder
from compliance.intake.health import Health
from compliance.intake.politeness import HostQueues, host_of
from compliance.intake.robots import Robots
from compliance.store.quarantine import is_outage
from compliance.story import Entry, Feed, FeedDocument, FeedState, FetchOutcome

log = logging.getLogger(__name__)

_PAGES_PER_FEED = 50
# A feed's pages together: what a run holds in memory, and how long it waits for a slow host.
_PAGE_BYTES = 50_000_000
_PAGE_SECONDS = 120.0
_FEEDS_WITH_PAGES = 4
_FULL_AFTER = timedelta(hours=20)
# A fetch that takes long waits for its server and needs no processor: it gives its place to another, and so often.
_PATIENCE = 5.0
_PLACES_LENT = 3


@dataclass(frozen=True, slots=True)
class Validators:
    """What the last good answer of a feed said about freshness, and when a whole body last came."""

    etag: str | None = None
    last_modified: str | None = None
    digest: str | None = None
    last_full: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """One feed fetched and parsed, before anything is stored.

    ``pages`` came along, by their place in ``entries``; ``broken`` entries could not be read.
    """

    feed: Feed
    outcome: FetchOutcome
    entries: tuple[Entry, ...] = ()
    left_out: int = 0
    hits: Mapping[tuple[str, str], int] = field(default_factory=dict)
    pages: Mapping[int, FeedDocument] = field(default_factory=dict)
    broken: int = 0


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many feeds are read side by side, and how politely."""

    threads: int
    host_concurrency: int
    host_delay: float


@dataclass(slots=True)
class _Awaited:
    """A feed whose article pages are still on their way."""

    reading: Reading
    left: set[str]
    until: float
    pages: dict[str, FetchOutcome] = field(default_factory=dict)
    size: int = 0


@dataclass(frozen=True, slots=True)
class _Job:
    """A feed to read, or one page of a feed that was read."""

    feed: Feed
    link: str = ""


Result = tuple[_Job, str, Reading | FetchOutcome]
Wanted = Callable[[Reading], Sequence[str]]


@dataclass(slots=True)
class Collector:
    """Reads feeds and their pages. Used once, by one thread, which alone touches the queues."""

    feeds: Sequence[Feed]
    policy: FetchPolicy
    bounds: Bounds
    known: Mapping[str, tuple[Validators, Health]]
    wanted: Wanted
    _queues: HostQueues[_Job] = field(init=False)
    _robots: Robots = field(init=False)
    _awaited: dict[str, _Awaited] = field(default_factory=dict)
    _ready: list[tuple[Reading, dict[str, FetchOutcome]]] = field(default_factory=list)
    _pending: dict[Future[Result], float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._queues = HostQueues(self.bounds.host_concurrency, self.bounds.host_delay)
        self._robots = Robots(self.policy)

    def read(self) -> Iterator[list[tuple[Reading, dict[str, FetchOutcome]]]]:
        """Yield each feed once, with its wanted pages by link: all that came in while the last ones were worked on.

        ``wanted`` is asked, in this thread, which links of a reading are to be fetched.
        """
        for feed in sorted(self.feeds, key=self._trouble):
            self._queues.add(host_of(feed.url), _Job(feed), time.monotonic())
        with ThreadPoolExecutor(self.bounds.threads * _PLACES_LENT, thread_name_prefix="fetch") as pool:
            try:
                while len(self._queues) or self._pending or self._awaited or self._ready:
                    self._start(pool)
                    self._finish()
                    self._give_up_late_pages()
                    if self._ready:
                        batch, self._ready = self._ready, []
                        yield batch
            finally:
                for future in self._pending:
                    future.cancel()

    def _trouble(self, feed: Feed) -> float:
        _, health = self.known.get(feed.id, (Validators(), Health()))
        return health.weight

    def _has_room(self, now: float) -> bool:
        if len(self._pending) >= self.bounds.threads * _PLACES_LENT:
            return False
        return sum(now - started < self._patience for started in self._pending.values()) < self.bounds.threads

    @property
    def _patience(self) -> float:
        return min(_PATIENCE, self.policy.deadline / 4)

    def _start(self, pool: ThreadPoolExecutor) -> None:
        now, held_back = time.monotonic(), []
        while self._has_room(now) and (taken := self._queues.take(now)):
            host, job = taken
            if not job.link and len(self._awaited) >= _FEEDS_WITH_PAGES and job.feed.full_text:
                held_back.append((host, job))
                continue
            self._pending[pool.submit(self._run, job, host)] = now
        for host, job in held_back:
            self._queues.done(host, now)
            self._queues.add(host, job, now + 0.2)

    def _finish(self) -> None:
        """Wait until a job has ended, one may start, or one that takes long has given its place away."""
        now = time.monotonic()
        pause = self._queues.wait(now) if self._has_room(now) else self._until_room(now)
        if not self._pending:
            time.sleep(min(pause if pause is not None else 0.05, 0.5))
            return
        done, _ = wait(self._pending, timeout=None if pause is None else max(pause, 0.001), return_when=FIRST_COMPLETED)
        for future in done:
            del self._pending[future]
            job, host, result = future.result()
            self._queues.done(host, time.monotonic())
            if isinstance(result, Reading):
                self._take_reading(result)
            else:
                self._take_page(job, result)

    def _until_room(self, now: float) -> float | None:
        left = [self._patience - (now - started) for started in self._pending.values()]
        return min((seconds for seconds in left if seconds > 0), default=None)

    def _run(self, job: _Job, host: str) -> Result:
        """Do a job in a worker; what breaks is told as an outcome, since one feed must not end the run."""
        try:
            if job.link:
                return job, host, self._page(job)
            validators, health = self.known.get(job.feed.id, (Validators(), Health()))
            return job, host, read_one(job.feed, self.policy, validators, health, datetime.now(UTC))
        except Exception as error:  # whatever a hostile document breaks costs its own feed and no other
            log.exception("reading broke feed=%s link=%s", job.feed.id, job.link)
            broken = _broken(job.feed, error)
            return job, host, broken.outcome if job.link else broken

    def _page(self, job: _Job) -> FetchOutcome:
        agent = job.feed.user_agent or self.policy.user_agent
        if why := self._robots.refusal(job.link, agent):
            return FetchOutcome(FeedState.BLOCKED, why)
        return fetch(job.link, replace(self.policy, max_bytes=MAX_PAGE), user_agent=agent)

    def _take_reading(self, reading: Reading) -> None:
        if reading.outcome.retry_after:
            # The other feeds of a host that asks for patience wait too, as long as this run can.
            pause = min(reading.outcome.retry_after, 30.0)
            self._queues.hold(host_of(reading.feed.url), time.monotonic() + pause)
        try:
            links = [link for link in dict.fromkeys(self.wanted(reading)) if link][:_PAGES_PER_FEED]
        except Exception as error:  # a hostile entry costs its own feed and no other
            if is_outage(error):
                raise
            log.exception("entries broke the reader feed=%s", reading.feed.id)
            links, reading = [], _broken(reading.feed, error)
        if not links:
            self._ready.append((reading, {}))
            return
        now = time.monotonic()
        self._awaited[reading.feed.id] = _Awaited(reading, set(links), now + _PAGE_SECONDS)
        for link in links:
            self._queues.add(host_of(link), _Job(reading.feed, link), now, is_urgent=True)

    def _take_page(self, job: _Job, outcome: FetchOutcome) -> None:
        delay = self._robots.delay(job.link, job.feed.user_agent or self.policy.user_agent)
        if delay:
            self._queues.slow_down(host_of(job.link), delay)
        awaited = self._awaited.get(job.feed.id)
        if awaited is None or job.link not in awaited.left:
            return
        awaited.size += len(outcome.document.body) if outcome.document else 0
        if awaited.size > _PAGE_BYTES:
            outcome = FetchOutcome(FeedState.TOO_LARGE, "the pages of this feed are too large together")
        awaited.pages[job.link] = outcome
        awaited.left.discard(job.link)
        self._close(job.feed.id)

    def _give_up_late_pages(self) -> None:
        now = time.monotonic()
        for feed_id, awaited in list(self._awaited.items()):
            if now <= awaited.until:
                continue
            for host in {host_of(link) for link in awaited.left}:
                for job in self._queues.drop(host, partial(_is_page_of, feed_id)):
                    awaited.pages[job.link] = FetchOutcome(FeedState.TIMEOUT, "no time left at this host's pace")
                    awaited.left.discard(job.link)
            self._close(feed_id)

    def _close(self, feed_id: str) -> None:
        if not self._awaited[feed_id].left:
            awaited = self._awaited.pop(feed_id)
            self._ready.append((awaited.reading, awaited.pages))


def _is_page_of(feed_id: str, job: _Job) -> bool:
    return bool(job.link) and job.feed.id == feed_id


def _broken(feed: Feed, error: Exception) -> Reading:
    return Reading(feed, FetchOutcome(FeedState.PARSE_ERROR, f"it broke the reader ({type(error).__name__})"))


def read_one(feed: Feed, policy: FetchPolicy, validators: Validators, health: Health, now: datetime) -> Reading:
    """Return one feed fetched, parsed and filtered, whatever kind of source it is.

    Once a day the whole body is asked for, whatever the validators say: a server's ETag may lie.
    """
    if feed.url.startswith(FOLDER):
        return _from_folder(feed, validators, now)
    is_stale = validators.last_full is None or not now - _FULL_AFTER < validators.last_full <= now
    sent = Validators() if is_stale else validators
    outcome = fetch_feed(feed, policy, etag=sent.etag, last_modified=sent.last_modified)
    if outcome.document is None:
        return Reading(feed, outcome)
    if validators.digest == outcome.document.digest and health.state.is_healthy:
        return Reading(feed, replace(outcome, state=FeedState.UNCHANGED, reason="the same bytes as last time"))
    parsed = parse_within_limits(outcome.document, now=now)
    # A cut body's validators would bring a 304 for what was never read.
    whole = replace(outcome.document, etag=None, last_modified=None) if parsed.is_cut else outcome.document
    outcome = replace(outcome, state=parsed.state, reason=parsed.reason, document=whole)
    return replace(_filtered(feed, outcome, parsed.entries), broken=parsed.broken)


def _from_folder(feed: Feed, validators: Validators, now: datetime) -> Reading:
    found = read_folder(feed.url.removeprefix(FOLDER), now)
    if found.outcome.document is not None and found.outcome.document.digest == validators.digest:
        return Reading(feed, replace(found.outcome, state=FeedState.UNCHANGED, reason="the same pages as last time"))
    reading = _filtered(feed, found.outcome, found.entries)
    kept = {id(entry) for entry in reading.entries}
    pages = (page for entry, page in zip(found.entries, found.pages, strict=True) if id(entry) in kept)
    return replace(reading, pages=dict(enumerate(pages)))


def _filtered(feed: Feed, outcome: FetchOutcome, entries: Sequence[Entry]) -> Reading:
    found = filter_entries(feed, entries)
    return Reading(feed, outcome, found.kept, found.left_out, hits=found.hits)
