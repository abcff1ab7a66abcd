"""``embargowatch serve`` and ``embargowatch receiver``: the long-lived processes beside the desk."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from compliance.errors import ConfigError
from compliance.settings import Settings

if TYPE_CHECKING:
    from compliance.monitor import Monitor

_START_SECONDS = 120


def mount(app: typer.Typer) -> None:
    """Add the commands to the main one."""
    app.command()(serve)
    app.command()(receiver)
    app.command()(health)


def serve(
    feeds: Annotated[Path | None, typer.Option(help="The catalogue of feeds; config/feeds.yml if not given.")] = None,
    server_port: Annotated[int, typer.Option(help="Port for the Prefect server this command starts.")] = 4200,
) -> None:
    """Run on schedule until stopped: polling through the day, the nightly judgement, the digest, the UN list.

    Starts a Prefect server of its own unless EMBARGOWATCH_PREFECT_API_URL names one.

    Example: embargowatch serve
    """
    settings = Settings()
    from compliance import operations
    from compliance.monitor import assemble

    # A wrong catalogue or an unreachable database should stop the start, not the first night.
    monitor = assemble(settings, feeds)
    operations.expect_jobs(monitor, datetime.now(UTC))
    from flows.environment import apply

    apply(settings)
    _end_on_sigterm()
    with _prefect_server(settings, server_port) as url:
        os.environ["PREFECT_API_URL"] = url
        from flows.schedule import serve_schedule

        Console().print(f"Serving the schedule through the Prefect server at {url} (stop with Ctrl-C).", markup=False)
        with _deliverer(monitor):
            serve_schedule(settings, str(feeds.resolve()) if feeds else None)


@contextlib.contextmanager
def _deliverer(monitor: "Monitor") -> Iterator[None]:
    """Deliver alerts every few seconds while the block runs: the schedule's jobs are too far apart for retries."""
    from compliance.delivery import deliver_until

    stopped = threading.Event()
    thread = threading.Thread(target=deliver_until, args=(monitor, stopped), name="deliverer", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join(30)


def _end_on_sigterm() -> None:
    """End on SIGTERM as on Ctrl-C. A shell's background job inherits an ignored SIGINT and could never be stopped."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))


@contextlib.contextmanager
def _prefect_server(settings: Settings, port: int) -> Iterator[str]:
    """Yield the API address of the configured server, or of one started here and ended with this process."""
    if settings.prefect_api_url:
        yield settings.prefect_api_url
        return
    if _is_taken(port):
        raise ConfigError(f"port {port} is taken; name another with --server-port")
    url = f"http://127.0.0.1:{port}/api"
    environment = os.environ | {"PREFECT_UI_API_URL": url}
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    # Its own process group: Ctrl-C reaches us first, so that running flows can end before their server does.
    process = subprocess.Popen(  # noqa: S603  (the command is ours from first word to last, and no shell reads it)
        command, env=environment, stdout=subprocess.DEVNULL, start_new_session=True
    )
    try:
        _wait_until_healthy(process, url)
        yield url
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _wait_until_healthy(process: subprocess.Popen[bytes], url: str) -> None:
    import requests

    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            raise ConfigError(f"the Prefect server ended with status {process.returncode} while starting")
        with contextlib.suppress(requests.RequestException):
            if requests.get(f"{url}/health", timeout=2).ok:
                return
        time.sleep(0.3)
    raise ConfigError(f"the Prefect server did not answer within {_START_SECONDS} seconds")


def receiver(
    folder: Annotated[Path, typer.Option(help="Where caught mails are kept.")] = Path("var/caught-mail"),
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8025,
) -> None:
    """Catch alert mails in a folder instead of sending them: a webhook for trying alerts. GET / lists them.

    Posts must be signed with the secret in EMBARGOWATCH_WEBHOOK_SECRET (or ..._SECRET_FILE).

    Example: embargowatch receiver --port 8025
    """
    from compliance.receiver import serve_receiver

    secret = Settings().signing_secret
    if not secret:
        raise ConfigError("EMBARGOWATCH_WEBHOOK_SECRET: the receiver needs the secret that alerts are signed with")
    _end_on_sigterm()
    Console().print(f"Catching alerts at http://{host}:{port}/ into {folder} (stop with Ctrl-C).", markup=False)
    with contextlib.suppress(KeyboardInterrupt):
        serve_receiver(folder, secret, host, port)


def health(
    url: Annotated[str, typer.Option(help="Address of the health check.")] = "http://127.0.0.1:8000/readyz",
) -> None:
    """Ask a service's health check and exit 0 if it answers well: for containers and supervisors.

    Example: embargowatch health --url http://127.0.0.1:8000/readyz
    """
    import requests

    try:
        status = requests.get(url, timeout=5).status_code
    except requests.RequestException as error:
        raise ConfigError(f"{url} does not answer ({type(error).__name__})") from error
    if status != 200:
        raise ConfigError(f"{url} answered {status}")
    Console().print("ok")
