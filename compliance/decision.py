"""An officer's decision on a case: recorded in the case and the ledger at once, or not at all."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Engine

from compliance.case import CaseAction, CaseState, Disposition, may_follow
from compliance.errors import ConflictError
from compliance.store import cases, ledger
from compliance.store.database import session_scope
from compliance.store.tables import CaseRow, CaseStoryRow, ScreeningRow, StoryRow


def dispose_case(
    engine: Engine,
    reference: str,
    disposition: Disposition,
    reason: str,
    note: str,
    actor: str,
    revision: int,
    now: datetime,
) -> int:
    """Record an officer's decision on a waiting case, in the case and the ledger at once; return the new revision.

    Raises LookupError for an unknown case, and ConflictError where the case has changed since ``revision`` was
    shown or was decided already.
    """
    with session_scope(engine) as session:
        row = _held(cases.for_update(session, reference), reference, revision, CaseAction.DECIDED)
        before = {"state": row.state, "disposition": row.disposition}
        row.state, row.disposition = CaseState.DECIDED.value, disposition.value
        row.changed_at, row.revision = now, row.revision + 1
        session.add(row)
        ledger.append(
            session,
            at=now,
            actor=actor,
            action=CaseAction.DECIDED,
            subject=reference,
            before=before,
            after={"state": row.state, "disposition": row.disposition, "reason": reason, "note": note},
            versions=_versions_shown(cases.stories_of(session, row.id or 0)),
        )
        return row.revision


def reopen_case(engine: Engine, reference: str, note: str, actor: str, revision: int, now: datetime) -> int:
    """Put a decided case back into the queue, with the earlier decision kept in the ledger; return the new revision.

    Raises LookupError and ConflictError as ``dispose_case`` does.
    """
    with session_scope(engine) as session:
        row = _held(cases.for_update(session, reference), reference, revision, CaseAction.REOPENED)
        before = {"state": row.state, "disposition": row.disposition}
        row.state, row.disposition = CaseState.WAITING.value, None
        row.changed_at, row.revision = now, row.revision + 1
        session.add(row)
        ledger.append(
            session,
            at=now,
            actor=actor,
            action=CaseAction.REOPENED,
            subject=reference,
            before=before,
            after={"state": row.state, "disposition": None, "note": note},
        )
        return row.revision


def _held(row: CaseRow | None, reference: str, revision: int, action: CaseAction) -> CaseRow:
    if row is None:
        raise LookupError(f"there is no case {reference}")
    if row.revision != revision or not may_follow(CaseState(row.state), action):
        decided = f" and stands as {row.disposition}" if row.disposition else ""
        raise ConflictError(f"{reference} has changed since you opened it{decided}")
    return row


def _versions_shown(told: Sequence[tuple[CaseStoryRow, StoryRow, ScreeningRow]]) -> dict[str, str]:
    first = told[0][2]
    return {"model": first.model_version, "rules": first.rules_version, "policy": first.policy_version}
