"""Two names, word by word: how much of each is found in the other, and in what they differ."""

from collections.abc import Sequence
from dataclasses import dataclass

from compliance.listing.alike import SAME_SOUND, likeness
from compliance.listing.spelling import Token, token_of

_FOUND = 0.55
_SLIP, _AGAIN = 0.88, 0.72
# A word said beside the listed name weighs against it in full; a listed word that the story leaves out, in part.
_LEFT_OUT = 0.45


@dataclass(frozen=True, slots=True)
class Weighted:
    """A name as words with their weights in bits."""

    tokens: tuple[Token, ...]
    weights: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two names share. ``score`` is 1 where they are one name, ``bits`` how much the shared words tell, and
    ``likeness`` how alike those words themselves are.
    """

    score: float
    bits: float
    likeness: float
    shared: tuple[tuple[str, str, float], ...]
    missing: tuple[str, ...]
    extra: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        """True where no word of either name is without its like in the other."""
        return not self.missing and not self.extra


def compare(said: Weighted, listed: Weighted) -> Comparison:
    """Return what a name as said and a listed name share, whatever the order of their words."""
    pairs = _paired(said, listed)
    if len(pairs) < max(len(said.tokens), len(listed.tokens)):
        joined = _divided_alike(said, listed)
        if joined != (said, listed):
            said, listed = joined
            pairs = _paired(said, listed)
    bits = sum(min(said.weights[i], listed.weights[j]) * s for i, j, s in pairs)
    full = sum(min(said.weights[i], listed.weights[j]) for i, j, _ in pairs)
    taken, found = {i for i, _, _ in pairs}, {j for _, j, _ in pairs}
    extra = [i for i, t in enumerate(said.tokens) if i not in taken and not _is_said_again(t, listed.tokens)]
    missing = [j for j, t in enumerate(listed.tokens) if j not in found and not _is_said_again(t, said.tokens)]
    whole = full + sum(said.weights[i] for i in extra) + _LEFT_OUT * sum(listed.weights[j] for j in missing)
    return Comparison(
        score=bits / whole if whole else 0.0,
        bits=bits,
        likeness=bits / full if full else 0.0,
        shared=tuple((said.tokens[i].text, listed.tokens[j].text, s) for i, j, s in sorted(pairs)),
        missing=tuple(listed.tokens[j].text for j in missing),
        extra=tuple(said.tokens[i].text for i in extra),
    )


def _is_said_again(word: Token, others: Sequence[Token]) -> bool:
    """True where a word has its like, though that is paired with another: in "Mohamed Omar Mohamud".

    Syllables of Korean names are too much alike for this.
    """
    return len(word.text) > 4 and any(likeness(word, other) >= _AGAIN for other in others)


def _paired(said: Weighted, listed: Weighted) -> list[tuple[int, int, float]]:
    """Pair the words, the most alike and telling first, each once; words in the same place win a tie."""
    likely = [
        (s * min(said.weights[i], listed.weights[j]), -abs(i - j), i, j, s)
        for i, one in enumerate(said.tokens)
        for j, other in enumerate(listed.tokens)
        if (s := likeness(one, other)) >= _FOUND
    ]
    likely.sort(reverse=True)
    pairs: list[tuple[int, int, float]] = []
    taken: set[int] = set()
    found: set[int] = set()
    for _, _, i, j, s in likely:
        if i not in taken and j not in found:
            taken.add(i)
            found.add(j)
            pairs.append((i, j, s))
    return pairs


def _divided_alike(said: Weighted, listed: Weighted) -> tuple[Weighted, Weighted]:
    """Join two words of one name where the other writes them as one: "Agha Jan" and "Aghajan"."""
    return _joined_as(said, listed.tokens), _joined_as(listed, said.tokens)


def _joined_as(name: Weighted, others: Sequence[Token]) -> Weighted:
    tokens, weights = list(name.tokens), list(name.weights)
    place = 0
    while place + 1 < len(tokens):
        one, two = tokens[place], tokens[place + 1]
        length = len(one.text) + len(two.text)
        likely = [t for t in others if abs(len(t.written) - length) <= 3 and t not in (one, two)]
        if likely and one.is_abjad == two.is_abjad:
            joined = token_of(one.text + two.text, one.is_abjad)
            if any(_is_one(joined, t) for t in likely):
                tokens[place : place + 2] = [joined]
                weights[place : place + 2] = [weights[place] + weights[place + 1]]
        place += 1
    return Weighted(tuple(tokens), tuple(weights))


def _is_one(joined: Token, other: Token) -> bool:
    return likeness(joined, other) >= (SAME_SOUND if len(joined.text) < 6 else _SLIP)
