"""The first steps of the journey: every feed → its new stories. Each feed's rows land in one transaction."""

import logging
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlmodel import Session

from compliance.collection import Bounds, Collector, Reading, Validators
from compliance.coverage import RunCounts
from compliance.feedalarm import raise_alarms
from compliance.intake.article import read_page, story_text
from compliance.intake.fingerprint import fingerprint
from compliance.intake.health import Event, Health, Seen, advance, is_due, is_held, pace
from compliance.monitor import Monitor, health_bounds
from compliance.store import captures, feeds, runs, stories
from compliance.store.database import session_scope
from compliance.store.tables import FeedRow, RunFeedRow
from compliance.story import Entry, Feed, FeedDocument, FeedState, FetchOutcome, Story, TextQuality

log = logging.getLogger(__name__)

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class _Page:
    """An article page fetched for an entry whose feed carries only a teaser."""

    text: str
    quality: TextQuality
    document: FeedDocument | None


@dataclass(frozen=True, slots=True)
class _Work:
    """A feed that was read, with what is new in it by fingerprint and the pages fetched for that by link."""

    reading: Reading
    fresh: dict[str, Entry]
    fetched: Mapping[str, FetchOutcome]


def ingest(
    monitor: Monitor, run_id: str, counts: RunCounts, progress: Progress | None = None, *, due_only: bool = False
) -> None:
    """Fetch the feeds of the catalogue and store what is new; ``counts`` then tells what came of each.

    Every feed is read, or, with ``due_only``, those whose own pace says so. A feed whose server asked us to wait is
    not asked before its time and is accounted for as it last stood. A feed that fails keeps its state and reason,
    and the others go on. Killed at any moment, the step may be repeated: validators and stories of a feed are stored
    together, so nothing is skipped and nothing doubled.
    """
    now = datetime.now(UTC)
    with session_scope(monitor.engine) as session:
        rows = feeds.known(session, [f.id for f in monitor.feeds])
    health = {feed.id: feeds.health_of(rows.get(feed.id)) for feed in monitor.feeds}
    chosen = [feed for feed in monitor.feeds if not due_only or is_due(health[feed.id], now)]
    held = [feed for feed in chosen if is_held(health[feed.id], now)]
    counts.feeds_due = len(chosen)
    states: Counter[str] = Counter()
    _pass_over(monitor, run_id, held, rows, states)
    fresh: dict[str, dict[str, Entry]] = {}
    to_read = [feed for feed in chosen if feed not in held]
    collector = _collector(monitor, to_read, rows, health, fresh)
    done = len(held)
    for batch in collector.read():
        works = [_Work(reading, fresh.pop(reading.feed.id), pages) for reading, pages in batch]
        for row in _store(monitor, run_id, works, health, counts):
            states[row.state] += 1
        done += len(batch)
        if progress:
            progress("feeds", done, len(chosen))
    counts.feeds_by_state = dict(sorted(states.items()))
    raise_alarms(monitor, datetime.now(UTC))


def _collector(
    monitor: Monitor,
    to_read: list[Feed],
    rows: Mapping[str, FeedRow],
    health: Mapping[str, Health],
    fresh: dict[str, dict[str, Entry]],
) -> Collector:
    """Return the collector of these feeds; ``fresh`` is filled with each feed's new entries by fingerprint."""

    def wanted(reading: Reading) -> list[str]:
        found = fresh[reading.feed.id] = _fresh(monitor, reading)
        return [entry.link for entry in found.values() if entry.link] if reading.feed.full_text else []

    # Validators belong to an address: a feed that moved is read afresh.
    known = {
        feed.id: (_validators(rows[feed.id]) if rows[feed.id].url == feed.url else Validators(), health[feed.id])
        for feed in to_read
        if feed.id in rows
    }
    settings = monitor.settings
    bounds = Bounds(settings.fetch_threads, settings.host_concurrency, settings.host_delay)
    return Collector(to_read, monitor.fetch_policy, bounds, known, wanted)


def _validators(row: FeedRow) -> Validators:
    return Validators(row.etag, row.last_modified, row.body_digest, row.last_full)


def _pass_over(
    monitor: Monitor, run_id: str, held: list[Feed], rows: Mapping[str, FeedRow], states: Counter[str]
) -> None:
    """Account for the feeds that are not asked because their servers told us to wait."""
    with session_scope(monitor.engine) as session:
        for feed in held:
            row = rows[feed.id]
            reason = f"not asked: the server said to wait until {row.held_until:%H:%M} UTC"
            runs.record_feed(session, RunFeedRow(run_id=run_id, feed_id=feed.id, state=row.state, reason=reason))
            states[row.state] += 1


def _fresh(monitor: Monitor, reading: Reading) -> dict[str, Entry]:
    """Return the entries that are not stored yet, by fingerprint; the same entry twice in one feed is one story."""
    prints = [fingerprint(reading.feed.id, entry) for entry in reading.entries]
    with session_scope(monitor.engine) as session:
        known = stories.known_fingerprints(session, prints)
    found = {p: e for p, e in reversed(list(zip(prints, reading.entries, strict=True))) if p not in known}
    return dict(reversed(found.items()))


def _store(
    monitor: Monitor, run_id: str, works: Sequence[_Work], health: Mapping[str, Health], counts: RunCounts
) -> list[RunFeedRow]:
    """Store several feeds in one transaction: a commit waits for the disk, however little it holds."""
    now, rows = datetime.now(UTC), []
    with session_scope(monitor.engine) as session:
        for work in works:
            pages = _pages(work.reading, work.fresh, work.fetched)
            row, events = _store_feed(session, monitor, run_id, work, pages, health[work.reading.feed.id], now)
            rows.append((row, events, pages))
    for row, events, pages in rows:
        _count(counts, row, pages)
        for event in events:
            log.warning("feed raised feed=%s event=%s state=%s reason=%s", row.feed_id, event, row.state, row.reason)
    return [row for row, _, _ in rows]


def _store_feed(
    session: Session,
    monitor: Monitor,
    run_id: str,
    work: _Work,
    pages: Mapping[str, _Page],
    health: Health,
    now: datetime,
) -> tuple[RunFeedRow, tuple[Event, ...]]:
    reading = work.reading
    added = _save(session, run_id, reading, work.fresh, pages, now)
    seen = pace(reading.entries, added) if reading.entries else Seen()
    bounds = health_bounds(monitor.settings)
    after, events = advance(health, reading.outcome, seen, now, bounds, random.random())  # noqa: S311  (jitter)
    feeds.record(session, reading.feed, reading.outcome, after, events, now, len(reading.entries))
    feeds.count_patterns(session, reading.feed.id, reading.hits, now)
    row = RunFeedRow(
        run_id=run_id,
        feed_id=reading.feed.id,
        state=reading.outcome.state.value,
        reason=reading.outcome.reason,
        attempts=reading.outcome.attempts,
        entries=len(reading.entries) + reading.left_out,
        new=added,
        known=len(reading.entries) - added,
        left_out=reading.left_out,
    )
    runs.record_feed(session, row)
    return row, events


def _count(counts: RunCounts, row: RunFeedRow, pages: Mapping[str, _Page]) -> None:
    counts.entries += row.entries
    counts.stories_new += row.new
    counts.stories_known += row.known
    counts.entries_left_out += row.left_out
    counts.pages_read += sum(page.document is not None for page in pages.values())
    counts.pages_failed += sum(page.document is None for page in pages.values())


def _pages(reading: Reading, fresh: Mapping[str, Entry], fetched: Mapping[str, FetchOutcome]) -> dict[str, _Page]:
    """Return the page of each fresh entry by fingerprint: fetched for its link, or brought along by its source."""
    pages = {p: _read_page(fetched[e.link]) for p, e in fresh.items() if e.link and e.link in fetched}
    if reading.pages:
        along = {
            id(entry): reading.pages[place] for place, entry in enumerate(reading.entries) if place in reading.pages
        }
        brought = ((p, along.get(id(e))) for p, e in fresh.items())
        pages |= {p: _Page(fresh[p].content, TextQuality.FULL, document) for p, document in brought if document}
    return pages


def _read_page(outcome: FetchOutcome) -> _Page:
    if outcome.document is None:
        return _Page("", TextQuality.TEASER, None)
    text, quality = read_page(outcome.document)
    return _Page(text, quality, outcome.document)


def _save(
    session: Session,
    run_id: str,
    reading: Reading,
    fresh: dict[str, Entry],
    pages: Mapping[str, _Page],
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
