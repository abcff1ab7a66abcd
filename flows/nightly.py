"""The nightly job: ingest → screen → deliver, and a run that must reconcile."""

import asyncio
from pathlib import Path

from prefect import flow

from compliance.pipeline import RunReport, abandon_run
from compliance.settings import Settings
from flows.deliver import deliver_alerts
from flows.environment import note_temporary_server
from flows.ingest import read_feeds
from flows.job import Door, Progress, as_it_is, close_job, current_door, open_job, opened_by
from flows.screen import screen_stories


class UnreconciledError(RuntimeError):
    """A run's counts do not add up; Prefect then shows the run as failed."""


async def judge_the_day(catalogue: str | None, base_url: str | None) -> RunReport:
    """Read feeds, screen what waits, send what is due, and compare every count with the database."""
    job = await asyncio.to_thread(open_job, catalogue, base_url)
    try:
        await read_feeds(as_it_is(job))
        await screen_stories(as_it_is(job))
        await deliver_alerts(as_it_is(job))
    except Exception as error:  # whatever broke is written into the run before it goes on up
        await asyncio.to_thread(abandon_run, job.monitor.engine, job.run_id, f"{type(error).__name__}: {error}")
        raise
    return await asyncio.to_thread(close_job, job)


@flow(name="nightly", log_prints=False)
async def nightly(catalogue: str | None = None, base_url: str | None = None) -> RunReport:
    """The scheduled form: a run that does not reconcile counts as failed."""
    report = await judge_the_day(catalogue, base_url)
    if not report.has_reconciled:
        raise UnreconciledError("; ".join(report.faults))
    return report


@flow(name="nightly-once", log_prints=False)
async def nightly_once(catalogue: str | None = None, base_url: str | None = None) -> RunReport:
    """The form a person starts at a terminal, who is shown what did not reconcile."""
    settings = current_door().settings
    if not settings.prefect_api_url:
        note_temporary_server(settings)
    return await judge_the_day(catalogue, base_url)


def run_nightly(
    settings: Settings, catalogue: Path | None, base_url: str | None, on_progress: Progress | None = None
) -> RunReport:
    """Run the nightly job once in this process under Prefect's engine and return its report.

    ``flows.environment.apply`` must have run before this module was imported.
    """
    with opened_by(Door(settings, on_progress)):
        return asyncio.run(nightly_once(str(catalogue) if catalogue else None, base_url))
