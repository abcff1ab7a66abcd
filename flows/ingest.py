"""Every feed → new stories, as one coarse task: a task per feed would cost more than the feed."""

import asyncio

from prefect import task
from prefect.cache_policies import NO_CACHE

from compliance import pipeline
from flows.job import Job


@task(name="read feeds", cache_policy=NO_CACHE)
async def read_feeds(job: Job) -> int:
    """Read every feed of the job's catalogue; return how many stories are new."""
    await asyncio.to_thread(pipeline.ingest, job.monitor, job.run_id, job.counts, job.progress)
    return job.counts.stories_new
