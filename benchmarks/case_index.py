"""What it costs to find the case of a story among many: `python -m benchmarks.case_index --cases 100000`.

Cases with invented names, rare words and the parties and goods that all of them share are stored in a fresh SQLite
database; then stories are looked up, half of them of known acts. The same with a tenth of the cases tells how the cost
grows. Prints milliseconds for a look-up with its comparison, and how many found their case.
"""

import argparse
import gzip
import random
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from statistics import median, quantiles

from sqlalchemy import Engine, text

from compliance.grouping import keys_of, place
from compliance.likeness import Act
from compliance.particulars import Passage
from compliance.rarity import TABLE
from compliance.rejoining import between
from compliance.store import acts
from compliance.store.database import open_engine, session_scope, upgrade
from compliance.store.dialect import insert_new
from compliance.store.tables import CaseRow, CaseStoryRow, ScreeningRow, StoryRow
from compliance.store.tables_acts import ActKeyRow, ToldActRow

START = datetime(2026, 1, 1, tzinfo=UTC)
_BATCH = 1_000
_COMMON = ("coal", "shell", "freighter", "tanker", "rajin", "nampo", "hodeidah", "transponder", "experts", "panel")


@dataclass(frozen=True, slots=True)
class Cost:
    """What look-ups cost on a database of so many cases."""

    cases: int
    median_ms: float
    p95_ms: float
    worst_ms: float
    found: float
    placing_s: float
    pairs: int
    settling_s: float


@cache
def _words() -> list[str]:
    """The ordinary words of the table of rarities, so that sharing one by chance weighs what it does in news."""
    with gzip.open(TABLE, "rt", encoding="utf-8") as file:
        next(file)
        return [term for term, number in (line.split("\t") for line in file) if int(number) > 8 and " " not in term]


def act_of(number: int, telling: int) -> Act:
    """Return an act as one of its tellings has it: some names of its own, some that all acts share."""
    own = random.Random(number)
    named = [f"{own.choice('bdgklmnprst')}{own.randrange(10**6):06d}" for _ in range(6)]
    told = random.Random(number * 7 + telling)
    names = frozenset([*told.sample(named, 4), *told.sample(_COMMON, 3)])
    words = frozenset(told.sample(_words(), 30)) | names
    return Act(
        roles=frozenset({("supplier", "North Korea"), ("recipient", "Russia")}),
        kinds=frozenset({"arms"}),
        regimes=frozenset({"1718"}),
        goods=frozenset({"shell"}),
        told=Passage(names, words, frozenset({str(own.randrange(100, 99_999))})),
        day=START + timedelta(days=number % 300, hours=telling),
    )


def fill(engine: Engine, cases: int) -> None:
    """Store so many cases of one story each."""
    for start in range(1, cases + 1, _BATCH):
        with session_scope(engine) as session:
            numbers = range(start, min(start + _BATCH, cases + 1))
            told = {n: act_of(n, 0) for n in numbers}
            for table, rows in (
                (StoryRow, [_story(n) for n in numbers]),
                (ScreeningRow, [_screening(n) for n in numbers]),
                (CaseRow, [_case(n) for n in numbers]),
                (CaseStoryRow, [_link(n) for n in numbers]),
                (ToldActRow, [_told(n, a) for n, a in told.items()]),
                (ActKeyRow, list(_keys(told))),
            ):
                insert_new(session, table, rows)


def _story(n: int) -> dict[str, object]:
    return {"id": n, "fingerprint": str(n), "title": "t", "text": "x", "first_seen": START, "quality": "full"}


def _screening(n: int) -> dict[str, object]:
    versions = {"model_version": "m", "rules_version": "r", "policy_version": "p"}
    empty: dict[str, object] = {"judgement": {}, "reasons": [], "hits": []}
    return {"id": n, "story_id": n, "score": 0.9, "verdict": "alert", "created_at": START} | versions | empty


def _case(n: int) -> dict[str, object]:
    empty: dict[str, object] = {"kinds": [], "regimes": [], "denied_by": [], "parties": []}
    facts = {"verdict": "alert", "score": 0.9, "act": "a", "opened_at": START, "changed_at": START}
    return {"id": n, "reference": f"EW-{n}", "opened_by_story": n, "state": "waiting"} | facts | empty


def _link(n: int) -> dict[str, object]:
    return {"case_id": n, "story_id": n, "screening_id": n, "reason": "first", "joined_at": START, "act": 0}


def _told(n: int, act: Act) -> dict[str, object]:
    return {"story_id": n, "act": 0, "day": act.day, "profile": acts.profile(act)}


def _keys(told: dict[int, Act]) -> Iterator[dict[str, object]]:
    for n, act in told.items():
        yield from ({"term": t, "story_id": n, "act": 0, "day": act.day} for t in acts.terms_of(act))


def measure(cases: int, look_ups: int) -> Cost:
    """Return what look-ups cost among so many cases."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'cases.db'}"
        upgrade(url)
        engine = open_engine(url)
        fill(engine, cases)
        with engine.begin() as connection:
            connection.execute(text("ANALYZE"))
        chosen, times, found = random.Random(1), [], 0
        rivals: set[tuple[int, int]] = set()
        for number in range(look_ups):
            known = number % 2 == 0
            n = chosen.randint(1, cases) if known else cases + number + 1
            act = act_of(n, 1)
            with session_scope(engine) as session:
                began = time.perf_counter()
                [(grouping, _), *_rest] = place(act, acts.alike(session, act))
                times.append(1_000 * (time.perf_counter() - began))
            found += grouping.case_id == (n if known else None)
            rivals |= {
                (min(other, grouping.case_id or 0), max(other, grouping.case_id or 0)) for other in grouping.rivals
            }
        settling = _settle_all(engine, rivals)
        engine.dispose()
    p95 = quantiles(times, n=20, method="inclusive")[-1]
    placing = sum(times) / 1_000
    return Cost(cases, median(times), p95, max(times), found / look_ups, placing, len(rivals), settling)


def _settle_all(engine: Engine, pairs: set[tuple[int, int]]) -> float:
    """Return the seconds that it takes to ask of each pair of cases what belongs together."""
    began = time.perf_counter()
    for older, newer in sorted(pairs):
        with session_scope(engine) as session:
            between(session, {number: acts.of_case(session, number) for number in (older, newer)}, older, newer)
    return time.perf_counter() - began


def main() -> None:
    """Print the costs for a tenth of the cases and for all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--look-ups", type=int, default=200)
    options = parser.parse_args()
    print(f"{len(keys_of(act_of(1, 0)))} terms an act")
    costs = [measure(cases, options.look_ups) for cases in (options.cases // 10, options.cases)]
    for cost in costs:
        print(
            f"{cost.cases:8,} cases: {cost.median_ms:6.1f} ms a look-up, p95 {cost.p95_ms:6.1f}, "
            f"at worst {cost.worst_ms:6.1f}; {cost.found:.1%} placed right; all look-ups {cost.placing_s:.2f} s, "
            f"settling {cost.pairs} pairs of cases {cost.settling_s:.2f} s"
        )
    print(f"ten times the cases cost {costs[1].median_ms / costs[0].median_ms:.2f} times as much")


if __name__ == "__main__":
    main()
