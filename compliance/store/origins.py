"""Which stories repeat another's text, found by keys in the database: each night adds its own to them."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from heapq import nsmallest
from typing import Any

from sqlmodel import Session, col, delete, select

from compliance.intake.copies import band_keys, is_copy
from compliance.store.dialect import insert_new
from compliance.store.tables import CaseStoryRow, StoryRow
from compliance.store.tables_origins import BandRow, OriginRow

# Copies of a wire's story come within hours; a month leaves room for weeklies.
KEPT = timedelta(days=31)
# A boilerplate lead may be shared by thousands: a key is kept for so many stories, the first that had it, and of those
# that share most keys so many are compared word by word.
_MOST_COMPARED, _MOST_HOLDERS = 12, 200
_CHUNK = 5_000


def origins_of(session: Session, story_ids: Sequence[int]) -> dict[int, int]:
    """Return for each story the first story it copies, or the story itself where it copies none."""
    found = {story: story for story in story_ids}
    for start in range(0, len(story_ids), _CHUNK):
        chunk = list(story_ids[start : start + _CHUNK])
        rows = session.exec(select(OriginRow.story_id, OriginRow.origin_id).where(col(OriginRow.story_id).in_(chunk)))
        found.update((story, origin) for story, origin in rows)
    return found


def count_of_case(session: Session, case_id: int) -> tuple[int, int]:
    """Return how many articles tell of a case, and how many independent origins they have."""
    ids = session.exec(select(CaseStoryRow.story_id).where(CaseStoryRow.case_id == case_id)).all()
    return len(ids), len(set(origins_of(session, ids).values()))


def find_origins(session: Session, rows: Sequence[StoryRow], wires: Collection[str], now: datetime) -> int:
    """Tie each of these new stories to the first story it copies; return how many are copies. Safe to repeat.

    ``wires`` names the feeds of news agencies: of equal texts theirs is the origin, whenever it came.
    """
    session.connection().execute(delete(BandRow).where(col(BandRow.seen) < now - KEPT))
    by_id = {row.id: row for row in rows if row.id is not None}
    keys = {id_: band_keys(row.text) for id_, row in by_id.items()}
    holders = _holders(session, keys)
    bands = [{"band": k, "story_id": i, "seen": now} for i, own in keys.items() for k in own if _takes(holders, k, i)]
    insert_new(session, OriginRow, [_own(id_, row, wires) for id_, row in by_id.items()])
    insert_new(session, BandRow, bands)
    near = _meeting(keys, holders)
    return sum(_tie(session, by_id[id_], others) for id_, others in near.items())


def _own(id_: int, row: StoryRow, wires: Collection[str]) -> dict[str, Any]:
    return {
        "story_id": id_,
        "origin_id": id_,
        "is_wire": row.feed_id in wires,
        "moment": row.published or row.first_seen,
    }


def _holders(session: Session, keys: Mapping[int, Sequence[int]]) -> dict[int, list[int]]:
    """Return for each key of these stories the stories that it is kept for."""
    wanted = sorted({key for bands in keys.values() for key in bands})
    holders: dict[int, list[int]] = {}
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        rows = select(BandRow.band, BandRow.story_id).where(col(BandRow.band).in_(chunk)).order_by(BandRow.story_id)  # type: ignore[arg-type]  # SQLModel types a column as its value
        for band, story in session.exec(rows):
            holders.setdefault(band, []).append(story)
    return holders


def _takes(holders: dict[int, list[int]], key: int, story: int) -> bool:
    """Note that the story has the key; True unless enough have it, so that no look-up grows with what was read."""
    having = holders.setdefault(key, [])
    if story in having or len(having) >= _MOST_HOLDERS:
        return False
    having.append(story)
    return True


def _meeting(keys: Mapping[int, Sequence[int]], holders: Mapping[int, Sequence[int]]) -> dict[int, list[int]]:
    """Return, for each story that shares a key with others, those it shares most with."""
    found = {}
    for id_, bands in keys.items():
        shared = Counter(other for band in bands for other in holders.get(band, ()) if other != id_)
        if shared:
            found[id_] = nsmallest(_MOST_COMPARED, shared, key=lambda other: (-shared[other], other))
    return found


def _tie(session: Session, row: StoryRow, others: Sequence[int]) -> bool:
    origin_of = origins_of(session, others)
    copied: set[int] = set()
    for other in others:
        # The copies of one text need not all be compared.
        if origin_of[other] not in copied and is_copy(row.text, session.get_one(StoryRow, other).text):
            copied.add(origin_of[other])
    if not copied:
        return False
    mine = session.get_one(OriginRow, row.id)
    if copied == {mine.origin_id}:
        return True
    roots = session.exec(select(OriginRow).where(col(OriginRow.story_id).in_([*copied, mine.origin_id]))).all()
    first = min([mine, *roots], key=_precedence)
    moved = {root.story_id for root in roots} - {first.story_id} | {mine.origin_id}
    for member in session.exec(select(OriginRow).where(col(OriginRow.origin_id).in_(moved))).all():
        member.origin_id = first.story_id
        session.add(member)
    session.flush()
    return True


def _precedence(row: OriginRow) -> tuple[bool, datetime, int]:
    """Agencies come first, then the earliest, then the one that was read first."""
    return not row.is_wire, row.moment, row.story_id
