"""What is known of a party before its case: on the UN list, named in an earlier case, or neither; and why we say so."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import func
from sqlmodel import Session, col, select

from compliance.store.tables import CaseRow
from compliance.store.tables_desk import FacetRow
from rules.designation import Designation, DesignationList


class Standing(StrEnum):
    """What a party was before this case."""

    LISTED = "UN-listed"
    NAMED = "named before"
    UNLISTED = "unlisted"


@dataclass(frozen=True, slots=True)
class PartyStanding:
    """A party's standing and the reason for it, in words."""

    standing: Standing
    why: str


Names = Mapping[str, tuple[Designation, str]]


def names_of(listed: DesignationList) -> Names:
    """Return every listed name, good or former alias, as compared, with its designation and what name it is."""
    found: dict[str, tuple[Designation, str]] = {}
    for party in listed.designations:
        for alias in party.aliases:
            if alias.quality != "low":
                found.setdefault(compared(alias.name), (party, f"alias “{alias.name}” ({alias.quality})"))
    for party in listed.designations:
        found[compared(party.name)] = (party, "listed name")
    return found


def compared(name: str) -> str:
    """Return a name as names are compared here: case, accents, signs and spaces do not count."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    kept = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return " ".join(kept.split())


def standings_of(session: Session, names: Sequence[str], case_id: int, listed: Names) -> dict[str, PartyStanding]:
    """Return the standing of each canonical name in that case."""
    earlier = _earlier(session, names, case_id)
    return {name: _standing(name, listed.get(compared(name)), earlier.get(name)) for name in names}


def _standing(name: str, match: tuple[Designation, str] | None, earlier: tuple[int, str] | None) -> PartyStanding:
    if match is not None:
        party, how = match
        since = f", listed {party.listed_on}" if party.listed_on else ""
        return PartyStanding(Standing.LISTED, f"{party.reference} {party.name}: {how}{since}")
    if earlier is not None:
        number, reference = earlier
        return PartyStanding(Standing.NAMED, f"in {number} earlier case{'s' if number != 1 else ''}, last {reference}")
    return PartyStanding(Standing.UNLISTED, "not on the UN list in use, in no earlier case")


def _earlier(session: Session, names: Sequence[str], case_id: int) -> dict[str, tuple[int, str]]:
    """Return how many earlier cases name each party, and the reference of the last."""
    statement = (
        select(FacetRow.value, func.count(), func.max(FacetRow.case_id))
        .where(FacetRow.facet == "party", col(FacetRow.value).in_(list(names)), FacetRow.case_id < case_id)
        .group_by(FacetRow.value)
    )
    found = {value: (number, last) for value, number, last in session.exec(statement)}
    wanted = [last for _, last in found.values()]
    references = dict(session.exec(select(CaseRow.id, CaseRow.reference).where(col(CaseRow.id).in_(wanted))).all())
    return {value: (number, references[last]) for value, (number, last) in found.items()}
