"""The places where SQLite and PostgreSQL must be asked differently."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import String, func, text, type_coerce
from sqlalchemy import inspect as sa_inspect
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlmodel import Session, SQLModel


def insert_new(session: Session, table: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert the rows, all of the same columns, whose unique keys are not there yet; return how many were inserted.

    The statement is made once for all rows, however many: made anew for each batch it cost more than the inserting.
    """
    if not rows:
        return 0
    insert = postgres_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    # Counted by what comes back: a row count is not to be had from every driver here.
    key = sa_inspect(table, raiseerr=True).primary_key[0]
    statement = insert(sa_inspect(table, raiseerr=True).local_table).on_conflict_do_nothing().returning(key)
    return len(session.connection().execute(statement, list(rows)).all())


def one_writer(session: Session, key: int) -> None:
    """Hold back other writers of the same thing until this transaction ends.

    SQLite transactions here begin immediate, so there is one writer at a time anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.connection().execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


def month_of(session: Session, column: Any) -> Any:
    """Return the SQL for a moment's month in UTC, as 2026-11."""
    if session.get_bind().dialect.name == "postgresql":
        return func.to_char(func.timezone("UTC", column), "YYYY-MM")
    # SQLite keeps moments as text in UTC.
    return func.substr(type_coerce(column, String), 1, 7)
