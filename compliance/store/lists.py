"""Lists and their versions: which is in use, what each changed, and the one index over all of them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from sqlalchemy import func
from sqlmodel import Session, col, select

from compliance.listing.changes import Change, What, restored
from compliance.listing.index import NameIndex
from compliance.listing.listed import Listed, Source
from compliance.listing.source import ListVersion, joined, read_version, version_of
from compliance.store import captures
from compliance.store.dialect import insert_new
from compliance.store.tables import BodyRow, ListRow
from compliance.store.tables_lists import ListChangeRow
from rules.designation import DesignationList, load_snapshot

RETIRED = "retired"


def row_in_use(session: Session, source: str) -> ListRow | None:
    """Return the newest accepted version of a list, or None."""
    statement = select(ListRow).where(ListRow.source == source, col(ListRow.accepted)).order_by(col(ListRow.id).desc())
    return session.exec(statement.limit(1)).first()


def sources(session: Session) -> list[str]:
    """Return the lists of which some version is stored, and the UN list in any case."""
    stored = session.exec(select(ListRow.source).distinct())
    return list(dict.fromkeys([Source.UN_LIST.value, *sorted(stored)]))


def version_in_use(session: Session, source: str) -> ListVersion | None:
    """Return the list in use: the newest accepted one, of the UN list else the dated table of the book."""
    row = row_in_use(session, source)
    if row is not None and row.generated != RETIRED and (body := captures.body(session, row.body_digest)) is not None:
        return _read(source, body)
    return version_of(shipped_snapshot()) if source == Source.UN_LIST else None


@lru_cache(maxsize=8)
def _read(source: str, body: bytes) -> ListVersion:
    return read_version(source, body)


@lru_cache(maxsize=1)
def shipped_snapshot() -> DesignationList:
    """Return the newest dated table of facts that comes with the rules."""
    folder = Path(str(files("rules"))) / "book" / "designations"
    return load_snapshot(sorted(folder.glob("un-consolidated-*.jsonl.gz"))[-1])


def joint_index(session: Session) -> NameIndex:
    """Return the index over every list in use and whom the UN has taken off; built once for the versions it holds."""
    in_use = []
    for source in sources(session):
        row = row_in_use(session, source)
        in_use.append((source, row.body_digest if row is not None and row.generated != RETIRED else ""))
    key = (tuple(in_use), _last_removal(session))
    if key not in _indexes:
        versions = [version for source, _ in in_use if (version := version_in_use(session, source))]
        records = joined(versions)
        _indexes.clear()
        _indexes[key] = NameIndex((*records, *taken_off(session, {record.key for record in records})))
    return _indexes[key]


_indexes: dict[tuple[tuple[tuple[str, str], ...], int], NameIndex] = {}


def _last_removal(session: Session) -> int:
    # By the few versions of the UN's lists, which are indexed: a watchlist's changes may be a hundred thousand.
    ours = select(ListRow.id).where(col(ListRow.source).in_([s.value for s in Source]), col(ListRow.accepted))
    statement = select(func.max(ListChangeRow.id)).where(
        col(ListChangeRow.list_id).in_(ours), ListChangeRow.what == What.REMOVED.value
    )
    return session.exec(statement).one() or 0


def taken_off(session: Session, listed: Collection[str]) -> list[Listed]:
    """Return whom the UN's lists named and name no more, as last listed, with the day of the list that left them out.

    ``listed`` are the keys that a list in use holds.
    """
    statement = (
        select(ListChangeRow, ListRow)
        .join(ListRow, col(ListRow.id) == col(ListChangeRow.list_id))
        .where(ListChangeRow.what == What.REMOVED.value, col(ListRow.source).in_([s.value for s in Source]))
        .order_by(col(ListChangeRow.id))
    )
    found = {}
    for change, row in session.exec(statement):
        if change.listed_key not in listed:
            day = row.generated[:10] if row.generated[:4].isdigit() else f"{row.fetched_at:%Y-%m-%d}"
            found[change.listed_key] = restored(change.before, day)
    return list(found.values())


def known(session: Session, source: str, digest: str) -> ListRow | None:
    """Return the version of a list that has these bytes, accepted or refused."""
    return session.exec(select(ListRow).where(ListRow.source == source, ListRow.digest == digest)).first()


def keep_body(session: Session, digest: str, body: bytes) -> None:
    """Store the bytes of a list that was no fetched document."""
    import zlib

    insert_new(session, BodyRow, [{"digest": digest, "size": len(body), "packed": zlib.compress(body, 6)}])


def enter_changes(session: Session, list_id: int, changes: Sequence[Change]) -> None:
    """Store what an accepted version changed, once."""
    rows = [
        {
            "list_id": list_id,
            "listed_key": c.key,
            "what": c.what.value,
            "reference": c.reference,
            "name": c.name,
            "before": c.before,
            "after": c.after,
        }
        for c in changes
    ]
    insert_new(session, ListChangeRow, rows)


def versions(session: Session, source: str, limit: int = 20) -> list[ListRow]:
    """Return the versions of a list, newest first, refused ones among them."""
    statement = select(ListRow).where(ListRow.source == source).order_by(col(ListRow.id).desc())
    return list(session.exec(statement.limit(limit)))


def changes_of(session: Session, list_id: int) -> list[ListChangeRow]:
    """Return what a version changed, in the order it was entered."""
    statement = select(ListChangeRow).where(ListChangeRow.list_id == list_id).order_by(col(ListChangeRow.id))
    return list(session.exec(statement))


def last_refused(session: Session, source: str) -> ListRow | None:
    """Return the newest refused version where no accepted one has been seen since."""
    newest = session.exec(
        select(ListRow).where(ListRow.source == source).order_by(col(ListRow.last_seen).desc()).limit(1)
    ).first()
    return newest if newest is not None and not newest.accepted else None


def age_hours(row: ListRow | None, now: datetime) -> float | None:
    """Return the hours since a list in use was last seen at its source; None where it never was."""
    return (now - row.last_seen).total_seconds() / 3600 if row is not None else None
