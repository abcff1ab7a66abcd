"""A story → every rule that fired in it, what was dropped and why, and the law that each act touches. Pure.

The same steps as ``rules/extraction.py``, told aloud, for those who edit the book and for an officer who asks why.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from rules.acts import Act, dropped_in, framed_acts, one_way, typed_acts
from rules.dating import dated_acts
from rules.extraction import StoryRead, judge_story, judgements, read_story, told_acts
from rules.findings import Evidence, Extraction, Ruling
from rules.law import kinds_of, named_regimes, regime_features, touched_by
from rules.linear import UNDER
from rules.measures import concerns, measures_for
from rules.rulebook import Rulebook
from rules.vocabulary import Field


@dataclass(frozen=True, slots=True)
class Dropped:
    """Words in which a rule found something, and why nothing came of it."""

    rule: str
    evidence: Evidence
    reason: str


@dataclass(frozen=True, slots=True)
class ActExplained:
    """An act that counts: the rule, its sentence, who takes part, its days, and the measures held against it."""

    rule: str
    says: str
    roles: tuple[tuple[str, str], ...]
    evidence: Evidence
    days: str
    days_from: Evidence | None
    rulings: tuple[Ruling, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything the rules saw; ``regimes`` are all that were weighed, likeliest first, with their shares."""

    acts: tuple[ActExplained, ...]
    dropped: tuple[Dropped, ...]
    unnamed: tuple[tuple[str, float], ...]
    regimes: tuple[tuple[str, float], ...]
    extraction: Extraction


def explain(title: str, text: str, on: date | None, rulebook: Rulebook) -> Explanation:
    """Return what the rules find in one story and what they pass over; equal input gives an equal answer."""
    read = read_story(title, text, rulebook, on)
    found = judge_story(read, title, text, on, rulebook)
    acts = _dated(read, title, text, on, rulebook)
    return Explanation(
        acts=_explained(read, acts, title, text, on, rulebook),
        dropped=tuple(_dropped(read, acts, title, text, on, rulebook)),
        unnamed=_unnamed(read, found, rulebook),
        regimes=_weighed(read, acts, on, rulebook),
        extraction=found,
    )


def explain_acts(title: str, text: str, on: date | None, rulebook: Rulebook) -> tuple[ActExplained, ...]:
    """Return the acts of one story with the measures held against each, and nothing of what was passed over."""
    read = read_story(title, text, rulebook, on)
    return _explained(read, _dated(read, title, text, on, rulebook), title, text, on, rulebook)


def _dated(read: StoryRead, title: str, text: str, on: date | None, rulebook: Rulebook) -> list[Act]:
    told, _ = told_acts(read, title, text, rulebook)
    return dated_acts(told, read.clauses, {Field.TITLE: title, Field.TEXT: text}, on, rulebook)


def _explained(
    read: StoryRead, acts: Sequence[Act], title: str, text: str, on: date | None, rulebook: Rulebook
) -> tuple[ActExplained, ...]:
    fields = {Field.TITLE: title, Field.TEXT: text}
    return tuple(
        ActExplained(
            act.rule,
            act.says,
            tuple((role.value, name) for role, _, name in act.roles),
            act.evidence,
            str(act.when) if act.when else "",
            act.when.evidence if act.when else None,
            measures_for(act, on, rulebook, fields, read.clauses),
        )
        for act in acts
    )


def _dropped(
    read: StoryRead, kept: Sequence[Act], title: str, text: str, on: date | None, rulebook: Rulebook
) -> Iterator[Dropped]:
    for field, clause in read.clauses:
        for evidence, rule, reason in dropped_in(field, clause, title, text, rulebook):
            yield Dropped(rule, evidence, reason)
    framed = [a for field, clause in read.clauses for a in framed_acts(field, clause, title, text, rulebook)]
    found = framed or list(typed_acts(read.clauses, title, text, rulebook))
    counted = [act for act in found if concerns(act, rulebook, on)]
    yield from (Dropped(a.rule, a.evidence, "no target of a regime takes part") for a in found if a not in counted)
    both = {(a.rule, a.evidence) for a in one_way(counted)}
    for act in counted:
        if (act.rule, act.evidence) not in both:
            yield Dropped(act.rule, act.evidence, "most of the story tells of the other direction")


def _unnamed(read: StoryRead, found: Extraction, rulebook: Rulebook) -> tuple[tuple[str, float], ...]:
    """Return everyone named who is no party, with how likely a part in the act is, likeliest first."""
    parties = {p.canonical for p in found.parties}
    return tuple(
        sorted(
            (
                (candidate.name, round(judged.violator, 3))
                for candidate, judged in zip(read.candidates, judgements(read, rulebook), strict=True)
                if candidate.name not in parties
            ),
            key=lambda row: (-row[1], row[0]),
        )
    )


def _weighed(
    read: StoryRead, acts: Sequence[Act], on: date | None, rulebook: Rulebook
) -> tuple[tuple[str, float], ...]:
    named = named_regimes(read.clauses, rulebook, on)
    kinds = kinds_of(read.clauses, acts, rulebook) if acts or named.regimes else ()
    touched = touched_by(acts, kinds, named, on, rulebook)
    shares = {
        regime: round(rulebook.story.probability(UNDER, features), 3)
        for regime, features in regime_features(touched, kinds, named, on, rulebook).items()
    }
    return tuple(sorted(shares.items(), key=lambda row: (-row[1], row[0])))
