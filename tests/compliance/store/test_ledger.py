from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DatabaseError

from compliance.store import ledger
from compliance.store.database import session_scope
from tests.factories import NOW


def _fill(engine: Engine, rows: int) -> None:
    for i in range(rows):
        with session_scope(engine) as session:
            ledger.append(
                session,
                at=NOW,
                actor="анна",
                action="case.decided",
                subject=f"EW-{i % 2}",
                after={"note": "“不”", "score": 0.25},
                versions={"model": "m"},
            )


def test_an_untouched_chain_is_whole(engine: Engine) -> None:
    _fill(engine, 5)
    with session_scope(engine) as session:
        assert ledger.broken_links(session) == []
        assert [row.id for row in ledger.of_subject(session, "EW-0")] == [1, 3, 5]


@pytest.mark.parametrize("statement", ["UPDATE ledger SET actor = 'x' WHERE id = 2", "DELETE FROM ledger WHERE id = 2"])
def test_the_database_refuses_to_change_or_delete_a_row(engine: Engine, statement: str) -> None:
    _fill(engine, 3)
    with pytest.raises(DatabaseError, match="append-only"), engine.begin() as connection:
        connection.execute(text(statement))


@pytest.mark.parametrize(
    ("tampering", "told"),
    [
        ("UPDATE ledger SET actor = 'someone' WHERE id = 2", "row 2 was altered"),
        ("DELETE FROM ledger WHERE id = 2", "row 2 is missing"),
        ("UPDATE ledger SET previous = 'zz' WHERE id = 3", "row 3 does not follow"),
    ],
)
def test_what_gets_past_the_triggers_breaks_the_chain(engine: Engine, tampering: str, told: str) -> None:
    _fill(engine, 4)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE ledger DISABLE TRIGGER USER"))
        else:
            for name in ("ledger_no_update", "ledger_no_delete"):
                connection.execute(text(f"DROP TRIGGER {name}"))
        connection.execute(text(tampering))
    with session_scope(engine) as session:
        assert any(told in line for line in ledger.broken_links(session))


def test_writers_at_once_make_one_chain(engine: Engine) -> None:
    """Eight at once; `python -m benchmarks.chain` has each of them write a thousand."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: _fill(engine, 20), range(8)))
    with session_scope(engine) as session:
        assert ledger.broken_links(session) == []
        assert len(ledger.of_subject(session, "EW-0")) == 80
