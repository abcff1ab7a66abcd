"""Every word of the listed names, with its weight; a word of any spelling → the listed words that it may stand for."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from compliance.listing.alike import ALIKE, likeness
from compliance.listing.spelling import Token
from compliance.listing.wordlists import word_lists

# Weights are in bits: a word that one record in 1,024 bears is worth ten.
_MOST, _LEAST = 10.0, 0.5
_TITLE, _COMMON, _LAND, _UNKNOWN, _UNKNOWN_SHORT = 0.5, 2.0, 3.0, 9.0, 5.0
_CACHE = 200_000
_NEAREST = 12
_SHARED = 256
_LONGEST = 24


class Vocabulary:
    """The distinct words of all listed names, found by how they are written or sound."""

    def __init__(self, bearers: Sequence[Iterable[Token]]) -> None:
        """``bearers`` are the words of each record, all its names together."""
        self.tokens: list[Token] = []
        self._ids: dict[Token, int] = {}
        borne: Counter[str] = Counter()
        for words in bearers:
            distinct = set(words)
            borne.update({t.sound for t in distinct})
            for token in sorted(distinct):
                if token not in self._ids:
                    self._ids[token] = len(self.tokens)
                    self.tokens.append(token)
        self._records = max(len(bearers), 2)
        self._borne = borne
        self.weights = [self.weight(token) for token in self.tokens]
        self._by_key: dict[str, list[int]] = defaultdict(list)
        for number, token in enumerate(self.tokens):
            for key in _kept_under(token):
                # What hundreds of words share tells none of them apart; they are still found as they are written.
                if len(kept := self._by_key[key]) < _SHARED:
                    kept.append(number)
        self._near: dict[Token, tuple[tuple[int, float], ...]] = {}

    def id_of(self, token: Token) -> int:
        """Return the number of a listed word."""
        return self._ids[token]

    def weight(self, token: Token) -> float:
        """Return how much a word tells, in bits: the rarer among the records, the more."""
        lists, bearers = word_lists(), self._borne.get(token.sound, 0)
        if token.text in lists.titles:
            return _TITLE
        rarity = math.log2(self._records / bearers) if bearers else _UNKNOWN if len(token.text) > 3 else _UNKNOWN_SHORT
        if token.text in lists.common:
            return min(_COMMON, max(rarity, _LEAST))
        if token.text in lists.lands:
            return min(_LAND, max(rarity, _LEAST))
        return min(_MOST, max(rarity, _LEAST))

    def near(self, token: Token) -> tuple[tuple[int, float], ...]:
        """Return the listed words that a word may stand for, with how alike they are, the most alike first."""
        if (found := self._near.get(token)) is None:
            if len(self._near) > _CACHE:
                self._near.clear()
            found = self._near[token] = self._look(token)
        return found

    def _look(self, token: Token) -> tuple[tuple[int, float], ...]:
        numbers = {number for key in _sought_under(token) for number in self._by_key.get(key, ())}
        if token in self._ids:
            numbers.add(self._ids[token])
        scored = [(likeness(token, self.tokens[n]), n) for n in numbers]
        best = sorted(((s, -n) for s, n in scored if s >= ALIKE), reverse=True)[:_NEAREST]
        return tuple((-n, s) for s, n in best)


def _kept_under(token: Token) -> set[str]:
    """Return under what a listed word is kept: bones, what Arabic script keeps of it, itself without a letter."""
    keys = {f"b {token.bones}", f"t {token.thin}", *_shortened(token)}
    return keys | {f"a {token.thin}"} if token.is_abjad else keys


def _sought_under(token: Token) -> set[str]:
    """Return under what a word is looked up. Only Arabic script makes two words alike that share thin bones alone."""
    keys = {f"b {token.bones}", f"a {token.thin}", *_shortened(token)}
    return keys | {f"t {token.thin}"} if token.is_abjad else keys


def _shortened(token: Token) -> Iterator[str]:
    if token.is_abjad:
        return
    for word in {token.text, token.written}:
        if len(text := word[:_LONGEST]) >= 4:
            yield text
            yield from (text[:i] + text[i + 1 :] for i in range(len(text)))
