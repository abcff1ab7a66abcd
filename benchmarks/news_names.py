"""Names in ordinary news, found by their form alone: nobody has said which of them are of interest."""

import gzip
import json
import random
import re
from pathlib import Path

from rules.mentions import find_mentions
from rules.rulebook import Rulebook
from rules.vocabulary import PartyType

_LINKS = r"(?:of|the|and|for|al|el|bin|bint|ibn|abu|de|la|del|der|van|von|du|da|al-)"
_NAME = r"(?:al-|el-)?[A-Z][\w'’.-]*[\w]"
_SEQUENCE = re.compile(rf"{_NAME}(?: (?:{_LINKS} ){{0,2}}{_NAME}){{1,4}}")


def stories(folder: Path, count: int, seed: int) -> list[str]:
    """Return the texts of ``count`` items of news, drawn evenly from the folder's files."""
    texts: list[str] = []
    files = sorted(folder.glob("*.dev.jsonl.gz"))
    for path in files:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            rows = [json.loads(line)["text"] for line in lines]
        texts += random.Random(seed).sample(rows, min(len(rows), count // len(files)))
    return texts


def capitalised(texts: list[str]) -> list[str]:
    """Return every sequence of two to five capitalised words, each once, in the order of the texts."""
    return list(dict.fromkeys(m[0] for text in texts for m in _SEQUENCE.finditer(text)))


def mentioned(texts: list[str], rulebook: Rulebook) -> list[tuple[str, PartyType]]:
    """Return each party that the rules find by form or by the book, once, with its sort."""
    listable = set(PartyType) - {PartyType.STATE, PartyType.MEDIA, PartyType.AIRCRAFT}
    found: dict[tuple[str, PartyType], None] = {}
    for text in texts:
        for mention in find_mentions(text, rulebook):
            if mention.type in listable:
                found[text[mention.start : mention.end], mention.type] = None
    return list(found)
