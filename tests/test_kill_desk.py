"""kill -9 of the desk while it takes a decision: it is recorded whole or not at all, and the officer can go on."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from fastapi.testclient import TestClient
from sqlmodel import select

from compliance import audit
from compliance.settings import Settings
from compliance.store.database import open_engine, session_scope
from compliance.store.tables import CaseRow, LedgerRow
from compliance.web.app import create_app
from tests.compliance.web.conftest import PASSWORD, open_case, sign_in, staff

# Before the call with that number of each, or after it; the process kills itself there, as hard as `kill -9` does.
MOMENTS = {
    "before the record's row is made": ("compliance.store.ledger", "append", "before", False),
    "after the record's row, before the commit": ("compliance.store.ledger", "append", "after", False),
    "after the commit, before the answer": ("compliance.web.steps", "decide", "after", True),
}
DESK = """
import importlib, os, signal, sys
import uvicorn
from compliance.settings import Settings
from compliance.store.database import open_engine
from compliance.web.app import create_app
module, name, when, port = sys.argv[1:5]
settings = Settings()
app = create_app(settings, open_engine(settings.database))
owner = importlib.import_module(module)
original = getattr(owner, name)
def deadly(*args, **kwargs):
    if name == "append" and kwargs["action"] != "case.decided":
        return original(*args, **kwargs)
    if when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    found = original(*args, **kwargs)
    if name == "append":
        args[0].flush()
    os.kill(os.getpid(), signal.SIGKILL)
setattr(owner, name, deadly)
uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="critical")
"""


class Desk:
    """A desk in a process of its own, and the officer's browser."""

    def __init__(self, url: str, home: Path, module: str, name: str, when: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.base = f"http://127.0.0.1:{port}"
        environment = os.environ | {"EMBARGOWATCH_DATABASE_URL": url, "EMBARGOWATCH_HOME": str(home)}
        environment |= {"EMBARGOWATCH_DESK_URL": self.base}
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", DESK, module, name, when, str(port)], env=environment
        )
        self.browser = requests.Session()
        for _ in range(600):
            try:
                self.browser.get(f"{self.base}/healthz", timeout=60)
                break
            except requests.ConnectionError:
                time.sleep(0.05)
        self.browser.post(f"{self.base}/login", data={"name": "analyst", "password": PASSWORD}, timeout=30)

    def decide(self, reference: str, revision: int) -> requests.Response:
        """Send the form of the case's page."""
        page = self.browser.get(f"{self.base}/cases/{reference}", timeout=30).text
        found = re.search(r'name="csrf" value="([^"]+)"', page)
        assert found, page[:300]
        form = {
            "csrf": found[1],
            "revision": str(revision),
            "disposition": "not_breach",
            "reason": "lawful",
            "note": "n",
        }
        address = f"{self.base}/cases/{reference}/decide"
        return self.browser.post(address, data=form, timeout=30, allow_redirects=False)


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda told: told.replace(" ", "-"))
def test_a_decision_is_recorded_whole_or_not_at_all_when_the_desk_is_killed(
    moment: str, database_url: str, tmp_path: Path, quick_hashes: None
) -> None:
    module, name, when, is_recorded = MOMENTS[moment]
    engine = open_engine(database_url)
    staff(engine)
    reference = open_case(engine)
    first = Desk(database_url, tmp_path, module, name, when)
    with pytest.raises(requests.ConnectionError):
        first.decide(reference, 1)
    assert first.process.wait(30) == -signal.SIGKILL

    with session_scope(engine) as session:
        row = session.exec(select(CaseRow)).one()
        told = [event.action for event in session.exec(select(LedgerRow)) if event.subject == reference]
    if is_recorded:
        assert (row.state, row.disposition, row.revision, told.count("case.decided")) == ("decided", "not_breach", 2, 1)
    else:
        assert (row.state, row.disposition, row.revision, told.count("case.decided")) == ("waiting", None, 1, 0)
    assert audit.verify(engine, [audit.head(engine, datetime.now(UTC))]).broken == ()

    app = create_app(Settings(home=tmp_path, database_url=database_url), engine)
    with TestClient(app, base_url="http://127.0.0.1:8000", follow_redirects=False) as again:
        form = {"csrf": sign_in(again), "revision": "1", "disposition": "not_breach", "reason": "lawful", "note": "n"}
        answer = again.post(f"/cases/{reference}/decide", data=form)
    # Whoever sends the form again after the restart is told how the case stands, or is taken at his word.
    assert answer.status_code == (409 if is_recorded else 303), answer.text[:400]
    with session_scope(engine) as session:
        assert session.exec(select(CaseRow)).one().disposition == "not_breach"
        assert [e.action for e in session.exec(select(LedgerRow))].count("case.decided") == 1
    engine.dispose()
