"""How features get their names: all of them for training, and for judging only those that weigh anything.

A feature is named by what it is of and what stands there ("L rifles", "-2-1 sent to"). Most names that a story could
spell have no weight, and spelling one costs more than looking it up. So whoever describes a name says the parts: either
every name is spelled from them, or the names that have a weight are found by their parts and the others never spelled.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
# A symbol is a word, or what stands in angle brackets, which may hold blanks.
_SYMBOL = re.compile(r"<[^<>]*>|[^ ]+")


class Names(Protocol):
    """What takes the parts of features; each method returns the names that count, in the order of the parts."""

    def plain(self, names: Iterable[str]) -> list[str]:
        """Return the names as they stand."""

    def rows(self, rows: Iterable[tuple[str, ...]]) -> list[str]:
        """Return ``symbol symbol …`` for each row of symbols."""

    def under(self, head: str, parts: Iterable[str]) -> list[str]:
        """Return ``head part`` for each part."""

    def of_sort(self, names: Iterable[str], sort: str) -> list[str]:
        """Return ``name: sort`` for each name."""

    def both(self, names: Sequence[str], sort: str) -> list[str]:
        """Return each name, then ``name: sort`` for each."""

    def sorted_under(self, head: str, parts: Iterable[str], sort: str) -> list[str]:
        """Return ``head part: sort`` for each part."""

    def both_under(self, head: str, parts: Iterable[str], sort: str) -> list[str]:
        """Return ``head part`` and ``head part: sort`` for each part."""


class AllNames:
    """Spells every name."""

    def plain(self, names: Iterable[str]) -> list[str]:
        """Return the names as they stand."""
        return list(names)

    def rows(self, rows: Iterable[tuple[str, ...]]) -> list[str]:
        """Return ``symbol symbol …`` for each row of symbols."""
        return [" ".join(row) for row in rows]

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


class KnownNames:
    """Finds those names of a set that have the parts. What it returns are the set's own texts, whose hash is known."""

    def __init__(self, names: Iterable[str]) -> None:
        self._known = {name: name for name in names}
        self._rows = {tuple(_SYMBOL.findall(name)): name for name in self._known}
        self._sorted: dict[str, dict[str, str]] = {}
        for name in self._known:
            for cut in re.finditer(": ", name):
                self._sorted.setdefault(name[cut.end() :], {})[name[: cut.start()]] = name
        # Made when first asked for: heads and the sorts under them are those that stand in the code.
        self._under = _Tables[str, dict[str, str]](lambda head: _cut(head, self._known))
        self._sorted_under = _Tables[tuple[str, str], dict[str, str]](
            lambda key: _cut(key[0], self._sorted.get(key[1], _NONE))
        )
        self._both_under = _Tables(self._names_of_both)

    def plain(self, names: Iterable[str]) -> list[str]:
        """Return the names as they stand."""
        known = self._known
        return [known[name] for name in names if name in known]

    def rows(self, rows: Iterable[tuple[str, ...]]) -> list[str]:
        """Return ``symbol symbol …`` for each row of symbols."""
        known = self._rows
        return [known[row] for row in rows if row in known]

    def under(self, head: str, parts: Iterable[str]) -> list[str]:
        """Return ``head part`` for each part."""
        known = self._under[head]
        return [known[part] for part in parts if part in known]

    def of_sort(self, names: Iterable[str], sort: str) -> list[str]:
        """Return ``name: sort`` for each name."""
        known = self._sorted.get(sort, _NONE)
        return [known[name] for name in names if name in known]

    def both(self, names: Sequence[str], sort: str) -> list[str]:
        """Return each name, then ``name: sort`` for each."""
        return self.plain(names) + self.of_sort(names, sort)

    def sorted_under(self, head: str, parts: Iterable[str], sort: str) -> list[str]:
        """Return ``head part: sort`` for each part."""
        known = self._sorted_under[head, sort]
        return [known[part] for part in parts if part in known]

    def both_under(self, head: str, parts: Iterable[str], sort: str) -> list[str]:
        """Return ``head part`` and ``head part: sort`` for each part."""
        known = self._both_under[head, sort]
        return [told for part in parts if part in known for told in known[part]]

    def _names_of_both(self, key: tuple[str, str]) -> dict[str, tuple[str, ...]]:
        one, other = self._under[key[0]], self._sorted_under[key]
        return {part: tuple(names[part] for names in (one, other) if part in names) for part in {**one, **other}}


_NONE: dict[str, str] = {}


class _Tables(dict[_Key, _Value]):
    """Tables by what they are for, made when first asked for."""

    def __init__(self, make: Callable[[_Key], _Value]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: _Key) -> _Value:
        self[key] = made = self._make(key)
        return made


def _cut(head: str, names: dict[str, str]) -> dict[str, str]:
    """Return the names by what follows the head."""
    start = f"{head} "
    return {part[len(start) :]: name for part, name in names.items() if part.startswith(start)}
