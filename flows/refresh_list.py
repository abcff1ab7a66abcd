"""The UN list → the designations in use. A refused list is a warning and changes nothing."""

import asyncio

from prefect import flow

from compliance import operations
from compliance.listrefresh import refresh_un_list
from compliance.monitor import assemble
from flows.job import current_door


@flow(name="refresh-list")
async def refresh_list() -> str:
    """Fetch the UN Consolidated List and put it into use if it is plausible; return what came of it."""
    monitor = await asyncio.to_thread(assemble, current_door().settings)
    refresh = await asyncio.to_thread(refresh_un_list, monitor)
    await asyncio.to_thread(operations.beat, monitor, "list")
    return refresh.detail
