"""Which stories tell of which case, as officers see it: a story moved, a case split in two, two cases made one.

With a monitor, each step tells the subscribers what is new in the cases that it changed, in the same transaction.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from compliance.case import CaseAction, CaseOrigin, CaseState, act_of_parties, may_follow
from compliance.casework import at_work, check_free, held
from compliance.correction import CorrectionError
from compliance.errors import ConflictError
from compliance.monitor import Monitor
from compliance.retelling import retold
from compliance.screening import Verdict
from compliance.severity import SeverityPolicy
from compliance.store import cases, changes
from compliance.store.priorities import restate
from compliance.store.tables import CaseRow, CaseStoryRow, ScreeningRow, StoryRow

_STRENGTH = {v.value: n for n, v in enumerate((Verdict.NOT_COVERED, Verdict.CLEAR, Verdict.REVIEW, Verdict.ALERT))}


def move_story(
    engine: Engine,
    reference: str,
    story_id: int,
    target: str,
    actor: str,
    revision: int,
    now: datetime,
    policy: SeverityPolicy,
    monitor: Monitor | None = None,
) -> int:
    """Put a story of the case into another open case; return the new revision.

    Raises CorrectionError where the case has no such story or no other one, besides what ``at_work`` raises.
    """
    with (
        at_work(engine, reference, revision, CaseAction.MOVED, actor, now) as (session, row),
        retold(monitor, session, row, actor, now) as changed,
    ):
        other = _open_target(session, row, target, actor, now)
        changed.add(other)
        links = cases.links_of(session, row.id)
        if story_id not in {link.story_id for link in links}:
            raise CorrectionError("that story does not tell of this case")
        if len(links) == 1:
            raise CorrectionError("it is the case's only story: merge the cases instead")
        leave(session, row, other, [link for link in links if link.story_id == story_id], CaseAction.MOVED, actor, now)
        restrengthen(session, (row, other), policy)
        return row.revision


def split_case(
    engine: Engine,
    reference: str,
    story_id: int,
    keep: bool,
    actor: str,
    revision: int,
    now: datetime,
    policy: SeverityPolicy,
    monitor: Monitor | None = None,
) -> str:
    """Open a case of its own for a story; return its reference. With ``keep`` the story tells of both acts.

    The new case starts from what the machine found in that story, for the officer to correct.
    """
    with (
        at_work(engine, reference, revision, CaseAction.SPLIT, actor, now) as (session, row),
        retold(monitor, session, row, actor, now) as changed,
    ):
        links = [link for link in cases.links_of(session, row.id) if link.story_id == story_id]
        if not links:
            raise CorrectionError("that story does not tell of this case")
        if not keep and len(cases.links_of(session, row.id)) == 1:
            raise CorrectionError("it is the case's only story: keep it in both")
        new = _new_case(session, row, links[0], actor, now)
        changed.add_new(new)
        leave(session, row, new, links, CaseAction.SPLIT, actor, now, keep=keep)
        restrengthen(session, (row, new), policy)
        return new.reference


def merge_cases(
    engine: Engine,
    reference: str,
    into: str,
    actor: str,
    revision: int,
    now: datetime,
    policy: SeverityPolicy,
    monitor: Monitor | None = None,
) -> int:
    """Move every story of the case into another open one, which stands for both from then on."""
    with (
        at_work(engine, reference, revision, CaseAction.MERGED, actor, now) as (session, row),
        retold(monitor, session, row, actor, now) as changed,
    ):
        other = _open_target(session, row, into, actor, now)
        changed.add(other)
        leave(session, row, other, cases.links_of(session, row.id), CaseAction.MERGED, actor, now)
        restrengthen(session, (other,), policy)
        return row.revision


def _open_target(session: Session, row: CaseRow, reference: str, actor: str, now: datetime) -> CaseRow:
    if reference == row.reference:
        raise CorrectionError("name another case")
    try:
        other = held(session, reference)
    except LookupError as error:
        raise CorrectionError(str(error)) from error
    if not may_follow(CaseState(other.state), CaseAction.MOVED):
        raise ConflictError(f"{reference} is not open; reopen it first")
    check_free(other, actor, now)
    return other


def _new_case(session: Session, row: CaseRow, link: CaseStoryRow, actor: str, now: datetime) -> CaseRow:
    story, screening = session.get_one(StoryRow, link.story_id), session.get_one(ScreeningRow, link.screening_id)
    found = screening.judgement
    parties = [{k: p[k] for k in ("canonical", "name", "type", "roles")} for p in found["parties"]]
    new = cases.enter(
        session,
        CaseRow(
            reference=f"new-{row.reference}",
            origin=CaseOrigin.SPLIT.value,
            verdict=screening.verdict,
            score=screening.score or 0.0,
            act=act_of_parties(parties, found["goods"], found["kinds"]) if parties else story.title[:300],
            kinds=list(found["kinds"]),
            regimes=list(found["regimes"]),
            status=found["status"],
            denied_by=list(found["denied_by"]),
            parties=parties,
            goods=list(found["goods"]),
            opened_at=now,
            changed_at=now,
        ),
    )
    changes.make(session, new, CaseAction.OPENED, actor, now, {}, told={"split_from": row.reference})
    return new


def leave(
    session: Session,
    row: CaseRow,
    other: CaseRow,
    links: Sequence[CaseStoryRow],
    action: CaseAction,
    actor: str,
    now: datetime,
    *,
    keep: bool = False,
    why: str = "",
) -> None:
    """Put those stories of one case into the other, and enter it for both, with the reason where one is given."""
    assert other.id is not None
    held_there = {link.story_id for link in cases.links_of(session, other.id)}
    moved_by = f"moved from {row.reference} by {actor}" + (f": {why}" if why else "")
    moved = [_plain(link) | {"was_there": link.story_id in held_there} for link in links]
    for link in links:
        if link.story_id not in held_there:
            session.add(
                CaseStoryRow(
                    case_id=other.id,
                    story_id=link.story_id,
                    screening_id=link.screening_id,
                    reason=moved_by,
                    joined_at=now,
                    act=link.act,
                )
            )
        if not keep:
            session.delete(link)
    session.flush()
    merged = action is CaseAction.MERGED
    values: dict[str, Any] = {"state": CaseState.MERGED.value, "merged_into": other.reference} if merged else {}
    told = {"to": other.reference, "stories": [m["story"] for m in moved], "kept": keep} | ({"why": why} if why else {})
    changes.make(session, row, action, actor, now, values, told=told, before={"links": moved})
    changes.void(session, other, actor, now, "its evidence was changed")
    changes.touch(session, other, now)
    changes.enter_only(
        session, other, CaseAction.STORY_JOINED, actor, now, {"stories": told["stories"], "why": moved_by}
    )


def _plain(link: CaseStoryRow) -> dict[str, Any]:
    return {
        "story": link.story_id,
        "screening": link.screening_id,
        "reason": link.reason,
        "joined_at": link.joined_at.isoformat(),
        "act": link.act,
    }


def restrengthen(session: Session, rows: Sequence[CaseRow], policy: SeverityPolicy) -> None:
    """Give each case the score and verdict of its strongest story, and its place."""
    for row in rows:
        told = [screening for _, _, screening in cases.stories_of(session, row.id or 0)]
        if told:
            row.score = max(s.score or 0.0 for s in told)
            row.verdict = max((s.verdict for s in told), key=lambda v: _STRENGTH[v])
        restate(session, row, policy)


def come_back(session: Session, row: CaseRow, other: CaseRow, before: dict[str, Any], policy: SeverityPolicy) -> None:
    """Undo ``leave``: the stories tell of the first case again, and no longer of the other unless they did before."""
    assert row.id is not None
    here = {link.story_id for link in cases.links_of(session, row.id)}
    for moved in before["links"]:
        if moved["story"] not in here:
            session.add(
                CaseStoryRow(
                    case_id=row.id,
                    story_id=moved["story"],
                    screening_id=moved["screening"],
                    reason=moved["reason"],
                    joined_at=datetime.fromisoformat(moved["joined_at"]),
                    act=moved["act"],
                )
            )
        link = session.get(CaseStoryRow, (other.id, moved["story"]))
        if link is not None and not moved["was_there"]:
            session.delete(link)
    session.flush()
    restrengthen(session, (row, other), policy)


def told_by(session: Session, row: CaseRow) -> int:
    """Return how many stories tell of the case."""
    return len(session.exec(select(col(CaseStoryRow.story_id)).where(CaseStoryRow.case_id == row.id)).all())
