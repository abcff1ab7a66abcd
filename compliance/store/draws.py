"""Draws from what was cleared: each screening lies in exactly one, whichever run made it and however runs ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from compliance.case import CaseOrigin
from compliance.draw import Draw
from compliance.missrate import Tally
from compliance.screening import Verdict
from compliance.store.tables import CaseRow, CaseStoryRow, DrawRow, ScreeningRow, StoryRow


@dataclass(frozen=True, slots=True)
class Undrawn:
    """What no draw has looked at: screenings after one and through another, cleared stories, cases opened."""

    after: int
    through: int
    cleared: tuple[int, ...]
    opened: int


def undrawn(session: Session) -> Undrawn | None:
    """Return the screenings that lie in no draw yet, or None where there are none."""
    after = session.exec(select(func.max(DrawRow.through_screening))).one() or 0
    through = session.exec(select(func.max(ScreeningRow.id))).one() or 0
    if through <= after:
        return None
    within = (col(ScreeningRow.id) > after, col(ScreeningRow.id) <= through)
    in_cases = select(CaseStoryRow.story_id)
    cleared = session.exec(
        select(ScreeningRow.story_id).where(
            *within, ScreeningRow.verdict == Verdict.CLEAR.value, col(ScreeningRow.story_id).not_in(in_cases)
        )
    )
    opened = (
        select(func.count())
        .select_from(CaseRow)
        .join(CaseStoryRow, col(CaseStoryRow.case_id) == col(CaseRow.id))
        .join(ScreeningRow, col(ScreeningRow.id) == col(CaseStoryRow.screening_id))
        .where(
            *within,
            col(CaseStoryRow.story_id) == col(CaseRow.opened_by_story),
            CaseRow.origin == CaseOrigin.SCREENING.value,
        )
    )
    return Undrawn(after, through, tuple(sorted(set(cleared))), session.exec(opened).one())


def add(session: Session, run_id: str, found: Undrawn, drawn: Draw, share: float, now: datetime) -> DrawRow:
    """Enter a draw; its screenings are in it from then on."""
    row = DrawRow(
        run_id=run_id,
        at=now,
        seed=drawn.seed,
        share=share,
        after_screening=found.after,
        through_screening=found.through,
        pool=drawn.pool,
        opened=found.opened,
        drawn=len(drawn.stories),
    )
    session.add(row)
    session.flush()
    return row


def told(session: Session, story_ids: Sequence[int], through: int) -> list[tuple[StoryRow, ScreeningRow]]:
    """Return the stories with the newest screening of each that the draw has looked at, in the order of their ids."""
    newest = (
        select(func.max(ScreeningRow.id))
        .where(col(ScreeningRow.story_id).in_(list(story_ids)), col(ScreeningRow.id) <= through)
        .group_by(col(ScreeningRow.story_id))
    )
    found = (
        select(StoryRow, ScreeningRow)
        .join(ScreeningRow, col(ScreeningRow.story_id) == col(StoryRow.id))
        .where(col(ScreeningRow.id).in_(newest))
        .order_by(col(StoryRow.id))
    )
    return [(story, screening) for story, screening in session.exec(found)]


def tally(session: Session) -> Tally:
    """Return how many cleared stories the draws took from, how many they took, and how those were decided."""
    pool, drawn = session.exec(select(func.sum(DrawRow.pool), func.sum(DrawRow.drawn))).one()
    decided = (
        select(CaseRow.disposition, func.count())
        .where(CaseRow.origin == CaseOrigin.RANDOM.value, col(CaseRow.disposition).is_not(None))
        .group_by(CaseRow.disposition)
    )
    return Tally(int(pool or 0), int(drawn or 0), {str(d): n for d, n in session.exec(decided)})
