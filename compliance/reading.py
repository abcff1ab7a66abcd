"""Entries of one feed → new stories, new versions of known ones, and what broke. The caller holds the transaction."""

import hashlib
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session

from compliance.intake.article import EXTRACTOR, extractor_of, quality_of, story_text
from compliance.intake.fingerprint import (
    aliases,
    entry_digest,
    fingerprint,
    is_firm,
    tells_the_same,
    titled_fingerprint,
)
from compliance.store import captures, origins, quarantine, stories, versions
from compliance.store.tables import StoryRow
from compliance.store.versions import Captured
from compliance.story import Entry, Feed, FeedDocument, Story, TextQuality

log = logging.getLogger(__name__)

STAGE = "read"
# A guid that more entries of a document share than this names none of them.
_MOST_NAMESAKES = 20


@dataclass(frozen=True, slots=True)
class Page:
    """An article page fetched for an entry whose feed carries only a teaser; ``notes`` say why its text is empty."""

    text: str
    quality: TextQuality
    document: FeedDocument | None
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class Sorted:
    """The entries of one document by what they are to the database; nothing of them is stored yet.

    ``named`` holds the fresh ones by guid and by address, so that a document of ten thousand compares few of them;
    ``broken`` names what could not be told apart, with the reason.
    """

    fresh: dict[str, Entry] = field(default_factory=dict)
    changed: dict[int, tuple[str, Entry]] = field(default_factory=dict)
    renamed: dict[int, tuple[str, ...]] = field(default_factory=dict)
    named: dict[str, list[Entry]] = field(default_factory=dict)
    undated: dict[int, str] = field(default_factory=dict)
    broken: list[tuple[str, str]] = field(default_factory=list)

    @property
    def to_read(self) -> dict[str, Entry]:
        """The entries whose words are news to us, by fingerprint."""
        return self.fresh | dict(self.changed.values())


@dataclass(slots=True)
class Saved:
    """What came of the entries of one document; ``to_retry`` of the broken ones will be tried again."""

    new: int = 0
    changed: int = 0
    broken: int = 0
    to_retry: int = 0


def sort_entries(session: Session, feed_id: str, entries: Sequence[Entry]) -> Sorted:
    """Return which entries are new and which tell a known story in other words; what breaks this is told apart.

    An entry is known by guid and address together; by one of the two, or by a guid or address that others share, only
    where title or wording say so too.
    """
    try:
        with session.begin_nested():
            return _sorted(session, feed_id, entries)
    except Exception as error:  # whichever entry breaks the comparison is told apart below
        if quarantine.is_outage(error):
            raise
        log.warning("entries could not be told apart together feed=%s reason=%s", feed_id, quarantine.reason_of(error))
    failures = [_why_it_breaks(session, feed_id, entry) for entry in entries]
    found = _sorted(session, feed_id, [e for e, why in zip(entries, failures, strict=True) if why is None])
    found.broken.extend((_name(e), why) for e, why in zip(entries, failures, strict=True) if why is not None)
    return found


def _why_it_breaks(session: Session, feed_id: str, entry: Entry) -> str | None:
    try:
        with session.begin_nested():
            _sorted(session, feed_id, [entry])
    except Exception as error:  # whatever an entry breaks is the reason it is set aside with
        if quarantine.is_outage(error):
            raise
        return quarantine.reason_of(error)
    return None


def _name(entry: Entry) -> str:
    """Return a name for an entry that has no fingerprint, because that is what it breaks."""
    told = repr((entry.title, entry.link, entry.guid, entry.summary))
    return hashlib.sha256(told.encode("utf-8", "backslashreplace")).hexdigest()


def _sorted(session: Session, feed_id: str, entries: Sequence[Entry]) -> Sorted:
    named = [(fingerprint(feed_id, entry), entry) for entry in entries]
    prints = [p for print_, entry in named for p in (print_, titled_fingerprint(print_, entry))]
    known = stories.known(session, prints)
    unknown = [entry for print_, entry in named if print_ not in known]
    also = versions.known_as(session, [a for entry in unknown for a in aliases(feed_id, entry)])
    found = Sorted()
    for print_, entry in named:
        _sort(found, feed_id, print_, entry, known, also)
    return found


def _sort(
    found: Sorted,
    feed_id: str,
    print_: str,
    entry: Entry,
    known: Mapping[str, StoryRow],
    also: Mapping[str, Sequence[StoryRow]],
) -> None:
    if _is_another(print_, entry, known, found.fresh):
        print_ = titled_fingerprint(print_, entry)
    row = known.get(print_)
    if row is None:
        names = aliases(feed_id, entry)
        row = next((r for a in names for r in also.get(a, ()) if _matches(entry, r)), None)
        if row is None:
            _take(found, print_, entry, names)
            return
        assert row.id is not None
        found.renamed[row.id] = names
    assert row.id is not None
    digest = entry_digest(entry)
    if row.entry_digest is None:
        found.undated[row.id] = digest
    elif row.entry_digest != digest:
        found.changed[row.id] = (print_, entry)


def _is_another(print_: str, entry: Entry, known: Mapping[str, StoryRow], fresh: Mapping[str, Entry]) -> bool:
    """True where a guid or address that is not firm names another story than it did before."""
    if is_firm(entry):
        return False
    if row := known.get(print_):
        return not _matches(entry, row)
    first = fresh.get(print_)
    return first is not None and not _tell_the_same(entry, first)


def _take(found: Sorted, print_: str, entry: Entry, names: Sequence[str]) -> None:
    """Note a new story, unless the same document has it already under another guid or address."""
    if any(_tell_the_same(entry, other) for name in names for other in found.named.get(name, ())):
        return
    found.fresh.setdefault(print_, entry)
    for name in names:
        others = found.named.setdefault(name, [])
        if len(others) < _MOST_NAMESAKES:
            others.append(entry)


def _matches(entry: Entry, row: StoryRow) -> bool:
    return tells_the_same(entry.title, story_text(entry), row.title, row.text)


def _tell_the_same(one: Entry, other: Entry) -> bool:
    return tells_the_same(one.title, story_text(one), other.title, story_text(other))


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where the entries of one document are put: the run, the feed, its capture, and the feeds of news agencies."""

    session: Session
    feed: Feed
    run_id: str
    now: datetime
    capture: int | None
    wires: Collection[str] = ()

    def save(self, entries: Sorted, pages: Mapping[str, Page]) -> Saved:
        """Store what is new and what has changed. An entry that breaks is quarantined, and the others are stored."""
        saved = Saved()
        for name, reason in entries.broken:
            self.set_aside(f"entry:{self.feed.id}:{name}", reason, saved)
        for story_id, digest in entries.undated.items():
            self.session.get_one(StoryRow, story_id).entry_digest = digest
        versions.add_aliases(self.session, entries.renamed)
        if not self._survives(lambda: self._add(entries.fresh, pages, saved)):
            for print_, entry in entries.fresh.items():
                self._alone(print_, lambda p=print_, e=entry: self._add({p: e}, pages, saved), saved)  # type: ignore[misc]  # mypy cannot infer a lambda's defaults
        for story_id, (print_, entry) in entries.changed.items():
            self._alone(print_, lambda i=story_id, p=print_, e=entry: self._change(i, p, e, pages, saved), saved)  # type: ignore[misc]  # as above
        return saved

    def _alone(self, print_: str, step: Callable[[], None], saved: Saved) -> None:
        failure: list[str] = []
        subject = f"entry:{self.feed.id}:{print_}"
        if quarantine.is_parked(self.session, STAGE, subject):
            saved.broken += 1
        elif self._survives(step, failure):
            quarantine.clear(self.session, STAGE, subject)
        else:
            self.set_aside(subject, failure[0], saved)

    def set_aside(self, subject: str, reason: str, saved: Saved, number: int = 1) -> None:
        """Enter one more failure of a subject, which stands for so many entries, unless it is parked already."""
        saved.broken += number
        if quarantine.is_parked(self.session, STAGE, subject):
            return
        tries = quarantine.enter(self.session, STAGE, subject, reason, self.now, self.capture)
        saved.to_retry += tries < quarantine.MAX_TRIES
        log.error("entry quarantined feed=%s subject=%s reason=%s", self.feed.id, subject, reason)

    def _survives(self, step: Callable[[], None], failure: list[str] | None = None) -> bool:
        try:
            with self.session.begin_nested():
                step()
        except Exception as error:  # whatever an entry breaks costs that entry alone
            if quarantine.is_outage(error):
                raise
            # SQLite gives the numbers of rows taken back to the next ones, which the session would take for the old.
            self.session.expire_all()
            if failure is not None:
                failure.append(quarantine.reason_of(error))
            return False
        return True

    def _add(self, fresh: Mapping[str, Entry], pages: Mapping[str, Page], saved: Saved) -> None:
        told = [story_of(self.feed, print_, entry, pages.get(print_)) for print_, entry in fresh.items()]
        kept = [(self.capture, self._keep(pages.get(print_))) for print_ in fresh]
        added = stories.add(self.session, told, kept, self.run_id, self.now)
        rows = stories.of_fingerprints(self.session, list(fresh), self.run_id)
        names = {row.id: aliases(self.feed.id, fresh[row.fingerprint]) for row in rows if row.id is not None}
        versions.add_aliases(self.session, names)
        origins.find_origins(self.session, rows, self.wires, self.now)
        saved.new += added

    def _change(self, story_id: int, print_: str, entry: Entry, pages: Mapping[str, Page], saved: Saved) -> None:
        told = story_of(self.feed, print_, entry, pages.get(print_))
        captured = Captured(self.capture, self._keep(pages.get(print_)))
        row = self.session.get_one(StoryRow, story_id)
        saved.changed += versions.add(self.session, row, told, captured, self.run_id, self.now)

    def _keep(self, page: Page | None) -> int | None:
        if page is None or page.document is None:
            return None
        return captures.keep(self.session, f"page:{self.feed.id}", page.document)


def story_of(feed: Feed, print_: str, entry: Entry, page: Page | None) -> Story:
    """Return the story with the page's text where that is the fuller one; a failed page leaves the teaser, marked.

    How much of an article a feed's own text is, its length and wording tell.
    """
    text, extractor, notes = story_text(entry), None, entry.notes
    quality = quality_of(text)
    if page and page.document and not feed.full_text:
        # A page that its source brought along is the story itself.
        quality, extractor = page.quality, extractor_of(page.document)
    if page and feed.full_text:
        quality = quality if quality is TextQuality.FULL else page.quality
        if page.quality is TextQuality.FULL or not page.text:
            notes = (*entry.notes, *page.notes)
        if page.quality is TextQuality.FULL and len(page.text) > len(text):
            text, extractor = page.text, EXTRACTOR
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
        entry_digest=entry_digest(entry),
        extractor=extractor,
        notes=tuple(dict.fromkeys(notes)),
    )
