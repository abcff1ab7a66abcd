"""Many spellings, one pass: whole-word matches of a text, leftmost and then longest, by one Aho-Corasick automaton."""

from collections.abc import Callable, Iterator, Sequence

import ahocorasick_rs


class WordMatcher:
    """Finds spellings in lower-cased text where they stand as whole words.

    The automaton reports every occurrence, also within others: were the longest taken before the word boundaries are
    looked at, "the UN" would hide the "United" of "the United States" and then be dropped itself.
    """

    def __init__(self, spellings: Sequence[str]) -> None:
        self._lengths = [len(s) for s in spellings]
        self._joined = [s[:1] == "-" for s in spellings]
        self._automaton = ahocorasick_rs.AhoCorasick(spellings)

    def has_any(self, lowered: str) -> bool:
        """True where the text holds one of the spellings as a whole word, were it within another."""
        size, joined = len(lowered), self._joined
        return any(
            (end == size or not (lowered[end].isalnum() or lowered[end] == "_"))
            and (start == 0 or joined[index] or not (lowered[start - 1].isalnum() or lowered[start - 1] == "_"))
            for index, start, end in self._automaton.find_matches_as_indexes(lowered, overlapping=True)
        )

    def find(
        self, lowered: str, accept: Callable[[int, int, int], bool] | None = None
    ) -> Iterator[tuple[int, int, int]]:
        """Yield (spelling's index, start, end) in the order of the text; none overlaps another.

        ``accept`` may refuse a match, which then hides no other. A spelling that begins with a hyphen may follow a
        letter; all others need a boundary on both sides. Linear in the text but for matches within matches.
        """
        size, joined = len(lowered), self._joined
        whole = [
            (start, -end, index)
            for index, start, end in self._automaton.find_matches_as_indexes(lowered, overlapping=True)
            if (end == size or not (lowered[end].isalnum() or lowered[end] == "_"))
            and (start == 0 or joined[index] or not (lowered[start - 1].isalnum() or lowered[start - 1] == "_"))
        ]
        whole.sort()
        reached = 0
        for start, negative_end, index in whole:
            if start >= reached and (accept is None or accept(index, start, -negative_end)):
                yield index, start, -negative_end
                reached = -negative_end
