"""How fast the desk answers with 100,000 cases and 1,000,000 stories stored, on SQLite and on PostgreSQL.

Fills a fresh database of each in bulk, signs in, and asks for pages as a browser would: routing, rights, queries and
rendering included, the network left out.

    python -m benchmarks.desk [cases] [stories] [rounds] [SQLite|PostgreSQL]
"""

import gc
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import psutil
from fastapi.testclient import TestClient
from sqlalchemy import Connection, Engine, insert, text

from benchmarks.databases import databases
from compliance.priority import Weighed, priority
from compliance.settings import Settings
from compliance.severity import Severity, load_severity_policy
from compliance.store import users
from compliance.store.database import open_engine, session_scope, upgrade
from compliance.store.tables import CaseRow
from compliance.store.tables_desk import FacetRow, WordsRow
from compliance.web.app import create_app

PASSWORD = "a long enough password"  # noqa: S105  (of users that live as long as the benchmark)
NOW = datetime.now(UTC)
CHUNK = 5_000
PHRASES = 20_011
REGIMES = ("1718", "1737", "1970", "2140", "1591", "1533", "2653", "751")
KINDS = ("arms", "proliferation", "commodity", "shipping", "finance", "labour")
ROLES = ("supplier", "recipient", "broker", "carrier")
STATES = ("North Korea", "Russia", "Iran", "Libya", "Sudan", "Yemen", "Rwanda", "Uganda", "Syria", "Eritrea")
SYLLABLES = ["ka", "ro", "mi", "ten", "sol", "var", "du", "lin", "pe", "shan", "tor", "bek", "al", "nu", "gri", "os"]
COMMON = [
    *("the", "ship", "cargo", "port", "officials", "said", "shells", "missiles", "sanctions", "north", "weapons"),
    *("oil", "fuel", "coal", "company"),
]


def _words(rng: random.Random, number: int) -> list[str]:
    """A vocabulary as news has it: a few words everywhere, many rare ones."""
    rare = ["".join(rng.choices(SYLLABLES, k=4)) for _ in range(number)]
    return [rng.choice(COMMON) if rng.random() < 0.5 else rng.choice(rare[: rng.randint(1, number)]) for _ in rare]


def _fill(engine: Engine, cases: int, stories: int, tell: Any) -> None:
    rng = random.Random(7)
    pool = _words(rng, 60_000)
    names = [" ".join(rng.sample(pool, 2)).title() for _ in range(5_000)]
    policy = load_severity_policy(Settings().config / "severity.yml")
    tell("stories")
    _tell_stories(engine, [" ".join(rng.choices(pool, k=9)) for _ in range(PHRASES)], stories)
    tell("cases")
    made = [_case(rng, names, policy.version, i) for i in range(1, cases + 1)]
    _insert(engine, CaseRow, made)
    tell("screenings and links")
    _link(engine, cases, min(2 * cases, stories))
    tell("facets and words")
    _insert(engine, FacetRow, (facet for row in made for facet in _facets(row)))
    _insert(engine, WordsRow, ({"case_id": r["id"], "words": _said(rng, pool, r)} for r in made))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def _insert(engine: Engine, table: Any, rows: Iterable[dict[str, Any]]) -> None:
    rows = iter(rows)
    while chunk := list(islice(rows, CHUNK)):
        with engine.begin() as connection:
            connection.execute(insert(table), chunk)


def _numbers(engine: Engine, count: int) -> tuple[str, str, str, Any]:
    """Return what the two databases say differently: a series ``n(i)``, its head, 64 digits of ``i``, and the time."""
    if engine.dialect.name == "sqlite":
        head = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"  # noqa: S608  (figures of this file)
        return head, "n", "printf('%064d', i)", f"{NOW.replace(tzinfo=None)}"
    return "", f"generate_series(1, {count}) AS n(i)", "lpad(i::text, 64, '0')", NOW


def _tell_stories(engine: Engine, phrases: Sequence[str], count: int) -> None:
    """Make the stories in the database itself, of three phrases each; the words are indexed afterwards, in bulk."""
    head, series, digits, now = _numbers(engine, count)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE phrases (id INTEGER PRIMARY KEY, words TEXT)"))
        connection.execute(
            text("INSERT INTO phrases VALUES (:i, :w)"), [{"i": i, "w": w} for i, w in enumerate(phrases)]
        )
    with engine.begin() as connection:
        restore = _set_aside(connection)
        connection.execute(
            text(
                f"INSERT INTO stories (id, fingerprint, feed_id, publisher, title, text, url, published, first_seen, "  # noqa: S608  (figures of this file)
                f"quality) {head} SELECT i, {digits}, 'feed-' || (i % 60), 'Paper ' || (i % 60), a.words, "
                f"b.words || ' ' || c.words, 'https://paper.example/' || i, :now, :now, 'teaser' FROM {series} "
                f"JOIN phrases a ON a.id = (i * 7) % {PHRASES} JOIN phrases b ON b.id = (i * 31 + i / 97) % {PHRASES} "
                f"JOIN phrases c ON c.id = (i * 17 + i / 89) % {PHRASES}"
            ),
            {"now": now},
        )
        for statement in restore:
            connection.exec_driver_sql(statement)


def _set_aside(connection: Connection) -> list[str]:
    """Take the full-text index of stories away; return what brings it back, filled."""
    if connection.dialect.name == "sqlite":
        found = connection.exec_driver_sql(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'stories'"
        ).all()
        for name, _ in found:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        return ["INSERT INTO stories_fts(stories_fts) VALUES ('rebuild')", *(sql for _, sql in found)]
    made = connection.exec_driver_sql(
        "SELECT indexname, indexdef FROM pg_indexes WHERE indexname LIKE 'ix_stories_fts%%' ORDER BY indexname"
    ).all()
    for name, _ in made:
        connection.exec_driver_sql(f"DROP INDEX {name}")
    return ["SET LOCAL maintenance_work_mem = '512MB'", *(sql.replace("%", "%%") for _, sql in made)]


def _link(engine: Engine, cases: int, told: int) -> None:
    head, series, _, now = _numbers(engine, told)
    judgement = {"parties": [], "goods": [], "measures": [], "non_parties": [], "denied_by": [], "why": [],
                 "nearest": [], "kinds": ["arms"], "regimes": ["1718"], "status": None}  # fmt: skip
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO screenings (id, story_id, model_version, rules_version, policy_version, score, verdict, "  # noqa: S608  (figures of this file)
                f"language, judgement, reasons, hits, created_at) {head} SELECT i, i, 'm', 'r', 'p', 0.5, 'review', "
                f"'en', {'CAST(:j AS JSON)' if not head else ':j'}, '[]', '[]', :now FROM {series}"
            ),
            {"now": now, "j": json.dumps(judgement)},
        )
        connection.execute(
            text(
                f"INSERT INTO case_stories (case_id, story_id, screening_id, reason, joined_at) {head} "  # noqa: S608  (figures of this file)
                f"SELECT (i - 1) % {cases} + 1, i, i, 'same act', :now FROM {series}"
            ),
            {"now": now},
        )


def _case(rng: random.Random, names: Sequence[str], version: str, number: int) -> dict[str, Any]:
    severity, score = rng.choice(list(Severity)), rng.random()
    opened = NOW - timedelta(minutes=rng.randint(0, 500_000))
    parties = [
        {"canonical": rng.choice(STATES), "name": "x", "type": "state", "roles": [rng.choice(ROLES)]},
        {"canonical": rng.choice(names), "name": "x", "type": "company", "roles": [rng.choice(ROLES)]},
    ]
    state = rng.choices(("waiting", "second", "snoozed", "decided"), (25, 3, 2, 70))[0]
    due, novel = opened + timedelta(days=3), rng.random() < 0.2
    return {
        "id": number,
        "reference": f"EW-2026-{number:05d}",
        "opened_by_story": number,
        "origin": "screening",
        "state": state,
        "verdict": rng.choice(("alert", "review")),
        "score": score,
        "act": f"{parties[0]['canonical']} → shells → {parties[1]['canonical']}",
        "kinds": [rng.choice(KINDS)],
        "regimes": [rng.choice(REGIMES)],
        "status": rng.choice((None, "alleged", "documented")),
        "denied_by": [],
        "parties": parties,
        "goods": ["shell"],
        "disposition": "not_breach" if state == "decided" else None,
        "opened_at": opened,
        "changed_at": opened,
        "severity": severity.value,
        "severity_version": version,
        "due_at": due,
        "origins": 2,
        "is_novel": novel,
        "priority": priority(Weighed(severity, score, 2, novel, False, due)),
        "assignee": rng.choice((None, None, None, "grace", "ada")),
    }


def _facets(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    found = {("regime", row["regimes"][0]), ("kind", row["kinds"][0]), ("source", f"Paper {row['id'] % 60}")}
    found |= {("party", p["canonical"]) for p in row["parties"]} | {("role", p["roles"][0]) for p in row["parties"]}
    found.add(("country", row["parties"][0]["canonical"]))
    yield from ({"facet": f, "value": v, "case_id": row["id"]} for f, v in sorted(found))


def _said(rng: random.Random, pool: Sequence[str], row: dict[str, Any]) -> str:
    names = " ".join(p["canonical"] for p in row["parties"])
    return f"{row['reference']} {row['act']} {names} {' '.join(rng.choices(pool, k=30))}"


def _questions(engine: Engine) -> dict[str, list[str]]:
    """The pages asked for: each line of the report, and the addresses it takes turns with."""
    with engine.connect() as connection:
        rare = list(
            connection.execute(
                text("SELECT value FROM case_facets WHERE facet = 'party' AND value NOT IN ('Iran') LIMIT 40")
            ).scalars()
        )
    words = [name.split()[0].lower() for name in rare if name not in STATES]
    return {
        "queue, first page": ["/"],
        "queue, tenth page": ["/?page=10"],
        "queue, mine": ["/?show=mine"],
        "queue, decided": ["/?show=decided"],
        "queue, one regime": [f"/?regime={r}" for r in REGIMES],
        "queue, regime and kind and country": ["/?regime=1718&kind=arms&country=Iran"],
        "queue, one company": [f"/?party={name.replace(' ', '+')}" for name in rare],
        "triage, one case": ["/triage?case=EW-2026-00100"],
        "case page": [f"/cases/EW-2026-{n:05d}" for n in range(10, 50)],
        "search, rare word": [f"/search?q={w}" for w in words],
        "search, a word of most stories": [f"/search?q={w}" for w in COMMON],
        "search, two frequent words": ["/search?q=shells+port", "/search?q=north+weapons", "/search?q=oil+ship"],
        "search, while typing": [f"/search?q={w[:n]}" for w in ("shells", "missiles", "karomi") for n in (1, 2, 3, 5)],
        "search, nothing found": ["/search?q=qqqq+zzzz"],
        "search, an older page": [f"/search?q={w}&older={n}-{n * 10}" for w in COMMON[:6] for n in (90_000, 40_000)],
        "look-up, part of a case's reference": [
            f"/search?q=EW-2026-{f'{n:05d}'[:4]}" for n in range(100, 99_000, 2_500)
        ],
        "look-up, part of a company's name": [f"/search?q={w[:n]}" for w in words[:20] for n in (3, 4, 6)],
        "counters": ["/api/v1/queue/counters"],
        "analytics, one year": ["/analytics"],
        "coverage": ["/coverage"],
    }


def _measure(
    settings: Settings, engine: Engine, rounds: int, server: psutil.Process | None
) -> dict[str, tuple[float, ...]]:
    app = create_app(settings, engine)
    with TestClient(app, base_url="http://127.0.0.1:8000", follow_redirects=True) as client:
        client.post("/login", data={"name": "grace", "password": PASSWORD})
        found: dict[str, tuple[float, ...]] = {}
        for name, paths in _questions(engine).items():
            times, worked = [], []
            for number in range(rounds + 3):
                busy = _busy(server)
                begun = time.perf_counter()
                answer = client.get(paths[number % len(paths)])
                times.append((time.perf_counter() - begun) * 1000)
                worked.append((_busy(server) - busy) * 1000)
                assert answer.status_code == 200, (name, answer.status_code)
            found[name] = (*_middle_and_p95(times[3:]), *_middle_and_p95(worked[3:]))
        return found


def _middle_and_p95(values: list[float]) -> tuple[float, float]:
    return median(values), quantiles(values, n=20, method="inclusive")[-1]


def _busy(server: psutil.Process | None) -> float:
    """Seconds of processor that this process and its database server have used: a busy machine stretches them less."""
    used = time.process_time()
    for process in server.children() if server else ():
        # The scheduler's own account, in nanoseconds: the usual one counts in hundredths of a second.
        with suppress(OSError):
            used += int(Path(f"/proc/{process.pid}/schedstat").read_text().split()[0]) / 1e9
    return used


def _server(folder: Path, database: str) -> psutil.Process | None:
    if database != "PostgreSQL":
        return None
    return psutil.Process(int((folder / "pg" / "postmaster.pid").read_text().split()[0]))


def main() -> None:
    """Print one table: p50 and p95 in milliseconds of wall and of processor for each question and database."""
    given = [int(a) for a in sys.argv[1:4]]
    cases, stories, rounds = [*given, *(100_000, 1_000_000, 60)[len(given) :]]
    results: dict[str, dict[str, tuple[float, ...]]] = {}
    with tempfile.TemporaryDirectory(prefix="ew-desk-") as name, databases(Path(name), "desk") as urls:
        for database, url in urls.items():
            if len(sys.argv) > 4 and sys.argv[4] != database:
                continue
            begun = time.perf_counter()

            def tell(what: str, database: str = database, begun: float = begun) -> None:
                sys.stderr.write(f"{database}: {what} ({time.perf_counter() - begun:.0f} s)\n")

            upgrade(url)
            engine = open_engine(url)
            _fill(engine, cases, stories, tell)
            with session_scope(engine) as session:
                users.add_user(session, "grace", users.Role.ANALYST, PASSWORD, NOW)
            tell("asking")
            gc.collect()
            settings = Settings(home=Path(name), database_url=url)
            results[database] = _measure(settings, engine, rounds, _server(Path(name), database))
            engine.dispose()
    _report(results, cases, stories, rounds)


def _report(results: dict[str, dict[str, tuple[float, ...]]], cases: int, stories: int, rounds: int) -> None:
    out = sys.stdout
    out.write(f"{cases:,} cases, {stories:,} stories, {rounds} rounds; milliseconds; load {os.getloadavg()[0]:.1f}\n\n")
    out.write("| | " + " | ".join(f"{d} p50 | p95 | processor p50 | p95" for d in results))
    out.write(" |\n|---" + "|---|---|---|---" * len(results) + "|\n")
    for name in next(iter(results.values())):
        cells = " | ".join(" | ".join(f"{value:.0f}" for value in r[name]) for r in results.values())
        out.write(f"| {name} | {cells} |\n")
    out.write("\n" + json.dumps({d: {n: [round(x, 1) for x in v] for n, v in r.items()} for d, r in results.items()}))
    out.write("\n")


if __name__ == "__main__":
    main()
