"""Clauses and acts → what sort of act it is, which measures it offends and under which regimes, on the day. Pure.

The acts say which targets took part; where no act speaks of a regime, the targets and territories that the story names
do, if one of its measures for acts of this kind was in force. Linear models weigh both, whose weights are data
(``rules/linear.py``).
"""

import math
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from rules.acts import Act, When
from rules.clauses import Clause
from rules.days import RELIEVED, relief_in
from rules.findings import Evidence, MeasureFinding
from rules.linear import UNDER
from rules.measures import Day, applying, day_of, first_day, told_of_old
from rules.regime import Measure, Regime
from rules.rulebook import Rulebook
from rules.vocabulary import Field, Kind

_MOST_KINDS = 3
# How likely a second kind must be; a regime that an act touches; one that is only named; the likeliest one.
_ALSO, _TOUCHED, _NAMED, _LIKELIEST = 0.3, 0.3, 0.5, 0.12
_LEAD = 2


@dataclass(slots=True)
class Named:
    """How often a story names each regime's targets and its territory, and where it names either.

    ``relief`` are the days of the relief programme for Iraq where the head of the story names that and it was over.
    """

    targets: Counter[str] = field(default_factory=Counter)
    zones: Counter[str] = field(default_factory=Counter)
    title: set[str] = field(default_factory=set)
    lead: set[str] = field(default_factory=set)
    with_goods: set[str] = field(default_factory=set)
    relief: When | None = None

    @property
    def regimes(self) -> list[str]:
        """Return the regimes named, by id."""
        return sorted((+self.targets).keys() | (+self.zones).keys())


def named_regimes(clauses: Sequence[tuple[Field, Clause]], rulebook: Rulebook, on: date | None = None) -> Named:
    """Return which regimes' targets and territories the clauses name; ``on`` tells who was a target for a time."""
    named = Named()
    targets_of, zones = rulebook.targets, rulebook.zones
    elsewhere: Counter[str] = Counter()
    for number, (part, clause) in enumerate(clauses):
        names = list(_names_in(clause, rulebook))
        regimes = [(name, r) for name in names for r in rulebook.bound.get(name, ())]
        targets = [r.id for name, r in regimes if name in r.targets or (on is not None and r.is_bound(name, on))]
        places = list(_places_in(clause, rulebook))
        within = [r for name in (*names, *places) for r in zones.get(name, ())]
        if number <= _LEAD and named.relief is None and on is not None and RELIEVED in places:
            named.relief = _relief_over(part, clause, on)
        here = {*targets, *within}
        if not here:
            continue
        named.targets.update(targets)
        elsewhere.update([r.id for name in names for r in targets_of.get(name, ()) if name in r.only_within])
        named.zones.update(within)
        if part is Field.TITLE:
            named.title.update(here)
        if number <= _LEAD:
            named.lead.update(here)
        if clause.goods:
            named.with_goods.update(here)
    for regime, count in elsewhere.items():
        if not named.zones[regime]:
            named.targets[regime] -= count
    return named


def _relief_over(part: Field, clause: Clause, on: date) -> When | None:
    told = relief_in(clause.sentence.text)
    if told is None or told.span.last >= on:
        return None
    start, end = clause.sentence.start + told.start, clause.sentence.start + told.end
    quote = clause.sentence.text[told.start : told.end]
    return When((told.span,), Evidence(part, start, end, quote, "act.day"), own=False, past=True)


def _names_in(clause: Clause, rulebook: Rulebook) -> Iterator[str]:
    for index in clause.parties:
        mention = clause.tokens[index].mention
        if mention is not None:
            yield from dict.fromkeys((mention.canonical, rulebook.principal(mention.canonical)))


def _places_in(clause: Clause, rulebook: Rulebook) -> Iterator[str]:
    """Yield the territory of each place named, and the place itself, which may be one: Darfur."""
    for place in rulebook.places_in(clause.sentence.text):
        yield from dict.fromkeys((place, rulebook.places[place]))


def kinds_of(clauses: Sequence[tuple[Field, Clause]], acts: Sequence[Act], rulebook: Rulebook) -> tuple[Kind, ...]:
    """Return the likeliest kind and others that are likely too, likeliest first."""
    features = kind_features(clauses, acts, rulebook)
    shares = rulebook.story.kind_probabilities(features)
    likely = sorted(Kind, key=lambda kind: (-shares[kind], kind))
    return tuple(k for n, k in enumerate(likely[:_MOST_KINDS]) if n == 0 or shares[k] >= _ALSO)


def kind_features(clauses: Sequence[tuple[Field, Clause]], acts: Sequence[Act], rulebook: Rulebook) -> dict[str, float]:
    """Return the story's words, goods and targets and the kinds and roles of its acts, as named numbers."""
    said: list[str] = []
    goods: Counter[str] = Counter()
    targets: Counter[str] = Counter()
    for _, clause in clauses:
        said += [
            word if mention is None else mention.goods
            for _, _, word, _, mention, _ in clause.tokens
            if (len(word) > 2 if mention is None else mention.kind is not None)
        ]
        goods.update([kind.value for kind in clause.goods_kinds])
        names = (rulebook.principal(name) for name in _names_in(clause, rulebook))
        targets.update(name for name in names if name in rulebook.targets)
    acted: Counter[str] = Counter()
    for act in acts:
        acted.update({kind.value: 2 if act.strong else 1 for kind in act.kinds})
    counts = {word: count for word, count in Counter(said).items() if not word.isdigit()}
    found = {f"word: {word}": value for word, value in _balanced(counts).items()}
    found |= {f"goods: {kind}": share for kind, share in _shares(goods).items()}
    found |= {f"some goods: {kind}": 1.0 for kind in goods}
    found |= {f"target: {name}": share for name, share in _shares(targets).items()}
    found |= {f"act: {kind}": share for kind, share in _shares(acted).items()}
    for role, name in {(role.value, name) for act in acts for role, _, name in act.roles}:
        found[f"role: {role}"] = 0.5
        if name in rulebook.targets:
            found[f"role: {role} {name}"] = 0.5
    return found


def _shares(counts: Counter[str]) -> dict[str, float]:
    total = counts.total()
    return {name: count / total for name, count in counts.items()}


def _balanced(counts: Mapping[str, int]) -> dict[str, float]:
    """Return the logarithms of the counts, scaled so that a long story weighs no more than a short one."""
    found = {name: 1 + math.log(count) for name, count in counts.items()}
    length = math.sqrt(sum(value * value for value in found.values()))
    return {name: 6 * value / length for name, value in found.items()}


@dataclass(frozen=True, slots=True)
class Touched:
    """What the acts say of the law: the measures they touch, and how much speaks for each regime.

    ``free`` are regimes by which a state that takes part was bound on other days only: that it is named as the place
    where their law holds says nothing then.
    """

    measures: tuple[MeasureFinding, ...]
    in_force: Counter[str]
    regimes: Counter[str]
    free: frozenset[str] = frozenset()


def law_of(
    acts: Sequence[Act],
    kinds: Sequence[Kind],
    named: Named,
    on: date | None,
    rulebook: Rulebook,
    free: Collection[str] = (),
) -> tuple[tuple[MeasureFinding, ...], tuple[str, ...]]:
    """Return the measures touched and the regimes in force, the likeliest first; ``free`` as in ``Touched``.

    Measures that were not in force on the day are told only where no other is: the act was then no breach.
    """
    touched = touched_by(acts, kinds, named, on, rulebook)
    touched = replace(touched, free=touched.free | set(free))
    shares = {
        regime: rulebook.story.probability(UNDER, features)
        for regime, features in regime_features(touched, kinds, named, on, rulebook).items()
    }
    top = max(shares.values(), default=1.0)
    likely = [
        regime
        for regime, share in sorted(shares.items(), key=lambda item: (-item[1], item[0]))
        if share >= (_TOUCHED if regime in touched.in_force else _NAMED) or _LIKELIEST <= share == top
    ]
    measures = [m for m in touched.measures if m.in_force and m.regime in likely]
    for regime in likely:
        if not any(m.regime == regime for m in measures):
            day = _day_under(rulebook.regimes[regime], named, on)
            measures += [
                _finding(rulebook.regimes[regime], m, Day(on) if m.is_in_force(on) else day)
                for m in _fitting(rulebook.regimes[regime], kinds, day)[:1]
            ]
    return tuple(measures) or touched.measures, tuple(likely)


def regime_features(
    touched: Touched, kinds: Sequence[Kind], named: Named, on: date | None, rulebook: Rulebook
) -> dict[str, dict[str, float]]:
    """Return what speaks for each regime that may be meant and was in force, as named numbers."""
    found = {}
    for regime in sorted({*named.regimes, *touched.in_force}):
        # An act by or for a target that no measure forbade on the day was no breach, whatever else is named.
        lapsed = regime in touched.regimes and regime not in touched.in_force
        lapsed = lapsed or (regime in touched.free and not named.targets[regime])
        day = _day_under(rulebook.regimes[regime], named, on)
        if regime in touched.in_force or (not lapsed and _fitting(rulebook.regimes[regime], kinds, day)):
            found[regime] = _regime_features(regime, touched, kinds, named)
    return found


def _regime_features(regime: str, touched: Touched, kinds: Sequence[Kind], named: Named) -> dict[str, float]:
    targets, zones = named.targets[regime], named.zones[regime]
    most = max(named.targets.values(), default=0)
    others = len(touched.in_force.keys() - {regime})
    found = {
        "an act touches it": float(regime in touched.in_force),
        "the acts touch it most": float(touched.in_force[regime] == max(touched.in_force.values(), default=0)),
        "share of acts": touched.in_force[regime] / max(1, touched.in_force.total()),
        "no act touches any": float(not touched.in_force),
        "share of targets": targets / max(1, named.targets.total()),
        "share of zones": zones / max(1, named.zones.total()),
        "a target is named": float(targets > 0),
        "its targets are named most": float(targets == most),
        "its zone is named": float(zones > 0),
        "times its targets are named": math.log1p(targets),
        "times its zone is named": math.log1p(zones),
        "in the title": float(regime in named.title),
        "in the lead": float(regime in named.lead),
        "with goods": float(regime in named.with_goods),
        "none else is named": float(len(named.regimes) == 1),
        f"acts touch {min(2, others)} others": 1.0,
        f"is {regime}": 0.5,
        f"is {regime}, a target named": float(targets > 0),
        f"is {regime}, touched": float(regime in touched.in_force),
        "an exporter's regime is touched too": float(bool({"1718", "1737"} & touched.in_force.keys() - {regime})),
    }
    return found | {f"is {regime}, {kind.value}": 0.5 for kind in kinds}


def _day_under(regime: Regime, named: Named, on: date | None) -> Day:
    """Return the day by which a regime that is only named is judged: the story's, and those of a relief programme."""
    told = named.relief if RELIEVED in regime.territory else None
    return Day(on, told, clears=False)


def _fitting(regime: Regime, kinds: Sequence[Kind], day: Day) -> list[Measure]:
    """Return the regime's measures for acts of such kinds that are in force, those of the story's day first."""
    fitting = [m for kind in kinds for m in regime.measures if m.kind is kind and day.holds(m)]
    return sorted(fitting, key=lambda measure: not measure.is_in_force(day.on))


def touched_by(
    acts: Sequence[Act], kinds: Sequence[Kind], named: Named, on: date | None, rulebook: Rulebook
) -> Touched:
    """Return every measure that the acts touch, each on its own day, and the regimes by how many acts touch them."""
    in_force: Counter[str] = Counter()
    regimes: Counter[str] = Counter()
    measures: dict[str, MeasureFinding] = {}
    free: set[str] = set()
    past = told_of_old(acts, on, rulebook)
    for act in acts:
        for role, _, name in act.roles:
            for target in dict.fromkeys((name, rulebook.principal(name))):
                for regime in rulebook.bound.get(target, ()):
                    if target in regime.only_within and not named.zones[regime.id]:
                        continue
                    day = day_of(act, on, regime.id, past)
                    if target not in regime.targets and not any(map(day.holds, regime.towards[target])):
                        free.add(regime.id)
                        continue
                    regimes[regime.id] += 1
                    if not regime.binds(target, first_day(act, on)):
                        continue
                    measures_towards = regime.towards[target]
                    found = [_finding(regime, m, day) for m in applying(measures_towards, role, act, kinds, day)]
                    # Of several acts under one measure, one done while it was in force is told.
                    measures |= {f.code: f for f in found if f.code not in measures or not measures[f.code].in_force}
                    if any(f.in_force for f in found):
                        in_force[regime.id] += 3 if act.strong else 1
    return Touched(tuple(measures.values()), in_force, regimes, frozenset(free))


def _finding(regime: Regime, measure: Measure, day: Day) -> MeasureFinding:
    return MeasureFinding(
        regime.id, measure.code, measure.kind, measure.basis, day.holds(measure), measure.unverified, str(day)
    )
