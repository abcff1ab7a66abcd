"""What a story's labels claim about its text and about the law: quotes, names, denials, twins, regimes in force."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from compliance.classifier.checking.record import Record, StoryLine
from rules.days import relief_in
from rules.mentions import find_mentions
from rules.regime import Regime
from rules.rulebook import Rulebook

_YEAR = re.compile(r"\b(19[4-9]\d|20\d\d)\b")


def quote_faults(record: Record) -> Iterator[str]:
    """Yield a fault for each name or quote that does not stand in the story word for word."""
    whole = record.story.whole
    for party in record.story.parties:
        for what, said in (("name", party.name), ("quote", party.quote)):
            if said not in whole:
                yield record.says(f"{what} {said[:60]!r} of {party.canonical} does not stand in the story")
    for other in record.story.non_parties:
        if other.name not in whole:
            yield record.says(f"name {other.name[:60]!r} of {other.canonical} does not stand in the story")


def denial_faults(record: Record, rulebook: Rulebook) -> Iterator[str]:
    """Yield a fault for each denier who is nobody in the story: not annotated, not named, nobody's principal."""
    story = record.story
    if not story.denied_by:
        return
    annotated = {n for party in story.parties for n in (party.name, party.canonical)}
    annotated |= {n for other in story.non_parties for n in (other.name, other.canonical)}
    known = {n for name in annotated for n in (name, rulebook.principal(name))}
    missing = [d for d in story.denied_by if d not in known and d not in story.whole]
    if not missing:
        return
    mentioned = {m.canonical for m in find_mentions(story.whole, rulebook)}
    for denier in missing:
        if denier not in mentioned:
            yield record.says(f"denied_by: {denier} is nobody in the story")


def twin_faults(records: Sequence[Record]) -> Iterator[str]:
    """Yield a fault for each ``twin_of`` that is no story of the same event with another label."""
    by_id = {r.story.id: r.story for r in records}
    for record in records:
        story = record.story
        if story.twin_of is None:
            continue
        twin = by_id.get(story.twin_of)
        if twin is None:
            yield record.says(f"twin_of: there is no story {story.twin_of}")
        elif twin.event != story.event:
            yield record.says(f"twin_of: {twin.id} tells of another event, {twin.event}")
        elif twin.label == story.label:
            yield record.says(f"twin_of: {twin.id} has the same label, {story.label}")


def law_findings(record: Record, rulebook: Rulebook) -> tuple[list[str], list[str]]:
    """Return faults and warnings about the story's regimes.

    Each must be one of the book's, under the book's own number. On a breach it must have been in force on the story's
    day; one that was not is a warning where the story names a year in which it was (the act may be of that year), or a
    party or a programme of such years that is no more, else a fault.
    """
    faults, warnings = [], []
    regimes = rulebook.regimes
    for number in record.story.regimes:
        regime = regimes.get(number)
        if regime is None:
            faults.append(record.says(f"regimes: the book has none of the number {number}{_filed(number, regimes)}"))
        elif record.story.label == "breach" and not regime.is_in_force(record.story.published):
            told = f"regimes: {number} was not in force on {record.story.published}"
            if years := _years_in_force(record.story, regime):
                warnings.append(record.says(f"{told}; the story names {', '.join(map(str, years))}, when it was"))
            elif gone := _gone_in_force(record.story, regime, rulebook):
                warnings.append(record.says(f"{told}; the story names {', '.join(gone)}, of days on which it was"))
            else:
                faults.append(record.says(told))
    return faults, warnings


def _filed(number: str, regimes: Mapping[str, Regime]) -> str:
    return "".join(f"; that resolution belongs to {r.id}" for r in regimes.values() if number in r.numbers)


def _years_in_force(story: StoryLine, regime: Regime) -> list[int]:
    named = {int(year) for year in _YEAR.findall(story.whole)}
    return sorted(
        year
        for year in named
        if year <= story.published.year and any(regime.is_in_force(date(year, month, 15)) for month in range(1, 13))
    )


def _gone_in_force(story: StoryLine, regime: Regime, rulebook: Rulebook) -> list[str]:
    """Return who or what is no more and was while the regime was in force."""
    told = {rulebook.principal(m.canonical) for m in find_mentions(story.whole, rulebook)}
    days = {name: party.days for name in told if (party := rulebook.parties.get(name)) and party.days}
    if relief := relief_in(story.whole):
        days[story.whole[relief.start : relief.end]] = relief.span
    return sorted(
        name
        for name, span in days.items()
        if any(m.is_in_force_between(span.first, span.last) for m in regime.measures)
    )
