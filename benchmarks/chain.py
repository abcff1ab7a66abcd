"""Eight writers at once, a thousand rows of the record each: one chain, on SQLite and on PostgreSQL.

    python -m benchmarks.chain [writers] [rows] [SQLite|PostgreSQL]

Ends with an error where a row is missing, stands twice, or does not follow the one before it.
"""

import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from benchmarks.databases import databases
from compliance import audit
from compliance.store import ledger
from compliance.store.database import open_engine, session_scope, upgrade


def write(engine: Engine, writer: int, rows: int, gate: threading.Barrier) -> None:
    """Add rows of one writer, each in a transaction of its own, as decisions come."""
    gate.wait()
    for number in range(rows):
        with session_scope(engine) as session:
            ledger.append(
                session, at=datetime.now(UTC), actor=f"writer {writer}", action="case.noted", subject=f"EW-{number}",
                after={"note": "a chain has one end"},
            )  # fmt: skip


def measure(url: str, writers: int, rows: int) -> tuple[float, audit.Verdict]:
    """Return the seconds it took and what verifying found."""
    upgrade(url)
    engine = open_engine(url)
    gate = threading.Barrier(writers)
    threads = [threading.Thread(target=write, args=(engine, number, rows, gate)) for number in range(writers)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    found = audit.verify(engine, [])
    engine.dispose()
    return took, found


def main() -> None:
    """Print a line for each database."""
    given = [int(told) for told in sys.argv[1:3]]
    writers, rows = [*given, *(8, 1_000)[len(given) :]]
    failed = False
    with tempfile.TemporaryDirectory(prefix="ew-chain-") as name, databases(Path(name), "chain") as urls:
        for database, url in urls.items():
            if len(sys.argv) > 3 and sys.argv[3] != database:
                continue
            took, found = measure(url, writers, rows)
            whole = found.rows == writers * rows and not found.broken
            failed = failed or not whole
            print(
                f"{database}: {writers} writers, {found.rows:,} rows in {took:.1f} s, "
                f"{'one chain' if whole else f'broken: {found.broken[:3]}'}"
            )
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
