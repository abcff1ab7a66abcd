"""The UN list, fetched and checked: a good one becomes the list in use, a bad one is noted and the last stays."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from sqlmodel import Session, col, select

from compliance.errors import FeedError
from compliance.intake.fetcher import fetch
from compliance.monitor import Monitor
from compliance.store import captures, ledger
from compliance.store.database import session_scope
from compliance.store.tables import ListRow
from rules.designation import DesignationError, DesignationList, changes, check_plausible, load_snapshot, parse_list

log = logging.getLogger(__name__)

SOURCE = "un-consolidated"
_ACCEPT = "application/xml, text/xml;q=0.9, */*;q=0.5"


@dataclass(frozen=True, slots=True)
class Refresh:
    """What a refresh did: whether a new list came into use, and what changed or why not."""

    accepted: bool
    detail: str


def refresh_un_list(monitor: Monitor) -> Refresh:
    """Fetch the UN list and put it into use if it is plausible beside the one in use.

    Raises FeedError where it could not be fetched; the list in use stays in any case but success.
    """
    url = monitor.settings.un_list_url
    outcome = fetch(url, monitor.fetch_policy, accept=_ACCEPT)
    if outcome.document is None:
        raise FeedError(f"the UN list could not be fetched: {outcome.state.value}: {outcome.reason}")
    now, document = datetime.now(UTC), outcome.document
    with session_scope(monitor.engine) as session:
        last = list_in_use(session)
        known = session.exec(select(ListRow).where(ListRow.source == SOURCE, ListRow.digest == document.digest)).first()
        if known is not None:
            known.last_seen = now
            session.add(known)
            return Refresh(False, "the same list as before" if known.accepted else f"refused again: {known.reason}")
        captures.keep(session, SOURCE, document)
        row = ListRow(
            source=SOURCE,
            digest=document.digest,
            generated="",
            fetched_at=now,
            last_seen=now,
            accepted=False,
            individuals=0,
            entities=0,
            body_digest=document.digest,
        )
        try:
            new = parse_list(document.body)
            row.generated, row.individuals, row.entities = new.generated, new.persons, new.entities
            check_plausible(new, last)
        except DesignationError as error:
            row.reason = str(error)
            session.add(row)
            log.warning("list refused source=%s reason=%s", SOURCE, error)
            return Refresh(False, f"refused: {error}")
        row.accepted = True
        session.add(row)
        changed = {word: list(references) for word, references in changes(new, last).items()}
        ledger.append(session, at=now, actor="machine", action="list.accepted", subject=f"list:{SOURCE}", after=changed)
    counts = ", ".join(f"{len(references)} {word}" for word, references in changed.items())
    return Refresh(True, f"{new.persons} persons and {new.entities} entities; {counts}")


def list_in_use(session: Session) -> DesignationList:
    """Return the newest accepted list, or the dated snapshot that comes with the rules."""
    statement = select(ListRow).where(ListRow.source == SOURCE, col(ListRow.accepted)).order_by(col(ListRow.id).desc())
    row = session.exec(statement.limit(1)).first()
    body = captures.body(session, row.body_digest) if row else None
    return parse_list(body) if body else shipped_snapshot()


def shipped_snapshot() -> DesignationList:
    """Return the newest snapshot that comes with the rules."""
    folder = Path(str(files("rules"))) / "book" / "designations"
    return load_snapshot(sorted(folder.glob("un-consolidated-*.jsonl.gz"))[-1])
