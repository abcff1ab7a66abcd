"""How Prefect is set up before it is first imported: its own home and database, quiet, and talking to nobody.

Prefect reads its settings when it is imported, so ``apply`` comes first in every process that runs flows.
"""

import os
import signal
from pathlib import Path

from compliance.settings import Settings

_SERVER_PID = "temporary-server.pid"


def prefect_environment(settings: Settings) -> dict[str, str]:
    """Return the environment Prefect runs in. Its database stays apart from ours, in ``home/prefect``."""
    home = settings.home.resolve() / "prefect"
    environment = {
        "PREFECT_HOME": str(home),
        "PREFECT_PROFILES_PATH": str(home / "profiles.toml"),
        # No telemetry, no update check, no analytics: the job talks to its feeds, its webhook and nobody else.
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
        "PREFECT_LOGGING_TO_API_ENABLED": "false",
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        "PREFECT_CLI_PROMPT": "false",
        "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
        # A first start creates Prefect's database, which takes longer than its own time-out of 20 seconds allows.
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
        # Recording task runs one by one costs the server several times the work.
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "200",
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "200",
    }
    if settings.prefect_api_url:
        environment["PREFECT_API_URL"] = settings.prefect_api_url
    else:
        environment["PREFECT_SERVER_ALLOW_EPHEMERAL_MODE"] = "true"
        # When the run ends, the temporary server is stopped in the middle of its own bookkeeping, and says so at
        # length; what went wrong in a run is in our ledger and in the flow's own log.
        environment["PREFECT_SERVER_LOGGING_LEVEL"] = "CRITICAL"
    return environment


def apply(settings: Settings) -> None:
    """Set the environment for this process and its children, and end a temporary server that a killed run left."""
    environment = prefect_environment(settings)
    home = Path(environment["PREFECT_HOME"])
    home.mkdir(parents=True, exist_ok=True)
    if not settings.prefect_api_url:
        os.environ.pop("PREFECT_API_URL", None)
    os.environ.update(environment)
    _end_orphan(home / _SERVER_PID)


def note_temporary_server(settings: Settings) -> None:
    """Write down the process of Prefect's temporary server, so that the next run can end it if this one is killed."""
    from prefect.server.api.server import SubprocessASGIServer

    servers = list(SubprocessASGIServer._instances.values())
    pids = [server.server_process.pid for server in servers if server.server_process is not None]
    if pids:
        note = settings.home.resolve() / "prefect" / _SERVER_PID
        note.write_text(f"{pids[0]} {os.getpid()}", encoding="ascii")


def _end_orphan(note: Path) -> None:
    try:
        server, parent = (int(part) for part in note.read_text(encoding="ascii").split())
        command = Path(f"/proc/{server}/cmdline").read_bytes()
    except (OSError, ValueError):
        return
    # Only a server of Prefect's whose parent is gone is an orphan; pids are reused by others.
    if b"prefect.server" in command and not Path(f"/proc/{parent}").exists():
        os.kill(server, signal.SIGKILL)
    note.unlink(missing_ok=True)
