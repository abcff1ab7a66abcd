"""The bytes of a list → its records, by the kind of list that they are; what makes a version implausible."""

from collections.abc import Sequence
from dataclasses import dataclass

from compliance.listing.csvlist import ListFileError, parse_vessels, parse_watchlist
from compliance.listing.listed import WATCHLIST, Listed, Sort, Source, of_designation
from rules.designation import DesignationError, DesignationList, check_plausible, parse_list

_MOST_LOST = 0.5


@dataclass(frozen=True, slots=True)
class ListVersion:
    """One version of a list as it was read. ``generated`` is the list's own stamp, empty where it has none."""

    source: str
    generated: str
    records: tuple[Listed, ...]
    designations: DesignationList | None = None

    @property
    def persons(self) -> int:
        """How many natural persons it names."""
        return sum(r.sort is Sort.PERSON for r in self.records)


def is_source(source: str) -> bool:
    """True for the UN's lists and for a watchlist with a plain name."""
    name = source.removeprefix(WATCHLIST)
    is_plain = 0 < len(name) <= 40 and all(c.isalnum() or c in "-_" for c in name)
    return source in list(Source) or (source.startswith(WATCHLIST) and is_plain)


def read_version(source: str, body: bytes, file: str = "") -> ListVersion:
    """Return the version that the bytes hold. Raises DesignationError or ListFileError."""
    if source == Source.UN_LIST:
        return version_of(parse_list(body))
    if source == Source.UN_VESSELS:
        return ListVersion(source, "", parse_vessels(body, file or source))
    return ListVersion(source, "", parse_watchlist(body, source.removeprefix(WATCHLIST), file or source))


def version_of(found: DesignationList) -> ListVersion:
    """Return the UN list as a version."""
    return ListVersion(Source.UN_LIST, found.generated, tuple(map(of_designation, found.designations)), found)


def check_version(new: ListVersion, last: ListVersion | None, file: str = "") -> None:
    """Raise DesignationError or ListFileError where a person must confirm that the new version replaces the last.

    The UN list may lose a twentieth of its persons or entities, any other list half of its rows.
    """
    if new.designations is not None:
        check_plausible(new.designations, last.designations if last else None)
    elif last and len(new.records) < len(last.records) * _MOST_LOST:
        told = f"rows fell from {len(last.records)} to {len(new.records)}; a person must confirm such a fall"
        raise ListFileError([f"{file or new.source}: {told}"])


def joined(versions: Sequence[ListVersion]) -> tuple[Listed, ...]:
    """Return the records of several lists, each list's in its own order."""
    return tuple(record for version in versions for record in version.records)


REFUSALS = (DesignationError, ListFileError)
