"""What in the words of a story tells one act from another: names, figures, rare words, sentence by sentence. Pure."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from itertools import islice

from compliance.circumstances import Amount, Days, amounts_in, days_told, ships_in
from compliance.rarity import rarity
from rules.rulebook import Rulebook
from rules.sentences import sentences

_MOST_TEXT, _MOST_SENTENCES = 6_000, 40
_TOKEN = re.compile(r"\d[\d,.]*\d|\d|[^\W\d_][\w'’]*(?:-[\w'’]+)*")
# "GENEVA (Harbour Wire) -": where and by whom a story was filed is no part of the act.
_DATELINE = re.compile(r"^\s*[A-Z][\w .,'’/-]{1,40}(?:\([^)\n]{2,40}\)|, \d{1,2} [A-Z]\w+\.?)?\s*(?:[-–—]{1,2}\s|\.\s)")
_SHOUTED = re.compile(r"^\s*[A-Z][A-Z]")
_CALENDAR = frozenset(
    (
        *("january", "february", "march", "april", "may", "june", "july", "august", "september", "october"),
        *("november", "december", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    )
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_LONGEST_NAME = 4


@dataclass(frozen=True, slots=True)
class Passage:
    """What one sentence, or several, have that others may share. Names are lower-case; figures have no separators.

    ``start`` is where the sentence stands in the text, -1 for the title. ``places`` are those of the names that are
    known as places.
    """

    names: frozenset[str]
    words: frozenset[str]
    figures: frozenset[str]
    start: int = 0
    places: frozenset[str] = frozenset()
    ships: frozenset[str] = frozenset()
    amounts: frozenset[Amount] = frozenset()
    days: frozenset[Days] = frozenset()


def passages(
    title: str,
    text: str,
    publisher: str | None = None,
    *,
    on: date | None = None,
    places: Collection[str] = frozenset(),
) -> tuple[Passage, ...]:
    """Return the particulars of the title and of each sentence. Datelines and the publisher's own name are left out.

    ``on`` is the story's day, from which "in March" is reckoned; ``places`` are the known ones, in small letters.
    """
    skipped = len(text) - len(without_dateline(text))
    told = [(-1, title)]
    told += [(skipped + s.start, s.text) for s in islice(sentences(text[skipped:_MOST_TEXT]), _MOST_SENTENCES)]
    tokens = [(start, _TOKEN.findall(sentence)) for start, sentence in told]
    small = {t for _, row in tokens for t in row if t.islower()}
    own = (publisher or "").lower()
    plain = (_passage(row, small, own, start) for start, row in tokens)
    return tuple(
        replace(
            passage,
            places=frozenset(name for name in passage.names if name in places),
            ships=ships_in(sentence),
            amounts=amounts_in(sentence),
            days=days_told(sentence, on),
        )
        for passage, (_, sentence) in zip(plain, told, strict=True)
    )


def terms_of(title: str, text: str, publisher: str | None = None) -> frozenset[str]:
    """Return the names and words by which a story is compared, as the table of rarities counts them."""
    whole = joined(passages(title, text, publisher))
    return whole.names | whole.words


def without_dateline(text: str) -> str:
    """Return the text without the place, agency and date that a wire sets before it."""
    found = _DATELINE.match(text)
    if found is None or not (_SHOUTED.match(text) or "(" in found.group()):
        return text
    return text[found.end() :]


def joined(told: Iterable[Passage]) -> Passage:
    """Return the particulars of all of them together."""
    rows = list(told)
    return Passage(
        names=frozenset().union(*(p.names for p in rows)),
        words=frozenset().union(*(p.words for p in rows)),
        figures=frozenset().union(*(p.figures for p in rows)),
        places=frozenset().union(*(p.places for p in rows)),
        ships=frozenset().union(*(p.ships for p in rows)),
        amounts=frozenset().union(*(p.amounts for p in rows)),
        days=frozenset().union(*(p.days for p in rows)),
    )


def _passage(tokens: Sequence[str], small: set[str], own: str, start: int) -> Passage:
    names = {name for name in _names(tokens, small) if not own or name not in own}
    words = {stem(t) for t in tokens if len(t) > 2 and not t[0].isdigit()} - _CALENDAR
    figures = {_figure(t) for t in tokens if t[0].isdigit() and not _YEAR.fullmatch(t)}
    return Passage(frozenset(names), frozenset(words), frozenset(f for f in figures if len(f) > 1), start)


def _names(tokens: Sequence[str], small: set[str]) -> Iterator[str]:
    """Yield runs of capitalised words, and each word of them that is not also written small in the story."""
    run: list[str] = []
    for token in [*tokens, ""]:
        plain = _bare(token)
        if _is_name(token, bool(run)) and plain not in _CALENDAR and plain not in small:
            run.append(plain)
            continue
        yield from _of_run(run)
        run = []


def _is_name(token: str, follows: bool) -> bool:
    """True for a capitalised word, and for a short number behind one, as ships have it."""
    return token[:1].isupper() or (follows and token.isdigit() and len(token) < 3)


def _of_run(run: Sequence[str]) -> Iterator[str]:
    run = _without_stops(run)
    yield from (part for part in run if len(part) > 2)
    if 1 < len(run) <= _LONGEST_NAME:
        yield " ".join(run)


def _without_stops(run: Sequence[str]) -> list[str]:
    """Return the run with letters that stood apart as one word: "U.N. Council" is the "UN Council"."""
    parts: list[str] = []
    letters = False
    for part in run:
        if len(part) == 1 and letters:
            parts[-1] += part
        else:
            parts.append(part)
        letters = len(part) == 1
    return parts


@lru_cache(maxsize=100_000)
def _bare(token: str) -> str:
    lowered = token.lower().replace("’", "'")
    return lowered.removesuffix("'s").removesuffix("'")


@lru_cache(maxsize=100_000)
def stem(token: str) -> str:
    """Return the word without the endings that differ between tellings; no more than one for each."""
    word = _bare(token)
    for ending, least in (("ies", 5), ("ing", 7), ("ed", 6), ("es", 6), ("s", 4)):
        if word.endswith(ending) and len(word) >= least and not word.endswith("ss"):
            return word[: -len(ending)] + ("y" if ending == "ies" else "")
    return word.removesuffix("e") if len(word) > 5 else word


def _figure(token: str) -> str:
    return token.replace(",", "").rstrip(".")


def telling(terms: Iterable[str], most: int) -> tuple[str, ...]:
    """Return the rarest of the terms, rarest first; ties in the order of the alphabet."""
    return tuple(sorted(terms, key=lambda term: (-rarity(term), term))[:most])


@lru_cache(maxsize=4)
def as_told(names: frozenset[str]) -> frozenset[str]:
    """Return names in the form in which a passage holds them."""
    return frozenset(" ".join(_without_stops([_bare(t) for t in _TOKEN.findall(name)])) for name in names)


def place_names(rulebook: Rulebook) -> frozenset[str]:
    """Return the declared places in small letters."""
    return frozenset(name.lower() for name in rulebook.places)
