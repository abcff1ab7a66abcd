"""A real server sees a cron run fire.

Prefect's own requirements admit FastAPI from 0.155 on, under which its server cannot start, and SQLAlchemy 2.1, under
which its scheduler never makes a run. No resolver notices either; this test does.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from sqlmodel import select

from compliance.store import runs
from compliance.store.database import open_engine, session_scope, upgrade
from compliance.store.tables import StoryRow
from tests.compliance.intake.hostile import hostile, reply
from tests.compliance.intake.test_page_reader import PLAIN

FEED = (
    "<rss version='2.0'><channel><title>F</title><item><title>Rain</title><link>{0}/page</link></item></channel></rss>"
)
TYPED = "Content-Type: application/rss+xml\r\n"
NEVER = "0 0 1 1 *"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.prefect
def test_a_cron_run_fires_and_nothing_is_left_behind(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ew.db'}"
    upgrade(url)
    routes = {"/page": reply(PLAIN.body, headers="Content-Type: text/html\r\n")}
    with hostile(routes) as feeds:
        routes["/rss"] = reply(FEED.format(feeds.base).encode(), headers=TYPED)
        catalogue = tmp_path / "feeds.yml"
        catalogue.write_text(f"feeds:\n  - {{id: f, url: '{feeds.base}/rss', title: F, full_text: true}}\n")
        environment = os.environ | {
            "EMBARGOWATCH_HOME": str(tmp_path / "home"),
            "EMBARGOWATCH_DATABASE_URL": url,
            "EMBARGOWATCH_ALLOW_PRIVATE_FEEDS": "true",
            "EMBARGOWATCH_INGEST_CRON": "* * * * *",
            **{f"EMBARGOWATCH_{name}_CRON": NEVER for name in ("NIGHTLY", "DIGEST", "LIST")},
        }
        command = [
            sys.executable,
            "-m",
            "compliance",
            "serve",
            "--feeds",
            str(catalogue),
            "--server-port",
            str(free_port()),
        ]
        with (tmp_path / "serve.log").open("wb") as log:
            process = psutil.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
            try:
                state = _wait_for_run(url, process)
            finally:
                children = process.children(recursive=True) if process.is_running() else []
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.send_signal(signal.SIGTERM)
                process.wait(40)
        log_text = (tmp_path / "serve.log").read_text(errors="replace")
    assert state == "reconciled", log_text[-3_000:]
    # The page was read in the process with limits, which the flow run started and ended.
    assert _texts(url)[0].count("Inspectors in the port") == 8
    _, alive = psutil.wait_procs(children, timeout=60)
    assert [p.cmdline() for p in alive] == []


def _texts(url: str) -> list[str]:
    engine = open_engine(url)
    with session_scope(engine) as session:
        found = [story.text for story in session.exec(select(StoryRow))]
    engine.dispose()
    return found


def _wait_for_run(url: str, process: psutil.Popen) -> str:
    engine = open_engine(url)
    until, state = time.monotonic() + 170, "none"
    while time.monotonic() < until and process.poll() is None:
        with session_scope(engine) as session:
            found = runs.latest(session, 1)
        state = found[0].state if found else "none"
        if state not in ("none", "running"):
            break
        time.sleep(1)
    engine.dispose()
    return state
