"""kill -9 of the deliverer at random moments: nothing lost, and what comes twice comes under one id."""

import os
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlmodel import select

from compliance.alert import Alert
from compliance.monitor import assemble
from compliance.settings import Settings
from compliance.store import outbox
from compliance.store.database import session_scope
from compliance.store.tables import DeliveryRow, OutboxRow
from tests.compliance.channels.conftest import serving

KEY = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
KILLS, ALERTS = 4, 150
DELIVERER = """
from compliance.coverage import RunCounts
from compliance.delivery import deliver_due
from compliance.monitor import assemble
from compliance.settings import Settings
monitor = assemble(Settings())
print("ready", flush=True)
deliver_due(monitor, RunCounts())
"""


def test_a_deliverer_killed_again_and_again_loses_nothing(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    monitor, rng = assemble(settings), random.Random(3)
    with session_scope(monitor.engine) as session:
        for n in range(ALERTS):
            alert = Alert(f"alert_{n}", f"r{n % 5}@x", {"subject": f"{n}", "text": "t"})
            now = datetime.now(UTC) - timedelta(seconds=1)
            outbox.add(session, alert, subject=f"case {n}", event="e", run_id=None, now=now)
    with serving() as service:
        environment = os.environ | {
            "EMBARGOWATCH_HOME": str(tmp_path),
            "EMBARGOWATCH_WEBHOOK_URL": service.base + "/",
            "EMBARGOWATCH_WEBHOOK_SECRET": KEY,
            "EMBARGOWATCH_WEBHOOK_ALLOW_PRIVATE": "true",
        }
        command = [sys.executable, "-c", DELIVERER]
        died = 0
        for _ in range(KILLS):
            with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
                assert process.stdout is not None and process.stdout.readline() == b"ready\n"
                time.sleep(rng.uniform(0, 0.25))
                process.kill()
                died += process.wait() == -signal.SIGKILL
        assert died > 0
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
        came = [(post.headers["webhook-id"], post.json()["subject"]) for post in service.posts]
    assert len(set(came)) == ALERTS and len({id_ for id_, _ in came}) == ALERTS
    # At most the one alert that was in flight is repeated for each kill.
    assert len(came) <= ALERTS + died
    with session_scope(monitor.engine) as session:
        rows = list(session.exec(select(OutboxRow)))
        assert {(r.state, r.lease_owner) for r in rows} == {("sent", None)}
        assert len(session.exec(select(DeliveryRow)).all()) == ALERTS
    monitor.engine.dispose()
