"""What tells two acts of the same parties apart: ships, amounts of goods and the days named. Pure.

Each is read so that its absence says nothing: most tellings leave out most of it, and only what both tell can differ.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from rules.days import days_in

_NAME = r"[A-Z][\w’'-]*(?: (?:[A-Z][\w’'-]*|\d{1,3}\b))*"
_SHIP = (
    r"(?:[Ff]reighter|[Tt]anker|[Ss]hip|[Vv]essel|[Dd]how|[Cc]oaster|[Cc]arrier|[Tt]rawler|[Bb]arge|[Cc]ollier|"
    r"[Bb]oat|[Ff]erry|[Yy]acht|[Tt]ug|MV|M/V|MT)"
)
_CALLED = r"(?:,? (?:named|called|known as))?(?:,? the)?,? [\"“‘']?"
_SHIPS = re.compile(rf"\b{_SHIP}{_CALLED}({_NAME})|\b[Tt]he ({_NAME}), an? (?:[\w-]+ ){{0,3}}{_SHIP}\b")

# Aircraft go by their marks: "the Ilyushin UP-I7601". The word for the craft must stand there: "S-300" is no mark.
_CRAFT = (
    r"(?:[Pp]lane|[Aa]ircraft|[Aa]irliner|[Aa]irlifter|[Ff]reighter|[Jj]et|[Hh]elicopter|Ilyushin|Antonov|Boeing|Airbus|"
    r"[Tt]ail number|[Rr]egistration|[Rr]egistered|[Mm]arks?)"
)
_MARKS = re.compile(rf"\b{_CRAFT}(?: [Ii]l-\d+)?{_CALLED}((?:[A-Z]{{1,2}}|\d[A-Z]|[A-Z]\d)-?[A-Z0-9]{{3,6}})\b")

_ONES = {
    word: number
    for number, word in enumerate(
        (
            *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
            *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
        ),
        start=1,
    )
}
_TENS = {
    word: 10 * number
    for number, word in enumerate(
        ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"), start=2
    )
}
_SCALES = {"dozen": 12, "hundred": 100, "thousand": 1_000, "million": 10**6, "billion": 10**9}
_WORDED = (
    rf"(?:{'|'.join(_TENS)})(?:-(?:{'|'.join(list(_ONES)[:9])}))?|{'|'.join(sorted(_ONES, key=len, reverse=True))}"
)
_NUMBER = re.compile(
    rf"(?<![\w.,/-])(?P<sign>[$€£])? ?(?P<number>\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?|(?:{_WORDED}|an?)\b)"
    rf"(?![\d%]|\.\d| ?(?:mm|cm|km|kg|cal)\b)"
    rf"(?:[ -](?P<scale>{'|'.join(_SCALES)})s?\b)?(?=(?P<rest>(?:[ -][^\W\d][\w’'-]*){{0,4}}))",
    re.IGNORECASE,
)
# What is counted, by each word for it in the singular. Tellings of one act change the word and not the count.
_UNITS = {
    word: unit
    for unit, words in {
        "tonne": "tonne ton",
        "barrel": "barrel",
        "container": "container box crate",
        "wagon": "wagon railcar",
        "vehicle": "lorry truck vehicle car tractor trailer",
        "rifle": "rifle kalashnikov",
        "round": "round cartridge bullet shell",
        "missile": "missile rocket",
        "drone": "drone uav",
        "engine": "engine motor",
        "bomb": "bomb",
        "gun": "gun howitzer mortar cannon piece",
        "person": "worker soldier sapper engineer fighter mercenary veteran instructor trainer builder troop labourer",
        "money": "dollar euro pound",
        "flight": "flight landing",
        "ship": "ship collier",
        "radio": "radio",
        "coin": "bitcoin ether",
    }.items()
    for word in words.split()
}
_FALSE_ENDS = ("ies", "y"), ("es", ""), ("s", "")
# Retold, a count is rounded.
_ROUNDED = 0.1
_LEAST = 3
_LONGEST = timedelta(days=62)

Amount = tuple[str, float]
Days = tuple[int, int]


def ships_in(text: str) -> frozenset[str]:
    """Return the ships that the text calls ships, and aircraft by their marks, in small letters."""
    found = [(one or other).replace("’", "'") for one, other in _SHIPS.findall(text)] + _MARKS.findall(text)
    return frozenset(name.removesuffix("'s").removesuffix("'").lower() for name in found)


def amounts_in(text: str) -> frozenset[Amount]:
    """Return what the text counts, and how much of it; what is fewer than three is no mark of an act."""
    return frozenset(_amounts(text))


def _amounts(text: str) -> Iterator[Amount]:
    for match in _NUMBER.finditer(text):
        value = _value(match["number"].lower()) * _SCALES.get((match["scale"] or "").lower(), 1)
        words = match["rest"].lower().replace("-", " ").split()
        unit = "money" if match["sign"] else next((u for w in words if (u := _unit(w))), None)
        if unit is not None and value >= _LEAST:
            yield unit, value


def _value(number: str) -> float:
    if number[0].isdigit():
        return float(number.replace(",", ""))
    tens, _, ones = number.partition("-")
    return _TENS.get(tens, _ONES.get(tens, 1)) + _ONES.get(ones, 0)


def _unit(word: str) -> str | None:
    singular = (word.removesuffix(end) + put for end, put in _FALSE_ENDS if word.endswith(end))
    return next((_UNITS[w] for w in (word, *singular) if w in _UNITS), None)


def days_told(text: str, on: date | None) -> frozenset[Days]:
    """Return the days and short spans that the text names, as ordinals; what is told by the year tells no act apart."""
    spans = (named.span for named in days_in(text, on))
    return frozenset((s.first.toordinal(), s.last.toordinal()) for s in spans if s.last - s.first <= _LONGEST)


def agree(one: Amount, other: Amount) -> bool:
    """True where both count the same, but for rounding."""
    return one[0] == other[0] and abs(one[1] - other[1]) <= _ROUNDED * max(one[1], other[1])


def same_amounts(left: frozenset[Amount], right: frozenset[Amount]) -> int:
    """Return how many amounts both have."""
    found = (
        sum(any(agree(a, b) for b in others) for a in amounts) for amounts, others in ((left, right), (right, left))
    )
    return min(found)


def shared_units(left: frozenset[Amount], right: frozenset[Amount]) -> frozenset[str]:
    """Return what both count."""
    return frozenset(unit for unit, _ in left) & frozenset(unit for unit, _ in right)


def other_amounts(left: frozenset[Amount], right: frozenset[Amount]) -> bool:
    """True where both count the same things and come to nothing alike."""
    return bool(shared_units(left, right)) and not same_amounts(left, right)


def other_days(left: frozenset[Days], right: frozenset[Days], slack: int) -> bool:
    """True where both name days and none of them lie within so many days of each other."""
    return bool(left and right) and gap(left, right) > slack


def gap(left: frozenset[Days], right: frozenset[Days]) -> int:
    """Return how many days lie between the nearest of both; each must have some."""
    return min(max(0, a[0] - b[1], b[0] - a[1]) for a in left for b in right)


def is_after(days: frozenset[Days], published: date) -> bool:
    """True where every day named comes after the day of publication: what was told then was another act."""
    return bool(days) and min(first for first, _ in days) > published.toordinal()
