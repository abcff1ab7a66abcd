"""One function per step of the journey: load, judge, save. The doors call these and nothing below them."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy import Engine

from compliance.coverage import RunCounts, faults
from compliance.ingest import ingest
from compliance.judging import screen_waiting
from compliance.store import heartbeats, leases, runs
from compliance.store.database import session_scope

__all__ = [
    "RunReport",
    "abandon_run",
    "close_poll",
    "close_run",
    "ingest",
    "keep_lease",
    "open_run",
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


def open_run(engine: Engine, job: str = "nightly") -> str:
    """Take the lease of the nightly job and enter a new run of a job; return its id.

    Raises ConflictError where another run is alive. A run whose process died is marked interrupted.
    """
    now = datetime.now(UTC)
    run_id = f"{now:%Y%m%dT%H%M%S}-{uuid4().hex[:6]}"
    with session_scope(engine) as session:
        leases.acquire(session, LEASE, leases.owner_name(), now)
        runs.open_run(session, run_id, now, job)
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
        if not found:
            heartbeats.beat(session, "nightly", now)
            # The night's run reads the feeds, too.
            heartbeats.beat(session, "ingest", now)
        leases.release(session, LEASE, leases.owner_name())
    return RunReport(run_id, started_at, now, counts, tuple(found))


def close_poll(engine: Engine, run_id: str, counts: RunCounts) -> list[str]:
    """Enter the counts of a run that only read feeds; the stories it brought wait for the night. Return its faults."""
    with session_scope(engine) as session:
        stored = runs.stored_counts(session, run_id)
        # Nothing was judged or sent, so only the sums of reading are compared.
        found = faults(counts, stored | {"unscreened": 0})
        runs.close_run(session, run_id, asdict(counts), found, datetime.now(UTC))
        if not found:
            heartbeats.beat(session, "ingest", datetime.now(UTC))
        leases.release(session, LEASE, leases.owner_name())
    return found


def abandon_run(engine: Engine, run_id: str, reason: str) -> None:
    """Mark a run that could not be finished as failed, with the reason, and give the lease back."""
    with session_scope(engine) as session:
        runs.fail_run(session, run_id, reason, datetime.now(UTC))
        leases.release(session, LEASE, leases.owner_name())
