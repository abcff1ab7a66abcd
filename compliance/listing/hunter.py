"""Listed names in running text: one automaton over all of them, and what makes a find more than a chance word."""

import re
import unicodedata
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from compliance.listing.listed import Listed, Quality, Sort
from compliance.listing.spelling import is_legal_form
from compliance.listing.wordlists import word_lists
from rules.matching import WordMatcher

# What one story adds at most for one record, and in all: enough to judge by, whatever is repeated.
MOST_OF_ONE, MOST_IN_STORY = 3, 200
_GONE = re.compile(r"[\u0300-\u036f\u064b-\u065f\u0670\u0640\u200b-\u200f]|['’‘`´ʼ](?!s(?!\w))|(?<=\s)\s+")
_SHIP = re.compile(r"\b(?:vessels?|ships?|tankers?|freighters?|carriers?|cargo|imo|mv|mt|m/v|m/t|flag(?:ged)?)\b")
_IMO = re.compile(r"imo[\s:.#]*(?:number|no)?[\s:.#]*$")
_NEAR = 80


class _Folding(dict[int, str]):
    """Each letter in its small form without marks, each dash and apostrophe a blank: one character for one."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        if char in "-‐‑–—/'’‘`´ʼ_" or char.isspace():
            folded = " "
        else:
            base = unicodedata.normalize("NFKD", char)[:1].lower()
            folded = base if len(base) == 1 else char
        self[code] = folded
        return folded


_FOLDING = _Folding()


@dataclass(frozen=True, slots=True)
class Folded:
    """A text as names are looked for in it, and where each of its characters stood."""

    text: str
    gone: tuple[int, ...]

    def origin(self, place: int) -> int:
        """Return where a place of the folded text was in the text."""
        return place + bisect_right(self.gone, place)


def fold(text: str) -> Folded:
    """Return the text in small letters without marks, apostrophes and doubled blanks; offsets can be told back."""
    gone: list[int] = []
    for match in _GONE.finditer(text):
        for place in range(match.start(), match.end()):
            gone.append(place - len(gone))
    return Folded(_GONE.sub("", text).translate(_FOLDING), tuple(gone))


@dataclass(frozen=True, slots=True)
class Hit:
    """A listed name found at ``text[start:end] == quote``."""

    listed: Listed
    name: str
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class _Spelling:
    """A way of writing a name, whose it is, and whether it proves anything by itself."""

    listed: Listed
    name: str
    is_weak: bool
    is_number: bool = False


class NameHunter:
    """Finds the names of records in texts, in time that grows with the text and not with the names."""

    def __init__(self, records: Iterable[Listed]) -> None:
        spelled: dict[str, list[_Spelling]] = defaultdict(list)
        for record in records:
            for text, spelling in _spellings(record):
                if all(s.listed.key != record.key for s in spelled[text]):
                    spelled[text].append(spelling)
        self._bearers = list(spelled.values())
        self._matcher = WordMatcher(list(spelled))
        self.names = len(spelled)

    def find(self, text: str) -> list[Hit]:
        """Return what the text names, in its order; a weak name only beside a hit of its record or regime."""
        if not self.names:
            return []
        folded = fold(text)
        found: list[tuple[_Spelling, Hit]] = []
        for index, start, end in self._matcher.find(folded.text):
            first, last = folded.origin(start), folded.origin(end - 1) + 1
            quote = text[first:last]
            for spelling in self._bearers[index]:
                if _is_written_so(spelling, quote, folded.text, start, end):
                    found.append((spelling, Hit(spelling.listed, spelling.name, first, last, quote)))
            if len(found) >= MOST_IN_STORY * 4:
                break
        return _bounded(_proven(found))


def _spellings(record: Listed) -> Iterator[tuple[str, _Spelling]]:
    for listed in record.names:
        words = fold(listed.name).text.replace(".", " ").replace(",", " ").replace("(", " ").replace(")", " ").split()
        is_one = len(words) == 1
        is_short = sum(map(len, words)) <= 4
        is_weak = listed.quality is Quality.WEAK or is_short or (is_one and record.sort is Sort.PERSON)
        spelling = _Spelling(record, listed.name, is_weak)
        if words:
            yield " ".join(words), spelling
            for shorter in _shorter(words):
                yield " ".join(shorter), spelling
    for number in record.imo_numbers:
        yield number, _Spelling(record, f"IMO {number}", False, True)


def _shorter(words: list[str]) -> Iterator[list[str]]:
    """Yield the name without its legal forms, and without its articles, where two telling words stay."""
    lists = word_lists()
    little = lists.common | lists.lands | lists.titles
    for kept in (
        [w for w in words if not is_legal_form(w)],
        [w for w in words if w not in ("al", "el", "the")],
        [w for w in words if w not in ("al", "el", "the") and not is_legal_form(w)],
    ):
        if 2 <= len(kept) < len(words) and sum(w not in little for w in kept) >= 2:
            yield kept


def _is_written_so(spelling: _Spelling, quote: str, folded: str, start: int, end: int) -> bool:
    """Names are written with capitals, acronyms in them; a ship of one word needs a ship's word beside it."""
    if spelling.is_number:
        return _IMO.search(folded, max(0, start - 20), start) is not None
    cased = [c for c in quote if c.isalpha() and c.lower() != c.upper()]
    if not cased:
        return True
    if len(cased) <= 4 and spelling.name.isupper():
        return all(c.isupper() for c in cased)
    if not cased[0].isupper() and not any(c.isupper() for c in quote.split()[-1]):
        return False
    if spelling.listed.sort is Sort.VESSEL and " " not in quote.strip():
        return _SHIP.search(folded, max(0, start - _NEAR), end + _NEAR) is not None
    return True


def _proven(found: list[tuple[_Spelling, Hit]]) -> Iterator[Hit]:
    strong = [s.listed for s, _ in found if not s.is_weak]
    keys, regimes = {r.key for r in strong}, {regime for r in strong for regime in r.regimes}
    for spelling, hit in found:
        if not spelling.is_weak or hit.listed.key in keys or regimes & set(hit.listed.regimes):
            yield hit


def _bounded(hits: Iterable[Hit]) -> list[Hit]:
    kept: list[Hit] = []
    of_one: dict[str, int] = defaultdict(int)
    for hit in hits:
        of_one[hit.listed.key] += 1
        if of_one[hit.listed.key] <= MOST_OF_ONE and len(kept) < MOST_IN_STORY:
            kept.append(hit)
    return kept
