"""One engine per process, one transaction per step, one schema made by Alembic on SQLite and PostgreSQL alike."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.pool import NullPool
from sqlmodel import Session

from compliance.errors import ConfigError

_FOREIGN_KEYS = text("PRAGMA foreign_key_check")
_MIGRATIONS = Path(__file__).parent / "migrations"


def open_engine(url: str) -> Engine:
    """Return an engine on the database, with the pragmas that make SQLite safe beside other processes.

    ``synchronous=FULL`` keeps a committed decision or outbox row through a power cut.
    """
    if url.startswith("sqlite"):
        path = url.split("///", 1)[-1]
        if path and path != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(url, connect_args={"timeout": 60}, poolclass=NullPool)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_immediate)
        return engine
    if not url.startswith("postgresql"):
        raise ConfigError(f"EMBARGOWATCH_DATABASE_URL: only sqlite and postgresql are known, not {url.split(':')[0]!r}")
    return create_engine(url, pool_pre_ping=True, pool_size=5)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=60000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _without_foreign_keys(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA foreign_keys=OFF")


def _begin_immediate(connection: Any) -> None:
    # A deferred transaction that later writes can fail with "database is locked" without waiting for its turn.
    options = connection.get_execution_options()
    if options.get("is_spare"):
        connection.exec_driver_sql("PRAGMA busy_timeout=0")
    connection.exec_driver_sql("BEGIN" if options.get("reads_only") else "BEGIN IMMEDIATE")


@contextmanager
def session_scope(engine: Engine) -> Iterator[Session]:
    """A session whose work is committed whole at the end of the block, or not at all."""
    with Session(engine, expire_on_commit=False) as session, session.begin():
        yield session
        if last := engine.get_execution_options().get("last"):
            last(session)


def ending_with(engine: Engine, last: Callable[[Session], None]) -> Engine:
    """Return the engine such that each of its ``session_scope`` does that last, in the same transaction."""
    return engine.execution_options(last=last)


@contextmanager
def read_scope(engine: Engine) -> Iterator[Session]:
    """A session that reads one state of the database and waits for no writer. What it would write is thrown away."""
    with Session(engine.execution_options(reads_only=True), expire_on_commit=False) as session:
        yield session


@contextmanager
def spare_scope(engine: Engine) -> Iterator[Session]:
    """A session for what may be left undone: where another writer holds a SQLite file, it is, without waiting."""
    spare = engine.execution_options(is_spare=True)
    try:
        with Session(spare, expire_on_commit=False) as session, session.begin():
            yield session
    except OperationalError as error:
        if getattr(error.orig, "sqlite_errorcode", None) != sqlite3.SQLITE_BUSY:
            raise


def _alembic(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["url"] = url
    return config


def upgrade(url: str) -> None:
    """Bring the database's schema to the newest revision; nothing happens where it is there already."""
    try:
        engine = open_engine(url)
        if engine.dialect.name == "sqlite":
            # SQLite changes a column by making its table anew, which foreign keys of other tables would refuse.
            event.listen(engine, "connect", _without_foreign_keys)
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                # Two processes starting at once must not both create the tables.
                connection.execute(text("SELECT pg_advisory_xact_lock(7121718)"))
            config = _alembic(url)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            if connection.dialect.name == "sqlite" and (broken := connection.execute(_FOREIGN_KEYS).first()):
                raise ConfigError(
                    f"the database cannot be upgraded: {broken[0]} would refer to a row that is not there"
                )
        engine.dispose()
    except (OperationalError, ProgrammingError) as error:
        raise ConfigError(f"the database cannot be opened: {str(error.orig).strip().splitlines()[0]}") from error


def newest_revision() -> str:
    """Return the id of the newest schema revision this version knows."""
    return ScriptDirectory.from_config(_alembic("")).get_current_head() or ""
