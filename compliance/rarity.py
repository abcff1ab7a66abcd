"""How rare a word or name is in news about sanctions: counted once over the corpus, so that it is the same every night.

A count of what came in so far would make the answer depend on the order in which stories arrived. Pure.
"""

import gzip
import hashlib
import math
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path

TABLE = Path(__file__).parent / "rarity.tsv.gz"
# What stands in one story alone says nothing of how common it is.
_FEWEST = 2


@cache
def _counts() -> tuple[int, dict[str, int]]:
    stories, *rows = unpacked(TABLE).splitlines()
    return int(stories), {term: int(number) for term, number in (row.split("\t") for row in rows)}


def unpacked(path: Path) -> str:
    """Return the table in a file: how many stories were counted, then a term and its number a line."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return file.read()


def packed(table: str) -> bytes:
    """Return the table as it is kept: the same table, the same bytes."""
    return gzip.compress(table.encode("utf-8"), mtime=0)


def rarity_digest(table: str) -> str:
    """Return what a table is known by: the first twelve digits of its SHA-256."""
    return hashlib.sha256(table.encode("utf-8")).hexdigest()[:12]


@cache
def rarity_version() -> str:
    """Return the digest of the table in use, which stands in the decision log beside each grouping."""
    return rarity_digest(unpacked(TABLE))


def rarity(term: str) -> float:
    """Return how much a term tells: 0 for one that every story has, 1 for one that none of the counted stories has."""
    stories, counts = _counts()
    return math.log((stories + 1) / (counts.get(term, 0) + 1)) / math.log(stories + 1)


def table_of(told: Iterable[Iterable[str]]) -> str:
    """Return the table of terms by the number of stories that have each, from the terms of every story."""
    counts: Counter[str] = Counter()
    stories = 0
    for terms in told:
        stories += 1
        counts.update(set(terms))
    rows = [f"{term}\t{number}" for term, number in sorted(counts.items()) if number >= _FEWEST]
    return "\n".join([str(stories), *rows]) + "\n"
