"""A party → the listed parties that it may be, each with score, features and a reason a person can check."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from rapidfuzz.distance import OSA

from compliance.listing.facts import Facts, facts_of
from compliance.listing.index import Found, NameIndex
from compliance.listing.listed import Listed, Quality, Sort
from compliance.listing.spelling import has_form, tokens_of
from compliance.listing.wordlists import word_lists
from rules.mentions import is_imo_number
from rules.vocabulary import PartyType

_THRESHOLD_RARE, _BITS_RARE, _RARE_LIKENESS = 0.6, 18.5, 0.95
# Chosen on benchmarks/matching.py; docs/matching.md tells what they give.
THRESHOLD = 0.75
# By how well two names agree: the bits that names must share where every word has its like, and where some have not.
_NEEDED = ((0.97, 4.5, 9.0), (0.95, 5.0, 9.0), (0.9, 7.8, 9.5), (0.85, 8.5, 11.5), (0.0, 10.5, 12.0))
_LIKENESS = {2: 0.845, 3: 0.82, 4: 0.78}
_BITS_ONE, _BITS_SYLLABLES, _BITS_THREE = 7.0, 17.0, 5.0
# What a person's other name of two words must tell: spelled as it is listed, and otherwise.
_BITS_ALIAS, _BITS_ALIAS_OTHERWISE, _AS_LISTED = 11.5, 13.0, 0.97
_VOWELS = re.compile(r"[aeiouy]+")
_MISTYPED = 2
_NEARLY_WHOLE, _SYLLABLE = 0.88, 5
_SORTS = {
    PartyType.PERSON: Sort.PERSON, PartyType.GROUP: Sort.BODY, PartyType.ORGANISATION: Sort.BODY,
    PartyType.COMPANY: Sort.BODY, PartyType.BODY: Sort.BODY, PartyType.VESSEL: Sort.VESSEL,
}  # fmt: skip
_NOBODY: Mapping[str, str] = MappingProxyType({})
# A state is no party to a list, nor is a paper, nor an aircraft.
_UNLISTABLE = {PartyType.STATE, PartyType.MEDIA, PartyType.AIRCRAFT}


@dataclass(frozen=True, slots=True)
class Sought:
    """A party as a story names it, with what else is known of it. ``type`` None means any sort."""

    name: str
    type: PartyType | None = None
    also: tuple[str, ...] = ()
    imo: str | None = None
    birth_dates: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """A listed party that a party may be. ``score`` is between 0 and 1; ``by`` is the listed name that was met."""

    listed: Listed
    score: float
    by: str
    quality: Quality
    features: tuple[tuple[str, float], ...]
    reason: str


def matches(
    sought: Sought, index: NameIndex, beside: Mapping[str, str] = _NOBODY, limit: int = 5, threshold: float = THRESHOLD
) -> list[Match]:
    """Return the listed parties that the party may be, best first.

    ``beside`` tells by regime which other listed party the same story names: only then, or where a birth or nationality
    agrees, does a weak alias count.
    """
    if sought.type in _UNLISTABLE:
        return []
    found = [*_by_number(sought, index), *_by_name(sought, index, beside, threshold)]
    best: dict[str, Match] = {}
    for match in sorted(found, key=lambda m: -m.score):
        best.setdefault(match.listed.key, match)
    return list(best.values())[:limit]


def beside_each(found: Sequence[Sequence[Match]], names: Sequence[str]) -> list[dict[str, str]]:
    """Return for each party of a story, by regime, who else in it is listed there: what lets a weak alias count.

    ``found`` are the matches of each party alone, ``names`` how they are called.
    """
    told: list[dict[str, str]] = [{} for _ in found]
    for place, (matched, name) in enumerate(zip(found, names, strict=True)):
        for match in matched:
            for regime in match.listed.regimes:
                for other, others in enumerate(told):
                    if other != place:
                        others.setdefault(regime, f"{name} ({match.listed.reference})")
    return told


def _by_number(sought: Sought, index: NameIndex) -> Iterator[Match]:
    """An IMO number stays with a ship, or with its owner, through every change of name."""
    if not sought.imo or not is_imo(sought.imo):
        return
    for record in index.by_imo.get(sought.imo, ()):
        listed = index.records[record]
        yield Match(
            listed, 1.0, f"IMO {sought.imo}", Quality.PRIMARY, (("imo number", 1.0),),
            f"IMO {sought.imo} is the number of {listed.name} ({listed.reference}); a ship keeps it when renamed",
        )  # fmt: skip


def is_imo(digits: str) -> bool:
    """True for seven digits of which the last checks the others, as on ships."""
    return len(digits) == 7 and digits.isascii() and digits.isdigit() and is_imo_number(digits)


def _by_name(sought: Sought, index: NameIndex, beside: Mapping[str, str], threshold: float) -> Iterator[Match]:
    sort = _SORTS.get(sought.type) if sought.type else None

    for name in dict.fromkeys((sought.name, *sought.also)):
        is_firm = has_form(name)

        def accept(found: Found, is_firm: bool = is_firm) -> bool:
            if sort is None and _is_of_another_sort(found):
                return False
            cued = bool(_cue(sought, found, beside))
            return is_telling(found, cued, is_firm)

        for found in index.find(name, sort, accept=accept):
            cue = "" if is_telling(found, False, is_firm) else _cue(sought, found, beside)
            match = _judged(sought, name, found, cue)
            if match.score >= min(threshold, _THRESHOLD_RARE if _is_rare(found) else 1.0):
                yield match


def _cue(sought: Sought, found: Found, beside: Mapping[str, str]) -> str:
    """Return what speaks for the record besides the name, in words: a party listed with it, a birth, a nationality."""
    if other := next((beside[regime] for regime in found.listed.regimes if regime in beside), ""):
        return f"the story names {other} too"
    facts = facts_of(sought.birth_dates, sought.countries, sought.imo, found.listed)
    return " and ".join(facts.words) if facts.bearing > 0 else ""


def _is_rare(found: Found) -> bool:
    """True where all that was said is listed, and two rare words of it: "Islam Atabiev", whoever else is in between."""
    compared = found.comparison
    return not compared.extra and compared.bits >= _BITS_RARE and compared.likeness >= _RARE_LIKENESS


def is_telling(found: Found, cued: bool = False, said_as_firm: bool = False) -> bool:
    """True where what two names share could tell one party from the others that bear such words.

    ``cued`` tells that more than the name speaks for it: without, neither a weak alias counts nor a person's other name
    of two words that many bear. ``said_as_firm`` tells that the name was said with a legal form.
    """
    shared, by = found.comparison.shared, found.by
    if not cued and (by.quality is Quality.WEAK or _is_a_common_alias(found)):
        return False
    if len(shared) + len(found.comparison.missing) == 1:
        return _is_one_word(found, cued, said_as_firm)
    if _telling(shared) < 2 or _is_turned_and_misspelled(found):
        return False
    if found.comparison.likeness < _LIKENESS[min(len(shared), 4)]:
        return False
    if found.comparison.missing and not _could_be_short_for(found):
        return False
    return found.comparison.bits >= (0 if cued and found.comparison.is_whole else _needed(found))


def _telling(shared: Sequence[tuple[str, str, float]]) -> int:
    """Return how many words are shared; a name is not a title that looks like it: "Sajjad" and "Seyyed"."""
    titles = word_lists().titles
    return sum(
        (said in titles) == (listed in titles) or OSA.distance(said, listed) <= _MISTYPED for said, listed, _ in shared
    )


def _is_turned_and_misspelled(found: Found) -> bool:
    """True where a person's two names stand the other way round and one is spelled otherwise: "Andrew Johnson"."""
    shared = found.comparison.shared
    if found.listed.sort is not Sort.PERSON or len(shared) != 2 or min(s for _, _, s in shared) >= _NEARLY_WHOLE:
        return False
    order = [token.text for token in tokens_of(found.by.name)]
    first, second = (order.index(word) if word in order else 0 for _, word, _ in shared)
    return first > second


def _is_a_common_alias(found: Found) -> bool:
    """True for a person's other name of which at most two words tell anything, and little: "Muhammad Amin".

    Likewise for a body's other name that consists of common words: "Committee for Space Technology".
    """
    if found.by.quality is Quality.PRIMARY:
        return False
    if found.listed.sort is not Sort.PERSON:
        return found.comparison.bits < _BITS_ONE and all(
            w in word_lists().common for _, w, _ in found.comparison.shared
        )
    telling = [word for _, word, _ in found.comparison.shared if word not in word_lists().titles]
    needed = _BITS_ALIAS if found.comparison.likeness >= _AS_LISTED else _BITS_ALIAS_OTHERWISE
    return len(telling) <= 2 and found.comparison.bits < needed


def _could_be_short_for(found: Found) -> bool:
    """A shortened name is spelled well and keeps its first word or all others: a father's name means no son."""
    compared, first = found.comparison, tokens_of(found.by.name)[0].text
    if found.listed.sort is Sort.BODY and len(compared.missing) > 1 and compared.lacks_most_telling:
        # "Islamic State" is not its Khorasan province: what tells a branch from its parent must be said.
        return False
    if compared.bits >= _BITS_RARE:
        return True
    return min(s for _, _, s in compared.shared) >= 0.75 and not (
        len(compared.missing) > 1 and first in compared.missing
    )


def _is_of_another_sort(found: Found) -> bool:
    """True where a name of unknown sort lacks what makes the listed one a body's, or has what no person's has.

    "Osama bin Laden" is not the "Usama bin Laden Network", nor "Mustafa Kamal University" the late Mustafa Kamal.
    """
    lists, compared = word_lists(), found.comparison
    of_bodies = (lists.common - lists.titles) | lists.lands
    if found.listed.sort is Sort.PERSON:
        return any(word in of_bodies for word in compared.extra)
    said = [word for word, _, _ in compared.shared] + list(compared.extra)
    return bool(compared.missing) and not any(word in lists.common - lists.titles for word in said)


def _needed(found: Found) -> float:
    """The less two names agree, the more must what they share tell."""
    compared = found.comparison
    words = [word for _, word, _ in compared.shared] + list(compared.missing)
    if not compared.is_whole and len(words) + len(compared.extra) >= 3 and all(map(_is_syllable, words)):
        # Two syllables of a Korean or Chinese name are borne by thousands.
        return _BITS_SYLLABLES
    if compared.is_whole and len(compared.shared) >= 3 and compared.score >= _NEARLY_WHOLE:
        return _BITS_THREE
    return next(w if compared.is_whole else part for least, w, part in _NEEDED if compared.score >= least)


def _is_syllable(word: str) -> bool:
    return len(word) <= _SYLLABLE and len(_VOWELS.findall(word)) <= 1


def _is_one_word(found: Found, cued: bool, said_as_firm: bool) -> bool:
    """A name of one word must be that word; an alias of a person or an acronym needs a hit of the regime beside it.

    A short word counts where both names have a legal form: "Koti Corp".
    """
    compared = found.comparison
    length = max((len(word) for _, word, _ in compared.shared), default=0)
    both_firms = said_as_firm and has_form(found.by.name)
    least = 0.97 if length < (5 if both_firms else 7) else 0.82 if length < 9 else 0.8
    shortest = 3 if both_firms else 4
    is_same = not compared.extra and all(s >= least for _, _, s in compared.shared)
    is_own = found.listed.sort is not Sort.PERSON or found.by.quality is Quality.PRIMARY
    return is_same and (cued or (is_own and length > shortest and compared.bits >= _BITS_ONE))


def _judged(sought: Sought, name: str, found: Found, cue: str) -> Match:
    compared, listed = found.comparison, found.listed
    facts = facts_of(sought.birth_dates, sought.countries, sought.imo, listed)
    score = compared.score * {Quality.FORMER: 0.98, Quality.WEAK: 0.9}.get(found.by.quality, 1.0)
    match = Match(
        listed=listed,
        score=round(max(0.0, min(1.0, score + facts.bearing)), 4),
        by=found.by.name,
        quality=found.by.quality,
        features=(("name", round(compared.score, 4)), ("bits", round(compared.bits, 2)), *facts.features),
        reason="",
    )
    return replace(match, reason=_reason(name, found, facts, cue))


_QUALITIES = {
    Quality.PRIMARY: "the listed name", Quality.GOOD: "a listed alias", Quality.FORMER: "a former name",
    Quality.WEAK: "a weak alias",
}  # fmt: skip


def _reason(name: str, found: Found, facts: Facts, cue: str) -> str:
    compared, listed = found.comparison, found.listed
    said = [f"“{name}” meets “{found.by.name}”, {_QUALITIES[found.by.quality]} of {listed.reference}"]
    spelled = [f"{a} for {b}" for a, b, s in compared.shared if s < 1]
    if not spelled and compared.is_whole:
        said.append("word for word")
    if spelled:
        said.append("spelled otherwise: " + ", ".join(spelled))
    if compared.missing:
        said.append("not said: " + " ".join(compared.missing))
    if compared.extra:
        said.append("not listed: " + " ".join(compared.extra))
    if cue:
        said.append(f"too weak or common to count alone, but {cue}")
    if listed.note:
        said.append(listed.note)
    return "; ".join([*said, *facts.words])
