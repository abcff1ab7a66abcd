"""Two versions of a list → what was added, removed and changed, field by field."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from compliance.listing.listed import Listed, ListedName, Quality, Sort


class What(StrEnum):
    """What happened to a record between two versions."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Change:
    """One record's change: the fields that differ, before and after, JSON-ready."""

    what: What
    key: str
    reference: str
    name: str
    before: dict[str, Any]
    after: dict[str, Any]


def changes_between(new: Iterable[Listed], last: Iterable[Listed]) -> list[Change]:
    """Return the changes in the order of the newer list, what was removed at the end."""
    before, after = {r.key: r for r in last}, {r.key: r for r in new}
    found = []
    for key, record in after.items():
        old = before.get(key)
        if old is None:
            found.append(_change(What.ADDED, record, {}, told(record)))
        elif old != record:
            was, now = told(old), told(record)
            differing = [field for field in now if now[field] != was[field]]
            found.append(_change(What.CHANGED, record, {f: was[f] for f in differing}, {f: now[f] for f in differing}))
    return found + [_change(What.REMOVED, r, told(r), {}) for key, r in before.items() if key not in after]


def _change(what: What, record: Listed, before: dict[str, Any], after: dict[str, Any]) -> Change:
    return Change(what, record.key, record.reference, record.name, before, after)


def told(record: Listed) -> dict[str, Any]:
    """Return a record as JSON-ready values."""
    plain = asdict(record)
    if record.delisted_on is None:
        # What was told of records before this was known of them stays the same.
        del plain["delisted_on"]
    plain["names"] = [{"name": n.name, "quality": n.quality.value} for n in record.names]
    plain["sort"] = record.sort.value
    for field in ("regimes", "birth_dates", "countries", "imo_numbers"):
        plain[field] = list(plain[field])
    return plain


def restored(plain: Mapping[str, Any], delisted_on: str) -> Listed:
    """Return the record that ``told`` gave, as one that was taken off on that day."""
    given: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in plain.items()}
    given["names"] = tuple(ListedName(str(n["name"]), Quality(n["quality"])) for n in plain["names"])
    given["sort"], given["delisted_on"] = Sort(plain["sort"]), delisted_on
    return Listed(**given)


def new_names(records: Iterable[Listed], last: Iterable[Listed]) -> list[Listed]:
    """Return the records that are new or bear a name or number that they did not bear before, with those alone."""
    from dataclasses import replace

    before = {r.key: r for r in last}
    found = []
    for record in records:
        old = before.get(record.key)
        known = {n.name for n in old.names} if old else set()
        numbers = set(old.imo_numbers) if old else set()
        names = tuple(n for n in record.names if n.name not in known)
        imo = tuple(n for n in record.imo_numbers if n not in numbers)
        if names or imo:
            found.append(replace(record, names=names or record.names[:1], imo_numbers=imo))
    return found
