"""What birth dates, nationality and ship's number say for or against a match of names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from compliance.listing.listed import Listed
from compliance.listing.spelling import tokens_of

_YEAR = re.compile(r"(?<!\d)(?:1[89]|20)\d\d(?!\d)")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
# The list's own years are often guesses: three years apart is no contradiction.
_YEARS_APART = 3


@dataclass(frozen=True, slots=True)
class Facts:
    """How the known facts bear on the score, and in which words."""

    bearing: float = 0.0
    features: tuple[tuple[str, float], ...] = ()
    words: tuple[str, ...] = ()


def facts_of(birth_dates: Sequence[str], countries: Sequence[str], imo: str | None, listed: Listed) -> Facts:
    """Return what the facts say; one that either side lacks says nothing."""
    said = [
        _births(birth_dates, listed.birth_dates),
        _countries(countries, listed.countries),
        _numbers(imo, listed.imo_numbers),
    ]
    told = [s for s in said if s]
    return Facts(
        sum(bearing for _, bearing, _ in told),
        tuple((name, bearing) for name, bearing, _ in told),
        tuple(words for _, _, words in told),
    )


def _births(said: Sequence[str], listed: Sequence[str]) -> tuple[str, float, str] | None:
    if not said or not listed:
        return None
    if {d for d in said if _DAY.fullmatch(d)} & set(listed):
        return "birth date", 0.1, "the same birth date"
    years, spans = _years(said), [span for date in listed if (span := _span(date))]
    if not years or not spans:
        return None
    apart = min(max(first - y, y - last, 0) for y in years for first, last in spans)
    if apart == 0:
        return "birth date", 0.05, "the same year of birth"
    if apart <= _YEARS_APART:
        return "birth date", 0.0, f"years of birth {apart} apart"
    return "birth date", -0.3, f"born {apart} years apart"


def _years(dates: Sequence[str]) -> list[int]:
    return [int(y) for date in dates for y in _YEAR.findall(date)]


def _span(date: str) -> tuple[int, int] | None:
    years = _years([date])
    return (min(years), max(years)) if years else None


def _countries(said: Sequence[str], listed: Sequence[str]) -> tuple[str, float, str] | None:
    ours, theirs = ({t.text for c in names for t in tokens_of(c)} for names in (said, listed))
    if not ours or not theirs:
        return None
    if ours & theirs:
        return "nationality", 0.03, "the same nationality"
    return "nationality", -0.08, "of another nationality"


def _numbers(said: str | None, listed: Sequence[str]) -> tuple[str, float, str] | None:
    if not said or not listed or said in listed:
        return None
    return "imo number", -0.6, f"another IMO number ({', '.join(listed)})"
