"""Taking a change back: the case is as before it, and the ledger shows both."""

from datetime import datetime

from sqlalchemy import Engine
from sqlmodel import Session

from compliance.case import CaseAction, CaseState
from compliance.casework import at_work, check_free, held
from compliance.errors import ConflictError
from compliance.monitor import Monitor
from compliance.regrouping import come_back, told_by
from compliance.retelling import retold
from compliance.severity import SeverityPolicy
from compliance.store import changes
from compliance.store.priorities import restate
from compliance.store.tables import CaseRow
from compliance.store.tables_desk import ChangeRow, MarkRow

_OWN_WORD = frozenset({CaseAction.DECIDED, CaseAction.PROPOSED})
_STORIES = frozenset({CaseAction.MOVED, CaseAction.SPLIT, CaseAction.MERGED})


def undo(
    engine: Engine,
    reference: str,
    change_id: int,
    actor: str,
    revision: int,
    now: datetime,
    policy: SeverityPolicy,
    monitor: Monitor | None = None,
) -> int:
    """Take one change back; return the new revision.

    A decision is taken back by whoever made it, and only while no second person has agreed; later, a case is reopened.
    Raises LookupError for an unknown case or change, and ConflictError where the case has moved on since, besides what
    ``at_work`` raises. With a monitor, the subscribers are told what is new again.
    """
    with (
        at_work(engine, reference, revision, CaseAction.UNDONE, actor, now) as (session, row),
        retold(monitor, session, row, actor, now) as changed,
    ):
        change = session.get(ChangeRow, change_id)
        if change is None or change.case_id != row.id:
            raise LookupError(f"{reference} has no such change")
        _check(row, change, actor)
        if "to" in change.after:
            changed.add(held(session, change.after["to"]))
        _take_back(session, row, change, actor, now, policy)
        change.undone_by, change.undone_at = actor, now
        session.add(change)
        if row.state != CaseState.DECIDED.value:
            restate(session, row, policy)
        return row.revision


def _check(row: CaseRow, change: ChangeRow, actor: str) -> None:
    action = CaseAction(change.action)
    if change.undone_at is not None:
        raise ConflictError("that was taken back already")
    if action in changes.FINAL:
        raise ConflictError("that cannot be taken back")
    if action in _OWN_WORD and (change.actor != actor or change.before.get("state") == CaseState.SECOND.value):
        raise ConflictError("only its author takes a decision back, before a second person agreed; reopen the case")
    if row.state == CaseState.DECIDED.value and action not in _OWN_WORD:
        raise ConflictError("the case is decided; reopen it first")
    for name, before in change.before.items():
        if hasattr(row, name) and name != "links" and getattr(row, name) != change.after.get(name, before):
            raise ConflictError(f"the {name.replace('_', ' ')} changed again since; take that back first")


def _take_back(
    session: Session, row: CaseRow, change: ChangeRow, actor: str, now: datetime, policy: SeverityPolicy
) -> None:
    action = CaseAction(change.action)
    if action in changes.EVIDENCE:
        changes.void(session, row, actor, now, "its evidence was changed")
    if action in (CaseAction.MARKED, CaseAction.UNMARKED):
        held_mark = session.get_one(MarkRow, change.after["mark"])
        held_mark.is_removed = action is CaseAction.MARKED
        session.add(held_mark)
    values = {name: value for name, value in change.before.items() if name != "links"}
    told = {"undone": change.id, "was": action.value}
    if action in _STORIES:
        _bring_back(session, row, change, actor, now, policy)
    changes.make(session, row, CaseAction.UNDONE, actor, now, values, told=told)


def _bring_back(
    session: Session, row: CaseRow, change: ChangeRow, actor: str, now: datetime, policy: SeverityPolicy
) -> None:
    other = held(session, change.after["to"])
    check_free(other, actor, now)
    if other.state in (CaseState.DECIDED.value, CaseState.MERGED.value):
        raise ConflictError(f"{other.reference} is not open; reopen it first")
    changes.void(session, other, actor, now, "its evidence was changed")
    come_back(session, row, other, change.before, policy)
    if not told_by(session, other):
        # What was split off and has no story left is part of the first case again.
        other.state, other.merged_into = CaseState.MERGED.value, row.reference
    changes.touch(session, other, now)
    why = f"stories went back to {row.reference}"
    changes.enter_only(session, other, CaseAction.MOVED, actor, now, {"why": why, "state": other.state})
