"""What runs when: the deployments that ``embargowatch serve`` keeps, with their cron schedules."""

import asyncio
import logging
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError
from prefect import serve
from prefect.deployments.runner import RunnerDeployment
from prefect.flows import Flow
from prefect.schedules import Cron

from compliance.settings import Settings
from compliance.store import runs
from compliance.store.database import open_engine, session_scope
from flows.digest import digest
from flows.ingest import poll
from flows.nightly import nightly
from flows.refresh_list import refresh_list

log = logging.getLogger(__name__)


def deployments(settings: Settings, catalogue: str | None = None) -> list[RunnerDeployment]:
    """Return the deployments: polling through the day, the nightly judgement, the digest, the UN list."""
    reads = {"catalogue": catalogue} if catalogue else {}
    plan: tuple[tuple[Flow[..., Any], str, dict[str, str]], ...] = (
        (poll, settings.ingest_cron, reads),
        (nightly, settings.nightly_cron, reads),
        (digest, settings.digest_cron, {}),
        (refresh_list, settings.list_cron, {}),
    )
    return [
        RunnerDeployment.from_flow(
            flow, name=flow.name, schedule=Cron(cron, timezone=settings.timezone), parameters=parameters
        )
        for flow, cron, parameters in plan
    ]


def missed_night(settings: Settings, last: datetime | None, now: datetime) -> datetime | None:
    """Return when the nightly job should have begun since it last did, or None where none was missed.

    An installation that has never judged has missed nothing.
    """
    if last is None:
        return None
    try:
        zone = ZoneInfo(settings.timezone)
        fire = next(CronSim(settings.nightly_cron, now.astimezone(zone), reverse=True))
    except (CronSimError, StopIteration, ZoneInfoNotFoundError) as error:
        log.warning("schedule cannot be checked for missed nights cron=%s reason=%s", settings.nightly_cron, error)
        return None
    return fire if last < fire else None


def catch_up(settings: Settings, catalogue: str | None = None) -> bool:
    """Judge now if a night was missed while nothing was served; return whether that was so.

    Polls need no such thing: what is due is kept with each feed. A run that fails is in the run's own record and
    must not keep the schedule from being served.
    """
    now = datetime.now(UTC)
    with session_scope(open_engine(settings.database)) as session:
        missed = missed_night(settings, runs.last_start(session, "nightly"), now)
    if missed is None:
        return False
    log.warning("nightly job was missed and is made up for due=%s", missed.isoformat())
    try:
        asyncio.run(nightly(catalogue))
    except Exception:  # whatever broke is written into the run
        log.exception("the nightly job that was made up for failed")
    return True


def serve_schedule(settings: Settings, catalogue: str | None = None) -> None:
    """Make up for a missed night, then serve the deployments until stopped.

    Needs a running server: the temporary one has no scheduler.
    """
    catch_up(settings, catalogue)
    serve(*deployments(settings, catalogue), pause_on_shutdown=False, print_starting_message=False, limit=2)
