"""What officers change in a case → the alerts about it, queued in the transaction of the change."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlmodel import Session

from compliance.alerting import tell
from compliance.case import CaseOrigin, CaseState
from compliance.monitor import Monitor
from compliance.novelty import Facts
from compliance.store import facts
from compliance.store.tables import CaseRow


@dataclass(slots=True)
class Changed:
    """The cases that one piece of work changes, each as it stood before; None for one that the work opened."""

    session: Session
    found: dict[int, tuple[CaseRow, Facts | None]] = field(default_factory=dict)

    def add(self, row: CaseRow) -> None:
        """Note a case as it stands, before anything of it is changed."""
        self.found.setdefault(row.id or 0, (row, standing(self.session, row)))

    def add_new(self, row: CaseRow) -> None:
        """Note a case that the work opened."""
        self.found.setdefault(row.id or 0, (row, None))


@contextmanager
def retold(monitor: Monitor | None, session: Session, row: CaseRow, actor: str, now: datetime) -> Iterator[Changed]:
    """Tell the subscribers, once at the end of the block, what is new in the case and in every other that it changed.

    Nobody is told of a case that was drawn at random, nor of one that was merged into another. Without a monitor, or
    where the block fails, nothing is queued.
    """
    changed = Changed(session)
    changed.add(row)
    yield changed
    if monitor is None:
        return
    session.flush()
    for case, before in changed.found.values():
        after = standing(session, case)
        is_told = case.origin != CaseOrigin.RANDOM.value and case.state != CaseState.MERGED.value
        if after is not None and is_told:
            tell(session, monitor, case, before, (f"changed at the desk by {actor}",), None, now, after)


def standing(session: Session, row: CaseRow) -> Facts | None:
    """Return the facts of a case as it stands: an officer's word goes before what its stories say."""
    told = facts.of_case(session, row.id or 0)
    if told is None:
        return None
    found = {key.split()[0] for key in told.measures}
    by_hand = {f"{r} by hand": f"UN-SC{r}: set by an officer" for r in row.regimes if r not in found}
    return replace(
        told,
        parties={p["canonical"]: tuple(p["roles"]) for p in row.parties},
        measures={**told.measures, **by_hand},
        status=row.status,
        denied_by=frozenset(row.denied_by),
    )
