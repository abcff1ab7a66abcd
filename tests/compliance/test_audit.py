"""Eight ways to change the record behind the desk's back; each is found, or it is said what cannot be."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text
from typer.testing import CliRunner

from compliance import audit, cli
from compliance.errors import ConfigError
from compliance.settings import Settings
from compliance.store import ledger
from compliance.store.database import open_engine, session_scope, upgrade
from compliance.store.tables import LedgerRow
from tests.factories import NOW


def fill(engine: Engine, rows: int = 6) -> None:
    with session_scope(engine) as session:
        for i in range(rows):
            after = {"disposition": "breach", "note": f"“{i}”"}
            ledger.append(session, at=NOW, actor="анна", action="case.decided", subject=f"EW-{i}", after=after)


def behind_the_triggers(engine: Engine, change: Callable[[Connection], None]) -> None:
    """Change the table as one with the rights of a database administrator can, and put the guards back."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE ledger DISABLE TRIGGER USER"))
            change(connection)
            connection.execute(text("ALTER TABLE ledger ENABLE TRIGGER USER"))
            return
        guards = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'ledger'"
        kept = connection.execute(text(guards)).all()
        for name, _ in kept:
            connection.execute(text(f"DROP TRIGGER {name}"))
        change(connection)
        for _, sql in kept:
            connection.execute(text(sql))


def run(*statements: str) -> Callable[[Connection], None]:
    def change(connection: Connection) -> None:
        for statement in statements:
            connection.execute(text(statement))

    return change


def rewrite_all(connection: Connection) -> None:
    """Write the whole chain anew with one note changed, every digest right: what a chain alone cannot show."""
    rows = connection.execute(text("SELECT * FROM ledger ORDER BY id")).mappings().all()
    previous = ledger.GENESIS
    for told in rows:
        given = {k: json.loads(v) if isinstance(v, str) and k in ("before", "after", "versions") else v
                 for k, v in told.items()}  # fmt: skip
        row = LedgerRow(**{**given, "at": NOW, "previous": previous})
        if row.id == 2:
            row.after = {"disposition": "not_breach", "note": ""}
        row.digest = ledger.digest_of(row)
        values = {"p": previous, "d": row.digest, "a": json.dumps(row.after), "i": row.id}
        connection.execute(text("UPDATE ledger SET previous = :p, digest = :d, after = :a WHERE id = :i"), values)
        previous = row.digest


SWAP = ("UPDATE ledger SET id = 99 WHERE id = 2", "UPDATE ledger SET id = 2 WHERE id = 3",
        "UPDATE ledger SET id = 3 WHERE id = 99")  # fmt: skip
INSERT = (
    "INSERT INTO ledger SELECT 7, at, actor, action, subject, before, after, versions, digest, 'made up' FROM ledger "
    "WHERE id = 6",
)
WAYS: dict[str, tuple[Callable[[Connection], None], str]] = {
    "a value edited": (run("UPDATE ledger SET actor = 'eve' WHERE id = 3"), "row 3 was altered"),
    "a row taken out": (run("DELETE FROM ledger WHERE id = 3"), "row 3 is missing"),
    "the end cut off": (run("DELETE FROM ledger WHERE id > 4"), "ends at row 4, but had 6 rows"),
    "rows in another order": (run(*SWAP), "row 2 was altered"),
    "a row put in": (run(*INSERT), "row 7 was altered"),
    "all written anew": (rewrite_all, "row 6 is not the one that was anchored"),
    "everything deleted": (run("DELETE FROM ledger"), "ends at row 0, but had 6 rows"),
    "the table dropped": (run("DROP TABLE ledger"), "the record cannot be read"),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_changing_the_record_is_found(engine: Engine, way: str) -> None:
    fill(engine)
    anchor = audit.head(engine, NOW)
    assert audit.verify(engine, [anchor]).broken == ()
    change, told = WAYS[way]
    if way == "the table dropped":
        with engine.begin() as connection:
            change(connection)
    else:
        behind_the_triggers(engine, change)
    found = audit.verify(engine, [anchor])
    assert any(told in line for line in found.broken), found.broken


def test_an_older_copy_put_back_is_found(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    upgrade(url)
    engine = open_engine(url)
    fill(engine, 3)
    with engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    copy = (tmp_path / "a.db").read_bytes()
    fill(engine, 2)
    anchor = audit.head(engine, NOW)
    engine.dispose()
    for file in tmp_path.glob("a.db*"):
        file.unlink()
    (tmp_path / "a.db").write_bytes(copy)
    engine = open_engine(url)
    assert audit.verify(engine, []).broken == ()
    [line] = audit.verify(engine, [anchor]).broken
    assert "an older copy was put back" in line
    engine.dispose()


def test_a_guard_that_was_taken_away_is_told(engine: Engine) -> None:
    fill(engine)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE ledger DISABLE TRIGGER ledger_append_only"))
        else:
            connection.execute(text("DROP TRIGGER ledger_no_update"))
    [line] = audit.verify(engine, []).broken
    assert "refuses changes of the record, is gone" in line


@pytest.mark.postgres
def test_postgresql_refuses_to_empty_the_record_at_once(postgres_url: str) -> None:
    upgrade(postgres_url)
    engine = open_engine(postgres_url)
    with pytest.raises(Exception, match="append-only"), engine.begin() as connection:
        connection.execute(text("TRUNCATE ledger"))
    engine.dispose()


def test_a_long_record_is_read_page_by_page(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "_PAGE", 4)
    fill(engine, 12)
    assert audit.verify(engine, [audit.head(engine, NOW)]) == audit.Verdict(12, 1, ())


def test_a_record_broken_everywhere_is_not_told_row_by_row(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "_MOST_LINES", 3)
    fill(engine, 9)
    behind_the_triggers(engine, run("UPDATE ledger SET actor = 'eve'"))
    broken = audit.verify(engine, []).broken
    assert len(broken) == 4 and broken[-1].startswith("and so on")


@pytest.mark.parametrize(
    "line", ["no json", "[]", '{"at": "x", "rows": -1, "digest": "y"}', '{"at": "x", "rows": "5", "digest": "y"}']
)
def test_a_file_of_anchors_that_cannot_be_read_names_its_line(tmp_path: Path, line: str) -> None:
    file = tmp_path / "anchors.jsonl"
    audit.keep_anchor(file, audit.Anchor("2026-11-20", 0, ledger.GENESIS))
    with file.open("a") as handle:
        handle.write(line + "\n")
    with pytest.raises(ConfigError, match="line 2"):
        audit.read_anchors(file)
    with pytest.raises(ConfigError, match="cannot be read"):
        audit.read_anchors(tmp_path / "none")
    with pytest.raises(ConfigError, match="cannot be written"):
        audit.keep_anchor(tmp_path, audit.Anchor("", 0, ""))


def test_the_commands_keep_anchors_and_check_against_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    monkeypatch.setenv("EMBARGOWATCH_DATABASE_URL", url)
    monkeypatch.setenv("EMBARGOWATCH_HOME", str(tmp_path))
    upgrade(url)
    engine = open_engine(url)
    fill(engine, 3)
    command = CliRunner()
    said = command.invoke(cli.assembled(), ["audit", "verify"])
    assert said.exit_code == 0 and "3 rows, 0 anchors" in said.output and "cannot be seen" in said.output
    kept = command.invoke(cli.assembled(), ["audit", "anchor"])
    assert json.loads(kept.output)["rows"] == 3
    elsewhere = tmp_path / "elsewhere.jsonl"
    audit.keep_anchor(elsewhere, replace(audit.head(engine, NOW), rows=3))
    assert Settings().anchors_file.read_text() == kept.output
    behind_the_triggers(engine, run("DELETE FROM ledger WHERE id = 3"))
    said = command.invoke(cli.assembled(), ["audit", "verify", "--anchors", str(elsewhere)])
    assert said.exit_code == 1 and said.output.count("ends at row 2, but had 3 rows") == 2
    engine.dispose()
