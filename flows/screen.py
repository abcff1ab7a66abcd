"""Unscreened stories → screenings, cases and outbox rows."""

import asyncio

from prefect import task
from prefect.cache_policies import NO_CACHE

from compliance import pipeline
from flows.job import Job


@task(name="screen stories", cache_policy=NO_CACHE)
async def screen_stories(job: Job) -> int:
    """Judge every story that waits for it; return how many were flagged."""
    await asyncio.to_thread(pipeline.screen_waiting, job.monitor, job.run_id, job.counts, job.progress)
    return job.counts.flagged
