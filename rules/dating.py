"""Acts → the same acts with the days on which the story says that they were done. Pure.

The days belong to the words of the act, not to whatever year the story names. In a sentence each day belongs to the
event that is told just before it, or to the first after it where none is: "sentenced in 2017 for selling arms between
2000 and 2003" dates a sentence and a sale. What the sentence of the act leaves open, the next or the one before may say
where it goes on about moving or seizing. What a party is said to have done that is no more, it did while it was. An act
whose day the story leaves open otherwise is of the story's day.
"""

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property, lru_cache

from rules.acts import MOVING, Act, When, moves_by, names_of, phrases_in
from rules.clauses import Clause
from rules.days import RELIEVED, NamedDays, Span, days_in, lowered_in_place, relief_in
from rules.findings import Evidence
from rules.rulebook import Rulebook
from rules.vocabulary import Field

_RULE = "act.day"
# How far before a day the event may stand to which it belongs, and what stands between a law and the day it is of.
_REACH = 160
_OF_LAW = re.compile(r"^(?:since|of|\()")
# "During the country's civil war between 2000 and 2003": what lasted that long holds the act, whose days those are too.
_LASTING = frozenset({"war", "wars", "conflict", "reign", "rule", "siege"})
_WHILE = re.compile(r"\b(?:during|throughout|amid|in the course of) (?:[\w']+ ){0,4}$")
# How long a plea or a verdict cannot take, and how years are told that something lasted.
_A_YEAR = 366
_RANGE = re.compile(r"\b(?:between|from)\b")
_DIGITS = re.compile(r"^[\s\d]*$")

_Clauses = Sequence[tuple[Field, Clause]]


def dated_acts(
    acts: Sequence[Act], clauses: _Clauses, fields: Mapping[Field, str], on: date | None, rulebook: Rulebook
) -> list[Act]:
    """Return the acts in their order, each with its days where the story tells them; none lies after ``on``.

    A headline says in short what the text tells: where the text dates every act of one of its parties, so is the
    headline's.
    """
    if not acts:
        return []
    dating = _Dating(clauses, fields, on, rulebook)
    found = [replace(act, when=dating.when(act)) if act.when is None else act for act in acts]
    found = [_as_in_text(act, found) if _is_open_headline(act) else act for act in found]
    return [replace(act, when=dating.of_its_time(act) if act.when is None else dating.sure(act)) for act in found]


def _is_open_headline(act: Act) -> bool:
    return act.evidence.field is Field.TITLE and act.when is None


def _as_in_text(act: Act, acts: Sequence[Act]) -> Act:
    names = names_of(act)
    same = [other for other in acts if other.evidence.field is Field.TEXT and names & names_of(other)]
    if not same or any(other.when is None for other in same):
        return act
    told = [other.when for other in same if other.when is not None]
    spans = tuple(dict.fromkeys(span for when in told for span in when.spans))
    return replace(act, when=When(spans, told[0].evidence, own=False))


class _Dating:
    """The days of a story's sentences, each read once and only where an act asks."""

    def __init__(self, clauses: _Clauses, fields: Mapping[Field, str], on: date | None, rulebook: Rulebook) -> None:
        self.clauses, self.fields, self.on, self.rulebook = clauses, fields, on, rulebook
        self._read: dict[int, tuple[NamedDays, ...]] = {}
        self._starts = [(field is Field.TEXT, clause.sentence.start) for field, clause in clauses]

    def when(self, act: Act) -> When | None:
        """Return the days that the sentence of the act gives it, or one beside that goes on about it."""
        number = self._clause_of(act)
        if number is None:
            return None
        if told := self._days(number):
            return self._told(number, told, own=True)
        for near in (number + 1, number - 1):
            if self._goes_on(number, near, names_of(act)) and (told := self._days(near)):
                return self._told(near, told, own=False)
        return None

    def of_its_time(self, act: Act) -> When | None:
        """Return the days of a party of its sentence that is no more, or of a relief programme that the story names."""
        number = self._clause_of(act)
        if number is None or self.on is None:
            return None
        field, clause = self.clauses[number]
        for mention in (m for i in clause.parties if (m := clause.tokens[i].mention) is not None):
            days = self._days_of_party(mention.canonical)
            if days is not None and days.last < self.on:
                return When((days,), self._evidence(field, mention.start, mention.end), own=False, past=True)
        return self._of_relief(act)

    def _days_of_party(self, name: str) -> Span | None:
        party = self.rulebook.parties.get(self.rulebook.principal(name))
        return party.days if party is not None else None

    def sure(self, act: Act) -> When | None:
        """Return the days of the act; within those of a relief programme that the story names they are surely past."""
        when, relief = act.when, self._of_relief(act)
        if when is None or when.past or relief is None:
            return when
        (ran,) = relief.spans
        within = all(ran.first <= span.first and span.last <= ran.last for span in when.spans)
        return replace(when, past=True) if within else when

    def _of_relief(self, act: Act) -> When | None:
        names = names_of(act)
        if RELIEVED not in names and RELIEVED not in {self.rulebook.principal(name) for name in names}:
            return None
        return self._relief

    @cached_property
    def _relief(self) -> When | None:
        for field, clause in self.clauses:
            told = relief_in(clause.sentence.text)
            if told is not None and self.on is not None and told.span.last < self.on:
                start = clause.sentence.start
                evidence = self._evidence(field, start + told.start, start + told.end)
                return When((told.span,), evidence, own=False, past=True)
        return None

    def _evidence(self, field: Field, start: int, end: int) -> Evidence:
        return Evidence(field, start, end, self.fields[field][start:end], _RULE)

    def _clause_of(self, act: Act) -> int | None:
        place = (act.evidence.field is Field.TEXT, act.evidence.start)
        at = bisect_right(self._starts, place) - 1
        return at if at >= 0 and self.clauses[at][0] is act.evidence.field else None

    def _days(self, number: int) -> tuple[NamedDays, ...]:
        if number not in self._read:
            self._read[number] = tuple(_days_of_acts(self.clauses[number][1], self.on, self.rulebook))
        return self._read[number]

    def _goes_on(self, number: int, near: int, names: Collection[str]) -> bool:
        """True where the sentence is of the same field, moves or seizes something, and brings in no other target."""
        if not 0 <= near < len(self.clauses) or self.clauses[near][0] is not self.clauses[number][0]:
            return False
        clause = self.clauses[near][1]
        named = {m.canonical for i in clause.parties if (m := clause.tokens[i].mention) is not None}
        strange = {n for n in named | {self.rulebook.principal(n) for n in named} if n in self.rulebook.targets}
        known = set(names) | {self.rulebook.principal(n) for n in names}
        return not clause.lists.isdisjoint(MOVING) and strange <= known

    def _told(self, number: int, told: Sequence[NamedDays], own: bool) -> When:
        field, clause = self.clauses[number]
        start, end = clause.sentence.start + told[0].start, clause.sentence.start + told[0].end
        return When(tuple(dict.fromkeys(days.span for days in told)), self._evidence(field, start, end), own)


def _days_of_acts(clause: Clause, on: date | None, rulebook: Rulebook) -> Iterator[NamedDays]:
    """Yield the days of the sentence that belong to moving, paying, stealing, working, travelling or seizing."""
    days = list(days_in(clause.sentence.text, on))
    if not days:
        return
    lowered = lowered_in_place(clause.sentence.text)
    acts = [(t.start - clause.sentence.start, True) for t in clause.tokens if moves_by(t.tags)]
    acts += [(m.start(), True) for m in _pattern(rulebook.phrases["act_noun"]).finditer(lowered)]
    moments = {m.start() for m in _pattern(rulebook.phrases["momentary"]).finditer(lowered)}
    others = [
        (m.start(), False)
        for m in _pattern(rulebook.phrases["other_event"]).finditer(lowered)
        if not (m.group() in _LASTING and _WHILE.search(lowered[: m.start()]))
    ]
    # A word that is both, as "charged", dates the other event.
    taken = {start for start, _ in others}
    events = sorted([*others, *(e for e in acts if e[0] not in taken)])
    for told in days:
        lasts = (told.span.last - told.span.first).days > _A_YEAR and _is_range(told, lowered)
        if _is_of_an_act(told, events, moments if lasts else ()) and not _is_of_law(told, lowered, rulebook):
            yield told


def _is_of_an_act(told: NamedDays, events: Sequence[tuple[int, bool]], moments: Collection[int]) -> bool:
    before = [event for event in events if told.start - _REACH <= event[0] < told.start]
    if before:
        at, is_act = before[-1]
        # "Pleaded guilty over payments between 2000 and 2003": a plea does not take years.
        return is_act or at in moments
    after = [event for event in events if event[0] >= told.end]
    return bool(after) and after[0][1]


def _is_range(told: NamedDays, lowered: str) -> bool:
    return _RANGE.search(lowered, max(0, told.start - 8), told.end) is not None


def _is_of_law(told: NamedDays, lowered: str, rulebook: Rulebook) -> bool:
    """True for "the embargo of 2006", "banned since 2016" and "resolution 2216 (2015)": days of a law, of no act."""
    if not _OF_LAW.match(lowered[told.start : told.end]):
        return False
    before = lowered[max(0, told.start - 40) : told.start]
    ends = [m.end() for m in _pattern(rulebook.phrases["law"]).finditer(before)]
    return bool(ends) and _DIGITS.match(before[ends[-1] :]) is not None


@lru_cache(maxsize=8)
def _pattern(phrases: tuple[str, ...]) -> re.Pattern[str]:
    return phrases_in(phrases)
