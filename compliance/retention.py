"""Captured bodies that nobody needs any more are dropped, each drop in the ledger; a legal hold forbids it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import Session

from compliance.case import CaseAction
from compliance.errors import ConfigError
from compliance.store import cases, ledger, retention
from compliance.store.database import session_scope

SUBJECT = "captures"
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Terms:
    """How long bodies are kept from their last fetch, and from the last change of a case that rests on them."""

    bodies: timedelta
    cases: timedelta


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many bodies were dropped, or would be, and their bytes before packing."""

    bodies: int
    size: int


def prune(engine: Engine, terms: Terms, actor: str, now: datetime, *, dry_run: bool) -> Pruned:
    """Drop every body whose term is over and that nothing keeps; ``dry_run`` counts them and changes nothing.

    Each batch is one transaction with its ledger row, which names every digest.
    """
    if dry_run:
        with session_scope(engine) as session:
            found = retention.droppable(session, now - terms.bodies, now - terms.cases, 10_000_000)
        return Pruned(len(found), sum(size for _, size in found))
    bodies = size = 0
    while True:
        with session_scope(engine) as session:
            batch = retention.droppable(session, now - terms.bodies, now - terms.cases, _BATCH)
            if not batch:
                return Pruned(bodies, size)
            digests = [digest for digest, _ in batch]
            retention.drop(session, digests, now)
            after = {"digests": digests, "kept_days": terms.bodies.days, "kept_days_of_cases": terms.cases.days}
            ledger.append(session, at=now, actor=actor, action=CaseAction.BODIES_DROPPED, subject=SUBJECT, after=after)
        bodies, size = bodies + len(batch), size + sum(s for _, s in batch)


def hold(engine: Engine, reference: str, reason: str, actor: str, now: datetime) -> None:
    """Put a case on hold; ConfigError where there is no such case or no reason."""
    if not reason.strip():
        raise ConfigError("a hold needs a reason")
    with session_scope(engine) as session:
        retention.hold(session, _case_id(session, reference), reason.strip(), actor, now)
        after = {"reason": reason.strip()}
        ledger.append(session, at=now, actor=actor, action=CaseAction.HELD, subject=reference, after=after)


def release(engine: Engine, reference: str, actor: str, now: datetime) -> None:
    """Release a case from its holds; ConfigError where none stands."""
    with session_scope(engine) as session:
        if not retention.release(session, _case_id(session, reference), actor, now):
            raise ConfigError(f"{reference} is not on hold")
        ledger.append(session, at=now, actor=actor, action=CaseAction.RELEASED, subject=reference)


def _case_id(session: Session, reference: str) -> int:
    row = cases.by_reference(session, reference)
    if row is None or row.id is None:
        raise ConfigError(f"there is no case {reference}")
    return row.id
