"""Cases and the stories that tell of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, exists
from sqlmodel import Session, col, select

from compliance.case import CaseAction, CaseOrigin, CaseState, describe_act
from compliance.screening import Screening, Verdict
from compliance.store import ledger
from compliance.store.tables import CaseRow, CaseStoryRow, LedgerRow, ScreeningRow, StoryRow

_ACT = 300
_STRENGTH = {Verdict.REVIEW: 1, Verdict.ALERT: 2}


def open_case(
    session: Session,
    story_id: int,
    screening_id: int,
    screening: Screening,
    reason: str,
    run_id: str,
    now: datetime,
    act: int = 0,
) -> CaseRow:
    """Open the case that this story is the first to tell of; ``act`` numbers the acts of one story from 0."""
    plain = judgement_parts(screening)
    assert screening.score is not None, "a story that was not judged opens no case"
    row = CaseRow(
        reference=f"new-{story_id}-{act}",
        opened_by_story=story_id,
        opened_by_act=act,
        verdict=screening.verdict.value,
        score=screening.score,
        act=describe_act(screening),
        status=screening.extraction.status,
        opened_at=now,
        changed_at=now,
        run_id=run_id,
        **plain,
    )
    return _entered(session, row, screening_id, reason)


def open_drawn(
    session: Session, story: StoryRow, screening: ScreeningRow, reason: str, run_id: str, now: datetime
) -> CaseRow:
    """Open the case of a cleared story that was drawn at random; its act is the story's title."""
    assert story.id is not None and screening.id is not None and screening.score is not None
    found = screening.judgement
    row = CaseRow(
        reference=f"new-{story.id}",
        opened_by_story=story.id,
        origin=CaseOrigin.RANDOM.value,
        verdict=screening.verdict,
        score=screening.score,
        act=" ".join(story.title.split())[:_ACT] or "untitled",
        kinds=list(found["kinds"]),
        regimes=list(found["regimes"]),
        status=found["status"],
        denied_by=list(found["denied_by"]),
        parties=[{k: p[k] for k in ("canonical", "name", "type", "roles")} for p in found["parties"]],
        goods=list(found["goods"]),
        opened_at=now,
        changed_at=now,
        run_id=run_id,
    )
    return _entered(session, row, screening.id, reason)


def _entered(session: Session, row: CaseRow, screening_id: int, reason: str) -> CaseRow:
    """Give a new case its reference and its first story."""
    enter(session, row)
    assert row.id is not None and row.opened_by_story is not None
    session.add(
        CaseStoryRow(
            case_id=row.id,
            story_id=row.opened_by_story,
            screening_id=screening_id,
            reason=reason,
            joined_at=row.opened_at,
            act=row.opened_by_act,
        )
    )
    session.flush()
    return row


def enter(session: Session, row: CaseRow) -> CaseRow:
    """Store a new case and give it its reference."""
    session.add(row)
    session.flush()
    row.reference = f"EW-{row.opened_at.year}-{row.id:05d}"
    session.flush()
    return row


def judgement_parts(screening: Screening) -> dict[str, Any]:
    """Return the parts of a screening that a case starts from."""
    return {
        "kinds": [k.value for k in screening.kinds],
        "regimes": list(screening.regimes),
        "denied_by": list(screening.extraction.denied_by),
        "goods": list(dict.fromkeys(g.name for g in screening.extraction.goods)),
        "parties": [
            {"canonical": p.canonical, "name": p.name, "type": p.type.value, "roles": [r.value for r in p.roles]}
            for p in screening.extraction.parties
        ],
    }


def join(
    session: Session,
    case_id: int,
    story_id: int,
    screening_id: int,
    screening: Screening,
    reason: str,
    now: datetime,
    act: int = 0,
) -> tuple[CaseRow, bool]:
    """Put one more story into a case; return it and whether the story lifts the case from review to alert.

    What the machine first found stays; the score and verdict are those of the strongest story.
    """
    row = session.get_one(CaseRow, case_id)
    session.add(
        CaseStoryRow(
            case_id=case_id, story_id=story_id, screening_id=screening_id, reason=reason, joined_at=now, act=act
        )
    )
    return _strengthened(session, row, story_id, screening, now)


def _strengthened(
    session: Session, row: CaseRow, story_id: int, screening: Screening, now: datetime
) -> tuple[CaseRow, bool]:
    raised = (
        row.origin != CaseOrigin.RANDOM.value
        and screening.is_flagged
        and _STRENGTH[screening.verdict] > _STRENGTH[Verdict(row.verdict)]
    )
    if raised:
        row.verdict = screening.verdict.value
    if screening.is_flagged and row.origin != CaseOrigin.RANDOM.value:
        row.score = max(row.score, screening.score or 0.0)
    row.denied_by = list(dict.fromkeys([*row.denied_by, *screening.extraction.denied_by]))
    _wake(session, row, story_id, now)
    row.changed_at = now
    row.revision += 1
    session.add(row)
    session.flush()
    return row, raised


def _wake(session: Session, row: CaseRow, story_id: int, now: datetime) -> None:
    """Bring a snoozed case back, and void what the first of two readers decided before this story came."""
    if row.state not in (CaseState.SNOOZED.value, CaseState.SECOND.value):
        return
    action = CaseAction.WOKEN if row.state == CaseState.SNOOZED.value else CaseAction.VOIDED
    before = {"state": row.state, "proposal": row.proposal}
    row.state, row.proposal = CaseState.WAITING.value, None
    ledger.append(
        session,
        at=now,
        actor="machine",
        action=action,
        subject=row.reference,
        before=before,
        after={"state": row.state, "proposal": None, "story": story_id, "why": "another story tells of it"},
    )


def by_reference(session: Session, reference: str) -> CaseRow | None:
    """Return the case of that reference, or None."""
    return session.exec(select(CaseRow).where(CaseRow.reference == reference)).first()


def by_id(session: Session, case_id: int) -> CaseRow | None:
    """Return the case of that number, or None."""
    return session.get(CaseRow, case_id)


def for_update(session: Session, reference: str) -> CaseRow | None:
    """Return the case of that reference, held against other writers until the transaction ends."""
    return session.exec(select(CaseRow).where(CaseRow.reference == reference).with_for_update()).first()


def links_of(session: Session, case_id: int | None) -> list[CaseStoryRow]:
    """Return which stories tell of the case, and why."""
    return list(session.exec(select(CaseStoryRow).where(CaseStoryRow.case_id == case_id)))


def untouched(session: Session, case_ids: Collection[int], machine: str) -> list[CaseRow]:
    """Return those of the cases that no person has worked on, held against other writers, in the order of opening.

    A case is none of them once it is decided, assigned or claimed, or the record has anything on it by anybody but the
    machine, be it a note or the taking back of what the machine did; nor is one that was drawn at random.
    """
    recorded = exists().where(col(LedgerRow.subject) == col(CaseRow.reference), col(LedgerRow.actor) != machine)
    statement = (
        select(CaseRow)
        .where(col(CaseRow.id).in_(case_ids))
        .where(CaseRow.state == CaseState.WAITING.value, CaseRow.origin == CaseOrigin.SCREENING.value)
        .where(*(col(column).is_(None) for column in (CaseRow.assignee, CaseRow.claimed_by, CaseRow.disposition)))
        .where(~recorded)
        .order_by(col(CaseRow.id))
    )
    return list(session.exec(statement.with_for_update()))


def _urgency() -> Any:
    order = {Verdict.ALERT.value: 0, Verdict.REVIEW.value: 1}
    return case(order, value=col(CaseRow.verdict), else_=2)


def waiting(session: Session, limit: int = 200) -> list[CaseRow]:
    """Return the cases that wait for a decision: alerts, those for review, those drawn at random, each by score."""
    statement = (
        select(CaseRow)
        .where(CaseRow.state == CaseState.WAITING.value)
        .order_by(_urgency(), col(CaseRow.score).desc(), col(CaseRow.id))
    )
    return list(session.exec(statement.limit(limit)))


def listed(session: Session, state: str | None = None, limit: int = 200) -> list[CaseRow]:
    """Return cases, newest first, of one state or of all."""
    statement = select(CaseRow)
    if state:
        statement = statement.where(CaseRow.state == state)
    return list(session.exec(statement.order_by(col(CaseRow.id).desc()).limit(limit)))


def of_run(session: Session, run_id: str) -> list[CaseRow]:
    """Return the cases that a run opened, strongest first."""
    statement = select(CaseRow).where(CaseRow.run_id == run_id).order_by(_urgency(), col(CaseRow.score).desc())
    return list(session.exec(statement))


def stories_of(session: Session, case_id: int) -> list[tuple[CaseStoryRow, StoryRow, ScreeningRow]]:
    """Return the stories that tell of a case with their screenings, in the order they joined."""
    statement = (
        select(CaseStoryRow, StoryRow, ScreeningRow)
        .join(StoryRow, col(StoryRow.id) == col(CaseStoryRow.story_id))
        .join(ScreeningRow, col(ScreeningRow.id) == col(CaseStoryRow.screening_id))
        .where(CaseStoryRow.case_id == case_id)
        .order_by(col(CaseStoryRow.joined_at), col(StoryRow.id))
    )
    return [(link, story, screening) for link, story, screening in session.exec(statement)]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a story lies in a case, and why that case was opened."""

    case_id: int
    story_id: int
    act: int
    origin: CaseOrigin


def places_of(session: Session, story_ids: Sequence[int]) -> dict[int, list[Place]]:
    """Return the places in cases that each of the stories has; stories without any are left out."""
    rows = session.exec(
        select(CaseStoryRow.case_id, CaseStoryRow.story_id, CaseStoryRow.act, CaseRow.origin)
        .join(CaseRow, col(CaseRow.id) == col(CaseStoryRow.case_id))
        .where(col(CaseStoryRow.story_id).in_(list(story_ids)))
        .order_by(col(CaseStoryRow.case_id))
    )
    found: dict[int, list[Place]] = {}
    for case_id, story_id, act, origin in rows:
        found.setdefault(story_id, []).append(Place(case_id, story_id, act, CaseOrigin(origin)))
    return found


def retell(
    session: Session, place: Place, screening_id: int, screening: Screening, now: datetime
) -> tuple[CaseRow, bool]:
    """Put the judgement of a story's new version in its old place; return the case and whether it rose to alert.

    A text that tells less than before lowers nothing: that is for an officer to see.
    """
    link = session.get_one(CaseStoryRow, (place.case_id, place.story_id))
    link.screening_id = screening_id
    session.add(link)
    return _strengthened(session, session.get_one(CaseRow, place.case_id), place.story_id, screening, now)
