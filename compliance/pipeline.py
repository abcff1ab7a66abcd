"""One function per step of the journey: load, judge, save. The doors call these and nothing below them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy import Engine

from compliance.case import CaseAction, CaseState, Disposition, may_follow
from compliance.coverage import RunCounts, faults
from compliance.errors import ConflictError
from compliance.ingest import ingest
from compliance.judging import screen_waiting
from compliance.store import cases, leases, ledger, runs
from compliance.store.database import session_scope
from compliance.store.tables import CaseRow, CaseStoryRow, ScreeningRow, StoryRow

__all__ = [
    "RunReport",
    "abandon_run",
    "close_poll",
    "close_run",
    "dispose_case",
    "ingest",
    "keep_lease",
    "open_run",
    "reopen_case",
    "screen_waiting",
]

LEASE = "nightly"


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run did; it reconciled where ``faults`` is empty."""

    run_id: str
    started_at: datetime
    finished_at: datetime
    counts: RunCounts
    faults: tuple[str, ...]

    @property
    def has_reconciled(self) -> bool:
        """True where every count adds up."""
        return not self.faults


def open_run(engine: Engine) -> str:
    """Take the lease of the nightly job and enter a new run; return its id.

    Raises ConflictError where another run is alive. A run whose process died is marked interrupted.
    """
    now = datetime.now(UTC)
    run_id = f"{now:%Y%m%dT%H%M%S}-{uuid4().hex[:6]}"
    with session_scope(engine) as session:
        leases.acquire(session, LEASE, leases.owner_name(), now)
        runs.open_run(session, run_id, now)
    return run_id


def keep_lease(engine: Engine) -> None:
    """Renew the lease of the nightly job; ConflictError tells that it was lost."""
    with session_scope(engine) as session:
        leases.acquire(session, LEASE, leases.owner_name(), datetime.now(UTC))


def close_run(engine: Engine, run_id: str, counts: RunCounts, started_at: datetime) -> RunReport:
    """Compare the run's counts with what the tables hold, enter the result and give the lease back."""
    now = datetime.now(UTC)
    with session_scope(engine) as session:
        found = faults(counts, runs.stored_counts(session, run_id))
        runs.close_run(session, run_id, asdict(counts), found, now)
        leases.release(session, LEASE, leases.owner_name())
    return RunReport(run_id, started_at, now, counts, tuple(found))


def close_poll(engine: Engine, run_id: str, counts: RunCounts) -> list[str]:
    """Enter the counts of a run that only read feeds; the stories it brought wait for the night. Return its faults."""
    with session_scope(engine) as session:
        stored = runs.stored_counts(session, run_id)
        # Nothing was judged or sent, so only the sums of reading are compared.
        found = faults(counts, stored | {"unscreened": 0})
        runs.close_run(session, run_id, asdict(counts), found, datetime.now(UTC))
        leases.release(session, LEASE, leases.owner_name())
    return found


def abandon_run(engine: Engine, run_id: str, reason: str) -> None:
    """Mark a run that could not be finished as failed, with the reason, and give the lease back."""
    with session_scope(engine) as session:
        runs.fail_run(session, run_id, reason, datetime.now(UTC))
        leases.release(session, LEASE, leases.owner_name())


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
