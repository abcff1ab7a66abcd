"""What officers change of a case: field by field, with what was there before, in the case and the ledger at once."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from compliance.case import CaseAction, CaseState
from compliance.store import ledger
from compliance.store.tables import CaseRow, CaseStoryRow
from compliance.store.tables_desk import ChangeRow, MarkRow

# What a decision rests on: where one of these changes, the first of two readers must look again.
EVIDENCE = frozenset(
    {
        CaseAction.CORRECTED,
        CaseAction.MARKED,
        CaseAction.UNMARKED,
        CaseAction.MOVED,
        CaseAction.SPLIT,
        CaseAction.MERGED,
    }
)
# What is never taken back: a taking back itself, and what another person's word made of a case.
FINAL = frozenset({CaseAction.CONTESTED, CaseAction.REOPENED, CaseAction.OPENED, CaseAction.UNDONE})
_STANDING = (col(ChangeRow.undone_at).is_(None), col(ChangeRow.action).not_in([action.value for action in FINAL]))
_FACTS = ("kinds", "regimes", "status", "parties", "denied_by", "goods")


def make(
    session: Session,
    row: CaseRow,
    action: CaseAction,
    actor: str,
    now: datetime,
    values: Mapping[str, Any],
    *,
    note: str = "",
    told: Mapping[str, Any] | None = None,
    before: Mapping[str, Any] | None = None,
    versions: Mapping[str, str] | None = None,
) -> ChangeRow:
    """Set the case's fields to these values, note how to take it back, and enter it in the ledger; a new revision.

    ``told`` and ``before`` are what the ledger and the way back need besides the fields themselves.
    """
    assert row.id is not None
    if action in EVIDENCE:
        void(session, row, actor, now, "its evidence was changed")
    was = {name: getattr(row, name) for name in values} | dict(before or {})
    for name, value in values.items():
        setattr(row, name, value)
    touch(session, row, now)
    after = dict(values) | dict(told or {})
    change = ChangeRow(case_id=row.id, at=now, actor=actor, action=action, before=was, after=after, note=note)
    session.add(change)
    session.flush()
    entered = after | {"change": change.id} | ({"note": note} if note else {})
    ledger.append(
        session,
        at=now,
        actor=actor,
        action=action,
        subject=row.reference,
        before=was,
        after=entered,
        versions=versions,
    )
    return change


def enter_only(
    session: Session, row: CaseRow, action: CaseAction, actor: str, now: datetime, told: Mapping[str, Any]
) -> None:
    """Enter in the ledger what another case's change did to this one."""
    ledger.append(session, at=now, actor=actor, action=action, subject=row.reference, after=told)


def touch(session: Session, row: CaseRow, now: datetime) -> None:
    """Give the case a new revision, so that whoever looks at the old one is told."""
    row.changed_at, row.revision = now, row.revision + 1
    session.add(row)
    session.flush()


def void(session: Session, row: CaseRow, actor: str, now: datetime, why: str) -> bool:
    """Take back the first of two decisions where the case waits for the second; return whether it did."""
    if row.state != CaseState.SECOND.value:
        return False
    before = {"state": row.state, "proposal": row.proposal}
    row.state, row.proposal = CaseState.WAITING.value, None
    session.add(row)
    ledger.append(
        session,
        at=now,
        actor=actor,
        action=CaseAction.VOIDED,
        subject=row.reference,
        before=before,
        after={"state": row.state, "proposal": None, "why": why},
    )
    return True


def evidence_digest(session: Session, row: CaseRow) -> str:
    """Return the SHA-256 of what a decision rests on: stories, screenings, marks, and the facts as they stand."""
    links = select(CaseStoryRow.story_id, CaseStoryRow.screening_id).where(CaseStoryRow.case_id == row.id)
    marks = select(MarkRow.id).where(MarkRow.case_id == row.id, ~col(MarkRow.is_removed))
    content = {
        "stories": sorted([story, screening] for story, screening in session.exec(links)),
        "marks": sorted(i for i in session.exec(marks) if i is not None),
        "facts": {name: getattr(row, name) for name in _FACTS},
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def of_case(session: Session, case_id: int) -> list[ChangeRow]:
    """Return the changes of a case, oldest first, those taken back too."""
    return list(session.exec(select(ChangeRow).where(ChangeRow.case_id == case_id).order_by(col(ChangeRow.id))))


def last_of(session: Session, actor: str, since: datetime) -> ChangeRow | None:
    """Return a person's last change since then that can be and was not taken back, or None."""
    statement = select(ChangeRow).where(ChangeRow.actor == actor, *_STANDING, col(ChangeRow.at) >= since)
    return session.exec(statement.order_by(col(ChangeRow.id).desc()).limit(1)).first()


def newest(session: Session, case_id: int, actor: str) -> int | None:
    """Return the id of a person's newest change of a case that can be and was not taken back, or None."""
    statement = select(ChangeRow.id).where(ChangeRow.case_id == case_id, ChangeRow.actor == actor, *_STANDING)
    return session.exec(statement.order_by(col(ChangeRow.id).desc()).limit(1)).first()


def marks_of(session: Session, case_id: int) -> list[MarkRow]:
    """Return the spans that officers marked in a case's stories, those removed left out."""
    statement = select(MarkRow).where(MarkRow.case_id == case_id, ~col(MarkRow.is_removed))
    return list(session.exec(statement.order_by(col(MarkRow.id))))


def machines(row: CaseRow, made: list[ChangeRow]) -> dict[str, Any]:
    """Return the case's facts as the machine found them: what stood before the first change of each."""
    found = {name: getattr(row, name) for name in _FACTS}
    seen: set[str] = set()
    for change in made:
        for name in _FACTS:
            if name in change.before and name not in seen:
                found[name] = change.before[name]
                seen.add(name)
    return found
