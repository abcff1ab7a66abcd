"""A story that an officer brings: one page by its address, or one saved file → a story that the next run judges."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import Engine
from sqlmodel import Session

from compliance.errors import FeedError
from compliance.intake.article import MAX_PAGE, extractor_of, quality_of, story_text
from compliance.intake.fetcher import FetchPolicy, fetch
from compliance.intake.fingerprint import fingerprint
from compliance.intake.page import page_entry, saved_document
from compliance.intake.page_reader import PageReader
from compliance.store import captures, ledger, origins, stories
from compliance.store.database import session_scope
from compliance.story import Entry, FeedDocument, Story

SOURCE = "added"


@dataclass(frozen=True, slots=True)
class Added:
    """What came of adding: ``is_new`` is False where the story was stored before."""

    title: str
    fingerprint: str
    quality: str
    is_new: bool


def add_story(
    engine: Engine, policy: FetchPolicy, target: str, *, by: str, now: datetime, title: str | None = None
) -> Added:
    """Store the page at an address, or in a file, as a story that waits to be judged, with its bytes and its bringer.

    Raises FeedError where it cannot be had. An article that is known by its address is not stored again.
    """
    document, entry = _fetched(target, policy, now) if _is_address(target) else _saved(target, now)
    entry = replace(entry, title=title or entry.title)
    story = Story(
        id="",
        title=entry.title,
        text=story_text(entry),
        published=entry.published,
        url=entry.link,
        publisher=urlsplit(entry.link).hostname if entry.link else None,
        feed_id=SOURCE,
        fingerprint=fingerprint(SOURCE, entry),
        quality=quality_of(entry.content),
        extractor=extractor_of(document),
        notes=entry.notes,
    )
    with session_scope(engine) as session:
        is_new = _store(session, document, story, by, target, now)
    return Added(story.title, story.fingerprint, story.quality.value, is_new)


def _store(session: Session, document: FeedDocument, story: Story, by: str, target: str, now: datetime) -> bool:
    if stories.known(session, [story.fingerprint]):
        return False
    capture = captures.keep(session, SOURCE, document)
    stories.add(session, [story], [(None, capture)], None, now)
    origins.find_origins(session, list(stories.known(session, [story.fingerprint]).values()), (), now)
    told = {"from": target[:2_000], "title": story.title, "digest": document.digest}
    subject = f"story:{story.fingerprint[:16]}"
    ledger.append(session, at=now, actor=by, action="story.added", subject=subject, after=told)
    return True


def _is_address(target: str) -> bool:
    return target.lower().startswith(("http://", "https://"))


def _fetched(url: str, policy: FetchPolicy, now: datetime) -> tuple[FeedDocument, Entry]:
    outcome = fetch(url, replace(policy, max_bytes=MAX_PAGE))
    if outcome.document is None:
        raise FeedError(f"{url}: {outcome.state.value}: {outcome.reason}")
    document = outcome.document
    entry = _entry(document, url, now)
    # The address the officer gave leads there, whatever the page says of itself.
    return document, replace(entry, link=entry.link or document.final_url, guid=None)


def _saved(name: str, now: datetime) -> tuple[FeedDocument, Entry]:
    path = Path(name)
    try:
        with path.open("rb") as file:
            body = file.read(MAX_PAGE + 1)
    except OSError as error:
        raise FeedError(f"{name}: cannot be read ({error.strerror})") from error
    if len(body) > MAX_PAGE:
        raise FeedError(f"{name}: larger than {MAX_PAGE:,} bytes")
    if not body.strip() or body[:4] == b"%PDF" or b"\x00" in body[:1_000]:
        raise FeedError(f"{name}: neither a saved web page nor plain text")
    document = saved_document(path.name, body, now)
    return document, _entry(document, path.name, now)


def _entry(document: FeedDocument, name: str, now: datetime) -> Entry:
    with PageReader() as reader:
        return page_entry(document, name, reader.read, now=now)
