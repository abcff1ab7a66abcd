"""What a flow run works on. Settings and callbacks stay in the process; Prefect is handed ids and paths only."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from prefect.utilities.annotations import quote

from compliance import audit, operations, pipeline
from compliance.coverage import RunCounts
from compliance.errors import ConfigError
from compliance.monitor import Monitor, assemble
from compliance.settings import Settings

# Seconds; a lease lasts five minutes.
_RENEW_AFTER = 20.0
log = logging.getLogger(__name__)

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Door:
    """What the door that started a run hands to it."""

    settings: Settings
    on_progress: Progress | None = None


_door: ContextVar[Door | None] = ContextVar("door", default=None)


@contextmanager
def opened_by(door: Door) -> Iterator[None]:
    """Let flows run within the block use the door's settings and tell it of their progress."""
    token = _door.set(door)
    try:
        yield
    finally:
        _door.reset(token)


def current_door() -> Door:
    """Return the door of this run; a scheduled run reads its settings from the environment."""
    return _door.get() or Door(Settings())


@dataclass(slots=True)
class Job:
    """One run of the nightly job: its monitor, its counts, and a lease that is renewed as it works."""

    monitor: Monitor
    run_id: str
    started_at: datetime
    on_progress: Progress | None
    counts: RunCounts = field(default_factory=RunCounts)
    _renewed_at: float = 0.0

    def progress(self, step: str, done: int, total: int) -> None:
        """Renew the lease and tell the door."""
        if done == total or time.monotonic() - self._renewed_at > _RENEW_AFTER:
            pipeline.keep_lease(self.monitor.engine)
            self._renewed_at = time.monotonic()
        if self.on_progress:
            self.on_progress(step, done, total)


def open_job(catalogue: str | None, base_url: str | None, name: str = "nightly") -> Job:
    """Assemble the monitor, take the lease and enter the run."""
    door = current_door()
    monitor = assemble(door.settings, Path(catalogue) if catalogue else None, base_url)
    operations.look(monitor, datetime.now(UTC))
    return Job(monitor, pipeline.open_run(monitor.engine, name), datetime.now(UTC), door.on_progress)


def as_it_is(job: Job) -> Job:
    """Return the job wrapped so that Prefect hands it to a task as it is, instead of walking through all of it."""
    return cast(Job, quote(job))


def close_job(job: Job) -> pipeline.RunReport:
    """Reconcile the run, give its lease back, tell of it, and keep the head of the record in the file of anchors.

    A good run gives a sign of life, any other an alert.
    """
    report = pipeline.close_run(job.monitor.engine, job.run_id, job.counts, job.started_at)
    if report.has_reconciled:
        operations.ping(job.monitor.settings)
    operations.look(job.monitor, datetime.now(UTC))
    try:
        audit.keep_anchor(job.monitor.settings.anchors_file, audit.head(job.monitor.engine, report.finished_at))
    except ConfigError as error:
        # What the night found is stored; only the proof against a cut end lags behind.
        log.warning("anchor not kept run=%s reason=%s", job.run_id, error)
    return report
