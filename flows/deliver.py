"""Due outbox rows → webhook."""

import asyncio
import logging

from prefect import task
from prefect.cache_policies import NO_CACHE

from compliance import delivery
from compliance.errors import ConfigError
from flows.job import Job

log = logging.getLogger(__name__)


@task(name="deliver alerts", cache_policy=NO_CACHE)
async def deliver_alerts(job: Job) -> int:
    """Try every due alert; return how many were accepted."""
    try:
        await asyncio.to_thread(delivery.deliver_due, job.monitor, job.counts, job.progress)
    except ConfigError as error:
        # The night's judgement stands all the same: the alerts of that channel wait, and the watchdog tells of it.
        log.warning("some alerts wait for an operator reason=%s", error)
    return job.counts.alerts_delivered
