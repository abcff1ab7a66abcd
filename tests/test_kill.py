"""kill -9 at seven moments of a run, then a run again: nothing lost, nothing doubled."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from compliance.receiver import catch_alerts, caught
from compliance.store.database import open_engine, upgrade
from tests.compliance.intake.hostile import hostile, reply
from tests.test_journey import ACT, SECRET

FEEDS, STORIES = 4, 12
# The run calls this before each of these steps; the process kills itself there, as hard as `kill -9` does.
MOMENTS = {
    "before a feed's rows are committed": ("compliance.store.runs", "record_feed", 3),
    "between reading and screening": ("compliance.store.stories", "waiting_ids", 1),
    "in the middle of a batch's transaction": ("compliance.store.ledger", "append", 3),
    "between the last batch and the draw": ("compliance.store.draws", "undrawn", 1),
    "in the middle of the draw": ("compliance.store.cases", "open_drawn", 1),
    "between a case's commit and its alert": ("compliance.store.outbox", "lease", 1),
    "after a receiver took an alert, before that is recorded": ("compliance.store.outbox", "record", 1),
}
RUN = """
import importlib, os, signal, sys
from pathlib import Path
module, name, times = sys.argv[2], sys.argv[3], int(sys.argv[4])
if module:
    owner = importlib.import_module(module)
    original, calls = getattr(owner, name), [0]
    def deadly(*args, **kwargs):
        calls[0] += 1
        if calls[0] == times:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*args, **kwargs)
    setattr(owner, name, deadly)
from compliance.settings import Settings
from tests.test_journey import _run
report = _run(Settings(), Path(sys.argv[1]))
print(report.faults)
sys.exit(0 if report.has_reconciled else 1)
"""


def feed(number: int) -> bytes:
    """Four feeds of three stories; every second story is an act of its own, some told in two feeds."""
    goods = ("artillery shells", "ballistic missiles", "rocket launchers")
    items = "".join(
        f"<item><title>Report {number}-{i}</title><guid isPermaLink='false'>g{number}-{i}</guid>"
        f"<link>https://wire.example/{number}/{i}</link><pubDate>Fri, 20 Nov 2026 10:00:00 GMT</pubDate>"
        f"<description>{ACT.replace('artillery shells', goods[i]) if (number + i) % 2 else 'A quiet day in the port.'} "
        f"{'Ship' if i else 'Quay'} {'ABCD'[number]}{i} {number * 7 + i}</description></item>"
        for i in range(3)
    )
    return f"<rss version='2.0'><channel><title>Feed {number}</title>{items}</channel></rss>".encode()


@pytest.mark.parametrize("moment", [*MOMENTS], ids=lambda m: m.replace(" ", "-"))
def test_a_run_killed_at_any_moment_is_taken_up_whole(moment: str, database_url: str, tmp_path: Path) -> None:
    upgrade(database_url)
    catalogue, mails = tmp_path / "feeds.yml", tmp_path / "mails"
    routes = {f"/{n}": reply(feed(n), headers="Content-Type: application/rss+xml\r\n") for n in range(FEEDS)}
    with hostile(routes) as server, catch_alerts(mails, SECRET) as hook:
        rows = "".join(f"  - {{id: f{n}, url: '{server.base}/{n}', title: Feed {n}}}\n" for n in range(FEEDS))
        catalogue.write_text("feeds:\n" + rows)
        environment = os.environ | {
            "EMBARGOWATCH_DATABASE_URL": database_url,
            "EMBARGOWATCH_HOME": str(tmp_path / "home"),
            "EMBARGOWATCH_ALLOW_PRIVATE_FEEDS": "true",
            "EMBARGOWATCH_WEBHOOK_URL": hook,
            "EMBARGOWATCH_WEBHOOK_SECRET": SECRET,
            "EMBARGOWATCH_WEBHOOK_ALLOW_PRIVATE": "true",
            "EMBARGOWATCH_FETCH_THREADS": "1",
        }

        def run(module: str = "", name: str = "", times: int = 0) -> int:
            command = [sys.executable, "-c", RUN, str(catalogue), module, name, str(times)]
            return subprocess.run(command, env=environment, check=False).returncode

        assert run(*MOMENTS[moment]) == -signal.SIGKILL
        assert run() == 0
        assert run() == 0
    engine = open_engine(database_url)
    with engine.connect() as connection:

        def count(question: str) -> int:
            return int(connection.execute(text(question)).scalar_one())

        assert count("SELECT count(*) FROM stories") == STORIES
        assert count("SELECT count(*) FROM screenings") == STORIES
        assert (
            count("SELECT count(*) FROM (SELECT story_id FROM case_stories GROUP BY story_id HAVING count(*) > 1) d")
            == 0
        )
        flagged = count("SELECT count(*) FROM screenings WHERE verdict <> 'clear'")
        drawn = count("SELECT count(*) FROM cases WHERE origin = 'random'")
        assert flagged == STORIES // 2 == count("SELECT count(*) FROM case_stories") - drawn
        # Every screening lies in one draw, and each draw took its tenth of the queue, at least one.
        draws = count("SELECT count(*) FROM draws")
        assert 1 <= draws == drawn == count("SELECT sum(drawn) FROM draws")
        assert count("SELECT max(through_screening) FROM draws") == count("SELECT max(id) FROM screenings")
        assert count("SELECT sum(pool) FROM draws") == STORIES // 2
        assert count("SELECT count(*) FROM cases WHERE origin = 'random' AND verdict <> 'clear'") == 0
        alerting = count("SELECT count(*) FROM cases WHERE verdict = 'alert'")
        assert (
            alerting
            == count("SELECT count(*) FROM outbox")
            == count("SELECT count(*) FROM outbox WHERE state = 'sent'")
        )
        assert count("SELECT count(*) FROM runs WHERE state = 'interrupted'") == 1
        assert count("SELECT count(*) FROM leases") == 0
    engine.dispose()
    ids = [mail["id"] for mail in caught(mails)]
    assert len(ids) == len(set(ids)) == alerting > 0
