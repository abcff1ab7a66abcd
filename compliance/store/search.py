"""Full-text search over cases and stories: FTS5 on SQLite, GIN on PostgreSQL. Newest first, the last word open."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from compliance.store.tables import CaseRow, CaseStoryRow, StoryRow

_WORD = re.compile(r"[^\W_]+")
_MOST_WORDS, _MOST_LETTERS = 8, 40
# Must be the expression of the index in the migration, letter for letter.
_PLAIN = "translate({}, '-/.,:@_&''\"()', '             ')"
_SOURCES = {
    "stories": ("id", "title || ' ' || left(text, 50000)"),
    "case_words": ("case_id", "words"),
}
# PostgreSQL sorts what it finds; of what stands nearly everywhere it looks at so many.
_SAMPLE = 2_000


@dataclass(frozen=True, slots=True)
class StoryHit:
    """A story that was found, and the case that holds it, if any."""

    id: int
    title: str
    publisher: str | None
    published: datetime | None
    reference: str | None


@dataclass(frozen=True, slots=True)
class Hits:
    """What a search found, newest first."""

    cases: tuple[CaseRow, ...]
    stories: tuple[StoryHit, ...]


def words_of(given: str) -> list[str]:
    """Return the words that are searched for: letters and figures alone, so that no sign is read as a command."""
    return [word[:_MOST_LETTERS].lower() for word in _WORD.findall(given[:400])][:_MOST_WORDS]


def search(session: Session, given: str, limit: int = 20) -> Hits:
    """Return the cases and stories that hold every word; the last may be the beginning of one."""
    words = words_of(given)
    if not words:
        return Hits((), ())
    return Hits(tuple(_cases(session, words, limit)), tuple(_stories(session, words, limit)))


def _cases(session: Session, words: list[str], limit: int) -> list[CaseRow]:
    ids = _matching(session, "case_words", words, limit)
    found = {row.id: row for row in session.exec(select(CaseRow).where(col(CaseRow.id).in_(ids)))}
    return [found[i] for i in ids if i in found]


def _stories(session: Session, words: list[str], limit: int) -> list[StoryHit]:
    ids = _matching(session, "stories", words, limit)
    rows = select(StoryRow).where(col(StoryRow.id).in_(ids)).options(defer(StoryRow.text))  # type: ignore[arg-type]
    found = {row.id: row for row in session.exec(rows)}
    held = (
        select(CaseStoryRow.story_id, CaseRow.reference)
        .join(CaseRow, col(CaseRow.id) == col(CaseStoryRow.case_id))
        .where(col(CaseStoryRow.story_id).in_(ids))
    )
    references = dict(session.exec(held).all())
    return [
        StoryHit(i, found[i].title, found[i].publisher, found[i].published, references.get(i))
        for i in ids
        if i in found
    ]


def _matching(session: Session, table: str, words: list[str], limit: int) -> list[int]:
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        # FTS5 reads a word's rows from the end, and stops at the limit however often the word stands.
        query = " ".join(f'"{word}"' for word in words) + " *"
        found: Any = connection.execute(
            text(f"SELECT rowid FROM {table}_fts WHERE {table}_fts MATCH :query ORDER BY rowid DESC LIMIT :limit"),  # noqa: S608
            {"query": query, "limit": limit},
        )
        return list(found.scalars())
    key, content = _SOURCES[table]
    query = " & ".join(words) + ":*"
    # Reading every row means parsing every text anew, which the planner takes to be cheap. A random sample serves one
    # word alone: of several, each would be sampled by itself, and what holds them all would be missed.
    sample = _SAMPLE if len(words) == 1 else 0
    connection.execute(text(f"SET LOCAL gin_fuzzy_search_limit = {sample}; SET LOCAL enable_seqscan = off"))
    found = connection.execute(
        text(
            f"WITH found AS MATERIALIZED (SELECT {key} AS id FROM {table} WHERE "  # noqa: S608
            f"to_tsvector('simple'::regconfig, {_PLAIN.format(content)}) @@ to_tsquery('simple', :query) "
            "LIMIT :most) SELECT id FROM found ORDER BY id DESC LIMIT :limit"
        ),
        {"query": query, "limit": limit, "most": 2 * _SAMPLE},
    )
    ids = list(found.scalars())
    connection.execute(text("SET LOCAL enable_seqscan = on"))
    return ids
