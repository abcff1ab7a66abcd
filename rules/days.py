"""A sentence → the days and spans of days that it names, relative to the story's own day. Pure.

English news only. A day after the story's is left out: nobody reports what has not happened. One pass of one pattern
whose every repetition is bounded, so that time grows with the sentence and nothing else.
"""

import re
from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

_MONTHS = {
    name: number
    for number, names in enumerate(
        ("january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
         "september sept sep", "october oct", "november nov", "december dec"), 1)
    for name in names.split()
}  # fmt: skip
_NUMBERS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20,
}  # fmt: skip
_YEAR = r"(?:19[4-9]|20[0-9])\d"
_MONTH = rf"(?:{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\b\.?"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
_POINT = rf"(?:{_DAY} )?(?:{_MONTH} )?(?:early |mid-?|late )?{_YEAR}"
_SEASON = r"(?:early|middle|mid|late|end|start|beginning|spring|summer|autumn|fall|winter)"
_PART = rf"(?:(?:the )?{_SEASON}(?: of)?[ -])?"
_COUNT = rf"(?:\d{{1,2}}|{'|'.join(_NUMBERS)})"
# What follows a number that only looks like a year: goods are counted in thousands too.
_NO_COUNT = (
    r"(?![\d%°])(?!,\d)(?! (?:tons|tonnes|barrels|rounds|rifles|guns|weapons|shells|rockets|missiles|drones|men|people|"
    r"troops|fighters|soldiers|workers|boxes|crates|kg|kilos|km|kilometres|kilometers|miles|dollars|euros|pounds)\b)"
)
_FORMS = {
    "between": rf"(?:between|from) (?P<b1>{_POINT}) (?:and|to|until|till|through) (?P<b2>{_POINT})\b",
    "years": rf"(?:(?:of|in|during|for) )?(?P<y1>{_YEAR})(?: to | and |-| - )(?P<y2>{_YEAR}|\d\d)\b(?!-)",
    "since": rf"since (?P<s1>{_POINT})\b",
    "iso": rf"(?P<i1>{_YEAR})-(?P<i2>[01]\d)-(?P<i3>[0-3]\d)\b",
    "day": rf"(?P<d1>{_DAY}) (?:of )?(?P<d2>{_MONTH}),?(?: (?P<d3>{_YEAR}))?\b",
    "american": rf"(?P<a2>{_MONTH}) (?P<a1>{_DAY})\b(?:,? (?P<a3>{_YEAR}))?(?!\d)",
    "month": rf"(?P<m1>{_MONTH}),?(?: of)? (?P<m2>{_YEAR})\b",
    "bare": rf"(?:in|during|last|since|by|early|late|mid) (?P<n1>{_MONTH})(?! \d)",
    "decade": r"the (?P<c0>early |mid-?|late )?(?P<c1>(?:19|20)\d0)'?s\b",
    "year": rf"(?:(?:in|during|throughout|of|year|by|through|for) {_PART}|\(|{_SEASON}[ -](?:of )?)"
    rf"(?P<g1>{_YEAR})\b{_NO_COUNT}",
    "ago": rf"(?P<o1>{_COUNT}|a few|several) (?P<o2>years?|months?|decades?) ago\b",
    "last": r"(?P<l1>last|this|previous) (?P<l2>year|month|decade)\b",
}  # fmt: skip
_ANY = re.compile(rf"(?<![\w-])(?:{'|'.join(f'(?P<{name}>{form})' for name, form in _FORMS.items())})")
# Without one of these no form can match: most sentences are passed over at the cost of one search.
_MARK = re.compile(
    rf"\d|\bago\b|\b(?:last|this|previous) (?:year|month)|{'|'.join(m for m in _MONTHS if len(m) > 4)}|\bmay\b"
)
# The relief programme of resolution 986 (1995): from its first oil, 10 December 1996, to the end of the ban on trade
# that it was an exception to, by resolution 1483 (2003).
_RELIEF = re.compile(r"\boil[ -]for[ -]food\b", re.IGNORECASE)
_RELIEF_DAYS = (date(1996, 12, 10), date(2003, 5, 22))
RELIEVED = "Iraq"
_EPOCH = date(1945, 10, 24)  # The Charter entered into force: no measure is older.


@dataclass(frozen=True, slots=True)
class Span:
    """Days from ``first`` to ``last``, both included."""

    first: date
    last: date

    def __str__(self) -> str:
        """Return the span as ISO 8601 writes a day or an interval."""
        return str(self.first) if self.first == self.last else f"{self.first}/{self.last}"


@dataclass(frozen=True, slots=True)
class NamedDays:
    """Days that a sentence names, and where; offsets are the sentence's own."""

    start: int
    end: int
    span: Span


def days_in(sentence: str, on: date | None) -> Iterator[NamedDays]:
    """Yield the days that a sentence in plain form names, in order.

    ``on`` is the story's day: what is told by it ("last year", "in March") needs one, and what lies after is left out.
    """
    lowered = lowered_in_place(sentence)
    if not _MARK.search(lowered):
        return
    for match in _ANY.finditer(lowered):
        assert match.lastgroup is not None
        span = _read(match, on)
        if span is None or span.first < _EPOCH or (on is not None and span.first > on):
            continue
        yield NamedDays(match.start(), match.end(), span if on is None else Span(span.first, min(span.last, on)))


def relief_in(sentence: str) -> NamedDays | None:
    """Return where a sentence names the relief programme for Iraq, with the days on which that ran."""
    match = _RELIEF.search(sentence)
    return NamedDays(match.start(), match.end(), Span(*_RELIEF_DAYS)) if match else None


def lowered_in_place(text: str) -> str:
    """Return the text in lower case, letter for letter: a few letters would become two."""
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def _read(match: re.Match[str], on: date | None) -> Span | None:
    name = next(name for name in _FORMS if match[name] is not None)
    try:
        return _READERS[name](match.groupdict(), on)
    except (ValueError, OverflowError):
        return None


_Groups = Mapping[str, str]


def _whole_year(year: int) -> Span:
    return Span(date(year, 1, 1), date(year, 12, 31))


def _whole_month(year: int, month: int) -> Span:
    return Span(date(year, month, 1), date(year, month, monthrange(year, month)[1]))


def _month_of(word: str) -> int:
    return _MONTHS[word.strip(" .")]


def _point(text: str) -> Span:
    """Return the days of "12 may 2003", "may 2003" or "2003"."""
    words = text.replace("early ", "").replace("late ", "").replace("mid-", "").replace("mid ", "").split()
    year = int(words[-1][-4:])
    months = [_MONTHS[w.strip(".")] for w in words[:-1] if w.strip(".") in _MONTHS]
    if not months:
        return _whole_year(year)
    if words[0][0].isdigit() and len(words) == 3:
        day = date(year, months[0], _ordinal(words[0]))
        return Span(day, day)
    return _whole_month(year, months[0])


def _ordinal(text: str) -> int:
    return int(re.sub(r"\D", "", text))


def _between(g: _Groups, on: date | None) -> Span | None:
    first, last = _point(g["b1"]), _point(g["b2"])
    return Span(first.first, last.last) if first.first <= last.last else None


def _years(g: _Groups, on: date | None) -> Span | None:
    first = int(g["y1"])
    # "1999-03" ends in the next century.
    last = int(g["y2"]) if len(g["y2"]) == 4 else first + (int(g["y2"]) - first) % 100
    return Span(date(first, 1, 1), date(last, 12, 31)) if first < last else None


def _since(g: _Groups, on: date | None) -> Span | None:
    first = _point(g["s1"]).first
    return Span(first, on) if on is not None and first <= on else None


def _iso(g: _Groups, on: date | None) -> Span:
    day = date(int(g["i1"]), int(g["i2"]), int(g["i3"]))
    return Span(day, day)


def _dated(day: str, month: str, year: str | None, on: date | None) -> Span | None:
    if year:
        exact = date(int(year), _month_of(month), _ordinal(day))
    elif on is not None:
        exact = date(on.year, _month_of(month), _ordinal(day))
        exact = exact if exact <= on else exact.replace(year=on.year - 1)
    else:
        return None
    return Span(exact, exact)


def _bare_month(g: _Groups, on: date | None) -> Span | None:
    if on is None:
        return None
    month = _month_of(g["n1"])
    return _whole_month(on.year if month <= on.month else on.year - 1, month)


def _decade(g: _Groups, on: date | None) -> Span:
    first, part = int(g["c1"]), (g["c0"] or "").strip(" -")
    begin, end = {"early": (0, 3), "mid": (3, 6), "late": (6, 9)}.get(part, (0, 9))
    return Span(date(first + begin, 1, 1), date(first + end, 12, 31))


def _ago(g: _Groups, on: date | None) -> Span | None:
    if on is None or g["o1"] in ("a few", "several"):
        return None
    count = _NUMBERS.get(g["o1"]) or int(g["o1"])
    if g["o2"].startswith("month"):
        there = on - timedelta(days=30 * count)
        return _whole_month(there.year, there.month)
    year = on.year - (10 * count if g["o2"].startswith("decade") else count)
    # "A decade ago" is a round number.
    return _whole_year(year) if g["o2"].startswith("year") else Span(date(year - 2, 1, 1), date(year + 2, 12, 31))


def _last(g: _Groups, on: date | None) -> Span | None:
    if on is None or g["l2"] == "decade":
        return None
    back = 0 if g["l1"] == "this" else 1
    if g["l2"] == "year":
        return _whole_year(on.year - back)
    there = on.replace(day=1) - timedelta(days=back)
    return _whole_month(there.year, there.month)


_READERS: Mapping[str, Callable[[_Groups, date | None], Span | None]] = {
    "between": _between,
    "years": _years,
    "since": _since,
    "iso": _iso,
    "day": lambda g, on: _dated(g["d1"], g["d2"], g["d3"], on),
    "american": lambda g, on: _dated(g["a1"], g["a2"], g["a3"], on),
    "month": lambda g, on: _whole_month(int(g["m2"]), _month_of(g["m1"])),
    "bare": _bare_month,
    "decade": _decade,
    "year": lambda g, on: _whole_year(int(g["g1"])),
    "ago": _ago,
    "last": _last,
}
