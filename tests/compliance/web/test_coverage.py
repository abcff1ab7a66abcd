"""The coverage page: what is read and what is not, and why no case waits."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlmodel import select

from compliance.store import runs
from compliance.store.database import session_scope
from compliance.store.standing import Standing, standing
from compliance.store.tables import BodyRow, FeedRow, ListRow, RunFeedRow, ScreeningRow
from tests import factories
from tests.compliance.web.conftest import open_case, sign_in

NOW = datetime.now(UTC)


def feed(engine: Engine, name: str, state: str = "ok", **changes: object) -> None:
    with session_scope(engine) as session:
        given = {"url": f"https://{name}.example", "title": name, "state_since": NOW, "last_checked": NOW}
        session.add(FeedRow(**{"id": name, "state": state, **given, **changes}))


def run(engine: Engine, days_ago: int, news: dict[str, int], **counts: int) -> str:
    run_id, at = f"run-{days_ago}", NOW - timedelta(days=days_ago)
    with session_scope(engine) as session:
        runs.open_run(session, run_id, at)
        for name, new in news.items():
            runs.record_feed(session, RunFeedRow(run_id=run_id, feed_id=name, state="ok", entries=new, new=new))
        runs.close_run(session, run_id, counts, [], at)
    return run_id


def sanctions_list(engine: Engine, generated: str, seen: datetime, accepted: bool = True, reason: str = "") -> None:
    with session_scope(engine) as session:
        session.add(BodyRow(digest=generated, size=0, packed=b""))
        session.flush()
        session.add(
            ListRow(
                source="un-consolidated",
                digest=generated,
                generated=generated,
                fetched_at=seen,
                last_seen=seen,
                accepted=accepted,
                reason=reason,
                individuals=700,
                entities=250,
                body_digest=generated,
            )
        )


def told(engine: Engine) -> Standing:
    with session_scope(engine) as session:
        return standing(session, NOW)


def test_a_feed_that_is_quiet_for_longer_than_ever_is_told(client: TestClient, desk_engine: Engine) -> None:
    feed(desk_engine, "daily")
    feed(desk_engine, "quiet")
    for ago in range(10, 0, -1):
        run(desk_engine, ago, {"daily": 3, "quiet": 3 if ago > 4 else 0})
    found = told(desk_engine)
    assert found.too_quiet == 1
    sign_in(client)
    page = client.get("/coverage").text
    assert "5 days, at most 1 before" in page


def test_silences_are_counted_alike_on_both_databases(engine: Engine) -> None:
    feed(engine, "quiet")
    for ago in (12, 11, 10, 9, 8):
        run(engine, ago, {"quiet": 1})
    [found] = told(engine).feeds
    assert found.silence is not None and (found.silence.days, found.silence.usual) == (8, 1)


def test_an_old_list_and_a_refused_one_are_told(client: TestClient, desk_engine: Engine) -> None:
    sign_in(client)
    assert "never refreshed here" in client.get("/coverage").text
    sanctions_list(desk_engine, "2026-11-01", NOW - timedelta(hours=40))
    sanctions_list(desk_engine, "2026-11-02", NOW - timedelta(hours=2), accepted=False, reason="it lost half its names")
    page = client.get("/coverage").text
    assert "not seen for over a day and a half" in page and "it lost half its names" in page
    sanctions_list(desk_engine, "2026-11-03", NOW - timedelta(hours=1))
    page = client.get("/coverage").text
    assert "current" in page and "not seen for over" not in page and "lost half" not in page


def test_the_versions_that_judged_last_are_told_with_since_when(client: TestClient, desk_engine: Engine) -> None:
    for i, version in enumerate(("old", "old", "new", "new", "new")):
        found = replace(factories.screening(), classification=factories.classification(version=version))
        open_case(desk_engine, factories.story(fingerprint=str(i) * 64), found)
    judged = told(desk_engine).judged
    assert judged is not None
    since = {v.part: v for v in judged.versions}
    with session_scope(desk_engine) as session:
        third = session.exec(select(ScreeningRow.created_at).where(ScreeningRow.id == 3)).one()
        first = session.exec(select(ScreeningRow.created_at).where(ScreeningRow.id == 1)).one()
    assert (since["classifier"].version, since["classifier"].since) == ("new", third)
    assert (since["rules"].version, since["rules"].since) == ("rules-1", first)
    sign_in(client)
    page = client.get("/coverage").text
    assert "<code>new</code>" in page and "<code>policy-1</code>" in page and "judging since" in page


def test_an_empty_queue_says_why(desk_engine: Engine) -> None:
    assert told(desk_engine).why_empty == ["The nightly job has never run here, so nothing has been looked at."]
    feed(desk_engine, "good")
    feed(desk_engine, "bad", state="http_error", failures=3)
    run(desk_engine, 3, {"good": 0}, screened=0)
    why = told(desk_engine).why_empty
    assert why == [
        "The last run brought no new story to judge.",
        "1 of 2 feeds could not be read: what they tell is not known.",
    ]
    run(desk_engine, 2, {"good": 9}, screened=9, flagged=0)
    assert told(desk_engine).why_empty[0] == "The last run judged 9 stories and flagged none."


@pytest.mark.parametrize(
    ("end", "said"), [("failed", "failed"), ("interrupted", "was interrupted"), ("running", "A run is under way")]
)
def test_a_run_that_did_not_end_well_leaves_the_silence_open(desk_engine: Engine, end: str, said: str) -> None:
    with session_scope(desk_engine) as session:
        runs.open_run(session, "r", NOW)
        if end == "failed":
            runs.fail_run(session, "r", "no network", NOW)
    if end == "interrupted":
        with session_scope(desk_engine) as session:
            runs.open_run(session, "later", NOW - timedelta(days=1))
    assert said in told(desk_engine).why_empty[0]


def test_where_a_case_waits_nothing_is_said_of_emptiness(desk_engine: Engine, reference: str) -> None:
    assert told(desk_engine).why_empty == []
