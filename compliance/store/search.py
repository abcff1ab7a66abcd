"""Full-text search over cases and stories: FTS5 on SQLite, GIN on PostgreSQL. Newest first, the last word open."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from compliance.searchwords import asked_words, is_beyond_latin
from compliance.store.tables import CaseRow, CaseStoryRow, StoryRow

_WORD = re.compile(r"[^\W_]+")
# Beyond every id.
ENDLESS = 999_999_999
_MOST_WORDS, _MOST_LETTERS, _MOST_ASKED = 8, 40, 400
# Must be the expression of the index in the migration, letter for letter.
_PLAIN = "translate({}, '-/.,:@_&''\"()', '             ')"
_SOURCES = {
    "stories": ("id", "title || ' ' || left(text, 50000)"),
    "case_words": ("case_id", "words"),
    "story_words": ("story_id", "words"),
}
# PostgreSQL's index of stories is cut into shelves (migration 0010): each holds every twentieth run of 50,000 stories.
_SHELVES, _RUN = 20, 50_000
# So many of the newest stories are looked through before the others: what stands nearly everywhere stands there too.
_NEWEST = 4_000
# Of the shorter lists so many are read without their index, which would gather all that hold a frequent word.
_NEAR = 60


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
    """What a search found, newest first; ``next`` is where the page after this one begins, None after the last."""

    cases: tuple[CaseRow, ...]
    stories: tuple[StoryHit, ...]
    next: "Place | None" = None


@dataclass(frozen=True, slots=True)
class Place:
    """The ids before which a page begins: of cases and of stories. Nothing stands before 0."""

    cases: int = ENDLESS
    stories: int = ENDLESS


@dataclass(frozen=True, slots=True)
class Asked:
    """A word that is asked for; one that ``is_open`` may be the beginning of a longer one."""

    word: str
    is_open: bool


def words_of(given: str) -> list[str]:
    """Return the words that are searched for: letters and figures alone, so that no sign is read as a command."""
    return [word[:_MOST_LETTERS].lower() for word in _WORD.findall(given[:_MOST_ASKED])][:_MOST_WORDS]


def _asked(given: str) -> tuple[list[Asked], bool]:
    """Return the words of a question, and whether one is beyond Latin letters, so that all are looked for as spelt."""
    if is_beyond_latin(given[:_MOST_ASKED]):
        spelt = asked_words(given[:_MOST_ASKED])[: 4 * _MOST_WORDS]
        return [Asked(word, is_open) for word, is_open in spelt], True
    words = words_of(given)
    # One letter begins a tenth of all words: it is no beginning yet. A figure begins few.
    last = len(words) - 1
    return [Asked(word, n == last and (len(word) > 1 or word.isdigit())) for n, word in enumerate(words)], False


def search(session: Session, given: str, limit: int = 20, before: Place | None = None) -> Hits:
    """Return the cases and stories that hold every word, up to ``limit`` of each; the last may be the start of one.

    What is added meanwhile is newer, so it shifts no page that follows.
    """
    asked, beyond = _asked(given)
    if not asked:
        return Hits((), ())
    place = before or Place()
    case_ids, cases_end = _page(session, "case_words", asked, limit, place.cases)
    story_ids, stories_end = _page(session, "story_words" if beyond else "stories", asked, limit, place.stories)
    following = Place(cases_end, stories_end) if cases_end or stories_end else None
    return Hits(tuple(_cases(session, case_ids)), tuple(_stories(session, story_ids)), following)


def _page(session: Session, table: str, words: Sequence[Asked], limit: int, before: int) -> tuple[list[int], int]:
    """Return a page of ids, newest first, and the id before which the next begins: 0 after the last."""
    ids = _matching(session, table, words, limit + 1, before) if before > 0 else []
    return ids[:limit], ids[limit - 1] if len(ids) > limit else 0


def _cases(session: Session, ids: Sequence[int]) -> list[CaseRow]:
    found = {row.id: row for row in session.exec(select(CaseRow).where(col(CaseRow.id).in_(ids)))}
    return [found[i] for i in ids if i in found]


def _stories(session: Session, ids: Sequence[int]) -> list[StoryHit]:
    rows = select(StoryRow).where(col(StoryRow.id).in_(ids)).options(defer(StoryRow.text))  # type: ignore[arg-type]  # SQLModel types a column as its value
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


def _matching(session: Session, table: str, words: Sequence[Asked], limit: int, before: int) -> list[int]:
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        # FTS5 reads a word's rows from the end, and stops at the limit however often the word stands.
        query = " ".join(f'"{a.word}"*' if a.is_open else f'"{a.word}"' for a in words)
        found: Any = connection.execute(
            text(
                f"SELECT rowid FROM {table}_fts WHERE {table}_fts MATCH :query AND rowid < :before "  # noqa: S608  (a name of _SOURCES)
                "ORDER BY rowid DESC LIMIT :limit"
            ),
            {"query": query, "limit": limit, "before": before},
        )
        return list(found.scalars())
    query = " & ".join(f"{a.word}:*" if a.is_open else a.word for a in words)
    # Before the planner's choices are narrowed: the end of an index is found by one look.
    newest = text(f"SELECT max({_SOURCES[table][0]}) FROM {table}")  # noqa: S608  (names of _SOURCES)
    last = min(before - 1, connection.execute(newest).scalar() or 0)
    # Reading every row means parsing every text anew, which the planner takes to be cheap: only the index serves.
    connection.execute(text("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off"))
    ids = (_shelved if table == "stories" else _indexed)(connection, table, query, limit, last)
    connection.execute(text("SET LOCAL enable_seqscan = on; SET LOCAL enable_indexscan = on"))
    return ids


def _indexed(connection: Connection, table: str, query: str, limit: int, last: int) -> list[int]:
    """Return the newest of a table's rows that match, up to an id: the last few are read themselves, then all asked."""
    key, content = _SOURCES[table]
    edge = max(0, last - _NEAR)
    near = (
        f"WITH near AS MATERIALIZED (SELECT * FROM {table} WHERE {key} > :edge AND {key} <= :last) "  # noqa: S608  (a name of _SOURCES)
        f"SELECT {key} FROM near WHERE {_holds(content)} ORDER BY {key} DESC LIMIT :limit"
    )
    far = f"SELECT {key} FROM {table} WHERE {_holds(content)} AND {key} <= :edge ORDER BY {key} DESC LIMIT :limit"  # noqa: S608  (a name of _SOURCES)
    span = {"query": query, "last": last, "edge": edge}
    found = list(connection.execute(text(near), span | {"limit": limit}).scalars())
    if edge and len(found) < limit:
        found += connection.execute(text(far), span | {"limit": limit - len(found)}).scalars()
    return found


def _holds(content: str) -> str:
    return f"to_tsvector('simple'::regconfig, {_PLAIN.format(content)}) @@ to_tsquery('simple', :query)"


def _shelved(connection: Connection, table: str, query: str, limit: int, last: int) -> list[int]:
    """Return the newest stories that match, of those up to an id: the newest are asked first, then a run, then all."""
    found: list[int] = []
    edges = (last + 1, last - _NEWEST, last - _RUN, 0)
    for above, (until, since) in enumerate(pairwise(edges)):
        if since < until and len(found) < limit:
            span = {"query": query, "limit": limit - len(found), "since": max(0, since), "until": max(0, until)}
            found += connection.execute(text(_on_shelves(since, until, whole=above == 2)), span).scalars()
    return found


def _on_shelves(since: int, until: int, *, whole: bool) -> str:
    """Return the statement that asks each shelf on which stories from one id up to another stand."""
    shelves = range(_SHELVES) if whole else sorted({max(0, i) // _RUN % _SHELVES for i in (since, until - 1)})
    asked = (
        f"(SELECT id FROM stories WHERE id / {_RUN} % {_SHELVES} = {shelf} AND id >= :since AND id < :until "  # noqa: S608  (figures of this file)
        f"AND {_holds(_SOURCES['stories'][1])} ORDER BY id DESC LIMIT :limit)"
        for shelf in shelves
    )
    return f"SELECT id FROM ({' UNION ALL '.join(asked)}) AS found ORDER BY id DESC LIMIT :limit"  # noqa: S608  (figures of this file)
