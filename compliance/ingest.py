"""The first steps of the journey: every feed → its new stories. Each feed's rows land in one transaction."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlmodel import Session

from compliance.coverage import RunCounts
from compliance.intake.article import read_page
from compliance.intake.fetcher import fetch, fetch_feed
from compliance.intake.parser import parse_feed
from compliance.monitor import Monitor
from compliance.reading import STAGE, Page, Saved, Shelf, Sorted, sort_entries
from compliance.store import captures, feeds, quarantine, runs
from compliance.store.database import session_scope
from compliance.store.tables import FeedRow, RunFeedRow
from compliance.story import Entry, Feed, FeedState, FetchOutcome, TextQuality

log = logging.getLogger(__name__)

Progress = Callable[[str, int, int], None]
_PAGES_PER_FEED = 50


@dataclass(frozen=True, slots=True)
class _Reading:
    """One feed fetched and parsed, before anything is stored."""

    feed: Feed
    outcome: FetchOutcome
    entries: tuple[Entry, ...] = ()
    broken: int = 0


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
    told = replace(outcome, state=parsed.state, reason=parsed.reason)
    return _Reading(feed, told, tuple(parsed.entries), parsed.broken)


def _store(monitor: Monitor, pool: ThreadPoolExecutor, run_id: str, reading: _Reading, counts: RunCounts) -> RunFeedRow:
    now = datetime.now(UTC)
    with session_scope(monitor.engine) as session:
        entries = sort_entries(session, reading.feed.id, reading.entries)
    pages = _read_pages(monitor, pool, reading.feed, entries.to_read)
    with session_scope(monitor.engine) as session:
        saved = _save(session, monitor, run_id, reading, entries, pages, now)
        feeds.record(session, reading.feed, reading.outcome, len(reading.entries), now)
        row = RunFeedRow(
            run_id=run_id,
            feed_id=reading.feed.id,
            state=reading.outcome.state.value,
            reason=reading.outcome.reason,
            attempts=reading.outcome.attempts,
            entries=len(reading.entries) + reading.broken,
            new=saved.new,
            known=len(reading.entries) + reading.broken - saved.new - saved.broken,
            quarantined=saved.broken,
        )
        runs.record_feed(session, row)
    counts.entries += row.entries
    counts.stories_new += row.new
    counts.stories_known += row.known
    counts.stories_changed += saved.changed
    counts.entries_quarantined += row.quarantined
    counts.pages_read += sum(page.document is not None for page in pages.values())
    counts.pages_failed += sum(page.document is None for page in pages.values())
    if not reading.outcome.state.is_healthy:
        log.warning("feed failed feed=%s state=%s reason=%s", row.feed_id, row.state, row.reason)
    return row


def wires_of(monitor: Monitor) -> frozenset[str]:
    """Return the feeds of news agencies, whose text others repeat."""
    return frozenset(feed.id for feed in monitor.feeds if feed.outlet == "wire")


def _read_pages(monitor: Monitor, pool: ThreadPoolExecutor, feed: Feed, told: dict[str, Entry]) -> dict[str, Page]:
    if not feed.full_text:
        return {}
    linked = [(p, e.link) for p, e in told.items() if e.link][:_PAGES_PER_FEED]
    futures = {p: pool.submit(_read_page, monitor, link) for p, link in linked if link}
    return {p: future.result() for p, future in futures.items()}


def _read_page(monitor: Monitor, link: str) -> Page:
    outcome = fetch(link, monitor.fetch_policy)
    if outcome.document is None:
        return Page("", TextQuality.TEASER, None, (f"the page was not read: {outcome.reason}",))
    found = read_page(outcome.document)
    return Page(found.text, found.quality, outcome.document, found.notes)


def _save(
    session: Session,
    monitor: Monitor,
    run_id: str,
    reading: _Reading,
    entries: Sorted,
    pages: dict[str, Page],
    now: datetime,
) -> Saved:
    document = reading.outcome.document
    if document is None or reading.outcome.state is FeedState.UNCHANGED:
        return Saved()
    capture = captures.keep(session, reading.feed.id, document)
    saved = Shelf(session, reading.feed, run_id, now, capture, wires_of(monitor)).save(entries, pages)
    if reading.broken:
        subject = f"feed:{reading.feed.id}:{document.digest[:16]}"
        quarantine.enter(session, STAGE, subject, f"{reading.broken} entries broke the parser", now, capture)
        saved.broken += reading.broken
    return saved
