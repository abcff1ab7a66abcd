"""What runs when: the deployments that ``embargowatch serve`` keeps, with their cron schedules."""

from typing import Any

from prefect import serve
from prefect.deployments.runner import RunnerDeployment
from prefect.flows import Flow
from prefect.schedules import Cron

from compliance.settings import Settings
from flows.digest import digest
from flows.ingest import poll
from flows.nightly import nightly
from flows.refresh_list import refresh_list


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


def serve_schedule(settings: Settings, catalogue: str | None = None) -> None:
    """Serve the deployments until stopped. Needs a running server: the temporary one has no scheduler."""
    serve(*deployments(settings, catalogue), pause_on_shutdown=False, print_starting_message=False, limit=2)
