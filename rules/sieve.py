"""Many patterns, one pass: which of them a text can match at all, by the letters that each of them needs.

Most sentences hold none of the words that most patterns seek. One automaton over the words that a match must contain
rules those patterns out, so that only the rest are tried: a necessary condition, which never changes an answer.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from re import _constants, _parser  # type: ignore[attr-defined]  # the parts that ``re`` itself compiles from
from typing import Any

import ahocorasick_rs

_MOST = 64
_ZERO_WIDTH = (_constants.AT, _constants.ASSERT, _constants.ASSERT_NOT)


class Sieve:
    """Tells which named patterns may match a text. Patterns either all ignore case or none does."""

    def __init__(self, patterns: Mapping[str, re.Pattern[str]]) -> None:
        self._ignores_case = any(p.flags & re.IGNORECASE for p in patterns.values())
        needed = {name: needed_in(pattern) for name, pattern in patterns.items()}
        self._always = frozenset(name for name, letters in needed.items() if not letters)
        owners: dict[str, list[str]] = {}
        for name, letters in needed.items():
            for one in letters:
                owners.setdefault(one.lower() if self._ignores_case else one, []).append(name)
        self._owners = [tuple(names) for names in owners.values()]
        self._automaton = ahocorasick_rs.AhoCorasick(list(owners))

    def possible(self, text: str) -> frozenset[str]:
        """Return the names of the patterns that may match; all others do not."""
        if self._ignores_case:
            text = _folded(text)
        found = self._automaton.find_matches_as_indexes(text, overlapping=True)
        return self._always.union(*(self._owners[index] for index in {index for index, _, _ in found}))


def _folded(text: str) -> str:
    """Return the text in lower case, and letters that ``re.IGNORECASE`` takes for ASCII ones as these."""
    lowered = text.lower()
    if lowered.isascii():
        return lowered
    return lowered.replace("\u0131", "i").replace("i\u0307", "i").replace("\u017f", "s")


def needed_in(pattern: re.Pattern[str]) -> frozenset[str]:
    """Return texts of which every match contains at least one; none where no such text is known."""
    found = _needed(_parser.parse(pattern.pattern, pattern.flags))
    return found if _worth(found)[0] else frozenset()


def _needed(nodes: Iterable[tuple[Any, Any]]) -> frozenset[str]:
    best: frozenset[str] = frozenset()
    whole = frozenset({""})
    for node in nodes:
        if node[0] is _constants.ASSERT:
            best = max(best, _needed(node[1][1]), key=_worth)
            continue
        exact = _exact([node])
        joined = frozenset(a + b for a in whole for b in exact) if exact and len(whole) * len(exact) <= _MOST else None
        if joined is not None:
            whole = joined
            continue
        best = max(best, whole, exact or _within(node), key=_worth)
        whole = frozenset({""})
    return max(best, whole, key=_worth)


def _worth(letters: frozenset[str]) -> tuple[int, int]:
    """The longer the shortest of them, and the fewer, the more they rule out."""
    return min(map(len, letters), default=0), -len(letters)


def _within(node: tuple[Any, Any]) -> frozenset[str]:
    operation, value = node
    if operation is _constants.SUBPATTERN:
        return _needed(value[-1])
    if operation in (_constants.MAX_REPEAT, _constants.MIN_REPEAT) and value[0] > 0:
        return _needed(value[2])
    if operation is _constants.BRANCH:
        branches = [_needed(branch) for branch in value[1]]
        return frozenset().union(*branches) if all(_worth(b)[0] for b in branches) else frozenset()
    return frozenset()


def _exact(nodes: Sequence[tuple[Any, Any]]) -> frozenset[str]:
    """Return every text that the nodes match, where these are few; else none."""
    texts = frozenset({""})
    for operation, value in nodes:
        if operation in _ZERO_WIDTH:
            continue
        if operation is _constants.LITERAL:
            found = frozenset({chr(value)})
        elif operation is _constants.IN and all(kind is _constants.LITERAL for kind, _ in value):
            found = frozenset(chr(code) for _, code in value)
        elif operation is _constants.SUBPATTERN:
            found = _exact(list(value[-1]))
        elif operation is _constants.BRANCH:
            branches = [_exact(list(branch)) for branch in value[1]]
            found = frozenset().union(*branches) if all(branches) else frozenset()
        elif operation in (_constants.MAX_REPEAT, _constants.MIN_REPEAT) and value[:2] == (0, 1):
            once = _exact(list(value[2]))
            found = once | {""} if once else frozenset()
        else:
            return frozenset()
        texts = frozenset(a + b for a in texts for b in found)
        if not texts or len(texts) > _MOST:
            return frozenset()
    return texts
