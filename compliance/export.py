"""Lists that leave the desk, in pages, so that neither memory nor other writers suffer, however many there are."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Engine
from sqlmodel import col, select

from compliance.casefile import case_file, case_line
from compliance.report import entities, spreadsheet
from compliance.store import readings
from compliance.store.database import read_scope, session_scope
from compliance.store.tables import CaseRow

_PAGE = 200
# Exports are read in order of opening; what is opened meanwhile belongs to the next.
COLUMNS = (
    "case", "state", "disposition", "verdict", "score", "status", "act", "regimes", "kinds", "suppliers", "recipients",
    "brokers", "carriers", "financiers", "operators", "denied_by", "origin", "opened_at", "changed_at", "revision",
)  # fmt: skip
_ROLE_COLUMNS = {f"{role}s": role for role in ("supplier", "recipient", "broker", "carrier", "financier", "operator")}


class Format(StrEnum):
    """How a list of cases is written."""

    CSV = "csv"
    JSONL = "jsonl"
    FTM = "ftm"

    @property
    def media(self) -> str:
        """The media type."""
        return {"csv": "text/csv; charset=utf-8; header=present", "jsonl": "application/jsonl"}.get(
            self.value, "application/json+ftm"
        )

    @property
    def ending(self) -> str:
        """How the file's name ends."""
        return {"ftm": "ftm.json"}.get(self.value, self.value)


def record_export(engine: Engine, actor: str, what: str, form: str, now: datetime) -> None:
    """Record that somebody takes cases out, before he gets them."""
    with session_scope(engine) as session:
        readings.note_export(session, actor, what, {"format": form}, now)


def exported(engine: Engine, form: Format, state: str | None = None) -> Iterator[str]:
    """Yield all cases, or those of one state, as pieces of a file in that format."""
    if form is Format.CSV:
        return spreadsheet.lines(COLUMNS, (_row(row) for row in _cases(engine, state)))
    if form is Format.JSONL:
        return _json_lines(_files(engine, state))
    return _json_lines(_unique(entity for found in _files(engine, state) for entity in entities.entities(found)))


def _cases(engine: Engine, state: str | None) -> Iterator[CaseRow]:
    after = 0
    while True:
        statement = select(CaseRow).where(col(CaseRow.id) > after).order_by(col(CaseRow.id)).limit(_PAGE)
        if state:
            statement = statement.where(CaseRow.state == state)
        with read_scope(engine) as session:
            page = list(session.exec(statement))
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1].id or 0


def _files(engine: Engine, state: str | None) -> Iterator[dict[str, Any]]:
    for row in _cases(engine, state):
        with read_scope(engine) as session:
            # Whoever is still to decide unaware of the first decision may take this out too.
            found = case_file(session, row.reference, reader="")
        if found is not None:
            yield found


def _row(row: CaseRow) -> dict[str, Any]:
    line = case_line(row)
    line["regimes"] = [f"UN-SC{regime}" for regime in row.regimes]
    for column, role in _ROLE_COLUMNS.items():
        line[column] = [p["canonical"] for p in row.parties if role in p["roles"]]
    return line


def _json_lines(found: Iterable[dict[str, Any]]) -> Iterator[str]:
    for line in found:
        yield json.dumps(line, ensure_ascii=False) + "\n"


def _unique(found: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield each entity once: parties and stories come back in case after case."""
    seen: set[str] = set()
    for entity in found:
        if entity["id"] not in seen:
            seen.add(entity["id"])
            yield entity
