"""What may be done to a case at the desk, by a form or through the API: the same step with the same rules."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine
from starlette.datastructures import State

from compliance import correcting, correction, decision, regrouping, resending, undoing, workflow
from compliance.case import Disposition
from compliance.correcting import Span
from compliance.correction import CorrectionError
from compliance.severity import SeverityPolicy
from compliance.store import users
from compliance.store.database import read_scope
from compliance.store.users import Role, Visitor
from compliance.web import access


@dataclass(frozen=True, slots=True)
class Act:
    """Who does something to which case, as it stood at which revision, when."""

    state: State
    engine: Engine
    reference: str
    visitor: Visitor
    revision: int
    now: datetime

    @property
    def policy(self) -> SeverityPolicy:
        """The severity policy by which the case is weighed anew."""
        found: SeverityPolicy = self.state.severity
        return found

    @property
    def held(self) -> tuple[str, int, datetime]:
        """Who acts, on which revision, when: as every step asks for it."""
        return self.visitor.name, self.revision, self.now


def decide(act: Act, disposition: Disposition, reason: str, note: str) -> None:
    """Record the decision, or the first or second of two. Raises CorrectionError for a reason that does not fit."""
    fitting = act.state.reasons[disposition.value]
    if reason not in fitting:
        raise CorrectionError(f"Choose a reason that fits the decision: {', '.join(fitting)}")
    decision.dispose_case(
        act.engine, act.reference, disposition, reason, note, *act.held,
        is_approver=act.visitor.role in access.APPROVERS,
    )  # fmt: skip


def reopen(act: Act, note: str) -> None:
    """Put a decided case back into the queue; the decision stays in the record."""
    decision.reopen_case(act.engine, act.reference, note, *act.held)


def claim(act: Act) -> None:
    """Hold the case for this officer for a while."""
    length = timedelta(minutes=act.state.settings.claim_minutes)
    workflow.claim(act.engine, act.reference, act.visitor.name, act.now, length)


def release(act: Act) -> None:
    """Give the case back."""
    workflow.release(act.engine, act.reference, act.visitor.name)


def assign(act: Act, assignee: str) -> None:
    """Give the case to an officer, or to nobody where empty. Raises CorrectionError where nobody is of that name."""
    with read_scope(act.engine) as session:
        row = users.find(session, assignee) if assignee else None
    if assignee and (row is None or not row.active or Role(row.role) not in access.DECIDERS):
        raise CorrectionError(f"no officer is named {assignee[:40]}")
    workflow.assign(act.engine, act.reference, assignee or None, *act.held)


def escalate(act: Act, note: str) -> None:
    """Put the case before all others; two people must then agree. Raises CorrectionError without a note."""
    if not note.strip():
        raise CorrectionError("Say in a note why the case is escalated")
    workflow.escalate(act.engine, act.reference, note, *act.held)


def snooze(act: Act, note: str) -> None:
    """Put the case aside until another story tells of it."""
    workflow.snooze(act.engine, act.reference, note, *act.held)


def wake(act: Act) -> None:
    """Bring a snoozed case back."""
    workflow.wake(act.engine, act.reference, *act.held)


def add_note(act: Act, note: str) -> None:
    """Enter a note in the case's history. Raises CorrectionError for an empty one."""
    if not note.strip():
        raise CorrectionError("The note is empty")
    workflow.add_note(act.engine, act.reference, note, act.visitor.name, act.now)


def acknowledge(act: Act) -> None:
    """Enter that someone took notice of the case, which ends the repetition of its alerts."""
    resending.acknowledge(act.engine, act.reference, act.visitor.name, act.now)


def add_party(act: Act, name: str, type_: str, roles: Collection[str], note: str) -> None:
    """Add a party."""
    _correct(act, "parties", lambda parties: correction.with_party(parties, name, type_, roles), note)


def change_party(act: Act, canonical: str, name: str, type_: str, roles: Collection[str], note: str) -> None:
    """Give a party another name, type or other roles."""
    _correct(
        act, "parties", lambda parties: correction.with_changed_party(parties, canonical, name, type_, roles), note
    )


def remove_party(act: Act, canonical: str, note: str) -> None:
    """Take a party away."""
    _correct(act, "parties", lambda parties: correction.without_party(parties, canonical), note)


def set_fact(act: Act, fact: str, values: Collection[str], note: str) -> None:
    """Set kinds, regimes or status; an empty status is an unknown one."""
    given = [v for v in values if v]
    change: dict[str, Callable[[Any], Any]] = {
        "kinds": lambda _: correction.kinds(given),
        "regimes": lambda _: correction.regimes(given, act.state.regimes),
        "status": lambda _: correction.status(given[0] if given else ""),
    }
    _correct(act, fact, change[fact], note)


def _correct(act: Act, fact: str, change: Callable[[Any], Any], note: str) -> None:
    correcting.correct(act.engine, act.reference, fact, change, note, *act.held, act.policy, act.state.monitor)


def mark(act: Act, span: Span) -> None:
    """Mark a span of a story as evidence."""
    correcting.mark(act.engine, act.reference, span, *act.held)


def unmark(act: Act, number: int) -> None:
    """Take a mark away."""
    correcting.unmark(act.engine, act.reference, number, *act.held)


def move_story(act: Act, story: int, target: str) -> None:
    """Put a story into another case."""
    regrouping.move_story(act.engine, act.reference, story, target.strip(), *act.held, act.policy, act.state.monitor)


def split_case(act: Act, story: int, keep: bool) -> str:
    """Open a case of its own for a story; return its reference."""
    return regrouping.split_case(act.engine, act.reference, story, keep, *act.held, act.policy, act.state.monitor)


def merge_cases(act: Act, target: str) -> None:
    """Let another case stand for this one too."""
    regrouping.merge_cases(act.engine, act.reference, target.strip(), *act.held, act.policy, act.state.monitor)


def undo(act: Act, change: int) -> None:
    """Take one change of the case back."""
    undoing.undo(act.engine, act.reference, change, *act.held, act.policy, act.state.monitor)
