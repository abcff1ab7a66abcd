"""docker-compose.yml without a container engine: schema, promises, and its own commands on a real PostgreSQL."""

import contextlib
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import sqlalchemy
import yaml
from compose_spec import PyCompose
from typer.testing import CliRunner

from compliance.cli import assembled
from compliance.settings import Settings

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
OURS = {name: service for name, service in COMPOSE["services"].items() if "build" in service}


def test_the_file_meets_the_compose_specification() -> None:
    PyCompose.from_yaml(yaml.safe_dump(COMPOSE)).validate()
    misspelt = yaml.safe_dump(yaml.safe_load(TEXT.replace("interval: 5s", "intervall: 5s")))
    with pytest.raises(ValueError, match="intervall"):
        PyCompose.from_yaml(misspelt)


def test_every_service_is_there_and_tells_its_health() -> None:
    assert set(COMPOSE["services"]) == {"postgres", "prefect", "schedule", "desk", "receiver"}
    for name, service in COMPOSE["services"].items():
        assert service["healthcheck"]["test"], name
        for needed, condition in service.get("depends_on", {}).items():
            assert needed in COMPOSE["services"] and condition == {"condition": "service_healthy"}, name


def test_no_secret_stands_in_the_file_and_no_port_is_open_to_the_world() -> None:
    for name, service in COMPOSE["services"].items():
        for key, value in service["environment"].items():
            if re.search("PASSWORD|SECRET|TOKEN|KEY", key):
                assert key.endswith("_FILE") and value.startswith("/run/secrets/"), (name, key)
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name
        assert "@" not in re.sub(r"://\w+@", "", service["environment"].get("EMBARGOWATCH_DATABASE_URL", ""))
    assert all(set(secret) == {"file"} for secret in COMPOSE["secrets"].values())


def test_every_setting_it_gives_is_one() -> None:
    known = {f"EMBARGOWATCH_{name.upper()}" for name in Settings.model_fields}
    for service in OURS.values():
        assert set(service["environment"]) <= known


@pytest.mark.parametrize("name", sorted(OURS))
def test_every_command_and_option_it_runs_exists(name: str) -> None:
    health = OURS[name]["healthcheck"]["test"][2:]
    for words in (OURS[name]["command"], health):
        shown = CliRunner().invoke(assembled(), [words[0], "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"})
        assert shown.exit_code == 0, shown.output
        assert all(option in shown.output for option in words if option.startswith("--")), words


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def _running(command: list[str], environment: dict[str, str], log: Path) -> Iterator[psutil.Popen]:
    with log.open("wb") as out:
        process = psutil.Popen(command, env=environment, stdout=out, stderr=subprocess.STDOUT, cwd=log.parent)
        try:
            yield process
        finally:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGTERM)
            process.wait(40)


def _healthy(service: str, address: str, environment: dict[str, str]) -> str:
    """Ask the service's own health check, at the address it has here, until it answers well."""
    given = list(OURS[service]["healthcheck"]["test"][2:])
    given[-1] = re.sub(r"http://[^/]+", address, given[-1])
    until, told = time.monotonic() + 90, ""
    while time.monotonic() < until:
        done = subprocess.run(
            [sys.executable, "-m", "compliance", *given], env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode == 0:
            return "ok"
        told = done.stderr
        time.sleep(0.5)
    return told


@pytest.mark.postgres
@pytest.mark.prefect
def test_its_own_commands_run_on_postgres(postgres_url: str, tmp_path: Path) -> None:
    """Desk, receiver, Prefect server and schedule are started as the file starts them, ports and folders aside."""
    secret_file = tmp_path / "webhook_secret"
    secret_file.write_text("whsec_" + b64encode(secrets.token_bytes(24)).decode())
    ports = {name: _free_port() for name in ("prefect", "desk", "receiver")}
    base = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    environment = {
        **os.environ,
        **{k: v for k, v in OURS["schedule"]["environment"].items() if "$" not in v},
        "EMBARGOWATCH_DATABASE_URL": postgres_url,
        "EMBARGOWATCH_WEBHOOK_SECRET_FILE": str(secret_file),
        "EMBARGOWATCH_WEBHOOK_URL": base["receiver"] + "/",
        "EMBARGOWATCH_PREFECT_API_URL": base["prefect"] + "/api",
        "EMBARGOWATCH_HOME": str(tmp_path / "home"),
        "EMBARGOWATCH_DESK_PORT": str(ports["desk"]),
        "PREFECT_HOME": str(tmp_path / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    }
    del environment["EMBARGOWATCH_DATABASE_PASSWORD_FILE"]
    ours = [sys.executable, "-m", "compliance"]
    prefect = [sys.executable, "-m", *COMPOSE["services"]["prefect"]["command"]]
    prefect[-1] = str(ports["prefect"])
    caught = [*OURS["receiver"]["command"][:-1], str(tmp_path / "mail"), "--port", str(ports["receiver"])]
    with contextlib.ExitStack() as stack:
        for name, command in (("prefect", prefect), ("receiver", [*ours, *caught]), ("desk", [*ours, "desk"])):
            stack.enter_context(_running(command, environment, tmp_path / f"{name}.log"))
        assert _healthy("receiver", base["receiver"], environment) == "ok"
        assert _healthy("desk", base["desk"], environment) == "ok"
        assert _healthy("schedule", base["prefect"], environment) == "ok"
        schedule = stack.enter_context(_running([*ours, "serve"], environment, tmp_path / "schedule.log"))
        said = _wait_for(tmp_path / "schedule.log", "Serving the schedule", schedule)
        assert "Serving the schedule" in said, said
        engine = sqlalchemy.create_engine(postgres_url)
        with engine.connect() as connection:
            assert connection.execute(sqlalchemy.text("select count(*) from ledger")).scalar_one() >= 0
        engine.dispose()


def _wait_for(log: Path, words: str, process: psutil.Popen) -> str:
    until, text = time.monotonic() + 60, ""
    while words not in text and time.monotonic() < until and process.poll() is None:
        text = log.read_text(errors="replace")
        time.sleep(0.3)
    return text
