"""Corrections as decisions: facts changed, spans marked. The machine's original stays; each is a row of the ledger."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from compliance.case import CaseAction, CaseOrigin, act_of_parties
from compliance.casework import at_work
from compliance.correction import CorrectionError
from compliance.monitor import Monitor
from compliance.retelling import retold
from compliance.severity import SeverityPolicy
from compliance.store import changes
from compliance.store.priorities import restate
from compliance.store.tables import CaseRow, CaseStoryRow, StoryRow
from compliance.store.tables_desk import MarkRow

FACTS = frozenset({"kinds", "regimes", "status", "parties", "denied_by"})
_MOST_MARKS, _LONGEST_MARK = 200, 2_000


@dataclass(frozen=True, slots=True)
class Span:
    """A run of a story's title or text, in code points, and what it is evidence of."""

    story_id: int
    field: str
    start: int
    end: int
    quote: str
    says: str
    party: str | None = None


def correct(
    engine: Engine,
    reference: str,
    fact: str,
    change: Any,
    note: str,
    actor: str,
    revision: int,
    now: datetime,
    policy: SeverityPolicy,
    monitor: Monitor | None = None,
) -> int:
    """Set one fact of the case to what ``change`` makes of it; return the new revision.

    With a monitor, the subscribers are told what is new in the case. Raises CorrectionError where it cannot be so,
    besides what ``at_work`` raises.
    """
    assert fact in FACTS
    with (
        at_work(engine, reference, revision, CaseAction.CORRECTED, actor, now) as (session, row),
        retold(monitor, session, row, actor, now),
    ):
        new = change(getattr(row, fact))
        if new == getattr(row, fact):
            raise CorrectionError("it stands so already")
        values: dict[str, Any] = {fact: new}
        if fact in ("parties", "kinds") and row.origin != CaseOrigin.RANDOM.value:
            values["act"] = act_of_parties(
                values.get("parties", row.parties), row.goods, values.get("kinds", row.kinds)
            )
        changes.make(session, row, CaseAction.CORRECTED, actor, now, values, note=note)
        restate(session, row, policy)
        return row.revision


def mark(
    engine: Engine,
    reference: str,
    span: Span,
    actor: str,
    revision: int,
    now: datetime,
) -> int:
    """Mark a span of one of the case's stories as evidence; return the new revision.

    A span without an end is looked for by its quote. Raises CorrectionError where the story does not say it there.
    """
    with at_work(engine, reference, revision, CaseAction.MARKED, actor, now) as (session, row):
        assert row.id is not None
        span = _found(_story(session, row, span.story_id), span)
        if span.party and span.party not in {p["canonical"] for p in row.parties}:
            raise CorrectionError(f"the case names no {span.party}")
        if len(changes.marks_of(session, row.id)) >= _MOST_MARKS:
            raise CorrectionError(f"a case has at most {_MOST_MARKS} marks")
        held = MarkRow(
            case_id=row.id,
            story_id=span.story_id,
            field=span.field,
            start=span.start,
            end=span.end,
            quote=span.quote,
            says=span.says,
            party=span.party,
            actor=actor,
            at=now,
        )
        session.add(held)
        session.flush()
        changes.make(session, row, CaseAction.MARKED, actor, now, {}, told=_told(held))
        return row.revision


def unmark(engine: Engine, reference: str, mark_id: int, actor: str, revision: int, now: datetime) -> int:
    """Take a mark away; return the new revision. The ledger keeps it."""
    with at_work(engine, reference, revision, CaseAction.UNMARKED, actor, now) as (session, row):
        held = session.get(MarkRow, mark_id)
        if held is None or held.case_id != row.id or held.is_removed:
            raise CorrectionError("there is no such mark")
        held.is_removed = True
        session.add(held)
        changes.make(session, row, CaseAction.UNMARKED, actor, now, {}, told=_told(held))
        return row.revision


def _told(held: MarkRow) -> Mapping[str, Any]:
    return {
        "mark": held.id,
        "story": held.story_id,
        "field": held.field,
        "start": held.start,
        "end": held.end,
        "quote": held.quote,
        "says": held.says,
        "party": held.party,
    }


def _story(session: Session, row: CaseRow, story_id: int) -> StoryRow:
    link = select(StoryRow).join(CaseStoryRow, col(CaseStoryRow.story_id) == col(StoryRow.id))
    story = session.exec(link.where(CaseStoryRow.case_id == row.id, StoryRow.id == story_id)).first()
    if story is None:
        raise CorrectionError("that story does not tell of this case")
    return story


def _found(story: StoryRow, span: Span) -> Span:
    text = story.title if span.field == "title" else story.text
    if not span.quote.strip() or len(span.quote) > _LONGEST_MARK:
        raise CorrectionError(f"a mark has 1 to {_LONGEST_MARK} characters")
    start = span.start if span.end else text.find(span.quote)
    if start < 0 or text[start : start + len(span.quote)] != span.quote:
        raise CorrectionError("the story does not say that, letter for letter")
    end = start + len(span.quote)
    return Span(span.story_id, span.field, start, end, span.quote, span.says, span.party)
