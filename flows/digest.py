"""The day's counts → a digest mail, sent even when nothing was found."""

import asyncio
from datetime import UTC, datetime, timedelta

from prefect import flow

from compliance import operations
from compliance.coverage import RunCounts
from compliance.delivery import deliver_due
from compliance.digest import queue_missing
from compliance.monitor import assemble
from flows.job import current_door


@flow(name="digest")
async def digest() -> int:
    """Queue the digests (UTC) owed up to yesterday and deliver what is due; return how many mails were accepted."""
    monitor = await asyncio.to_thread(assemble, current_door().settings)
    await asyncio.to_thread(operations.look, monitor, datetime.now(UTC))
    await asyncio.to_thread(queue_missing, monitor, (datetime.now(UTC) - timedelta(days=1)).date())
    await asyncio.to_thread(operations.beat, monitor, "digest")
    counts = RunCounts()
    await asyncio.to_thread(deliver_due, monitor, counts)
    return counts.alerts_delivered
