"""How parties stand against the lists and the cases before, for a whole page at once."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import case, func
from sqlmodel import Session, col, select

from compliance.case import Disposition
from compliance.listing.index import NameIndex
from compliance.listing.listed import Listed
from compliance.listing.match import Sought, beside_each
from compliance.listing.standing import Standing, Verdict, listed_digest, matches_of, party_digest, standing_of
from compliance.store import ledger
from compliance.store.lists import joint_index
from compliance.store.tables import CaseRow
from compliance.store.tables_lists import CaseNameRow, MatchVerdictRow, party_key
from rules.rulebook import Rulebook, load_rulebook
from rules.vocabulary import PartyType

_FEW = 3


def standings_of(
    session: Session,
    parties: Sequence[Mapping[str, Any]],
    case_id: int | None = None,
    others: Sequence[Mapping[str, Any]] = (),
    on: date | None = None,
) -> dict[str, Standing]:
    """Return the standing of each party by its canonical name; with ``case_id``, as seen from that case.

    ``parties`` are as cases hold them: canonical, name and type, perhaps imo, birth_dates and countries; ``others`` are
    whoever else the stories name. A weak alias of one counts where another is listed under the same regime. ``on`` is
    the day of the act. Two queries for all of them together; the index is built once for the lists in use.
    """
    sought = {str(p["canonical"]): sought_of(p) for p in parties}
    index, book = joint_index(session), load_rulebook()
    verdicts, before = _verdicts(session, sought), _named_before(session, sought, case_id)
    named = {str(p["canonical"]): p for p in others if str(p["canonical"]) not in sought}
    present = sought | {name: sought_of({"type": _type_of(name, book), **p}) for name, p in named.items()}
    alone = [[m for m in matches_of(party, index) if m.listed.is_listed] for party in present.values()]
    beside = dict(zip(present, beside_each(alone, list(present)), strict=True))
    return {
        name: standing_of(
            party,
            index,
            verdicts.get(party_key(name), {}),
            _principals(name, book),
            before.get(party_key(name), ""),
            beside[name],
            on,
        )
        for name, party in sought.items()
    }


def sought_of(party: Mapping[str, Any]) -> Sought:
    """Return a party as it is looked up: under its own name and every spelling that the book has of it."""
    canonical, written = str(party["canonical"]), str(party.get("name") or party["canonical"])
    known = _spellings(load_rulebook().version).get(canonical, ())
    return Sought(
        name=canonical,
        type=PartyType(str(party["type"])) if party.get("type") else None,
        also=tuple(dict.fromkeys(n for n in (written, *known) if n != canonical)),
        imo=str(party["imo"]) if party.get("imo") else None,
        birth_dates=tuple(map(str, party.get("birth_dates") or ())),
        countries=tuple(map(str, party.get("countries") or ())),
    )


def _type_of(name: str, book: Rulebook) -> str | None:
    party = book.parties.get(name)
    return party.type.value if party is not None else None


@lru_cache(maxsize=2)
def _spellings(_version: str) -> dict[str, tuple[str, ...]]:
    """Every strict spelling of the book's parties: acronyms that need a cue in the text say nothing without one."""
    found: dict[str, list[str]] = {}
    for pattern in load_rulebook().patterns:
        party = pattern.party
        if party is not None and not pattern.is_adjective and not party.needs_cue:
            found.setdefault(party.name, []).append(pattern.spelling)
    return {name: tuple(spellings[:8]) for name, spellings in found.items()}


def _principals(name: str, book: Rulebook) -> list[Sought]:
    """Those for whom the book says that the party acts, nearest first, up to the state."""
    found: list[Sought] = []
    party = book.parties.get(name)
    while party is not None and party.belongs_to and len(found) < _FEW:
        party = book.parties.get(party.belongs_to)
        if party is not None and party.type is not PartyType.STATE:
            found.append(sought_of({"canonical": party.name, "type": party.type.value}))
    return found


def _verdicts(session: Session, sought: Iterable[str]) -> dict[str, dict[str, Verdict]]:
    keys = [party_key(name) for name in sought]
    found: dict[str, dict[str, Verdict]] = {}
    statement = select(MatchVerdictRow).where(col(MatchVerdictRow.party).in_(keys)).order_by(col(MatchVerdictRow.id))
    for row in session.exec(statement):
        verdict = Verdict(row.is_same, row.party_digest, row.listed_digest, row.actor)
        found.setdefault(row.party, {})[row.listed_key] = verdict
    return found


def _named_before(session: Session, sought: Iterable[str], case_id: int | None) -> dict[str, str]:
    """Say in how many cases each party is named: in those opened before a case, or, without one, in more than one or
    in one found a breach.
    """
    keys = [party_key(name) for name in sought]
    breaches = func.sum(case((col(CaseRow.disposition) == Disposition.BREACH.value, 1), else_=0))
    statement = (
        select(CaseNameRow.party, func.count(), breaches, func.max(CaseRow.reference))
        .join(CaseRow, col(CaseRow.id) == col(CaseNameRow.case_id))
        .where(col(CaseNameRow.party).in_(keys))
        .group_by(CaseNameRow.party)
    )
    if case_id is not None:
        statement = statement.where(CaseNameRow.case_id < case_id)
    told = {}
    for party, cases, found, last in session.exec(statement):
        if cases > 1 or found or case_id is not None:
            decided = f", {found} of them found a breach" if found else ""
            told[party] = f"named in {cases} case{'s' if cases > 1 else ''}{decided}; last in {last}"
    return told


def judge(
    session: Session,
    party: Mapping[str, Any],
    listed_key: str,
    is_same: bool,
    actor: str,
    now: datetime,
    note: str = "",
) -> MatchVerdictRow:
    """Enter an officer's word that a party is, or is not, the listed one; it holds until either side changes.

    Raises LookupError where no list in use has such a record.
    """
    sought, listed = sought_of(party), record_of(joint_index(session), listed_key)
    row = MatchVerdictRow(
        party=party_key(sought.name),
        listed_key=listed.key,
        is_same=is_same,
        party_digest=party_digest(sought),
        listed_digest=listed_digest(listed),
        actor=actor,
        at=now,
        note=note,
    )
    session.add(row)
    session.flush()
    told = {"party": sought.name, "listed": listed.key, "reference": listed.reference, "same": is_same, "note": note}
    ledger.append(session, at=now, actor=actor, action="match.judged", subject=f"party:{row.party}", after=told)
    return row


def record_of(index: NameIndex, key: str) -> Listed:
    """Return the record with that key or, if it is the only one, that reference; LookupError if there is none."""
    found = [r for r in index.records if key in (r.key, r.reference)]
    if len(found) != 1:
        raise LookupError(f"{'no' if not found else 'more than one'} record of the lists in use is {key!r}")
    return found[0]
