"""What the stories of a case say together, read from their screenings."""

from typing import Any

from sqlmodel import Session, col, select

from compliance.case import Quote, quotes_in
from compliance.novelty import Facts, facts_of
from compliance.store.origins import origins_of
from compliance.store.tables import CaseStoryRow, ScreeningRow, StoryRow


def of_case(session: Session, case_id: int) -> Facts | None:
    """Return the facts of a case as all its stories tell them, or None where none tells of it yet."""
    statement = (
        select(CaseStoryRow.story_id, ScreeningRow.verdict, ScreeningRow.judgement)
        .join(ScreeningRow, col(ScreeningRow.id) == col(CaseStoryRow.screening_id))
        .where(CaseStoryRow.case_id == case_id)
        .order_by(col(CaseStoryRow.joined_at), col(CaseStoryRow.story_id))
    )
    told = list(session.exec(statement))
    origins = origins_of(session, [story for story, _, _ in told])
    return facts_of((origins[story], verdict, found) for story, verdict, found in told)


def parties_of(session: Session, case_id: int) -> list[dict[str, Any]]:
    """Return every party of a case once, with its type and all roles that any story gives it."""
    found: dict[str, dict[str, Any]] = {}
    for judgement in session.exec(_judgements(case_id)):
        for party in judgement["parties"]:
            known = found.setdefault(party["canonical"], {**party, "roles": []})
            known["roles"] = list(dict.fromkeys((*known["roles"], *party["roles"])))
    return [{key: p[key] for key in ("canonical", "name", "type", "roles")} for p in found.values()]


def goods_of(session: Session, case_id: int) -> tuple[str, ...]:
    """Return the goods that any story of a case names."""
    return tuple(dict.fromkeys(name for found in session.exec(_judgements(case_id)) for name in found["goods"]))


def quotes_of(session: Session, case_id: int, first: frozenset[int]) -> tuple[Quote, ...]:
    """Return two quotes: from two sources where there are two, and from the stories ``first`` before any other."""
    statement = (
        select(StoryRow, ScreeningRow.judgement)
        .join(CaseStoryRow, col(CaseStoryRow.story_id) == col(StoryRow.id))
        .join(ScreeningRow, col(ScreeningRow.id) == col(CaseStoryRow.screening_id))
        .where(CaseStoryRow.case_id == case_id, col(StoryRow.id).in_(list(first)))
        .order_by(col(StoryRow.id).desc())
        .limit(4)
    )
    by_source = [
        quotes_in(found, story.title, story.text, story.publisher or "unknown publisher", story.url)
        for story, found in session.exec(statement)
    ]
    leading = [quotes[0] for quotes in by_source if quotes]
    following = [quote for quotes in by_source for quote in quotes[1:]]
    return tuple((leading + following)[:2])


def _judgements(case_id: int) -> Any:
    return (
        select(ScreeningRow.judgement)
        .join(CaseStoryRow, col(CaseStoryRow.screening_id) == col(ScreeningRow.id))
        .where(CaseStoryRow.case_id == case_id)
        .order_by(col(CaseStoryRow.joined_at), col(CaseStoryRow.story_id))
    )
