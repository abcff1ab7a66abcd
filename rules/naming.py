"""How features get their names: all of them for training, and for judging only those that weigh anything, by number.

A feature is named by what it is of and what stands there ("L rifles", "-2-1 sent to"). Most names that a story could
spell have no weight, and to spell one and look it up among ten thousands costs more than all the rest. So whoever
describes a name says the parts: either every name is spelled from them, or the numbers of those names that have a
weight are found by their parts, most of them in what is kept beside each word.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
# A symbol is a word, or what stands in angle brackets, which may hold blanks.
_SYMBOL = "<[^<>]*>|[^ ]+"
# What stands before the first symbol of a clause and after its last.
BEFORE, AFTER = "<<", ">>"
_MOST_SYMBOLS = _MOST_KEPT = 50_000


@dataclass(frozen=True, slots=True)
class Around:
    """The features of the symbols around a place: one for each symbol within a reach, and one for each row of symbols.

    ``each`` gives under a head how far symbols count, to the left where that is negative. ``rows`` gives for a name
    with a gap for each symbol where these stand from the place. ``edges`` are so many before the first symbol and after
    the last; a row that goes beyond them is none.
    """

    each: Mapping[str, int]
    rows: Mapping[str, tuple[int, ...]]
    edges: tuple[int, int] = (3, 3)


class Numbered(dict[int, float]):
    """Features by their numbers in ``KnownNames``."""


class Names(Protocol):
    """What takes the parts of features; each method returns what counts: names, or the numbers of names."""

    def features(self, values: Mapping[Any, float]) -> dict[Any, float]:
        """Return the features with these values."""

    def plain(self, names: Iterable[str]) -> list[Any]:
        """Return the names as they stand."""

    def under(self, head: str, parts: Iterable[str]) -> list[Any]:
        """Return ``head part`` for each part."""

    def of_sort(self, names: Iterable[str], sort: str) -> list[Any]:
        """Return ``name: sort`` for each name."""

    def both(self, names: Sequence[str], sort: str) -> list[Any]:
        """Return each name, then ``name: sort`` for each."""

    def sorted_under(self, head: str, parts: Iterable[str], sort: str) -> list[Any]:
        """Return ``head part: sort`` for each part."""

    def both_under(self, head: str, parts: Iterable[str], sort: str) -> list[Any]:
        """Return ``head part`` and ``head part: sort`` for each part."""

    def kept(self, make: "Make", *parts: Any) -> Sequence[Any]:
        """Return ``make(names, *parts)``, which may have been made before."""

    def beside(self, templates: Around) -> "Beside":
        """Return what gives the features around a place."""


class Beside(Protocol):
    """Gives the features of what stands around a place in a row of symbols."""

    def marked(self, symbols: Sequence[str]) -> Sequence[Any]:
        """Return the symbols as ``around`` takes them, edges included."""

    def around(self, marked: Sequence[Any], at: int) -> list[Any]:
        """Return the features of what stands around the symbol at a place."""


Make = Callable[..., Sequence[Any]]


class AllNames:
    """Spells every name."""

    def features(self, values: Mapping[str, float]) -> dict[str, float]:
        """Return the features with these values."""
        return dict(values)

    def plain(self, names: Iterable[str]) -> list[str]:
        """Return the names as they stand."""
        return list(names)

    def under(self, head: str, parts: Iterable[str]) -> list[str]:
        """Return ``head part`` for each part."""
        return [f"{head} {part}" for part in parts]

    def of_sort(self, names: Iterable[str], sort: str) -> list[str]:
        """Return ``name: sort`` for each name."""
        return [f"{name}: {sort}" for name in names]

    def both(self, names: Sequence[str], sort: str) -> list[str]:
        """Return each name, then ``name: sort`` for each."""
        return [*names, *self.of_sort(names, sort)]

    def sorted_under(self, head: str, parts: Iterable[str], sort: str) -> list[str]:
        """Return ``head part: sort`` for each part."""
        return [f"{head} {part}: {sort}" for part in parts]

    def both_under(self, head: str, parts: Iterable[str], sort: str) -> list[str]:
        """Return ``head part`` and ``head part: sort`` for each part."""
        return self.both(self.under(head, parts), sort)

    def kept(self, make: Make, *parts: Any) -> Sequence[str]:
        """Return ``make(names, *parts)``."""
        return make(self, *parts)

    def beside(self, templates: Around) -> "_AllBeside":
        """Return what spells the features around a place."""
        return _AllBeside(templates)


@dataclass(frozen=True, slots=True)
class _AllBeside:
    templates: Around

    def marked(self, symbols: Sequence[str]) -> Sequence[str]:
        """Return the symbols with their edges."""
        before, after = self.templates.edges
        return [*[BEFORE] * before, *symbols, *[AFTER] * after]

    def around(self, marked: Sequence[str], at: int) -> list[str]:
        """Return the names of what stands around the symbol at a place."""
        at += self.templates.edges[0]
        found = []
        for head, reach in self.templates.each.items():
            near = marked[max(0, at + reach) : at] if reach < 0 else marked[at + 1 : at + 1 + reach]
            found += [f"{head} {symbol}" for symbol in near if symbol not in (BEFORE, AFTER)]
        for name, where in self.templates.rows.items():
            if at + where[0] >= 0:
                found.append(name.format(*[marked[at + i] for i in where]))
        return found


class KnownNames:
    """Finds those names of a set that have the parts, by their numbers from 1 on; ``names[0]`` is none."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = ("", *names)
        self._known = {name: number for number, name in enumerate(self.names) if number}
        self._sorted: dict[str, dict[str, int]] = {}
        for name, number in self._known.items():
            for cut in re.finditer(": ", name):
                self._sorted.setdefault(name[cut.end() :], {})[name[: cut.start()]] = number
        # Made when first asked for: heads and the sorts under them are those that stand in the code.
        self._under = _Tables[str, dict[str, int]](lambda head: _cut(head, self._known))
        self._sorted_under = _Tables[tuple[str, str], dict[str, int]](
            lambda key: _cut(key[0], self._sorted.get(key[1], _NONE))
        )
        self._both_under = _Tables[tuple[str, str], dict[str, tuple[int, ...]]](self._numbers_of_both)
        self._kept = _Tables[tuple[Any, ...], Sequence[int]](lambda key: tuple(key[0](self, *key[1:])), _MOST_KEPT)
        self._beside: dict[int, _KnownBeside] = {}

    def numbered(self, features: Mapping[Any, float]) -> Numbered:
        """Return named features by number, without those that are not known; those by number already as they are."""
        if isinstance(features, Numbered):
            return features
        known = self._known
        return Numbered((known[name], value) for name, value in features.items() if name in known)

    def features(self, values: Mapping[int, float]) -> Numbered:
        """Return the features with these values."""
        return Numbered(values)

    def plain(self, names: Iterable[str]) -> list[int]:
        """Return the names as they stand."""
        known = self._known
        return [known[name] for name in names if name in known]

    def under(self, head: str, parts: Iterable[str]) -> list[int]:
        """Return ``head part`` for each part."""
        known = self._under[head]
        return [known[part] for part in parts if part in known]

    def of_sort(self, names: Iterable[str], sort: str) -> list[int]:
        """Return ``name: sort`` for each name."""
        known = self._sorted.get(sort, _NONE)
        return [known[name] for name in names if name in known]

    def both(self, names: Sequence[str], sort: str) -> list[int]:
        """Return each name, then ``name: sort`` for each."""
        return self.plain(names) + self.of_sort(names, sort)

    def sorted_under(self, head: str, parts: Iterable[str], sort: str) -> list[int]:
        """Return ``head part: sort`` for each part."""
        known = self._sorted_under[head, sort]
        return [known[part] for part in parts if part in known]

    def both_under(self, head: str, parts: Iterable[str], sort: str) -> list[int]:
        """Return ``head part`` and ``head part: sort`` for each part."""
        known = self._both_under[head, sort]
        return [number for part in parts if part in known for number in known[part]]

    def kept(self, make: Make, *parts: Any) -> Sequence[int]:
        """Return ``make(names, *parts)``, which may have been made before."""
        return self._kept[make, *parts]

    def beside(self, templates: Around) -> "_KnownBeside":
        """Return what finds the features around a place."""
        found = self._beside.get(id(templates))
        if found is None:
            found = self._beside[id(templates)] = _KnownBeside(templates, self._known)
        return found

    def _numbers_of_both(self, key: tuple[str, str]) -> dict[str, tuple[int, ...]]:
        one, other = self._under[key[0]], self._sorted_under[key]
        return {part: tuple(known[part] for known in (one, other) if part in known) for part in {**one, **other}}


_NONE: dict[str, int] = {}

# What is known of a symbol: its text, its number under each head, and for each name of a row the number where it is the
# whole row, or the numbers of those rows that begin with it, by the symbol that follows or by those that follow.
_Symbol = tuple[Any, ...]


class _KnownBeside:
    """Finds the numbers around a place in what is kept beside each symbol."""

    def __init__(self, templates: Around, known: Mapping[str, int]) -> None:
        self._templates = templates
        heads, rows = templates.each, templates.rows
        self._each = list(enumerate(heads.values(), 1))
        numbered = [(n, *where) for n, where in enumerate(rows.values(), 1 + len(heads))]
        self._ones = [(n, first) for n, first, *rest in numbered if not rest]
        self._twos = [(n, first, *rest) for n, first, *rest in numbered if len(rest) == 1]
        self._more = [(n, first, rest) for n, first, *rest in numbered if len(rest) > 1]
        self._tables = [*(_cut(head, known) for head in heads), *(_rows_of(name, known) for name in rows)]
        self._symbols = _Tables[str, _Symbol](self._symbol, _MOST_SYMBOLS)

    def _symbol(self, text: str) -> _Symbol:
        return (text, *(table.get(text) for table in self._tables))

    def marked(self, symbols: Sequence[str]) -> Sequence[_Symbol]:
        """Return what is known of each symbol, edges included."""
        known, (before, after) = self._symbols, self._templates.edges
        return [*[known[BEFORE]] * before, *[known[s] for s in symbols], *[known[AFTER]] * after]

    def around(self, marked: Sequence[_Symbol], at: int) -> list[int]:
        """Return the numbers of what stands around the symbol at a place."""
        at += self._templates.edges[0]
        found: list[int] = []
        for number, reach in self._each:
            near = marked[max(0, at + reach) : at] if reach < 0 else marked[at + 1 : at + 1 + reach]
            found += [s[number] for s in near if s[number]]
        found += [known for number, first in self._ones if (known := marked[at + first][number])]
        for number, first, second in self._twos:
            if (rows := marked[at + first][number]) and (known := rows.get(marked[at + second][0])):
                found.append(known)
        for number, first, rest in self._more:
            # A row that goes beyond the edges takes what stands at the other end, with which no row begins.
            rows = marked[at + first][number]
            if rows and (known := rows.get(tuple([marked[at + i][0] for i in rest]))):
                found.append(known)
        return found


def _rows_of(name: str, known: Mapping[str, int]) -> dict[str, Any]:
    """Return the numbers of the names that fill the gaps of a name, by the first symbol and then by the others."""
    gaps = name.count("{}")
    pattern = re.compile(re.escape(name).replace(re.escape("{}"), rf"({_SYMBOL})"))
    found: dict[str, Any] = {}
    for told, number in known.items():
        if (match := pattern.fullmatch(told)) is None:
            continue
        first, *rest = match.groups()
        if gaps == 1:
            found[first] = number
        else:
            found.setdefault(first, {})[rest[0] if gaps == 2 else tuple(rest)] = number
    return found


class _Tables(dict[_Key, _Value]):
    """Tables by what they are for, made when first asked for; where there may be too many, begun anew."""

    def __init__(self, make: Callable[[_Key], _Value], most: int = 0) -> None:
        super().__init__()
        self._make, self._most = make, most

    def __missing__(self, key: _Key) -> _Value:
        if self._most and len(self) >= self._most:
            self.clear()
        self[key] = made = self._make(key)
        return made


def _cut(head: str, names: Mapping[str, int]) -> dict[str, int]:
    """Return the numbers of the names that begin with the head, by what follows it."""
    start = f"{head} "
    return {part[len(start) :]: number for part, number in names.items() if part.startswith(start)}
