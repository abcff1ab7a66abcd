"""Told acts: kept under their rare terms and found again by them, so that a look-up does not read every case."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, func, literal, union_all
from sqlmodel import Session, col, delete, select

from compliance.case import CaseOrigin
from compliance.grouping import OpenCase, keys_of
from compliance.likeness import WINDOW, Act
from compliance.particulars import Passage
from compliance.store.dialect import insert_new
from compliance.store.tables import CaseRow, CaseStoryRow
from compliance.store.tables_acts import ActKeyRow, ToldActRow

# A term that more acts than this have in a year tells nothing; it is left out of the look-up.
_COMMONEST = 2_000
# So many rows of the rarest terms are read; what else an act shares is told by comparing it.
_MOST_READ = 3_000
# Of all acts that share a term, so many are compared: those that share most, the newer first.
_MOST_ACTS = 60


def keep(session: Session, story_id: int, number: int, act: Act) -> None:
    """Store what a story tells of an act, in place of what was stored under the same number."""
    forget(session, story_id, number)
    session.add(ToldActRow(story_id=story_id, act=number, day=act.day, profile=profile(act)))
    session.flush()
    keys = {"story_id": story_id, "act": number, "day": act.day}
    insert_new(session, ActKeyRow, [{"term": t, **keys} for t in terms_of(act)])


def forget(session: Session, story_id: int, number: int) -> None:
    """Drop what a story told of an act."""
    for table in (ActKeyRow, ToldActRow):
        mine = (col(table.story_id) == story_id, col(table.act) == number)
        session.connection().execute(delete(table).where(*mine))


def terms_of(act: Act) -> list[int]:
    """Return the numbers of the terms under which an act is found, each of 63 bits."""
    digests = (hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=8).digest() for key in keys_of(act))
    return sorted({int.from_bytes(d, "big") >> 1 for d in digests})


def alike(session: Session, act: Act, without: Collection[int] = ()) -> list[OpenCase]:
    """Return the cases whose stories share rare terms with the act, each with the acts of its stories that do.

    A case drawn at random takes no other story in: it stands for the one that was drawn, and alerts nobody. So does
    none of the stories ``without``.
    """
    found = _sharing(session, act, without)
    if not found:
        return []
    rows = session.exec(
        select(CaseStoryRow.case_id, ToldActRow)
        .join(CaseRow, col(CaseRow.id) == col(CaseStoryRow.case_id))
        .join(
            ToldActRow,
            (col(ToldActRow.story_id) == col(CaseStoryRow.story_id)) & (col(ToldActRow.act) == col(CaseStoryRow.act)),
        )
        .where(CaseRow.origin != CaseOrigin.RANDOM.value)
        .where(col(CaseStoryRow.story_id).in_({story for story, _ in found}))
        .order_by(col(CaseStoryRow.case_id), col(ToldActRow.story_id), col(ToldActRow.act))
    )
    told: dict[int, list[Act]] = {}
    for case_id, row in rows:
        if (row.story_id, row.act) in found:
            told.setdefault(case_id, []).append(_act(row))
    return [OpenCase(case_id, tuple(acts)) for case_id, acts in told.items()]


def _sharing(session: Session, act: Act, without: Collection[int]) -> set[tuple[int, int]]:
    since, until = act.day - WINDOW, act.day + WINDOW
    within = (col(ActKeyRow.day) >= since, col(ActKeyRow.day) <= until)
    rare = _rare(session, terms_of(act), within)
    number = func.count()
    shared = (
        select(ActKeyRow.story_id, ActKeyRow.act)
        .where(col(ActKeyRow.term).in_(rare), *within)
        .where(col(ActKeyRow.story_id).not_in(list(without)))
        .group_by(col(ActKeyRow.story_id), col(ActKeyRow.act))
        .order_by(number.desc(), col(ActKeyRow.story_id).desc(), col(ActKeyRow.act))
        .limit(_MOST_ACTS)
    )
    return {(story, act_number) for story, act_number in session.exec(shared)}


def _rare(session: Session, terms: Sequence[int], within: Sequence[ColumnElement[bool]]) -> list[int]:
    """Return the rarest of the terms: so many as together no more acts have than are read for one look-up.

    Each is counted no further than where it tells nothing, so that a look-up costs the same however much is stored.
    """
    if not terms:
        return []
    counts = []
    for term in terms:
        # Nothing but the index is read.
        having = select(literal(1)).select_from(ActKeyRow).where(ActKeyRow.term == term, *within)
        some = having.limit(_COMMONEST + 1).subquery()
        counts.append(select(literal(term, BigInteger), func.count()).select_from(some))
    told = sorted((acts, term) for term, acts in session.connection().execute(union_all(*counts)))
    sums = accumulate(acts for acts, _ in told)
    return [
        term for (acts, term), so_far in zip(told, sums, strict=True) if acts <= _COMMONEST and so_far <= _MOST_READ
    ]


def of_story(session: Session, story_id: int) -> list[tuple[int, Act]]:
    """Return the acts that a story told, by number."""
    rows = session.exec(select(ToldActRow).where(ToldActRow.story_id == story_id).order_by(col(ToldActRow.act)))
    return [(row.act, _act(row)) for row in rows]


def of_case(session: Session, case_id: int) -> list[tuple[int, Act]]:
    """Return what the case's stories told of its act, each with the story's number, in the order of the stories."""
    rows = session.exec(
        select(ToldActRow)
        .join(
            CaseStoryRow,
            (col(ToldActRow.story_id) == col(CaseStoryRow.story_id)) & (col(ToldActRow.act) == col(CaseStoryRow.act)),
        )
        .where(CaseStoryRow.case_id == case_id)
        .order_by(col(ToldActRow.story_id), col(ToldActRow.act))
    )
    return [(row.story_id, _act(row)) for row in rows]


def profile(act: Act) -> dict[str, Any]:
    """Return the act as plain values, as it is stored."""
    return {
        "roles": sorted([role, name] for role, name in act.roles),
        "kinds": sorted(act.kinds),
        "regimes": sorted(act.regimes),
        "goods": sorted(act.goods),
        "main_goods": sorted(act.main_goods),
        "acts_for": sorted([name, other] for name, other in act.acts_for),
        "names": sorted(act.told.names),
        "words": sorted(act.told.words),
        "figures": sorted(act.told.figures),
        "places": sorted(act.told.places),
        "ships": sorted(act.told.ships),
        "amounts": sorted(act.told.amounts),
        "days": sorted(act.told.days),
        "copies": act.copies,
    }


def _act(row: ToldActRow) -> Act:
    return of_profile(row.profile, row.day)


def of_profile(kept: Mapping[str, Any], day: datetime) -> Act:
    """Return the act that was stored as plain values."""
    pairs: Sequence[Sequence[str]] = kept["roles"]
    return Act(
        roles=frozenset((role, name) for role, name in pairs),
        kinds=frozenset(kept["kinds"]),
        regimes=frozenset(kept["regimes"]),
        goods=frozenset(kept["goods"]),
        told=_told(kept),
        day=day,
        copies=kept["copies"],
        acts_for=frozenset((name, other) for name, other in kept.get("acts_for", ())),
        main_goods=frozenset(kept.get("main_goods", ())),
    )


def _told(kept: Mapping[str, Any]) -> Passage:
    """Return the passage as it was kept; one of an earlier version tells no places, ships, amounts and days."""
    return Passage(
        frozenset(kept["names"]),
        frozenset(kept["words"]),
        frozenset(kept["figures"]),
        places=frozenset(kept.get("places", ())),
        ships=frozenset(kept.get("ships", ())),
        amounts=frozenset((unit, value) for unit, value in kept.get("amounts", ())),
        days=frozenset((first, last) for first, last in kept.get("days", ())),
    )
