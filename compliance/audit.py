"""Whether the record is whole: every row against the one before it, its end against anchors kept outside the database.

A chain alone shows what was altered or taken out of its middle. It cannot show that the newest rows were cut off, that
an older copy was put back, or that all of it was written anew: for that its head is kept elsewhere, in anchors.
"""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col, select

from compliance.errors import ConfigError
from compliance.store import ledger
from compliance.store.database import read_scope
from compliance.store.tables import LedgerRow

_PAGE = 1_000
# A record that is broken everywhere need not be told of row by row.
_MOST_LINES = 200
_POSTGRES_GUARDS = "SELECT tgname FROM pg_trigger WHERE tgrelid = to_regclass('ledger') AND tgenabled <> 'D'"
_SQLITE_GUARDS = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'ledger'"


@dataclass(frozen=True, slots=True)
class Anchor:
    """The record's head at a moment: how many rows it had, and the digest of the last."""

    at: str
    rows: int
    digest: str


def head(engine: Engine, now: datetime) -> Anchor:
    """Return the record's head as it stands; of an empty record, no rows and the first link of the chain."""
    with read_scope(engine) as session:
        return Anchor(now.isoformat(timespec="seconds"), *ledger.head(session))


def keep_anchor(file: Path, anchor: Anchor) -> None:
    """Add an anchor to the end of the file and see it onto the disk. ConfigError where the file cannot be written."""
    line = (json.dumps(asdict(anchor)) + "\n").encode()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, line)
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise ConfigError(f"{file}: the anchor cannot be written: {error.strerror}") from error


def read_anchors(file: Path) -> list[Anchor]:
    """Return the anchors kept in a file. ConfigError names file and line where one cannot be read."""
    found = []
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: the anchors cannot be read: {error}") from error
    for number, line in enumerate(lines, 1):
        try:
            told = json.loads(line)
            anchor = Anchor(str(told["at"]), told["rows"], str(told["digest"]))
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigError(f"{file}: line {number} is no anchor") from error
        if not isinstance(anchor.rows, int) or isinstance(anchor.rows, bool) or anchor.rows < 0:
            raise ConfigError(f"{file}: line {number}: rows must be a whole number")
        found.append(anchor)
    return found


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verifying found: ``broken`` is empty where the record is whole as far as its anchors reach."""

    rows: int
    anchors: int
    broken: tuple[str, ...]


def verify(engine: Engine, anchors: Iterable[Anchor]) -> Verdict:
    """Check every row and every anchor, a page of rows at a time; writers are never held up for longer than a page."""
    kept = list(anchors)
    anchored: dict[int, list[Anchor]] = {}
    for anchor in kept:
        anchored.setdefault(anchor.rows, []).append(anchor)
    broken: list[str] = []
    rows = 0
    try:
        with read_scope(engine) as session:
            broken += _missing_guards(session)
        previous = ledger.GENESIS
        for row in _rows(engine):
            if len(broken) >= _MOST_LINES:
                broken.append("and so on: what follows was not looked at")
                return Verdict(rows, len(kept), tuple(broken))
            broken += ledger.breaks(row, rows + 1, previous)
            broken += [_rewritten(a) for a in anchored.get(row.id, ()) if a.digest != row.digest]
            previous, rows = row.digest, row.id
    except DBAPIError as error:
        broken.append(f"the record cannot be read: {str(error.orig).strip().splitlines()[0]}")
    broken += [_cut(a, rows) for a in kept if a.rows > rows]
    return Verdict(rows, len(kept), tuple(broken))


def _rows(engine: Engine) -> Iterator[LedgerRow]:
    after: int | None = None
    while True:
        statement = select(LedgerRow).order_by(col(LedgerRow.id)).limit(_PAGE)
        with read_scope(engine) as session:
            page = list(session.exec(statement if after is None else statement.where(col(LedgerRow.id) > after)))
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1].id


def _rewritten(anchor: Anchor) -> str:
    return f"row {anchor.rows} is not the one that was anchored at {anchor.at}: the record was written anew"


def _cut(anchor: Anchor, rows: int) -> str:
    return (
        f"the record ends at row {rows}, but had {anchor.rows} rows at {anchor.at}: "
        "its end was cut off, or an older copy was put back"
    )


def _missing_guards(session: Session) -> list[str]:
    """Return, in words, which of the triggers that refuse changes of the record are gone or switched off."""
    is_postgres = session.get_bind().dialect.name == "postgresql"
    found = session.connection().execute(text(_POSTGRES_GUARDS if is_postgres else _SQLITE_GUARDS))
    names = {str(name) for (name,) in found}
    expected = ("ledger_append_only", "ledger_no_truncate") if is_postgres else ("ledger_no_update", "ledger_no_delete")
    return [
        f"the trigger {name}, which refuses changes of the record, is gone" for name in expected if name not in names
    ]
