"""Due outbox rows → webhook."""

import asyncio

from prefect import task
from prefect.cache_policies import NO_CACHE

from compliance import delivery
from flows.job import Job


@task(name="deliver alerts", cache_policy=NO_CACHE)
async def deliver_alerts(job: Job) -> int:
    """Try every due alert; return how many were accepted."""
    await asyncio.to_thread(delivery.deliver_due, job.monitor, job.counts, job.progress)
    return job.counts.alerts_delivered
