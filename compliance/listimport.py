"""A version of a list that a person brings: imported from a file, accepted against a refusal, or retired."""

import hashlib
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine
from sqlmodel import Session

from compliance.errors import ConfigError
from compliance.hunting import HuntReport, enter_hunt, run_hunt
from compliance.listing.changes import Change, What, changes_between, new_names
from compliance.listing.csvlist import MOST_BYTES, ListFileError
from compliance.listing.listed import Listed
from compliance.listing.source import REFUSALS, ListVersion, check_version, is_source, read_version
from compliance.store import captures, ledger, lists
from compliance.store.database import session_scope
from compliance.store.tables import ListRow
from compliance.store.tables_lists import ListChangeRow


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a version: its changes counted, and the hunt through stored stories that followed."""

    detail: str
    changes: tuple[Change, ...]
    hunt: HuntReport | None


def import_file(engine: Engine, path: Path, source: str, actor: str, *, confirmed: bool = False) -> Imported:
    """Put a CSV file into use as a list, enter what it changes, and hunt for its new names.

    Raises ListFileError for a file that cannot be used or, unless ``confirmed``, has lost half of its rows;
    ConfigError for a source that is no list or cannot be imported.
    """
    if not is_source(source) or not path.is_file():
        raise ConfigError(f"{path}: there is no such file" if is_source(source) else f"{source}: no name of a list")
    if path.stat().st_size > 3 * MOST_BYTES:
        raise ListFileError([f"{path.name}: more than {3 * MOST_BYTES:,} bytes"])
    body, now = path.read_bytes(), datetime.now(UTC)
    try:
        new = read_version(source, body, path.name)
        with session_scope(engine) as session:
            last = lists.version_in_use(session, source)
            if not confirmed:
                check_version(new, last, path.name)
            row = _row(session, new, body, now)
            done = put_into_use(session, row, new, last, actor, now)
    except REFUSALS as error:
        if isinstance(error, ListFileError):
            raise
        raise ConfigError(f"{path.name}: {error}") from error
    return finished(engine, new, done)


def _row(session: Session, new: ListVersion, body: bytes, now: datetime) -> ListRow:
    """Return the version's row; the same bytes brought again after others come into use once more."""
    digest = hashlib.sha256(body).hexdigest()
    lists.keep_body(session, digest, body)
    in_use = lists.row_in_use(session, new.source)
    if in_use is not None and in_use.body_digest == digest and in_use.generated != lists.RETIRED:
        in_use.last_seen = now
        return in_use
    again = lists.known(session, new.source, digest) is not None
    return ListRow(
        source=new.source,
        digest=f"{digest}@{now:%Y%m%dT%H%M%S.%f}" if again else digest,
        generated=new.generated,
        fetched_at=now,
        last_seen=now,
        accepted=True,
        individuals=new.persons,
        entities=len(new.records) - new.persons,
        body_digest=digest,
    )


@dataclass(frozen=True, slots=True)
class InUse:
    """A version that has come into use: its changes, the records with new names, and the hunt entered for them."""

    changes: tuple[Change, ...]
    new_names: tuple[Listed, ...]
    hunt_id: int | None


def put_into_use(
    session: Session, row: ListRow, new: ListVersion, last: ListVersion | None, actor: str, now: datetime
) -> InUse:
    """Enter a version as the one in use, with what it changes and the hunt for its new names."""
    before = last.records if last else ()
    changed = changes_between(new.records, before)
    row.accepted = True
    session.add(row)
    session.flush()
    assert row.id is not None
    lists.enter_changes(session, row.id, changed)
    told = {what.value: [c.reference or c.name for c in changed if c.what is what] for what in What}
    ledger.append(session, at=now, actor=actor, action="list.accepted", subject=f"list:{new.source}", after=told)
    found = tuple(new_names(new.records, before))
    reason = f"new names of {new.source}{f' of {new.generated[:10]}' if new.generated else ''}"
    return InUse(tuple(changed), found, enter_hunt(session, found, reason))


def finished(engine: Engine, new: ListVersion, done: InUse) -> Imported:
    """Run the hunt for the new names and return what came of the version."""
    return Imported(summary(new, done.changes), done.changes, run_hunt(engine, done.hunt_id, done.new_names))


def summary(new: ListVersion, changed: tuple[Change, ...]) -> str:
    """Return in one line what a version holds and changes."""
    counts = ", ".join(f"{sum(c.what is what for c in changed)} {what.value}" for what in What)
    if new.designations is not None:
        return f"{new.persons} persons and {len(new.records) - new.persons} entities; {counts}"
    return f"{len(new.records)} records; {counts}"


def accept_refused(engine: Engine, source: str, digest: str, actor: str, note: str) -> Imported:
    """Put into use a version that was refused as implausible, on a person's word; a broken one stays refused.

    Raises ConfigError where there is no such version, it is in use, or its bytes cannot be read as a list.
    """
    now = datetime.now(UTC)
    with session_scope(engine) as session:
        rows = [r for r in lists.versions(session, source, 500) if r.digest.startswith(digest) and not r.accepted]
        body = captures.body(session, rows[0].body_digest) if len(rows) == 1 else None
        if body is None:
            raise ConfigError(
                f"{source}: no refused version, or more than one, has a digest that begins with {digest!r}"
            )
        try:
            new = read_version(source, body)
        except REFUSALS as error:
            raise ConfigError(f"{source}: {error}: what cannot be read cannot be accepted") from error
        last = lists.version_in_use(session, source)
        row = rows[0]
        entered = row
        if row.id != lists.versions(session, source, 1)[0].id:
            # The newest accepted row counts as the one in use, so this one is entered anew behind what came since.
            entered = ListRow(**{**row.model_dump(exclude={"id"}), "digest": f"{row.digest}@{now:%Y%m%dT%H%M%S.%f}"})
        entered.last_seen, entered.reason = now, f"accepted by {actor}: {note}"
        done = put_into_use(session, entered, new, last, actor, now)
    return finished(engine, new, done)


def retire(engine: Engine, source: str, actor: str) -> int:
    """Take an imported list out of use, with its records kept in its history; return how many records it had."""
    now = datetime.now(UTC)
    with session_scope(engine) as session:
        last, in_use = lists.version_in_use(session, source), lists.row_in_use(session, source)
        if last is None or in_use is None or not source.startswith("watchlist:"):
            raise ConfigError(f"{source}: no watchlist of that name is in use")
        empty = ListVersion(source, lists.RETIRED, ())
        row = ListRow(
            source=source, digest=f"{lists.RETIRED}@{now:%Y%m%dT%H%M%S.%f}", generated=lists.RETIRED, fetched_at=now,
            last_seen=now, accepted=True, individuals=0, entities=0, body_digest=in_use.body_digest,
        )  # fmt: skip
        put_into_use(session, row, empty, last, actor, now)
    return len(last.records)


def plain_change(row: ListChangeRow) -> dict[str, object]:
    """Return a stored change as a JSON-ready object."""
    return {k: v for k, v in row.model_dump().items() if k not in ("id", "list_id")}


def plain_imported(found: Imported) -> dict[str, object]:
    """Return what an import did as a JSON-ready object."""
    return {"detail": found.detail, "hunt": asdict(found.hunt) if found.hunt else None}
