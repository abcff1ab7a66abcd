"""Versions of stories: a changed entry is one more version of its story, judged anew, and never a new story."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete
from sqlmodel import Session, col, select

from compliance.searchwords import index_words, is_beyond_latin
from compliance.store.dialect import insert_new
from compliance.store.tables import StoryRow
from compliance.store.tables_desk import StoryWordsRow
from compliance.store.tables_versions import StoryAliasRow, StoryVersionRow
from compliance.story import Story

# A page that changes its words at every fetch is no news any more; its bytes are captured all the same.
MOST_VERSIONS = 50
# A text is searched as far as this, in code points.
MOST_SEARCHED = 50_000
_CHUNK = 5_000


@dataclass(frozen=True, slots=True)
class Captured:
    """Where a version was read: the captures of feed and page."""

    feed: int | None = None
    page: int | None = None


def add(session: Session, story: StoryRow, told: Story, captured: Captured, run_id: str, now: datetime) -> bool:
    """Enter the story as it is told now; return whether it is a new version, which waits to be judged."""
    assert story.id is not None
    story.entry_digest = told.entry_digest
    session.add(story)
    newest = session.get(StoryVersionRow, (story.id, story.latest_version))
    known = (newest.title, newest.text) if newest else (story.title, story.text)
    if known == (told.title, told.text) or story.latest_version >= MOST_VERSIONS:
        return False
    if newest is None:
        session.add(_first(story))
    story.latest_version += 1
    session.add(
        StoryVersionRow(
            story_id=story.id,
            number=story.latest_version,
            title=told.title,
            text=told.text,
            quality=told.quality.value,
            seen_at=now,
            run_id=run_id,
            capture_id=captured.feed,
            page_capture_id=captured.page,
        )
    )
    session.flush()
    return True


def _first(story: StoryRow) -> StoryVersionRow:
    assert story.id is not None
    return StoryVersionRow(
        story_id=story.id,
        number=story.version,
        title=story.title,
        text=story.text,
        quality=story.quality,
        seen_at=story.first_seen,
        run_id=story.run_id,
        capture_id=story.capture_id,
        page_capture_id=story.page_capture_id,
    )


def adopt(session: Session, story_id: int, number: int) -> None:
    """Make a version the story's own text, now that it was judged: quotes of a judgement stand in the text it read."""
    version = session.get_one(StoryVersionRow, (story_id, number))
    story = session.get_one(StoryRow, story_id)
    story.title, story.text, story.quality, story.version = version.title, version.text, version.quality, number
    story.capture_id, story.page_capture_id = version.capture_id, version.page_capture_id
    session.add(story)
    session.flush()
    session.connection().execute(delete(StoryWordsRow).where(col(StoryWordsRow.story_id) == story_id))
    if is_beyond_latin(f"{story.title} {story.text}"):
        insert_new(session, StoryWordsRow, [words_of(story)])


def words_of(story: StoryRow) -> dict[str, object]:
    """Return the row of words by which a story in another script than the Latin one is found."""
    return {"story_id": story.id, "words": index_words(f"{story.title} {story.text[:MOST_SEARCHED]}")}


def of_story(session: Session, story_id: int) -> list[StoryVersionRow]:
    """Return the versions of a story, oldest first; none where it was never changed."""
    rows = select(StoryVersionRow).where(StoryVersionRow.story_id == story_id)
    return list(session.exec(rows.order_by(col(StoryVersionRow.number))))


def waiting(session: Session, rows: Iterable[StoryRow]) -> dict[int, StoryVersionRow]:
    """Return the versions of these stories that wait to be judged, by story."""
    behind = {row.id: row.latest_version for row in rows if row.latest_version > row.version}
    if not behind:
        return {}
    found = session.exec(select(StoryVersionRow).where(col(StoryVersionRow.story_id).in_(list(behind))))
    return {row.story_id: row for row in found if row.number == behind[row.story_id]}


def add_aliases(session: Session, aliases: Mapping[int, Sequence[str]]) -> None:
    """Enter the other names under which stories may be known again."""
    rows = [{"alias": a, "story_id": story} for story, names in aliases.items() for a in dict.fromkeys(names)]
    insert_new(session, StoryAliasRow, rows)


def known_as(session: Session, aliases: Sequence[str]) -> dict[str, list[StoryRow]]:
    """Return the stories known under each of the names, oldest first."""
    found: dict[str, list[StoryRow]] = {}
    for start in range(0, len(aliases), _CHUNK):
        chunk = list(aliases[start : start + _CHUNK])
        rows = (
            select(StoryAliasRow.alias, StoryRow)
            .join(StoryRow, col(StoryRow.id) == col(StoryAliasRow.story_id))
            .where(col(StoryAliasRow.alias).in_(chunk))
            .order_by(col(StoryRow.id))
        )
        for alias, story in session.exec(rows):
            found.setdefault(alias, []).append(story)
    return found
