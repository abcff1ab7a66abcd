"""The first steps of the journey: every feed → its new stories. Each feed's rows land in one transaction."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlmodel import Session

from compliance.coverage import RunCounts
from compliance.intake.article import read_page, story_text
from compliance.intake.fetcher import fetch, fetch_feed
from compliance.intake.fingerprint import fingerprint
from compliance.intake.parser import parse_feed
from compliance.monitor import Monitor
from compliance.store import captures, feeds, origins, runs, stories
from compliance.store.database import session_scope
from compliance.store.tables import FeedRow, RunFeedRow
from compliance.story import Entry, Feed, FeedDocument, FeedState, FetchOutcome, Story, TextQuality

log = logging.getLogger(__name__)

Progress = Callable[[str, int, int], None]
_PAGES_PER_FEED = 50


@dataclass(frozen=True, slots=True)
class _Reading:
    """One feed fetched and parsed, before anything is stored."""

    feed: Feed
    outcome: FetchOutcome
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class _Page:
    """An article page fetched for an entry whose feed carries only a teaser."""

    text: str
    quality: TextQuality
    document: FeedDocument | None


def ingest(monitor: Monitor, run_id: str, counts: RunCounts, progress: Progress | None = None) -> None:
    """Fetch every feed of the catalogue and store what is new; ``counts`` then tells what came of each.

    A feed that fails keeps its state and reason, and the others go on. Killed at any moment, the step may be
    repeated: validators and stories of a feed are stored together, so nothing is skipped and nothing doubled.
    """
    with session_scope(monitor.engine) as session:
        health = feeds.known(session, [f.id for f in monitor.feeds])
    counts.feeds_due = len(monitor.feeds)
    states: Counter[str] = Counter()
    with ThreadPoolExecutor(monitor.settings.fetch_threads, thread_name_prefix="fetch") as pool:
        for done, reading in enumerate(_readings(monitor, pool, health), 1):
            row = _store(monitor, pool, run_id, reading, counts)
            states[row.state] += 1
            if progress:
                progress("feeds", done, len(monitor.feeds))
    counts.feeds_by_state = dict(sorted(states.items()))


def _readings(monitor: Monitor, pool: ThreadPoolExecutor, health: dict[str, FeedRow]) -> Iterator[_Reading]:
    """Yield feeds as they are read, never holding more bodies than twice the threads."""
    waiting = list(reversed(monitor.feeds))
    running: set[Future[_Reading]] = set()
    while waiting or running:
        while waiting and len(running) < 2 * monitor.settings.fetch_threads:
            feed = waiting.pop()
            running.add(pool.submit(_read, monitor, feed, health.get(feed.id)))
        finished, running = wait(running, return_when=FIRST_COMPLETED)
        for future in finished:
            yield future.result()


def _read(monitor: Monitor, feed: Feed, known: FeedRow | None) -> _Reading:
    # Validators belong to an address: a feed that moved is read afresh.
    same = known if known is not None and known.url == feed.url else None
    outcome = fetch_feed(
        feed,
        monitor.fetch_policy,
        etag=same.etag if same else None,
        last_modified=same.last_modified if same else None,
    )
    if outcome.document is None:
        return _Reading(feed, outcome)
    if same and same.body_digest == outcome.document.digest and FeedState(same.state).is_healthy:
        return _Reading(feed, replace(outcome, state=FeedState.UNCHANGED, reason="the same bytes as last time"))
    parsed = parse_feed(outcome.document, now=datetime.now(UTC))
    return _Reading(feed, replace(outcome, state=parsed.state, reason=parsed.reason), tuple(parsed.entries))


def _store(monitor: Monitor, pool: ThreadPoolExecutor, run_id: str, reading: _Reading, counts: RunCounts) -> RunFeedRow:
    now = datetime.now(UTC)
    prints = [fingerprint(reading.feed.id, entry) for entry in reading.entries]
    with session_scope(monitor.engine) as session:
        known = stories.known_fingerprints(session, prints)
    # The same entry twice in one feed is one story.
    fresh = {p: e for p, e in reversed(list(zip(prints, reading.entries, strict=True))) if p not in known}
    pages = _read_pages(monitor, pool, reading.feed, fresh)
    with session_scope(monitor.engine) as session:
        added = _save(session, run_id, reading, dict(reversed(fresh.items())), pages, now)
        new = stories.of_fingerprints(session, list(fresh), run_id)
        origins.find_origins(session, new, wires_of(monitor), now)
        feeds.record(session, reading.feed, reading.outcome, len(reading.entries), now)
        row = RunFeedRow(
            run_id=run_id,
            feed_id=reading.feed.id,
            state=reading.outcome.state.value,
            reason=reading.outcome.reason,
            attempts=reading.outcome.attempts,
            entries=len(reading.entries),
            new=added,
            known=len(reading.entries) - added,
        )
        runs.record_feed(session, row)
    counts.entries += row.entries
    counts.stories_new += row.new
    counts.stories_known += row.known
    counts.pages_read += sum(page.document is not None for page in pages.values())
    counts.pages_failed += sum(page.document is None for page in pages.values())
    if not reading.outcome.state.is_healthy:
        log.warning("feed failed feed=%s state=%s reason=%s", row.feed_id, row.state, row.reason)
    return row


def wires_of(monitor: Monitor) -> frozenset[str]:
    """Return the feeds of news agencies, whose text others repeat."""
    return frozenset(feed.id for feed in monitor.feeds if feed.outlet == "wire")


def _read_pages(monitor: Monitor, pool: ThreadPoolExecutor, feed: Feed, fresh: dict[str, Entry]) -> dict[str, _Page]:
    if not feed.full_text:
        return {}
    linked = [(p, e.link) for p, e in fresh.items() if e.link][:_PAGES_PER_FEED]
    futures = {p: pool.submit(_read_page, monitor, link) for p, link in linked if link}
    return {p: future.result() for p, future in futures.items()}


def _read_page(monitor: Monitor, link: str) -> _Page:
    outcome = fetch(link, monitor.fetch_policy)
    if outcome.document is None:
        return _Page("", TextQuality.TEASER, None)
    text, quality = read_page(outcome.document)
    return _Page(text, quality, outcome.document)


def _save(
    session: Session,
    run_id: str,
    reading: _Reading,
    fresh: dict[str, Entry],
    pages: dict[str, _Page],
    now: datetime,
) -> int:
    document = reading.outcome.document
    if document is None or reading.outcome.state is FeedState.UNCHANGED:
        return 0
    feed_capture = captures.keep(session, reading.feed.id, document)
    told, kept = [], []
    for print_, entry in fresh.items():
        page = pages.get(print_)
        told.append(_story(reading.feed, print_, entry, page))
        page_capture = (
            captures.keep(session, f"page:{reading.feed.id}", page.document) if page and page.document else None
        )
        kept.append((feed_capture, page_capture))
    return stories.add(session, told, kept, run_id, now)


def _story(feed: Feed, print_: str, entry: Entry, page: _Page | None) -> Story:
    """The page's text where it is the fuller one; a failed page leaves the teaser, marked as such."""
    text, quality = story_text(entry), TextQuality.FULL
    if feed.full_text:
        quality = page.quality if page else TextQuality.TEASER
        if page and page.quality is TextQuality.FULL and len(page.text) > len(text):
            text = page.text
    return Story(
        id="",
        title=entry.title,
        text=text,
        published=entry.published,
        url=entry.link,
        publisher=feed.title,
        feed_id=feed.id,
        fingerprint=print_,
        quality=quality,
    )
