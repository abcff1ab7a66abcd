"""All listed names in one index: a name → the records that may be meant, best first, in time that the index bounds."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from compliance.listing.comparison import Comparison, Weighted, compare
from compliance.listing.listed import Listed, ListedName, Quality, Sort
from compliance.listing.spelling import Token, token_of, tokens_of
from compliance.listing.vocabulary import Vocabulary

# What bounds the work for one name, whatever the lists hold.
MOST_VISITED, MOST_COMPARED = 20_000, 48
# A name that is not the whole of a listed one must share words worth so many bits to be looked at.
LEAST_BITS = 10.0
# What shares so little of what was said is not compared.
LEAST_SHARE = 0.35


@dataclass(frozen=True, slots=True)
class Form:
    """One way of writing a listed name, and the records that bear it."""

    weighted: Weighted
    bearers: tuple[tuple[int, int], ...]
    is_abjad: bool


@dataclass(frozen=True, slots=True)
class Found:
    """A record that a name may mean, by which of its names, and what the two names share."""

    listed: Listed
    by: ListedName
    comparison: Comparison


class NameIndex:
    """An immutable index over records; equal records in equal order give equal answers."""

    def __init__(self, records: Iterable[Listed]) -> None:
        self.records = tuple(records)
        forms: dict[tuple[Sort, tuple[Token, ...]], list[tuple[int, int]]] = defaultdict(list)
        words: list[set[Token]] = []
        self._latin: list[bool] = []
        for number, record in enumerate(self.records):
            words.append(set())
            self._latin.append(not all(t.is_abjad for name in record.names for t in tokens_of(name.name)))
            for place, name in enumerate(record.names):
                if tokens := tokens_of(name.name):
                    forms[record.sort, tokens].append((number, place))
                    words[-1].update(tokens)
                    words[-1].update(_neighbours(tokens))
        self.vocabulary = Vocabulary(words)
        self._forms: list[Form] = []
        self._sorts: list[Sort] = []
        self._postings: dict[int, list[int]] = defaultdict(list)
        self._whole: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for (sort, tokens), bearers in forms.items():
            self._enter(sort, tokens, tuple(bearers))
        self.by_imo: dict[str, list[int]] = defaultdict(list)
        for number, record in enumerate(self.records):
            for imo in record.imo_numbers:
                self.by_imo[imo].append(number)
        self.compared = 0

    def _enter(self, sort: Sort, tokens: tuple[Token, ...], bearers: tuple[tuple[int, int], ...]) -> None:
        number = len(self._forms)
        # Beside a romanisation of its own, Arabic script would only add what two romanisations share by chance.
        is_abjad = all(t.is_abjad for t in tokens) and all(self._latin[record] for record, _ in bearers)
        self._forms.append(Form(self.weighted(tokens), bearers, is_abjad))
        self._sorts.append(sort)
        self._whole[_sounds(tokens)].append(number)
        for token in {*tokens, *_neighbours(tokens)}:
            self._postings[self.vocabulary.id_of(token)].append(number)

    def weighted(self, tokens: tuple[Token, ...]) -> Weighted:
        """Return the tokens with what each tells among the listed names."""
        return Weighted(tokens, tuple(map(self._weight, tokens)))

    def _weight(self, token: Token) -> float:
        """A slip of the pen in a common word makes it no rarer."""
        vocabulary = self.vocabulary
        near = vocabulary.near(token)
        return max(vocabulary.weights[near[0][0]], 0.0) if near and near[0][1] > 0.75 else vocabulary.weight(token)

    def find(
        self, name: str, sort: Sort | None, limit: int = 10, accept: Callable[[Found], bool] | None = None
    ) -> list[Found]:
        """Return up to ``limit`` records of that sort (of any, if None), each by its name most like the one given.

        Names that ``accept`` refuses are passed over.
        """
        tokens = tokens_of(name)
        if not tokens:
            return []
        said, is_abjad = self.weighted(tokens), all(t.is_abjad for t in tokens)
        best: dict[int, tuple[float, int, Found]] = {}
        for number in self._candidates(tokens, said):
            if sort is not None and self._sorts[number] is not sort:
                continue
            form = self._forms[number]
            if form.is_abjad and not is_abjad:
                continue
            self.compared += 1
            compared = compare(said, form.weighted)
            for record, place in form.bearers[:MOST_COMPARED]:
                worth = compared.score * _trust(self.records[record].names[place].quality)
                if record not in best or worth > best[record][0]:
                    found = Found(self.records[record], self.records[record].names[place], compared)
                    if accept is None or accept(found):
                        best[record] = (worth, record, found)
        ranked = sorted(best.values(), key=lambda b: (-b[0], b[1]))
        return [found for _, _, found in ranked[:limit]]

    def _candidates(self, tokens: tuple[Token, ...], said: Weighted) -> list[int]:
        """Return the forms worth comparing: those of the same words, then those that share the most bits."""
        whole = self._whole.get(_sounds(tokens), [])[:MOST_COMPARED]
        shared: dict[int, float] = defaultdict(float)
        visited, whole_bits = 0, sum(said.weights)
        left = whole_bits
        looked_up = list(zip(said.weights, tokens, strict=True))
        looked_up += [(0.0, t) for t in _neighbours(tokens)]
        for weight, token in sorted(looked_up, key=lambda pair: -pair[0]):
            if weight and left < LEAST_BITS and left < whole_bits / 2:
                # No form that is not yet known could still share enough.
                continue
            left -= weight
            for word, alike in self.vocabulary.near(token):
                postings = self._postings.get(word, ())
                visited += len(postings)
                if visited > MOST_VISITED:
                    break
                bits = self.vocabulary.weights[word] * alike
                for number in postings:
                    shared[number] += bits
        likely = [n for n, bits in shared.items() if bits >= LEAST_SHARE * whole_bits]
        best = sorted(likely, key=lambda n: (-shared[n], n))[:MOST_COMPARED]
        return list(dict.fromkeys([*whole, *best]))


def _trust(quality: Quality) -> float:
    return {Quality.PRIMARY: 1.0, Quality.GOOD: 0.995, Quality.FORMER: 0.98, Quality.WEAK: 0.95}[quality]


def _sounds(tokens: Sequence[Token]) -> tuple[str, ...]:
    return tuple(sorted(t.sound for t in tokens))


def _neighbours(tokens: Sequence[Token]) -> list[Token]:
    """Return the words that two neighbours would make if they were written as one."""
    return [
        token_of(a.text + b.text, a.is_abjad)
        for a, b in pairwise(tokens)
        if a.is_abjad == b.is_abjad and len(a.text) + len(b.text) <= 24
    ]
