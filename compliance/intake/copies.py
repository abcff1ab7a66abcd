"""Which story's text another repeats: whole, cut short, or under another headline. Pure.

MinHash over three-word shingles of the lead makes band keys (locality-sensitive hashing) under which copies meet and no
other two texts are compared; whether they are copies is then told by the shingles themselves. The lead alone is
sketched, as outlets cut a wire's text from its end. Written on numpy: datasketch takes twice the time for it and keeps
its index in memory or in Redis, while this one lies in the database beside the stories.
"""

import re
import zlib
from functools import lru_cache

import numpy as np

from compliance.particulars import without_dateline

BANDS, ROWS = 12, 3
_LEAD, _WHOLE, _SHINGLE = 60, 600, 3
# Fewer words than this are a headline or a notice, which many stories share.
_FEWEST_WORDS = 20
# Of the shorter text's shingles so many stand in the longer one: a copy, with room for an editor's hand.
_COPY = 0.6
_PRIME = np.uint64((1 << 31) - 1)
_WORD = re.compile(r"\w+")
_RANDOM = np.random.default_rng(20_261_126)
_FACTORS = _RANDOM.integers(1, int(_PRIME), BANDS * ROWS, dtype=np.uint64)
_TERMS = _RANDOM.integers(0, int(_PRIME), BANDS * ROWS, dtype=np.uint64)


def band_keys(text: str) -> tuple[int, ...]:
    """Return the numbers, each of 63 bits, of which copies share at least one; none for a text too short to tell."""
    words = words_of(text)
    if len(words) < _FEWEST_WORDS:
        return ()
    hashes = np.fromiter(_hashes(words[:_LEAD]), dtype=np.uint64) % _PRIME
    smallest = ((hashes[:, None] * _FACTORS + _TERMS) % _PRIME).min(axis=0)
    bands = smallest.reshape(BANDS, ROWS).tolist()
    return tuple(_key(number, band) for number, band in enumerate(bands))


def _key(number: int, band: list[int]) -> int:
    packed = (",".join(map(str, [number, *band]))).encode()
    return (zlib.crc32(packed) << 31) | (zlib.adler32(packed[::-1]) & 0x7FFFFFFF)


def words_of(text: str) -> list[str]:
    """Return the words of a text in lower case, without the dateline of a wire."""
    return _WORD.findall(without_dateline(text).lower())[:_WHOLE]


def _hashes(words: list[str]) -> set[int]:
    runs = range(max(1, len(words) - _SHINGLE + 1))
    return {zlib.crc32(" ".join(words[i : i + _SHINGLE]).encode("utf-8", "replace")) for i in runs}


def is_copy(text: str, other: str) -> bool:
    """True where most of the shorter text stands word for word in the longer one."""
    left, right = _sketched(text), _sketched(other)
    return bool(left and right) and len(left & right) >= _COPY * min(len(left), len(right))


@lru_cache(maxsize=512)
def _sketched(text: str) -> frozenset[int]:
    """Return the shingles of a text that is long enough to tell, else none; a text is compared with many in a row."""
    words = words_of(text)
    return frozenset(_hashes(words)) if len(words) >= _FEWEST_WORDS else frozenset()
