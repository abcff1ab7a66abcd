"""Two officers who decide the same case at the same moment, over real sockets, on SQLite and on PostgreSQL.

Of each race exactly one must win, the other must be told, both must stand in the record, and the record must be whole.

    python -m benchmarks.races [races] [SQLite|PostgreSQL]
"""

import json
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import requests
import uvicorn
from sqlalchemy import Engine
from sqlmodel import col, select

from benchmarks.databases import databases
from compliance import audit, decision
from compliance.settings import Settings
from compliance.severity import load_severity_policy
from compliance.store import cases, ledger, priorities, tokens, users
from compliance.store.database import open_engine, session_scope, upgrade
from compliance.store.tables import CaseRow
from compliance.store.users import Role, Scope
from compliance.web.app import create_app

DECISION = {"disposition": "breach", "reason": "act_alleged"}
OFFICERS = ("grace", "ada")


def _filled(engine: Engine, races: int, settings: Settings) -> dict[str, str]:
    """Enter the officers and a case for each race; return the officers' tokens."""
    now = datetime.now(UTC)
    shipped = load_severity_policy(settings.config / "severity.yml")
    policy = replace(shipped, terms={s: replace(t, four_eyes=False) for s, t in shipped.terms.items()})
    found: dict[str, str] = {}
    with session_scope(engine) as session:
        for name in OFFICERS:
            user = users.add_user(session, name, Role.ANALYST, "", now)
            found[name] = tokens.make(session, user.id or 0, "race", Scope, timedelta(days=1), now)[1]
        for number in range(races):
            row = CaseRow(
                reference=f"race-{number}",
                verdict="alert",
                score=0.9,
                act="a",
                kinds=[],
                regimes=[],
                denied_by=[],
                parties=[],
                opened_at=now,
                changed_at=now,
            )
            priorities.restate(session, cases.enter(session, row), policy)
    return found


@contextmanager
def _served(settings: Settings, engine: Engine) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(create_app(settings, engine), port=0, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}/api/v1"
    server.should_exit = True
    thread.join()


def _race(url: str, given: dict[str, str], reference: str) -> tuple[list[int], float]:
    """Let both officers decide at once what both have seen; return the statuses and the seconds until both knew."""
    told: list[int] = []
    headers = {name: {"Authorization": f"Bearer {token}"} for name, token in given.items()}
    seen = requests.get(f"{url}/cases/{reference}/dossier", headers=headers[OFFICERS[0]], timeout=60).headers["ETag"]
    gate = threading.Barrier(2)

    def decide(name: str) -> None:
        gate.wait()
        sent = requests.post(
            f"{url}/cases/{reference}/decisions", json=DECISION, headers=headers[name] | {"If-Match": seen}, timeout=60
        )
        told.append(sent.status_code)

    threads = [threading.Thread(target=decide, args=(name,)) for name in OFFICERS]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(told), time.perf_counter() - began


def _recorded(engine: Engine, reference: str) -> bool:
    """True where the record holds one decision, one refusal, and both officers."""
    with session_scope(engine) as session:
        won = [e.actor for e in ledger.of_subject(session, reference) if e.action == "case.decided"]
        lost = [e.actor for e in ledger.of_subject(session, decision.refusals_of(reference))]
    return len(won) == len(lost) == 1 and {*won, *lost} == set(OFFICERS)


def _measured(url: str, races: int) -> dict[str, Any]:
    upgrade(url)
    engine = open_engine(url)
    settings = Settings(database_url=url, home=Path(tempfile.gettempdir()))
    given = _filled(engine, races, settings)
    with session_scope(engine) as session:
        references = list(session.exec(select(CaseRow.reference).order_by(col(CaseRow.id))))
    with _served(settings, engine) as address:
        outcomes = [_race(address, given, reference) for reference in references]
    found = {
        "races": len(outcomes),
        "answers": {" and ".join(map(str, told)): n for told, n in Counter(tuple(t) for t, _ in outcomes).items()},
        "one winner": sum(told in ([201, 409], [201, 412]) for told, _ in outcomes),
        "both in the record": sum(_recorded(engine, reference) for reference in references),
        "record whole": not audit.verify(engine, []).broken,
        "median ms until both know": round(1_000 * median(seconds for _, seconds in outcomes)),
    }
    engine.dispose()
    return found


def main() -> None:
    """Print for each database how the races ended."""
    races = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory(prefix="ew-races-") as name, databases(Path(name), "races") as urls:
        for database, url in urls.items():
            if len(sys.argv) < 3 or sys.argv[2] == database:
                print(json.dumps({"database": database, **_measured(url, races)}))


if __name__ == "__main__":
    main()
