"""A story held against the law: each measure with its five elements, what meets each, and which is missing. Pure."""

import re
from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any

from compliance.normal import Normal, normal
from rules.explaining import explain_acts
from rules.findings import Element, Evidence, Ruling
from rules.rulebook import Rulebook
from rules.vocabulary import Field

_MOST_ACTS, _MOST_MEASURES = 40, 8


@dataclass(frozen=True, slots=True)
class HeldElement:
    """One element of a measure in words. ``anchor`` leads to its quote on the page, None where nothing was quoted."""

    name: str
    met: bool
    says: str
    quote: str = ""
    anchor: str | None = None


@dataclass(frozen=True, slots=True)
class HeldMeasure:
    """A measure held against what the stories tell. ``days`` are the act's own in ISO 8601, empty where not told.

    ``number`` is that of the story, counted from 0, whose act it is.
    """

    regime: str
    code: str
    kind: str
    what: str
    basis: str
    elements: tuple[HeldElement, ...]
    exemptions: tuple[str, ...]
    unverified: bool
    days: str = ""
    number: int = 0

    @property
    def missing(self) -> tuple[str, ...]:
        """The elements that nothing in the story meets."""
        return tuple(e.name for e in self.elements if not e.met)


@dataclass(frozen=True, slots=True)
class StoryLaw:
    """What one story's acts touch: each ruling with the days of its act, spans counted in the text as given."""

    rulings: tuple[tuple[Ruling, str], ...] = ()

    def spans(self) -> dict[tuple[str, int, int], str]:
        """Return where the story says what meets an element, field, start and end, and which elements that is."""
        found: dict[tuple[str, int, int], dict[str, None]] = {}
        for ruling, _ in self.rulings:
            for e in ruling.elements:
                if e.quote is not None:
                    found.setdefault(_span(e.quote), {})[e.name.value] = None
        return {span: "element: " + ", ".join(names) for span, names in found.items()}


def _span(quote: Evidence) -> tuple[str, int, int]:
    return quote.field.value, quote.start, quote.end


def law_of_story(title: str, text: str, on: date | None, rulebook: Rulebook) -> StoryLaw:
    """Return the measures that a story's acts touch, by the law of the days of each act, else of ``on``.

    Of several acts under one measure that counts which meets most elements. The rules read the plain form of the text;
    every span is where the text as given says it.
    """
    return _law_of_story(title, text, on, _Book(rulebook))


class _Book:
    """A rulebook that is told from another by its version, so that a story's law is worked out once."""

    def __init__(self, rulebook: Rulebook) -> None:
        self.rulebook = rulebook

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Book) and other.rulebook.version == self.rulebook.version

    def __hash__(self) -> int:
        return hash(self.rulebook.version)


# An officer turns back and forth between the same cases; a story never changes.
@lru_cache(maxsize=512)
def _law_of_story(title: str, text: str, on: date | None, book: _Book) -> StoryLaw:
    forms = {Field.TITLE: normal(title), Field.TEXT: normal(text)}
    acts = explain_acts(forms[Field.TITLE].text, forms[Field.TEXT].text, on, book.rulebook)
    best: dict[str, tuple[Ruling, str]] = {}
    for act in acts[:_MOST_ACTS]:
        for ruling in act.rulings:
            held = best.get(ruling.code)
            if held is None or len(ruling.missing) < len(held[0].missing):
                best[ruling.code] = (_as_given(ruling, forms), act.days)
    return StoryLaw(tuple(best.values()))


def _as_given(ruling: Ruling, forms: Mapping[Field, Normal]) -> Ruling:
    def back(element: Element) -> Element:
        if element.quote is None:
            return element
        form = forms[element.quote.field]
        start, end = form.span(element.quote.start, element.quote.end)
        return replace(element, quote=replace(element.quote, start=start, end=end, quote=form.given[start:end]))

    return replace(ruling, elements=tuple(back(e) for e in ruling.elements))


def held_measures(
    laws: Iterable[tuple[StoryLaw, Mapping[tuple[str, int, int], str]]], regimes: Sequence[str]
) -> tuple[HeldMeasure, ...]:
    """Return each measure once, as the story that meets most of it tells it, the case's regimes and the fullest first.

    With each story's law, in the order of the case, come the page's anchors by the span they stand at.
    """
    best: dict[str, HeldMeasure] = {}
    for number, (law, anchors) in enumerate(laws):
        for ruling, days in law.rulings:
            held = best.get(ruling.code)
            if held is None or len(ruling.missing) < len(held.missing):
                best[ruling.code] = _held(ruling, days, anchors, number)
    place = {regime: number for number, regime in enumerate(regimes)}
    found = sorted(best.values(), key=lambda m: (place.get(m.regime, len(place)), len(m.missing), m.code))
    return tuple(found[:_MOST_MEASURES])


def _held(ruling: Ruling, days: str, anchors: Mapping[tuple[str, int, int], str], number: int) -> HeldMeasure:
    return HeldMeasure(
        ruling.regime, ruling.code, ruling.kind.value, ruling.what, "; ".join(ruling.basis),
        tuple(_element(e, anchors) for e in ruling.elements), ruling.exemptions, ruling.unverified, days, number,
    )  # fmt: skip


def _element(element: Element, anchors: Mapping[tuple[str, int, int], str]) -> HeldElement:
    if element.quote is None:
        return HeldElement(element.name.value, element.met, element.says)
    quote = " ".join(element.quote.quote.split())
    return HeldElement(element.name.value, element.met, element.says, quote, anchors.get(_span(element.quote)))


def act_days(hits: Sequence[Mapping[str, Any]]) -> str:
    """Return the days that a story gives its acts, as the rules noted them; empty where it leaves them open."""
    told = [when["days"] for hit in hits if (when := hit.get("when"))]
    return "; ".join(dict.fromkeys(told))


_INTERVAL = re.compile(r"(\d{4})-(\d\d)-(\d\d)/(\d{4})-(\d\d)-(\d\d)")


def plain_days(text: str) -> str:
    """Return a text with its ISO intervals of days as people write them: a year, a month, or one day to another."""

    def plain(found: re.Match[str]) -> str:
        year, month, day, last_year, last_month, last_day = map(int, found.groups())
        if (year, month, day, last_month, last_day) == (last_year, 1, 1, 12, 31):
            return f"{year:04d}"
        if (year, month, day) == (last_year, last_month, 1) and last_day == monthrange(year, month)[1]:
            return f"{year:04d}-{month:02d}"
        return found[0].replace("/", " to ")

    return _INTERVAL.sub(plain, text)
