from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, text
from sqlmodel import SQLModel

import compliance.store.tables
import compliance.store.tables_desk
import compliance.store.tables_people  # noqa: F401  (both fill SQLModel.metadata)
from compliance.errors import ConfigError
from compliance.store.database import newest_revision, open_engine, read_scope, session_scope, upgrade


def test_the_migrations_make_exactly_the_tables_of_the_code(engine: Engine) -> None:
    with engine.connect() as connection:
        # Full-text tables and indexes are made by each database in its own way, and no code reads them as tables.
        named = {"compare_type": False, "include_name": lambda name, *_: "_fts" not in (name or "")}
        context = MigrationContext.configure(connection, opts=named)
        assert compare_metadata(context, SQLModel.metadata) == []
        assert context.get_current_revision() == newest_revision()


def test_upgrading_twice_changes_nothing(database_url: str, engine: Engine) -> None:
    upgrade(database_url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar_one() == 1


def test_a_failed_block_leaves_nothing(engine: Engine) -> None:
    with pytest.raises(RuntimeError), session_scope(engine) as session:
        session.connection().execute(text("INSERT INTO leases VALUES ('a', 'b', '2026-01-01')"))
        raise RuntimeError
    with session_scope(engine) as session:
        assert session.connection().execute(text("SELECT count(*) FROM leases")).scalar_one() == 0


def test_a_page_is_read_while_somebody_writes_and_sees_one_state(engine: Engine) -> None:
    count = text("SELECT count(*) FROM leases")
    with session_scope(engine) as writer:
        writer.connection().execute(text("INSERT INTO leases VALUES ('a', 'b', '2026-01-01')"))
        # With the transaction of a writer this would wait a minute for the other, and fail.
        with read_scope(engine) as reader:
            assert reader.connection().execute(count).scalar_one() == 0
            begun = reader.connection().get_execution_options()
            assert begun["reads_only"] and reader.in_transaction()


def test_what_a_reader_writes_is_thrown_away(engine: Engine) -> None:
    with read_scope(engine) as reader:
        reader.connection().execute(text("INSERT INTO leases VALUES ('a', 'b', '2026-01-01')"))
    with read_scope(engine) as reader:
        assert reader.connection().execute(text("SELECT count(*) FROM leases")).scalar_one() == 0


def test_sqlite_keeps_a_commit_through_a_power_cut(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'a.db'}")
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA synchronous")).scalar_one() == 2  # FULL
        assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert connection.execute(text("PRAGMA foreign_keys")).scalar_one() == 1


def test_other_databases_are_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="mysql"):
        open_engine("mysql://localhost/x")


def test_an_unreachable_server_is_one_clear_line() -> None:
    with pytest.raises(ConfigError, match="cannot be opened") as caught:
        upgrade("postgresql+psycopg://nobody@127.0.0.1:1/none?connect_timeout=2")
    assert "\n" not in str(caught.value)
