"""How fast the queue answers while a night's run judges stories beside it, in a process of its own.

    python -m benchmarks.beside [stories]

On one SQLite file and on one PostgreSQL: the run screens stories of the corpus in its usual batches and opens cases, a
breach among forty, and the desk is asked for its queue, triage and a search until the run has ended.
"""

import multiprocessing
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from itertools import cycle, islice
from pathlib import Path
from statistics import median, quantiles

from fastapi.testclient import TestClient

from benchmarks.databases import databases
from compliance.classifier.corpus import Example, load_corpus
from compliance.coverage import RunCounts
from compliance.judging import screen_waiting
from compliance.monitor import assemble
from compliance.settings import Settings
from compliance.store import stories, users
from compliance.store.database import open_engine, session_scope, upgrade
from compliance.web.app import create_app

PASSWORD = "a long enough password"  # noqa: S105  (of users that live as long as the benchmark)
ASKED = ("/", "/?regime=1718", "/search?q=shells", "/triage", "/coverage")


def judge(home: str, url: str) -> None:
    """Judge every story that waits: what a night's run does after reading."""
    monitor = assemble(Settings(home=Path(home), database_url=url))
    screen_waiting(monitor, "run-1", RunCounts())
    monitor.engine.dispose()


def _mixed(corpus: Sequence[Example]) -> Iterator[Example]:
    """Yield stories without end, one in forty of them a breach: more than a feed has, fewer than the corpus."""
    breaches = cycle([one for one in corpus if one.label == "breach"])
    others = cycle([one for one in corpus if one.label == "not_breach"])
    while True:
        yield from islice(others, 39)
        yield next(breaches)


def measure(home: str, url: str, count: int) -> tuple[dict[str, list[float]], float]:
    """Return the milliseconds of each page's answers while the run worked, and the seconds that it worked."""
    upgrade(url)
    engine, now = open_engine(url), datetime.now(UTC)
    told_of = _mixed(load_corpus())
    with session_scope(engine) as session:
        users.add_user(session, "grace", users.Role.ANALYST, PASSWORD, now)
        told = [
            replace(one.story, published=now, fingerprint=sha256(f"{number}".encode()).hexdigest())
            for number, one in enumerate(islice(told_of, count))
        ]
        stories.add(session, told, [(None, None)] * len(told), "run-1", now)
    app = create_app(Settings(home=Path(home), database_url=url), engine)
    times: dict[str, list[float]] = {path: [] for path in ASKED}
    with TestClient(app, base_url="http://127.0.0.1:8000", follow_redirects=True) as client:
        client.post("/login", data={"name": "grace", "password": PASSWORD})
        for path in ASKED:
            client.get(path)
        run = multiprocessing.get_context("spawn").Process(target=judge, args=(home, url))
        run.start()
        began = time.perf_counter()
        turns = cycle(ASKED)
        while run.is_alive():
            path, asked = next(turns), time.perf_counter()
            answer = client.get(path)
            times[path].append(1_000 * (time.perf_counter() - asked))
            assert answer.status_code == 200, answer.text
            time.sleep(0.05)
        run.join()
    engine.dispose()
    return times, time.perf_counter() - began


def main() -> None:
    """Print a line for each database."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    with tempfile.TemporaryDirectory(prefix="ew-beside-") as home, databases(Path(home), "beside") as urls:
        for database, url in urls.items():
            times, took = measure(home, url, count)
            sys.stdout.write(f"{database}: a run judged {count:,} stories in {took:.0f} s\n")
            for path, taken in times.items():
                p95 = quantiles(taken, n=20, method="inclusive")[-1]
                sys.stdout.write(
                    f"  {path}: asked {len(taken)} times, p50 {median(taken):.0f} ms, p95 {p95:.0f}, "
                    f"slowest {max(taken):.0f}\n"
                )


if __name__ == "__main__":
    main()
