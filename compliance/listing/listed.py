"""What the joint index holds: one record per listed person, body, vessel or watched party, whichever list it is on."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from rules.aliases import alias_names, swapped
from rules.designation import Designation


class Source(StrEnum):
    """The lists that the UN publishes. An operator's own begin with ``watchlist:``."""

    UN_LIST = "un-consolidated"
    UN_VESSELS = "un-1718-vessels"


WATCHLIST = "watchlist:"
_ACRONYM = 4


class Sort(StrEnum):
    """What sort of party a record is; names of different sorts are never compared."""

    PERSON = "person"
    BODY = "body"
    VESSEL = "vessel"


class Quality(StrEnum):
    """How far a name can be relied on: weak ones never match alone."""

    PRIMARY = "primary"
    GOOD = "good"
    FORMER = "former"
    WEAK = "low"


@dataclass(frozen=True, slots=True)
class ListedName:
    """A name of a record, as the list writes it."""

    name: str
    quality: Quality


@dataclass(frozen=True, slots=True)
class Listed:
    """One record of one list. ``key`` is its own among all lists and stays the same through the list's versions.

    ``regimes`` are numbers as in the book, empty for watched parties; ``owner`` is the listed owner of a vessel, or the
    body that a watched party belongs to. ``delisted_on`` is the day of the first version without it, of a record that
    the UN has taken off.
    """

    key: str
    source: str
    reference: str
    sort: Sort
    names: tuple[ListedName, ...]
    regimes: tuple[str, ...] = ()
    listed_on: str | None = None
    birth_dates: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    imo_numbers: tuple[str, ...] = ()
    owner: str = ""
    note: str = ""
    delisted_on: str | None = None

    @property
    def name(self) -> str:
        """The primary name."""
        return self.names[0].name

    @property
    def is_listed(self) -> bool:
        """True where the UN lists the party now."""
        return not self.is_watched and self.delisted_on is None

    @property
    def is_watched(self) -> bool:
        """True where an operator's own list, not the UN, names the party."""
        return self.source.startswith(WATCHLIST)


def of_designation(found: Designation) -> Listed:
    """Return the record of a designation, with the names that stand in brackets or another script."""
    return Listed(
        key=f"{Source.UN_LIST}:{found.data_id}",
        source=Source.UN_LIST,
        reference=found.reference,
        sort=Sort.PERSON if found.is_person else Sort.BODY,
        names=tuple(dict.fromkeys(_names(found))),
        regimes=(found.regime,),
        listed_on=found.listed_on,
        birth_dates=found.birth_dates,
        countries=found.nationalities,
        imo_numbers=found.imo_numbers,
        note="reported dead" if found.is_reported_dead else "",
    )


def _names(found: Designation) -> Iterator[ListedName]:
    yield ListedName(found.name, Quality.PRIMARY)
    for name in alias_names(found.name):
        yield ListedName(name, Quality.PRIMARY if len(name) > _ACRONYM else Quality.WEAK)
    if found.original_script:
        for name in alias_names(found.original_script):
            yield ListedName(name, Quality.GOOD)
    for alias in found.aliases:
        quality = Quality(alias.quality)
        yield ListedName(alias.name, quality)
        if found.is_person and (turned := swapped(alias.name)):
            yield ListedName(turned, quality)
