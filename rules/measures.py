"""An act and a day → the paragraphs that forbid it, and which of its elements each rests on. Pure.

An act is judged by the law of its own day. A measure forbids it where five elements meet: an actor, a target of the
regime, goods that the measure names, a direction in which it looks, and a day on which it was in force.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from rules.acts import Act, When, names_of, touches
from rules.clauses import Clause
from rules.findings import Element, ElementName, Evidence, Ruling
from rules.mentions import Mention
from rules.regime import Measure, Regime
from rules.rulebook import Rulebook
from rules.vocabulary import Direction, Field, Kind, PartyType, Role

# Of one act under one regime.
_MOST_MEASURES = 3
_SISTERS = {Kind.ARMS: Kind.PROLIFERATION, Kind.PROLIFERATION: Kind.ARMS}
# So many characters are the head of a story; what was done so lately is news.
_EARLY, _RECENT = 600, timedelta(days=45)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
# The words of a measure that stand for all goods of its kind.
_ALL_GOODS = {
    Kind.ARMS: {"weapons", "firearms"}, Kind.PROLIFERATION: {"dual-use"}, Kind.COMMODITY: {"trade"},
    Kind.FINANCE: {"funds", "assets"}, Kind.LABOUR: {"workers"}, Kind.TRAVEL: {"travel"},
    Kind.SHIPPING: {"cargo", "vessels"},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Day:
    """The day by whose law an act is judged: the story's, or the days that the story gives the act.

    ``revives`` is True where a measure counts that was in force then and is no more; ``clears`` where one does not
    count that is in force now and was not then.
    """

    on: date | None
    when: When | None = None
    revives: bool = True
    clears: bool = True

    def holds(self, measure: Measure) -> bool:
        """True where the measure was in force on the day, or on one of the days of the act."""
        today = measure.is_in_force(self.on)
        if self.when is None:
            return today
        then = any(measure.is_in_force_between(span.first, span.last) for span in self.when.spans)
        return (then and self.revives) or (today and (then or not self.clears))

    def __str__(self) -> str:
        """Return the act's own days in ISO 8601; nothing where it is of the story's day."""
        return str(self.when) if self.when else ""


def day_of(act: Act, on: date | None, regime: str, past: Collection[str]) -> Day:
    """Return the day of an act: doubt about its own days speaks for those on which it was a breach, and for today's.

    A measure now in force is set aside only where a frame found the act at the head of the story and the same sentence
    dates it: what may be misread must not make a lawful act of a breach.
    """
    if act.when is None:
        return Day(on)
    return Day(on, act.when, regime in past, act.strong and act.when.own and _is_early(act))


def first_day(act: Act, on: date | None) -> date | None:
    """Return the first day of the act where the story tells it, else the story's."""
    return act.when.spans[0].first if act.when else on


def _is_early(act: Act) -> bool:
    return act.evidence.field is Field.TITLE or act.evidence.start < _EARLY


def told_of_old(acts: Sequence[Act], on: date | None, rulebook: Rulebook) -> set[str]:
    """Return the regimes under which the story is about an old act.

    It says so in a sentence that a frame reads, in the sentence of an act at its head, or by a party or a programme
    that is no more, and of its acts under any regime most are under this one. A paragraph of history in news of
    something else revives no law.
    """
    touching: Counter[str] = Counter()
    told: set[str] = set()
    most = 0
    for act in acts:
        targets = {t for name in names_of(act) for t in (name, rulebook.principal(name))}
        regimes = {r.id for target in targets for r in rulebook.bound.get(target, ())}
        weight = 3 if act.strong else 1
        touching.update(dict.fromkeys(regimes, weight))
        most += weight if regimes else 0
        if act.when is not None and _is_sure(act, act.when) and not _is_recent(act.when, on):
            told |= regimes
    return {regime for regime in told if 2 * touching[regime] >= most}


def _is_sure(act: Act, when: When) -> bool:
    return act.strong or when.past or (when.own and _is_early(act))


def _is_recent(when: When, on: date | None) -> bool:
    """True where one of the days is of the story's last weeks: what is told beside it is not what the story is of."""
    return on is not None and any(span.last >= on - _RECENT for span in when.spans)


def freed(act: Act, rulebook: Rulebook) -> Iterator[str]:
    """Yield the regimes, by id, for which a state of the act was a target for a time only."""
    for one in names_of(act):
        for name in dict.fromkeys((one, rulebook.principal(one))):
            yield from (r.id for r in rulebook.bound.get(name, ()) if name not in r.targets)


def concerns(act: Act, rulebook: Rulebook, on: date | None) -> bool:
    """True where a target takes part, or a state that was one for a time, on the story's day or in a year it names."""
    if touches(act, rulebook):
        return True
    days = [date(int(year), 12, 31) for year in _YEAR.findall(act.evidence.quote)] + ([on] if on else [])
    return any(
        regime.is_bound(name, day)
        for name in {n for one in names_of(act) for n in (one, rulebook.principal(one))}
        for regime in rulebook.bound.get(name, ())
        for day in days
    )


def applying(measures: Sequence[Measure], role: Role, act: Act, kinds: Sequence[Kind], day: Day) -> Sequence[Measure]:
    """Return the measures that name the goods of the act, else the first that forbids acts of its kind.

    Those in force on the day come before those that were not. Goods of another kind, which no measure names, count
    where those that are named were not yet forbidden: grenades under a load of ore.
    """
    forbidding = sorted(_forbidding(measures, role, act, kinds), key=lambda m: not day.holds(m))
    told = dict.fromkeys(g.goods for g in act.goods)
    suited = [m for m in dict.fromkeys(forbidding) if any(_names(m, goods) for goods in told)]
    in_force = [m for m in suited if day.holds(m)]
    if in_force or not suited:
        return in_force[:_MOST_MEASURES] or forbidding[:1]
    unnamed = {g.kind for g in act.goods} - {m.kind for m in suited}
    return [m for m in forbidding if m.kind in unnamed and day.holds(m)][:1] or suited[:1]


def _names(measure: Measure, goods: str) -> bool:
    """True where the measure's goods and the act's are the same word, or one of its words: "fuel" and "jet fuel"."""
    return _is_among(measure.goods, goods)


# Every act of a story asks for every measure of a regime: the same few questions again and again.
@lru_cache(maxsize=16_384)
def _is_among(covered: tuple[str, ...], goods: str) -> bool:
    told = set(_singular(goods))
    return any(told >= words or words >= told for words in (set(_singular(g)) for g in covered))


@lru_cache(maxsize=4_096)
def _singular(goods: str) -> tuple[str, ...]:
    return tuple(word.removesuffix("s") for word in goods.lower().replace("-", " ").split())


def _forbidding(measures: Sequence[Measure], role: Role, act: Act, kinds: Sequence[Kind]) -> Iterator[Measure]:
    """Yield the measures that forbid such an act, those of the act's own kind first.

    What one regime calls arms another calls proliferation: drones and missiles count under either if it names them.
    """
    wanted = tuple(dict.fromkeys((*act.kinds, *kinds)))
    sisters = tuple(_SISTERS[kind] for kind in wanted if kind in _SISTERS and _SISTERS[kind] not in wanted)
    for kind in (*wanted, *sisters):
        for measure in measures:
            if measure.kind is not kind or not _looks(measure, role, act):
                continue
            if kind in wanted or _is_for_arms(measure, wanted) or any(_names(measure, g.goods) for g in act.goods):
                yield measure


def _is_for_arms(measure: Measure, wanted: Sequence[Kind]) -> bool:
    """True where an act of arms meets a measure of another kind that is for all weapons as well."""
    return Kind.ARMS in wanted and not _ALL_GOODS[Kind.ARMS].isdisjoint(measure.goods)


def _looks(measure: Measure, role: Role, act: Act) -> bool:
    direction = measure.direction
    if measure.both_ways_with and not names_of(act).isdisjoint(measure.both_ways_with):
        return True
    if direction is Direction.BOTH or role not in (Role.SUPPLIER, Role.RECIPIENT):
        return True
    return direction is (Direction.TO_TARGET if role is Role.RECIPIENT else Direction.FROM_TARGET)


def measures_for(
    act: Act,
    day: date | None,
    rulebook: Rulebook,
    fields: Mapping[Field, str],
    clauses: Sequence[tuple[Field, Clause]] = (),
) -> tuple[Ruling, ...]:
    """Return the measures that forbid the act, and those that lack one element only, the fewest missing first.

    ``day`` is the story's: it counts where the act is not dated. ``fields`` are title and text as given, from which
    every quote is taken; ``clauses``, where given, tell in which of them goods stand that are told beside the act, and
    whether the story names a territory.
    """
    places = {id(t.mention): field for field, clause in clauses for t in clause.tokens if t.mention is not None}
    scene = _Scene(act, day, rulebook, fields, places, frozenset(_names_told(clauses, act, rulebook)))
    found = [ruling for role, mention, name in act.roles for ruling in _rulings(scene, role, mention, name)]
    least: dict[str, Ruling] = {}
    for ruling in found:
        held = least.get(ruling.code)
        if held is None or len(ruling.missing) < len(held.missing):
            least[ruling.code] = ruling
    told = [r for r in least.values() if len(r.missing) <= 1]
    return tuple(sorted(told, key=lambda r: (len(r.missing), r.regime, r.code)))


@dataclass(frozen=True, slots=True)
class _Scene:
    """An act with what its elements are quoted from."""

    act: Act
    day: date | None
    rulebook: Rulebook
    fields: Mapping[Field, str]
    places: Mapping[int, Field]
    named: frozenset[str]

    def quote(self, mention: Mention, rule: str) -> Evidence:
        """Return the mention as the story writes it."""
        field = self.places.get(id(mention), self.act.evidence.field)
        return Evidence(field, mention.start, mention.end, self.fields[field][mention.start : mention.end], rule)


def _names_told(clauses: Sequence[tuple[Field, Clause]], act: Act, rulebook: Rulebook) -> Iterator[str]:
    """Yield everyone and every territory that the story names; without clauses, what the words of the act do."""
    for text in [c.sentence.text for _, c in clauses] or [act.evidence.quote]:
        for place in rulebook.places_in(text):
            yield place
            yield rulebook.places[place]
    yield from names_of(act)
    for _, clause in clauses:
        yield from (m.canonical for i in clause.parties if (m := clause.tokens[i].mention) is not None)


def _rulings(scene: _Scene, role: Role, mention: Mention, name: str) -> Iterator[Ruling]:
    for target in dict.fromkeys((name, scene.rulebook.principal(name))):
        for regime in scene.rulebook.bound.get(target, ()):
            whole = {m.code: m for m in regime.measures}
            for narrowed in _of_its_kind(regime.towards[target], scene.act):
                measure = whole[narrowed.code]
                elements = (
                    _actor(scene, role, mention),
                    _target(scene, regime, (measure, narrowed), target, mention),
                    _goods(scene, measure),
                    _direction(scene, measure, role, target),
                    _date(scene, measure),
                )
                yield Ruling(
                    regime.id, measure.code, measure.kind, measure.direction, measure.what, measure.basis, elements,
                    measure.exemptions, measure.unverified,
                )  # fmt: skip


def _of_its_kind(measures: Sequence[Measure], act: Act) -> Iterator[Measure]:
    """Yield the measures of the act's kinds, and those of a sister kind that name its goods."""
    sisters = {_SISTERS[kind] for kind in act.kinds if kind in _SISTERS}
    for measure in measures:
        if measure.kind in act.kinds or (measure.kind in sisters and any(_names(measure, m.goods) for m in act.goods)):
            yield measure


def _actor(scene: _Scene, role: Role, mention: Mention) -> Element:
    """Return whoever else takes part; where nothing moves between two, the target itself acts."""
    for other, him, name in scene.act.roles:
        if name != mention.canonical and him is not mention:
            return Element(ElementName.ACTOR, True, f"{name}, {other.value}", scene.quote(him, scene.act.rule))
    if role in (Role.SUPPLIER, Role.OPERATOR, Role.BROKER, Role.CARRIER, Role.FINANCIER):
        return Element(ElementName.ACTOR, True, f"the {role.value} itself", scene.quote(mention, scene.act.rule))
    return Element(ElementName.ACTOR, False, "nobody is named who dealt with it")


def _target(scene: _Scene, regime: Regime, measures: tuple[Measure, Measure], target: str, mention: Mention) -> Element:
    """Return whether the target was one, of a measure as it stands and of the same as it binds that target."""
    measure, narrowed = measures
    day = Day(scene.day, scene.act.when)
    quote = scene.quote(mention, scene.act.rule)
    if not regime.binds(target, first_day(scene.act, scene.day)):
        return Element(ElementName.TARGET, False, f"{target} was taken off the list on {regime.until[target]}", quote)
    if target in regime.only_within and not scene.named & {*regime.territory, *regime.places}:
        within = ", ".join(regime.territory)
        return Element(ElementName.TARGET, False, f"{target} is covered only in {within}, which is not named", quote)
    if measure.listed_only and scene.rulebook.parties[target].type is PartyType.STATE:
        says = f"it binds listed persons and bodies, and {target} is a state; see whether the list names who took part"
        return Element(ElementName.TARGET, False, says, quote)
    if day.holds(measure) and not day.holds(narrowed):
        says = f"{target} was bound by it {_told_windows(narrowed)} only"
        return Element(ElementName.TARGET, False, says, quote)
    return Element(ElementName.TARGET, True, f"{target} is a target of {regime.key}", quote)


def _goods(scene: _Scene, measure: Measure) -> Element:
    kinds = {measure.kind, _SISTERS.get(measure.kind, measure.kind)}
    of_kind = [m for m in scene.act.goods if m.kind in kinds]
    named = [m for m in scene.act.goods if _names(measure, m.goods)]
    if not named and _ALL_GOODS[measure.kind] & set(measure.goods):
        named = [m for m in of_kind if m.kind is measure.kind]
        if not named and measure.kind in scene.act.kinds:
            return Element(ElementName.GOODS, True, f"an act of the kind {measure.kind.value}", scene.act.evidence)
    if named:
        return Element(ElementName.GOODS, True, named[0].goods, scene.quote(named[0], scene.act.rule))
    told = ", ".join(dict.fromkeys(m.goods for m in scene.act.goods)) or "none"
    return Element(ElementName.GOODS, False, f"told: {told}; covered: {', '.join(measure.goods)}")


def _direction(scene: _Scene, measure: Measure, role: Role, target: str) -> Element:
    looks = measure.direction.value.replace("_", " ")
    if _looks(measure, role, scene.act):
        return Element(ElementName.DIRECTION, True, f"{looks}: {target} is the {role.value}", scene.act.evidence)
    return Element(ElementName.DIRECTION, False, f"it looks {looks}, and {target} is the {role.value}")


def _date(scene: _Scene, measure: Measure) -> Element:
    when = scene.act.when
    day = Day(scene.day, when)
    told = str(when) if when else f"{scene.day or 'unknown'}, the day of the story"
    says = f"{told}; in force {_told_windows(measure)}"
    last = max(span.last for span in when.spans) if when else scene.day
    if measure.confirmed_to is not None and last is not None and last > measure.confirmed_to:
        says += f"; its renewal is known to {measure.confirmed_to} only"
    return Element(ElementName.DATE, day.holds(measure), says, when.evidence if when else None)


def _told_windows(measure: Measure) -> str:
    return " and ".join(f"{w.start} to {w.end or 'now'}" for w in measure.windows)
