"""The first steps of the journey: every feed → its new stories. Each feed's rows land in one transaction."""

import logging
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlmodel import Session

from compliance.collection import Bounds, Collector, Reading, Validators
from compliance.coverage import RunCounts
from compliance.feedalarm import raise_alarms
from compliance.intake.article import quality_of
from compliance.intake.health import Event, Health, Seen, advance, is_due, is_held, pace
from compliance.intake.page_reader import PageReader
from compliance.intake.text import clean_text
from compliance.monitor import Monitor, health_bounds
from compliance.reading import Page, Saved, Shelf, Sorted, sort_entries
from compliance.store import captures, feeds, quarantine, runs
from compliance.store.database import session_scope
from compliance.store.tables import FeedRow, RunFeedRow
from compliance.story import Entry, Feed, FeedState, FetchOutcome, TextQuality

log = logging.getLogger(__name__)

Progress = Callable[[str, int, int], None]
# What reading one feed's pages may take of a run; those that come after it are not read. The lease lasts longer.
_READING_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class _Work:
    """A feed that was read, what its entries are to the database, and their pages by fingerprint."""

    reading: Reading
    entries: Sorted
    pages: Mapping[str, Page]
    has_broken: bool = False

    def as_broken(self, error: Exception) -> "_Work":
        """Return the same feed as one that could not be read, since storing what it gave is what broke."""
        reason = f"storing it broke ({type(error).__name__})"
        return _Work(Reading(self.reading.feed, FetchOutcome(FeedState.PARSE_ERROR, reason)), Sorted(), {}, True)


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
    found: dict[str, Sorted] = {}
    to_read = [feed for feed in chosen if feed not in held]
    collector = _collector(monitor, to_read, rows, health, found)
    done = len(held)
    with PageReader() as reader:
        for batch in collector.read():
            works = []
            for reading, fetched in batch:
                entries = found.pop(reading.feed.id, Sorted())
                works.append(_Work(reading, entries, _pages(reader, reading, entries.to_read, fetched)))
                if progress and fetched:
                    progress("feeds", done, len(chosen))
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
    found: dict[str, Sorted],
) -> Collector:
    """Return the collector of these feeds; ``found`` is filled with what each feed's entries are to the database."""

    def wanted(reading: Reading) -> list[str]:
        with session_scope(monitor.engine) as session:
            entries = found[reading.feed.id] = sort_entries(session, reading.feed.id, reading.entries)
        return [entry.link for entry in entries.to_read.values() if entry.link] if reading.feed.full_text else []

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


def _store(
    monitor: Monitor, run_id: str, works: Sequence[_Work], health: Mapping[str, Health], counts: RunCounts
) -> list[RunFeedRow]:
    """Store several feeds in one transaction: a commit waits for the disk, however little it holds.

    Where that breaks, each is stored alone, and one that breaks alone is entered as a feed that could not be read.
    """
    rows = _stored(monitor, run_id, works, health)
    for row, work, events, changed in rows:
        _count(counts, row, work.pages)
        counts.stories_changed += changed
        for event in events:
            log.warning("feed raised feed=%s event=%s state=%s reason=%s", row.feed_id, event, row.state, row.reason)
    return [row for row, _, _, _ in rows]


_Stored = tuple[RunFeedRow, _Work, tuple[Event, ...], int]


def _stored(monitor: Monitor, run_id: str, works: Sequence[_Work], health: Mapping[str, Health]) -> list[_Stored]:
    try:
        with session_scope(monitor.engine) as session:
            return [_store_feed(session, monitor, run_id, work, health[work.reading.feed.id]) for work in works]
    except Exception as error:  # one feed that breaks the store must not cost the others theirs
        if quarantine.is_outage(error) or (len(works) == 1 and works[0].has_broken):
            raise
        log.exception("feeds could not be stored first_feed=%s", works[0].reading.feed.id)
        if len(works) == 1:
            works = [works[0].as_broken(error)]
    return [row for work in works for row in _stored(monitor, run_id, [work], health)]


def _store_feed(session: Session, monitor: Monitor, run_id: str, work: _Work, health: Health) -> _Stored:
    reading, now = work.reading, datetime.now(UTC)
    saved = _save(session, monitor, run_id, work, now)
    seen = pace(reading.entries, saved.new) if reading.entries else Seen()
    bounds = health_bounds(monitor.settings)
    after, events = advance(health, reading.outcome, seen, now, bounds, random.random())  # noqa: S311  (jitter)
    row_of_feed = feeds.record(session, reading.feed, reading.outcome, after, events, now, len(reading.entries))
    if saved.to_retry:
        # What broke is tried again with the next reading, so its body must come again.
        feeds.forget_validators(session, row_of_feed)
    feeds.count_patterns(session, reading.feed.id, reading.hits, now)
    row = RunFeedRow(
        run_id=run_id,
        feed_id=reading.feed.id,
        state=reading.outcome.state.value,
        reason=reading.outcome.reason,
        attempts=reading.outcome.attempts,
        entries=len(reading.entries) + reading.left_out + reading.broken,
        new=saved.new,
        known=len(reading.entries) + reading.broken - saved.new - saved.broken,
        quarantined=saved.broken,
        left_out=reading.left_out,
    )
    runs.record_feed(session, row)
    return row, work, events, saved.changed


def _count(counts: RunCounts, row: RunFeedRow, pages: Mapping[str, Page]) -> None:
    counts.entries += row.entries
    counts.stories_new += row.new
    counts.stories_known += row.known
    counts.entries_left_out += row.left_out
    counts.entries_quarantined += row.quarantined
    counts.pages_read += sum(bool(page.text) for page in pages.values())
    counts.pages_failed += sum(not page.text for page in pages.values())


def _pages(
    reader: PageReader, reading: Reading, told: Mapping[str, Entry], fetched: Mapping[str, FetchOutcome]
) -> dict[str, Page]:
    """Return the page of each entry to be read by fingerprint: fetched for its link, or brought along by its source."""
    until = time.monotonic() + _READING_SECONDS
    pages = {p: _read_page(reader, fetched[e.link], until) for p, e in told.items() if e.link and e.link in fetched}
    if reading.pages:
        along = {
            id(entry): reading.pages[place] for place, entry in enumerate(reading.entries) if place in reading.pages
        }
        brought = ((p, e, along.get(id(e))) for p, e in told.items())
        pages |= {p: Page(e.content, quality_of(e.content), d) for p, e, d in brought if d}
    return pages


def _read_page(reader: PageReader, outcome: FetchOutcome, until: float) -> Page:
    if outcome.document is None:
        return Page("", TextQuality.TEASER, None, (f"the page was not read: {clean_text(outcome.reason)}",))
    if time.monotonic() > until:
        reason = "the page was not read: the other pages of its feed took too long"
        return Page("", TextQuality.TEASER, outcome.document, (reason,))
    found = reader.read(outcome.document)
    return Page(found.text, found.quality, outcome.document, found.notes)


def wires_of(monitor: Monitor) -> frozenset[str]:
    """Return the feeds of news agencies, whose text others repeat."""
    return frozenset(feed.id for feed in monitor.feeds if feed.outlet == "wire")


def _save(session: Session, monitor: Monitor, run_id: str, work: _Work, now: datetime) -> Saved:
    reading = work.reading
    document = reading.outcome.document
    if document is None or reading.outcome.state is FeedState.UNCHANGED:
        return Saved()
    capture = captures.keep(session, reading.feed.id, document)
    shelf = Shelf(session, reading.feed, run_id, now, capture, wires_of(monitor))
    saved = shelf.save(work.entries, work.pages)
    if reading.broken:
        subject = f"feed:{reading.feed.id}:{document.digest[:16]}"
        shelf.set_aside(subject, f"{reading.broken} entries broke the parser", saved, reading.broken)
    return saved
