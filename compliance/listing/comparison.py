"""Two names, word by word: how much of each is found in the other, and in what they differ."""

from collections.abc import Sequence
from dataclasses import dataclass

from compliance.listing.alike import SAME_SOUND, likeness
from compliance.listing.spelling import Token, token_of

_FOUND = 0.55
_SLIP, _AGAIN, _SYLLABLE = 0.88, 0.72, 5
# A word said beside the listed name weighs against it in full; a listed word that is left out, in part: most the first,
# which tells a son from his father, least those in between.
_FIRST, _MIDDLE, _LAST = 0.5, 0.12, 0.45


@dataclass(frozen=True, slots=True)
class Weighted:
    """A name as words with their weights in bits."""

    tokens: tuple[Token, ...]
    weights: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two names share. ``score`` is 1 where they are one name, ``bits`` how much the shared words tell, and
    ``likeness`` how alike those words themselves are. ``lacks_most_telling`` says that the listed word which tells most
    is among those that are missing.
    """

    score: float
    bits: float
    likeness: float
    shared: tuple[tuple[str, str, float], ...]
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    lacks_most_telling: bool = False

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
    last = len(listed.tokens) - 1
    left_out = sum(listed.weights[j] * (_FIRST if j == 0 else _LAST if j == last else _MIDDLE) for j in missing)
    whole = full + sum(said.weights[i] for i in extra) + left_out
    return Comparison(
        score=bits / whole if whole else 0.0,
        bits=bits,
        likeness=bits / full if full else 0.0,
        shared=tuple((said.tokens[i].text, listed.tokens[j].text, s) for i, j, s in sorted(pairs)),
        missing=tuple(listed.tokens[j].text for j in missing),
        extra=tuple(said.tokens[i].text for i in extra),
        lacks_most_telling=bool(missing) and max(listed.weights) == max(listed.weights[j] for j in missing),
    )


def _is_said_again(word: Token, others: Sequence[Token]) -> bool:
    """True where a word has its like, though that is paired with another: in "Mohamed Omar Mohamud".

    Syllables of Korean names are too much alike for this.
    """
    is_syllabic = all(len(other.text) <= _SYLLABLE for other in others)
    return len(word.text) >= 4 and not is_syllabic and any(likeness(word, other) >= _AGAIN for other in others)


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
