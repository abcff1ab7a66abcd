"""A database that an older version filled is brought to the newest schema with every row in place."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from compliance.intake.health import Standing, is_due
from compliance.missrate import Tally
from compliance.store import cases, database, draws, feeds, outbox, queue, search
from compliance.store.database import newest_revision, open_engine, session_scope, upgrade
from compliance.store.tables import RunRow

ROWS = (
    "INSERT INTO stories (id, fingerprint, title, text, first_seen, quality) VALUES (1, 'f', 't', 'x', :now, 'full')",
    "INSERT INTO screenings (id, story_id, model_version, rules_version, policy_version, score, verdict, judgement, "
    "reasons, hits, created_at) VALUES (1, 1, 'm', 'r', 'p', 0.9, 'alert', '{}', '[]', '[]', :now)",
    "INSERT INTO cases (id, reference, opened_by_story, state, verdict, score, act, kinds, regimes, denied_by, "
    "parties, opened_at, changed_at, revision) VALUES (1, 'EW-1', 1, 'waiting', 'alert', 0.9, 'a', '[]', '[]', '[]', "
    "'[]', :now, :now, 1)",
    "INSERT INTO case_stories VALUES (1, 1, 1, 'first', :now)",
    "INSERT INTO feeds (id, url, title, state, reason, state_since, last_checked, last_success, failures, entries) "
    "VALUES ('well', 'https://a.example/', 'A', 'unchanged', '', :now, :now, :now, 0, 9)",
    "INSERT INTO feeds (id, url, title, state, reason, state_since, last_checked, failures, entries) "
    "VALUES ('ill', 'https://b.example/', 'B', 'timeout', 'x', :now, :now, 4, 0)",
    "INSERT INTO runs (id, started_at, state, counts, faults) VALUES ('r', :now, 'reconciled', '{}', '[]')",
    "INSERT INTO users (id, name, role, password, active, created_at, failures, locked_until) "
    "VALUES (1, 'grace', 'analyst', 'hash', true, :now, 7, :now)",
    "INSERT INTO sessions VALUES ('digest', 1, 'csrf', :now, :now)",
)
_LINK = "INSERT INTO case_stories (case_id, story_id, screening_id, reason, joined_at) VALUES (1, 1, {}, 'x', :now)"
NOW = {"now": "2026-11-20 03:00:00.000000+00:00"}


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def old_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database at the first schema, with one case."""
    is_sqlite = request.param == "sqlite"
    url: str = f"sqlite:///{tmp_path / 'old.db'}" if is_sqlite else request.getfixturevalue("postgres_url")
    engine = open_engine(url)
    with engine.begin() as connection:
        config = database._alembic(url)
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for row in ROWS:
            connection.execute(text(row), NOW)
    engine.dispose()
    return url


def test_rows_of_the_first_schema_are_kept(old_database: str) -> None:
    upgrade(old_database)
    engine = open_engine(old_database)
    with engine.connect() as connection:
        version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        assert version == newest_revision()
        told = connection.execute(text("SELECT id, score, verdict, language FROM screenings")).one()
        assert tuple(told) == (1, 0.9, "alert", "und")
        assert connection.execute(text("SELECT screening_id FROM case_stories")).scalar_one() == 1
        assert connection.execute(text("SELECT origin FROM cases")).scalar_one() == "screening"
        assert connection.execute(text("SELECT name, password FROM users")).one() == ("grace", "hash")
        assert connection.execute(text("SELECT user_id FROM sessions")).scalar_one() == 1
    engine.dispose()


def test_feeds_of_the_first_schema_stand_as_they_did(old_database: str) -> None:
    upgrade(old_database)
    engine = open_engine(old_database)
    with session_scope(engine) as session:
        rows = feeds.known(session, ["well", "ill"])
        well, ill = feeds.health_of(rows["well"]), feeds.health_of(rows["ill"])
        assert (well.standing, well.failing_since, well.last_new) == (Standing.HEALTHY, None, rows["well"].last_success)
        assert (ill.standing, ill.failures, ill.failing_since) == (Standing.SHAKY, 4, rows["ill"].state_since)
        assert rows["ill"].losses == rows["ill"].moved_seen == 0
        assert is_due(well, rows["well"].last_checked) and is_due(ill, rows["ill"].last_checked)
        assert session.get_one(RunRow, "r").job == "nightly"
    engine.dispose()


def test_what_was_screened_before_draws_were_made_is_not_drawn_from(old_database: str) -> None:
    upgrade(old_database)
    engine = open_engine(old_database)
    with session_scope(engine) as session:
        assert draws.undrawn(session) is None
        assert draws.tally(session) == Tally(0, 0, {})
    engine.dispose()


@pytest.mark.parametrize("change", ["UPDATE screenings SET score = 0.1", "DELETE FROM screenings"])
def test_screenings_are_still_append_only(old_database: str, change: str) -> None:
    upgrade(old_database)
    engine = open_engine(old_database)
    with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
        connection.execute(text(change))
    engine.dispose()


def test_a_reference_to_a_screening_that_is_not_there_is_still_refused(old_database: str) -> None:
    upgrade(old_database)
    engine = open_engine(old_database)
    with pytest.raises(DBAPIError), engine.begin() as connection:
        connection.execute(text(_LINK.format(99)), NOW)
    engine.dispose()


def test_alerts_of_an_older_version_keep_their_tries_and_can_still_leave(old_database: str) -> None:
    engine = open_engine(old_database)
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO outbox (id, alert_id, subject, event, channel, recipient, payload, state, attempts, "
                "created_at, next_attempt) VALUES (1, 'alert_1', 'EW-1', 'case.alert', 'email', 'a@x', '{}', 'due', 3, "
                ":now, :now)"
            ),
            NOW,
        )
    engine.dispose()
    upgrade(old_database)
    engine = open_engine(old_database)
    with session_scope(engine) as session:
        (row,) = outbox.lease(session, "me:1:1", datetime(2026, 11, 21, tzinfo=UTC))
        assert (row.tries, row.reason, row.due_since) == (3, "", row.created_at)
    engine.dispose()


def test_older_stories_and_cases_are_found_and_weighed(old_database: str) -> None:
    upgrade(old_database)
    engine = open_engine(old_database)
    with session_scope(engine) as session:
        assert [hit.reference for hit in search.search(session, "x").stories] == ["EW-1"]
        row = cases.by_reference(session, "EW-1")
        assert row is not None and (row.goods, row.needs_second, row.proposal, row.due_at) == ([], False, None, None)
        assert queue.listed(session, queue.Filters(), "grace", row.opened_at) == [row]
    second = ROWS[2].replace("(1, 'EW-1', 1,", "(2, 'EW-2', 1,")
    assert second != ROWS[2]
    with pytest.raises(DBAPIError), engine.begin() as connection:
        # One story still opens one case at most.
        connection.execute(text(second), NOW)
    engine.dispose()


def test_older_stories_and_cases_in_other_scripts_are_found(old_database: str) -> None:
    engine = open_engine(old_database)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", database._without_foreign_keys)
    with engine.begin() as connection:
        config = database._alembic(old_database)
        config.attributes["connection"] = connection
        before = ScriptDirectory.from_config(config).get_revision("0010").down_revision
        assert isinstance(before, str)
        command.upgrade(config, before)
        connection.execute(text("UPDATE stories SET title = 'Корабль', text = '朝鲜货轮运送炮弹 to Dunai'"))
        connection.execute(text("INSERT INTO case_words VALUES (1, 'EW-1 السفينة')"))
    upgrade(old_database)
    with session_scope(engine) as session:
        for asked in ("корабль", "炮弹", "dunai", "dunai 货轮"):
            assert [hit.id for hit in search.search(session, asked).stories] == [1], asked
        for asked in ("سفينة", "ew-1"):
            assert [row.reference for row in search.search(session, asked).cases] == ["EW-1"], asked
    engine.dispose()
