"""Newly listed or watched names through every stored story, in batches; what is broken off goes on where it stopped."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine
from sqlmodel import Session

from compliance.listing.hunter import NameHunter
from compliance.listing.listed import Listed
from compliance.store import hunts, quarantine
from compliance.store.database import session_scope
from compliance.store.lists import joint_index
from compliance.store.tables import StoryRow
from compliance.store.tables_lists import HuntRow

log = logging.getLogger(__name__)

BATCH = 500
STAGE = "hunt"


@dataclass(frozen=True, slots=True)
class HuntReport:
    """What a hunt did: how many spellings it looked for, in how many stories, and the hits not known before."""

    hunt_id: int
    names: int
    stories: int
    hits: int


def hunt(
    engine: Engine, records: Sequence[Listed], reason: str, on_batch: Callable[[int, int], None] | None = None
) -> HuntReport | None:
    """Search every story stored now for the records' names and keep each hit; None where there are no names."""
    with session_scope(engine) as session:
        hunt_id = enter_hunt(session, records, reason)
    return run_hunt(engine, hunt_id, records, on_batch)


def enter_hunt(session: Session, records: Sequence[Listed], reason: str) -> int | None:
    """Enter a hunt that is to be run: in the transaction that puts new names into use, so that none is forgotten."""
    keys = list(dict.fromkeys(r.key for r in records))
    return hunts.open_hunt(session, reason, keys, len(keys), datetime.now(UTC)).id if keys else None


def run_hunt(
    engine: Engine,
    hunt_id: int | None,
    records: Sequence[Listed],
    on_batch: Callable[[int, int], None] | None = None,
) -> HuntReport | None:
    """Run a hunt that was entered for these records; None where none was."""
    return _through(engine, hunt_id, NameHunter(records), on_batch) if hunt_id is not None else None


def finish_hunts(engine: Engine) -> list[HuntReport]:
    """Go on with hunts that were broken off, by the names that the lists in use give the same records now."""
    with session_scope(engine) as session:
        waiting = [(row.id, set(row.keys)) for row in hunts.unfinished(session) if row.id is not None]
        records = joint_index(session).records if waiting else ()
    return [_through(engine, id_, NameHunter(r for r in records if r.key in keys), None) for id_, keys in waiting]


def _through(
    engine: Engine, hunt_id: int, hunter: NameHunter, on_batch: Callable[[int, int], None] | None
) -> HuntReport:
    while True:
        with session_scope(engine) as session:
            row = session.get_one(HuntRow, hunt_id)
            stories = hunts.next_stories(session, row, BATCH)
            if not stories:
                row.finished_at = datetime.now(UTC)
                session.add(row)
                report = HuntReport(hunt_id, hunter.names, row.stories, row.hits)
                break
            found = [hit for story in stories for hit in _hits_or_none(session, hunter, hunt_id, *story)]
            row.hits += hunts.enter_hits(session, found)
            row.stories += len(stories)
            row.after_story = stories[-1][0]
            session.add(row)
            searched, last = row.stories, row.through_story
        if on_batch:
            on_batch(searched, last)
    log.info("hunt done hunt=%s names=%s stories=%s hits=%s", hunt_id, report.names, report.stories, report.hits)
    return report


def hunt_again(engine: Engine, hunt_id: int, story_id: int) -> str | None:
    """Search one story that broke a hunt; return None, or why it breaks again."""
    with session_scope(engine) as session:
        keys = set(session.get_one(HuntRow, hunt_id).keys)
        story = session.get_one(StoryRow, story_id)
        hunter = NameHunter(r for r in joint_index(session).records if r.key in keys)
        found = _hits_or_none(session, hunter, hunt_id, story_id, story.title, story.text)
        if not found and quarantine.is_entered(session, STAGE, f"hunt:{hunt_id}:{story_id}"):
            return "it broke the search again"
        session.get_one(HuntRow, hunt_id).hits += hunts.enter_hits(session, found)
    return None


def _hits_or_none(
    session: Session, hunter: NameHunter, hunt_id: int, story_id: int, title: str, text: str
) -> list[dict[str, object]]:
    """Return the hits in a story; one that breaks the search is quarantined, and the hunt goes on behind it."""
    subject = f"hunt:{hunt_id}:{story_id}"
    try:
        found = _hits(hunter, hunt_id, story_id, title, text)
    except Exception as error:  # one hostile text must not end a hunt through all stories
        log.exception("a story broke a hunt hunt=%s story=%s", hunt_id, story_id)
        quarantine.enter(session, STAGE, subject, quarantine.reason_of(error), datetime.now(UTC))
        return []
    quarantine.clear(session, STAGE, subject)
    return found


def _hits(hunter: NameHunter, hunt_id: int, story_id: int, title: str, text: str) -> list[dict[str, object]]:
    return [
        {
            "hunt_id": hunt_id,
            "story_id": story_id,
            "listed_key": hit.listed.key,
            "reference": hit.listed.reference,
            "listed_name": hit.name,
            "field": field,
            "start": hit.start,
            "end": hit.end,
            "quote": hit.quote,
        }
        for field, told in (("title", title), ("text", text))
        for hit in hunter.find(told)
    ]
