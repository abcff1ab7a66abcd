"""What a page that shows a case hands to its template."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from fastapi import HTTPException, Request
from sqlmodel import Session

from compliance.case import CaseState, is_kept_from, tells_first_word
from compliance.casework import claimed_by_other
from compliance.dossier import Dossier, dossier
from compliance.store import changes
from compliance.store.tables import CaseRow, LedgerRow
from compliance.store.tables_desk import ChangeRow
from compliance.store.users import Visitor
from compliance.web import access
from compliance.web.highlight import cut
from rules.vocabulary import Kind, PartyType, Status
from rules.vocabulary import Role as Part

# A hash, a mark's id and a note: what an officer may have typed and must not lose.
Typed = Mapping[str, str]


def case_facts(
    request: Request, session: Session, reference: str, visitor: Visitor, back: str, typed: Typed | None = None
) -> dict[str, Any]:
    """Return what the case's template needs. Raises HTTPException 404 for an unknown case."""
    found = dossier(session, reference, request.app.state.rulebook)
    if found is None:
        raise HTTPException(404)
    now = datetime.now(UTC)
    row = found.row
    mine = changes.last_of(session, visitor.name, now.replace(hour=0, minute=0, second=0, microsecond=0))
    return {
        "case": row,
        "file": found,
        "cut": cut,
        "back": back,
        "typed": dict(typed or {}),
        "reasons": request.app.state.reasons,
        "regimes": request.app.state.regimes,
        "rules_now": request.app.state.rulebook.version,
        "vocabulary": {"kinds": list(Kind), "roles": list(Part), "types": list(PartyType), "statuses": list(Status)},
        "people": access.officers(session),
        "works": visitor.role in access.DECIDERS,
        "held_by": row.claimed_by if claimed_by_other(row, visitor.name, now) else None,
        "open": row.state in (CaseState.WAITING.value, CaseState.SECOND.value, CaseState.SNOOZED.value),
        "second": second_reading(found, visitor),
        "history": [e for e in found.history if not is_hidden(found, visitor, e)],
        "undoable": mine.id if mine is not None and mine.case_id == row.id else None,
        # In triage the case that was decided is out of sight: its undo stands beside the next one.
        "undone_elsewhere": _elsewhere(session, mine, row) if back.startswith("/triage") else "",
    }


def _elsewhere(session: Session, mine: ChangeRow | None, shown: CaseRow) -> str:
    """Return the reference of the other case in which the visitor changed something last, or nothing."""
    other = session.get(CaseRow, mine.case_id) if mine is not None and mine.case_id != shown.id else None
    return other.reference if other is not None else ""


def second_reading(found: Dossier, visitor: Visitor) -> str:
    """Return what the visitor may do where a second decision is due: read, wait for another, or nothing."""
    row = found.row
    if row.state != CaseState.SECOND.value or row.proposal is None:
        return ""
    if visitor.name == row.proposal["by"]:
        return "own"
    return ("blind" if row.is_blind else "reads") if visitor.role in access.APPROVERS else "waits"


def is_kept(row: CaseRow, visitor: Visitor) -> bool:
    """True where the visitor must not know the first of two decisions yet."""
    reader = access.reader(visitor)
    return reader is not None and is_kept_from(reader, row.state, row.is_blind, row.proposal)


def is_hidden(found: Dossier, visitor: Visitor, event: LedgerRow | ChangeRow) -> bool:
    """True for what tells the first decision where the visitor must not know it yet."""
    return is_kept(found.row, visitor) and tells_first_word(event.action, event.before, event.after)
