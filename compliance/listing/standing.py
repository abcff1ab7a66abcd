"""How a party stands: listed by the UN, belonging to a listed body, watched, named before, or none of these."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from compliance.listing.changes import told
from compliance.listing.index import NameIndex
from compliance.listing.listed import Listed, Sort
from compliance.listing.match import Match, Sought, matches
from rules.vocabulary import PartyType

_NOBODY: Mapping[str, str] = MappingProxyType({})


class StandingKind(StrEnum):
    """The kinds of standing, in the order in which they are looked for; none is ever shown as another."""

    UN_LISTED = "un_listed"
    BELONGS_TO_LISTED = "belongs_to_listed"
    FORMERLY_LISTED = "formerly_listed"
    WATCHLISTED = "watchlisted"
    NAMED_BEFORE = "named_before"
    UNLISTED = "unlisted"


LABELS = {
    StandingKind.UN_LISTED: "UN-listed",
    StandingKind.BELONGS_TO_LISTED: "belongs to a listed body",
    StandingKind.FORMERLY_LISTED: "formerly UN-listed",
    StandingKind.WATCHLISTED: "watchlisted",
    StandingKind.NAMED_BEFORE: "named before",
    StandingKind.UNLISTED: "unlisted",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """A party's standing with its reason. ``match`` is what it rests on; ``is_confirmed`` that an officer said so.

    ``also`` are further matches, of the same list or another, best first.
    """

    kind: StandingKind
    reason: str
    match: Match | None = None
    is_confirmed: bool = False
    also: tuple[Match, ...] = ()

    @property
    def label(self) -> str:
        """The standing in the words shown to an officer."""
        return LABELS[self.kind]


@dataclass(frozen=True, slots=True)
class Verdict:
    """An officer's word that a party is, or is not, a listed one, on what both sides were then."""

    is_same: bool
    party_digest: str
    listed_digest: str
    actor: str


def standing_of(
    party: Sought,
    index: NameIndex,
    verdicts: Mapping[str, Verdict],
    principals: Sequence[Sought] = (),
    named_before: str = "",
    beside: Mapping[str, str] = _NOBODY,
    on: date | None = None,
) -> Standing:
    """Return how a party stands.

    ``verdicts`` are the newest for this party, by the listed record's key; one counts while neither side has changed.
    ``principals`` are those for which the book says that the party acts, nearest first; ``beside`` tells by regime who
    else in the story is listed. ``on`` is the day of the act: who was listed then but is not now, or the other way
    round, is told so.
    """
    found, confirmed = _judged(party, matches_of(party, index, beside), verdicts)
    listed = [m for m in found if m.listed.is_listed]
    former = [m for m in found if m.listed.delisted_on is not None]
    watched = [m for m in found if m.listed.is_watched]
    also = tuple(found[1:])
    if listed:
        best = listed[0]
        reason = best.reason + _since(best.listed, on)
        return Standing(StandingKind.UN_LISTED, reason, best, best.listed.key in confirmed, also)
    if belongs := _belonging(party, index, principals, watched):
        return replace(belongs, also=tuple(found))
    if former:
        best = former[0]
        reason = best.reason + _until(best.listed, on)
        also = tuple(m for m in found if m is not best)
        return Standing(StandingKind.FORMERLY_LISTED, reason, best, best.listed.key in confirmed, also)
    if watched:
        return Standing(
            StandingKind.WATCHLISTED, watched[0].reason, watched[0], watched[0].listed.key in confirmed, also
        )
    if named_before:
        return Standing(StandingKind.NAMED_BEFORE, named_before)
    if party.type is PartyType.STATE:
        return Standing(StandingKind.UNLISTED, "a state is a target of measures, never an entry of a list")
    return Standing(StandingKind.UNLISTED, "no listed or watched name is like this one")


def _since(listed: Listed, on: date | None) -> str:
    if on is None or not listed.listed_on or listed.listed_on <= on.isoformat():
        return ""
    return f"; listed on {listed.listed_on}, after the act ({on})"


def _until(listed: Listed, on: date | None) -> str:
    told = f"; taken off the list by {listed.delisted_on}"
    if on is None or listed.delisted_on is None:
        return told
    if on.isoformat() >= listed.delisted_on:
        return f"{told}, before the act ({on})"
    was_listed = not listed.listed_on or listed.listed_on <= on.isoformat()
    return f"{told}; {'listed' if was_listed else 'not yet listed'} on the day of the act ({on})"


def matches_of(party: Sought, index: NameIndex, beside: Mapping[str, str] = _NOBODY) -> list[Match]:
    """Return the matches of a party, looked up once for each index: pages name the same parties again and again.

    What it is beside others counts only where it is listed nowhere by itself.
    """
    remembered = index.remembered
    if len(remembered) > _REMEMBERED:
        remembered.clear()
    if party not in remembered:
        remembered[party] = matches(party, index)
    alone = remembered[party]
    if not beside or any(match.listed.is_listed for match in alone):
        return list(alone)
    key = (party, tuple(sorted(beside.items())))
    if key not in remembered:
        remembered[key] = matches(party, index, beside)
    return list(remembered[key])


def _judged(party: Sought, found: list[Match], verdicts: Mapping[str, Verdict]) -> tuple[list[Match], set[str]]:
    """Drop what an officer called different, put first what one called the same."""
    kept, same = [], set()
    for match in found:
        verdict = verdicts.get(match.listed.key)
        if verdict is None or not is_in_force(verdict, party, match.listed):
            kept.append(match)
        elif verdict.is_same:
            same.add(match.listed.key)
            kept.append(replace(match, reason=f"{match.reason}; {verdict.actor} found them the same"))
    return sorted(kept, key=lambda m: (m.listed.key not in same, -m.score)), same


def _belonging(
    party: Sought, index: NameIndex, principals: Sequence[Sought], watched: Sequence[Match]
) -> Standing | None:
    for principal in principals:
        for match in matches_of(principal, index):
            if match.listed.is_listed:
                reason = f"acts for {principal.name}, which is listed: {match.reason}"
                return Standing(StandingKind.BELONGS_TO_LISTED, reason, match)
    for match in watched:
        if match.listed.owner:
            for owner in matches(Sought(match.listed.owner), index):
                if owner.listed.is_listed:
                    reason = f"belongs to {match.listed.owner} by {match.listed.source}: {owner.reason}"
                    return Standing(StandingKind.BELONGS_TO_LISTED, reason, owner)
    return _within(party, index)


def _within(party: Sought, index: NameIndex) -> Standing | None:
    """The party's name holds the whole name of a listed body and more: a branch, a unit, a firm of its."""
    if party.type is PartyType.PERSON:
        return None
    for found in index.find(party.name, Sort.BODY, 5):
        compared = found.comparison
        is_whole_name = not compared.missing and len(compared.shared) >= 2 and compared.bits >= _WHOLE_NAME
        if found.listed.is_listed and is_whole_name and compared.extra and compared.likeness >= _SURELY:
            reason = f"“{party.name}” holds the whole name “{found.by.name}” of {found.listed.reference}"
            score, bits = round(compared.score, 4), round(compared.bits, 2)
            match = Match(found.listed, score, found.by.name, found.by.quality, (("bits", bits),), reason)
            return Standing(StandingKind.BELONGS_TO_LISTED, reason, match)
    return None


_WHOLE_NAME, _SURELY, _REMEMBERED = 12.0, 0.95, 20_000


def party_digest(party: Sought) -> str:
    """Return what an officer judged of the party: another name, sort, number, birth or nationality is another party."""
    plain = [party.name.casefold(), party.type, party.imo, sorted(party.birth_dates), sorted(party.countries)]
    return _digest(plain)


def listed_digest(listed: Listed) -> str:
    """Return what an officer judged of the record; any change of the list's entry changes it."""
    return _digest(told(listed))


def is_in_force(verdict: Verdict, party: Sought, listed: Listed) -> bool:
    """True while both sides are as they were when the officer judged."""
    return verdict.party_digest == party_digest(party) and verdict.listed_digest == listed_digest(listed)


def _digest(plain: object) -> str:
    return hashlib.sha256(json.dumps(plain, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]
