"""A regime: what the Security Council forbids towards a target, and on which days. Read strictly from the book."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import yaml

from rules.vocabulary import Direction, Kind

_Word = TypeVar("_Word", bound=StrEnum)


class RegimeError(ValueError):
    """A regime's file is wrong; the text names file and key."""


@dataclass(frozen=True, slots=True)
class Window:
    """Days in force, first and last included; ``end`` is None where no end is known."""

    start: date
    end: date | None

    def holds(self, day: date) -> bool:
        """True where the day lies within."""
        return self.start <= day and (self.end is None or day <= self.end)

    def meets(self, first: date, last: date) -> bool:
        """True where at least one of the days from first to last lies within."""
        return self.start <= last and (self.end is None or first <= self.end)

    def within(self, other: "Window") -> "Window | None":
        """Return the days of both, or None where there is none."""
        ends = [end for end in (self.end, other.end) if end is not None]
        start, end = max(self.start, other.start), min(ends, default=None)
        return Window(start, end) if end is None or start <= end else None


@dataclass(frozen=True, slots=True)
class Measure:
    """One prohibition of a regime and the paragraphs it rests on.

    ``unverified`` says that a paragraph or a day has not been checked against the resolution. ``exemptions`` are what
    it lets pass, in short; ``confirmed_to`` is the last day to which a renewal is known. ``only`` are the targets of
    the regime at which it looks, where it does not look at all of them; ``also`` are others that it alone binds: all
    who bear arms in a territory. ``days`` are those of a name that it binds for a time only: the whole of Somalia while
    its embargo was one on the territory. Between its target and one of ``both_ways_with`` it looks in both directions.
    ``listed_only`` says that it binds no state, but the persons and bodies that a committee has listed.
    """

    code: str
    kind: Kind
    direction: Direction
    what: str
    goods: tuple[str, ...]
    basis: tuple[str, ...]
    windows: tuple[Window, ...]
    unverified: bool
    exemptions: tuple[str, ...] = ()
    confirmed_to: date | None = None
    only: tuple[str, ...] | None = None
    also: tuple[str, ...] = ()
    days: Mapping[str, Window] = field(default_factory=dict, hash=False)
    both_ways_with: tuple[str, ...] = ()
    listed_only: bool = False

    def towards(self, target: str) -> "Measure":
        """Return the measure with the days on which it binds that target."""
        if target not in self.days:
            return self
        windows = tuple(w for own in self.windows if (w := own.within(self.days[target])) is not None)
        return replace(self, windows=windows, days={})

    def is_in_force(self, day: date | None) -> bool:
        """True where the measure holds on the day; an unknown day falls under what has no known end."""
        if day is None:
            return any(window.end is None for window in self.windows)
        return any(window.holds(day) for window in self.windows)

    def is_in_force_between(self, first: date, last: date) -> bool:
        """True where the measure holds on at least one of the days from first to last."""
        return any(window.meets(first, last) for window in self.windows)


@dataclass(frozen=True, slots=True)
class MonitoringBody:
    """Who watches over a regime, and from when to when; None where a day is not known or has not come."""

    body: str
    start: date | None
    end: date | None
    mandate_to: date | None
    unverified: bool


@dataclass(frozen=True, slots=True)
class Regime:
    """A sanctions regime: its targets by canonical name, its territory, and its measures.

    ``until`` holds the last day of each target that was taken off, ``only_within`` the targets that are covered only
    where they act in the territory; ``places`` are parts of it that stand for the whole. ``not_covered`` is what is
    often taken for a breach and is none; ``ended`` how a regime came to its end. ``towards`` holds the measures that
    bind each target, each with the days on which it does; of its names some are no ``targets``, but parties and states
    that one measure binds, often for a time.
    """

    id: str
    key: str
    name: str
    numbers: tuple[str, ...]
    list_prefixes: tuple[str, ...]
    targets: tuple[str, ...]
    territory: tuple[str, ...]
    measures: tuple[Measure, ...]
    until: Mapping[str, date] = field(default_factory=dict)
    only_within: frozenset[str] = frozenset()
    places: tuple[str, ...] = ()
    committee: str | None = None
    monitoring: tuple[MonitoringBody, ...] = ()
    not_covered: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    ended: str = ""
    towards: Mapping[str, tuple[Measure, ...]] = field(default_factory=dict)

    def binds(self, target: str, first: date | None) -> bool:
        """True where the target was still one on the day, or on the first of several; None is today."""
        last = self.until.get(target)
        return last is None or (first is not None and first <= last)

    def is_bound(self, name: str, day: date | None) -> bool:
        """True where a measure binds that name on the day; None is today."""
        bound = any(measure.is_in_force(day) for measure in self.towards.get(name, ()))
        return bound and self.binds(name, day)

    def is_in_force(self, day: date | None) -> bool:
        """True where at least one measure holds on the day."""
        return any(measure.is_in_force(day) for measure in self.measures)


def load_regimes(folder: Path) -> Mapping[str, Regime]:
    """Return every regime of the folder by its id.

    Raises RegimeError, naming file and key, for an unknown field, kind or direction, a window that ends before it
    begins, a code used twice, or a file that is not named after its key.
    """
    regimes: dict[str, Regime] = {}
    codes: dict[str, str] = {}
    for path in sorted(folder.glob("*.yml")):
        regime = _regime(path)
        if regime.id in regimes:
            raise RegimeError(f"{path.name}: id: {regime.id} is used twice")
        for measure in regime.measures:
            if measure.code in codes:
                raise RegimeError(f"{path.name}: {measure.code}: used in {codes[measure.code]} too")
            codes[measure.code] = path.name
        regimes[regime.id] = regime
    if not regimes:
        raise RegimeError(f"{folder}: holds no regime")
    return regimes


_REGIME_KEYS = {
    "id", "key", "name", "numbers", "list_prefixes", "targets", "territory", "monitoring", "resolutions", "measures",
}  # fmt: skip
_REGIME_MAY = {"until", "only_within", "committee", "not_covered", "sources", "ended", "places"}
_MEASURE_KEYS = {"code", "kind", "direction", "what", "goods", "basis", "windows"}
_MEASURE_MAY = {"exemptions", "confirmed_to", "unverified", "only", "also", "days", "both_ways_with", "listed_only"}


def _regime(path: Path) -> Regime:
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RegimeError(f"{path.name}: {' '.join(str(error).split())}") from error
    where = path.name
    _check_keys(given, _REGIME_KEYS | _REGIME_MAY, _REGIME_KEYS, where)
    if given["key"] != path.stem:
        raise RegimeError(f"{where}: key: expected {path.stem}, the name of the file")
    _check_dates(given, where)
    if not isinstance(given["measures"], list) or not given["measures"]:
        raise RegimeError(f"{where}: measures: expected a list")
    targets = _texts(given, "targets", where)
    measures = tuple(_measure(m, targets, f"{where}: measure {n}") for n, m in enumerate(given["measures"], 1))
    return Regime(
        id=_text(given, "id", where),
        key=given["key"],
        name=_text(given, "name", where),
        numbers=_texts(given, "numbers", where),
        list_prefixes=_texts(given, "list_prefixes", where),
        targets=targets,
        territory=_texts(given, "territory", where),
        until=_until(given, where),
        only_within=_only_within(given, where),
        places=_texts(given, "places", where, optional=True),
        committee=_text(given, "committee", where) if "committee" in given else None,
        monitoring=tuple(_body(row) for row in given["monitoring"]),
        not_covered=_texts(given, "not_covered", where, optional=True),
        sources=_sources(given, where),
        measures=measures,
        ended=_text(given, "ended", where) if "ended" in given else "",
        towards=_towards(targets, measures),
    )


def _towards(targets: tuple[str, ...], measures: tuple[Measure, ...]) -> Mapping[str, tuple[Measure, ...]]:
    bound = {m.code: {*m.days, *m.also, *(targets if m.only is None else m.only)} for m in measures}
    names = dict.fromkeys((*targets, *(name for m in measures for name in (*m.also, *m.days))))
    return {name: tuple(m.towards(name) for m in measures if name in bound[m.code]) for name in names}


def _measure(given: Any, targets: tuple[str, ...], where: str) -> Measure:
    _check_keys(given, _MEASURE_KEYS | _MEASURE_MAY, _MEASURE_KEYS, where)
    where = f"{where} ({given['code']})"
    basis = _texts(given, "basis", where)
    if not basis:
        raise RegimeError(f"{where}: basis: a measure rests on at least one paragraph")
    windows = _windows(given["windows"], where)
    return Measure(
        code=_text(given, "code", where),
        kind=_word(Kind, given, "kind", where),
        direction=_word(Direction, given, "direction", where),
        what=_text(given, "what", where),
        goods=_texts(given, "goods", where),
        basis=basis,
        windows=windows,
        unverified=_flag(given, "unverified", where),
        exemptions=_texts(given, "exemptions", where, optional=True),
        confirmed_to=_day(given, "confirmed_to", where),
        only=_only(given, targets, where),
        also=_texts(given, "also", where, optional=True),
        both_ways_with=_texts(given, "both_ways_with", where, optional=True),
        listed_only=_flag(given, "listed_only", where),
        days=_days(given, windows, where),
    )


def _flag(given: Mapping[str, Any], key: str, where: str) -> bool:
    value = given.get(key, False)
    if not isinstance(value, bool):
        raise RegimeError(f"{where}: {key}: expected true or false")
    return value


def _only(given: Mapping[str, Any], targets: tuple[str, ...], where: str) -> tuple[str, ...] | None:
    if "only" not in given:
        return None
    names = _texts(given, "only", where)
    for name in names:
        if name not in targets:
            raise RegimeError(f"{where}: only: {name!r} is no target of the file")
    return names


def _days(given: Mapping[str, Any], windows: tuple[Window, ...], where: str) -> Mapping[str, Window]:
    rows = given.get("days", {})
    if not isinstance(rows, dict):
        raise RegimeError(f"{where}: days: expected [first day, last day] for each target")
    found = {}
    for name, pair in rows.items():
        found[str(name)] = window = _windows([pair], f"{where}: days: {name}")[0]
        if not any(window.within(own) for own in windows):
            raise RegimeError(f"{where}: days: {name}: the measure was in force on none of these days")
    return found


def _until(given: Mapping[str, Any], where: str) -> Mapping[str, date]:
    ended = given.get("until", {})
    if not isinstance(ended, dict):
        raise RegimeError(f"{where}: until: expected a last day for each target")
    for name in ended:
        if name not in given["targets"]:
            raise RegimeError(f"{where}: until: {name!r} is no target of the file")
        if _day(ended, name, f"{where}: until") is None:
            raise RegimeError(f"{where}: until: {name}: expected a day")
    return dict(ended)


def _only_within(given: Mapping[str, Any], where: str) -> frozenset[str]:
    names = _texts(given, "only_within", where, optional=True)
    for name in names:
        if name not in given["targets"]:
            raise RegimeError(f"{where}: only_within: {name!r} is no target of the file")
    if names and not given["territory"]:
        raise RegimeError(f"{where}: only_within: the file names no territory")
    return frozenset(names)


def _sources(given: Mapping[str, Any], where: str) -> tuple[str, ...]:
    sources = _texts(given, "sources", where, optional=True)
    for source in sources:
        if not source.startswith("https://"):
            raise RegimeError(f"{where}: sources: {source!r} is no https address")
    return sources


def _body(row: Mapping[str, Any]) -> MonitoringBody:
    days = (row.get("from"), row.get("to"), row.get("mandate_to"))
    return MonitoringBody(str(row.get("body", "")), *days, bool(row.get("unverified")))


def _day(given: Mapping[str, Any], key: str, where: str) -> date | None:
    value = given.get(key)
    if value is not None and type(value) is not date:
        raise RegimeError(f"{where}: {key}: {value!r} is no day")
    return value


def _windows(given: Any, where: str) -> tuple[Window, ...]:
    if not isinstance(given, list) or not given:
        raise RegimeError(f"{where}: windows: expected at least one [first day, last day]")
    windows: list[Window] = []
    for pair in given:
        if not isinstance(pair, list) or len(pair) != 2 or type(pair[0]) is not date:
            raise RegimeError(f"{where}: windows: expected [first day, last day or null], not {pair!r}")
        if pair[1] is not None and type(pair[1]) is not date:
            raise RegimeError(f"{where}: windows: {pair[1]!r} is no day")
        window = Window(pair[0], pair[1])
        if window.end is not None and window.end < window.start:
            raise RegimeError(f"{where}: windows: {window.end} lies before {window.start}")
        if windows and (windows[-1].end is None or windows[-1].end >= window.start):
            raise RegimeError(f"{where}: windows: {window.start} begins before the window ahead of it ends")
        windows.append(window)
    return tuple(windows)


def _check_dates(given: Mapping[str, Any], where: str) -> None:
    """Bodies and resolutions are shown to officers only, but a wrong date there misleads as much."""
    for key, dates in (("resolutions", ("date",)), ("monitoring", ("from", "to", "mandate_to"))):
        if not isinstance(given[key], list):
            raise RegimeError(f"{where}: {key}: expected a list")
        for row in given[key]:
            allowed = {"number", "body", "unverified", *dates}
            if not isinstance(row, dict) or set(row) - allowed:
                raise RegimeError(f"{where}: {key}: unknown field in {row!r}")
            for name in dates:
                if row.get(name) is not None and type(row[name]) is not date:
                    raise RegimeError(f"{where}: {key}: {name}: {row[name]!r} is no day")


def _check_keys(given: Any, known: set[str], needed: set[str], where: str) -> None:
    if not isinstance(given, dict):
        raise RegimeError(f"{where}: expected keys and values")
    if unknown := sorted(map(str, set(given) - known)):
        raise RegimeError(f"{where}: unknown field {unknown[0]}")
    if missing := sorted(needed - set(given)):
        raise RegimeError(f"{where}: {missing[0]} is missing")


def _text(given: Mapping[str, Any], key: str, where: str) -> str:
    value = given[key]
    if not isinstance(value, str) or not value.strip():
        raise RegimeError(f"{where}: {key}: expected text")
    return value


def _texts(given: Mapping[str, Any], key: str, where: str, optional: bool = False) -> tuple[str, ...]:
    value = given.get(key, []) if optional else given[key]
    if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
        raise RegimeError(f"{where}: {key}: expected a list of texts")
    return tuple(value)


def _word(words: type[_Word], given: Mapping[str, Any], key: str, where: str) -> _Word:
    try:
        return words(given[key])
    except ValueError:
        raise RegimeError(f"{where}: {key}: unknown word {given[key]!r}") from None
