"""Every feed → new stories, as one coarse task: a task per feed would cost more than the feed."""

import asyncio

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from compliance import pipeline
from flows.job import Job, as_it_is, open_job


@task(name="read feeds", cache_policy=NO_CACHE)
async def read_feeds(job: Job) -> int:
    """Read every feed of the job's catalogue; return how many stories are new."""
    await asyncio.to_thread(pipeline.ingest, job.monitor, job.run_id, job.counts, job.progress)
    return job.counts.stories_new


@task(name="read due feeds", cache_policy=NO_CACHE)
async def read_due_feeds(job: Job) -> int:
    """Read the feeds whose own pace says that they are due; return how many stories are new."""
    await asyncio.to_thread(pipeline.ingest, job.monitor, job.run_id, job.counts, job.progress, due_only=True)
    return job.counts.stories_new


@flow(name="poll")
async def poll(catalogue: str | None = None) -> int:
    """Read the feeds that are due, so that nothing drops out of a feed's window before the night; judge nothing.

    What is due is kept with each feed, so a poll that was missed is made up for by the next one.
    """
    job = await asyncio.to_thread(open_job, catalogue, None, "poll")
    try:
        found = await read_due_feeds(as_it_is(job))
    except Exception as error:  # whatever broke is written into the run before it goes on up
        await asyncio.to_thread(
            pipeline.abandon_run, job.monitor.engine, job.run_id, f"{type(error).__name__}: {error}"
        )
        raise
    await asyncio.to_thread(pipeline.close_poll, job.monitor.engine, job.run_id, job.counts)
    return found
