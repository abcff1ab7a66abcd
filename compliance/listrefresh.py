"""The UN list, fetched and checked: a good one becomes the list in use, a bad one is noted and the last stays."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlmodel import Session

from compliance.errors import FeedError
from compliance.hunting import finish_hunts
from compliance.intake.fetcher import fetch
from compliance.listimport import finished, put_into_use
from compliance.listing.listed import Source
from compliance.listing.source import check_version, read_version, version_of
from compliance.monitor import Monitor
from compliance.store import captures, lists
from compliance.store.database import session_scope
from compliance.store.lists import shipped_snapshot, version_in_use
from compliance.store.tables import ListRow
from rules.designation import DesignationError, DesignationList

__all__ = ["Refresh", "list_in_use", "refresh_un_list", "shipped_snapshot"]

log = logging.getLogger(__name__)

SOURCE = Source.UN_LIST.value
_ACCEPT = "application/xml, text/xml;q=0.9, */*;q=0.5"


@dataclass(frozen=True, slots=True)
class Refresh:
    """What a refresh did: whether a new list came into use, and what changed or why not."""

    accepted: bool
    detail: str


def refresh_un_list(monitor: Monitor) -> Refresh:
    """Fetch the UN list and put it into use if it is plausible beside the one in use; hunt for its new names.

    Raises FeedError where it could not be fetched; the list in use stays in any case but success.
    """
    finish_hunts(monitor.engine)
    url = monitor.settings.un_list_url
    outcome = fetch(url, monitor.fetch_policy, accept=_ACCEPT)
    if outcome.document is None:
        raise FeedError(f"the UN list could not be fetched: {outcome.state.value}: {outcome.reason}")
    now, document = datetime.now(UTC), outcome.document
    with session_scope(monitor.engine) as session:
        last = list_in_use(session)
        known = lists.known(session, SOURCE, document.digest)
        if known is not None:
            known.last_seen = now
            session.add(known)
            return Refresh(False, _told_again(session, known))
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
            new = read_version(SOURCE, document.body)
            row.generated, row.individuals = new.generated, new.persons
            row.entities = len(new.records) - new.persons
            check_version(new, version_of(last))
        except DesignationError as error:
            row.reason = str(error)
            session.add(row)
            log.warning("list refused source=%s reason=%s", SOURCE, error)
            return Refresh(False, f"refused: {error}")
        done = put_into_use(session, row, new, version_of(last), "machine", now)
    told = finished(monitor.engine, new, done)
    hits = f"; {told.hunt.hits} hits in {told.hunt.stories} stored stories" if told.hunt else ""
    return Refresh(True, told.detail + hits)


def list_in_use(session: Session) -> DesignationList:
    """Return the newest accepted list, or the dated snapshot that comes with the rules."""
    version = version_in_use(session, SOURCE)
    assert version is not None and version.designations is not None
    return version.designations


def _told_again(session: Session, known: ListRow) -> str:
    if not known.accepted:
        return f"refused again: {known.reason}"
    in_use = lists.row_in_use(session, SOURCE)
    return "the same list as before" if in_use and in_use.id == known.id else "an earlier list; the newer one stays"
