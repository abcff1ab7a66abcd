"""How verifying the record, exporting and counting scale: rows a second, and whether memory stays flat.

Run: python -m benchmarks.record [rows]. It fills two SQLite files in a temporary folder, one four times the size of the
other, and prints the ratio of what each takes from this one run.
"""

import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, insert

from compliance import audit
from compliance.export import Format, exported
from compliance.store import ledger
from compliance.store.analytics import analytics
from compliance.store.database import open_engine, session_scope, upgrade
from compliance.store.tables import CaseRow, LedgerRow, StoryRow

START = datetime(2026, 1, 1, tzinfo=UTC)
_CHUNK = 5_000


def main() -> None:
    """Print a table for the number of rows given, 25,000 if none is."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 25_000
    with tempfile.TemporaryDirectory() as folder:
        small, large = (_filled(Path(folder) / f"{n}.db", n) for n in (rows, 4 * rows))
        steps: dict[str, Callable[[Engine], object]] = {
            "verify the record": lambda engine: audit.verify(engine, []),
            "export as CSV": lambda engine: sum(len(piece) for piece in exported(engine, Format.CSV)),
            "count for analytics": lambda engine: analytics(engine, START),
        }
        print(f"| step | {rows:,} rows | {4 * rows:,} rows | time | rows a second | peak memory | memory |")
        print("|---|---|---|---|---|---|---|")
        for name, step in steps.items():
            (a, kept), (b, most) = _measured(step, small), _measured(step, large)
            print(
                f"| {name} | {a:.2f} s | {b:.2f} s | x{b / a:.1f} | {4 * rows / b:,.0f} | {most / 1e6:.1f} MB "
                f"| x{most / kept:.2f} |"
            )


def _measured(step: Callable[[Engine], object], engine: Engine) -> tuple[float, int]:
    """Return seconds, and the most bytes that Python held at once, each from a run of its own."""
    began = time.perf_counter()
    step(engine)
    took = time.perf_counter() - began
    tracemalloc.start()
    step(engine)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return took, most


def _filled(file: Path, rows: int) -> Engine:
    url = f"sqlite:///{file}"
    upgrade(url)
    engine = open_engine(url)
    previous = ledger.GENESIS
    for first in range(1, rows + 1, _CHUNK):
        numbers = range(first, min(first + _CHUNK, rows + 1))
        events = []
        for i in numbers:
            event = _event(i, previous)
            previous = event["digest"]
            events.append(event)
        with session_scope(engine) as session:
            session.connection().execute(insert(StoryRow), [_story(i) for i in numbers])
            session.connection().execute(insert(CaseRow), [_case(i) for i in numbers])
            session.connection().execute(insert(LedgerRow), events)
    return engine


def _event(i: int, previous: str) -> dict[str, Any]:
    row = LedgerRow(
        id=i,
        at=START + timedelta(minutes=i),
        actor=f"officer {i % 7}",
        action="case.decided",
        subject=f"EW-{i}",
        before={"state": "waiting", "disposition": None},
        after={"state": "decided", "disposition": "breach", "reason": "act_alleged", "note": "word " * 30},
        versions={"model": "m", "rules": "r", "policy": "p"},
        previous=previous,
        digest="",
    )
    row.digest = ledger.digest_of(row)
    return row.model_dump()


def _story(i: int) -> dict[str, Any]:
    return {"id": i, "fingerprint": str(i), "title": "t", "text": "x", "first_seen": START, "quality": "full"}


def _case(i: int) -> dict[str, Any]:
    parties = [
        {"canonical": f"Company {i % 500}", "name": "c", "type": "company", "roles": ["supplier"]},
        {"canonical": f"State {i % 40}", "name": "s", "type": "state", "roles": ["recipient"]},
    ]
    return {
        "id": i, "reference": f"EW-{i}", "opened_by_story": i, "origin": "screening", "state": "decided",
        "verdict": "alert", "score": 0.5, "act": "a → b → c", "kinds": ["arms"], "regimes": [str(i % 30)],
        "status": "alleged", "denied_by": [], "parties": parties, "disposition": "breach",
        "opened_at": START + timedelta(minutes=i), "changed_at": START + timedelta(minutes=i), "revision": 2,
    }  # fmt: skip


if __name__ == "__main__":
    main()
