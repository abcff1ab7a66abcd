"""Law that is not the Security Council's: who alone forbids an act that no measure of the UN does. Pure.

News speaks of "sanctions" whosever they are. Where no measure of the UN was in force for an act, and a sentence says
that the law of a state or a union was broken, that is told, with the sentence.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from rules.findings import Evidence, NationalLaw
from rules.matching import WordMatcher
from rules.sentences import Sentence, plain
from rules.vocabulary import Field

RULE = "law.national"
_KEYS = {"who", "law", "broken", "elsewhere"}


class NationalError(ValueError):
    """The file is wrong; the text names the key."""


@dataclass(frozen=True)
class NationalMarks:
    """How each other law is named, what such law is called, and the beginnings of the words that say it was broken.

    A sentence that holds one of ``elsewhere`` speaks of the UN's own law.
    """

    marks: Mapping[str, str]
    law: tuple[str, ...]
    broken: tuple[str, ...]
    elsewhere: tuple[str, ...]

    def broken_in(self, sentence: str) -> Iterator[str]:
        """Yield whose law a sentence says was broken."""
        lowered = sentence.lower()
        if not self.names_any(lowered) or not any(word in lowered for word in self.broken):
            return
        marks, matcher = self._marks
        # A few letters would become two in lower case: then no place is sure, and nothing is told.
        if len(lowered) == len(sentence):
            written = [marks[i] for i, start, end in matcher.find(lowered) if sentence[start:end] == marks[i]]
            if not set(written) & set(self.elsewhere):
                yield from dict.fromkeys(self.marks[mark] for mark in written)

    def names_any(self, lowered: str) -> bool:
        """True where a text in lower case speaks of such law at all."""
        return self._law.has_any(lowered)

    @cached_property
    def _law(self) -> WordMatcher:
        return WordMatcher([word.lower() for word in self.law])

    @cached_property
    def _marks(self) -> tuple[tuple[str, ...], WordMatcher]:
        marks = (*self.marks, *self.elsewhere)
        return marks, WordMatcher([mark.lower() for mark in marks])


def load_national(path: Path) -> NationalMarks:
    """Read the marks strictly. Raises NationalError naming the key."""
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise NationalError(" ".join(str(error).split())) from error
    if not isinstance(given, dict) or set(given) != _KEYS:
        raise NationalError("expected the keys who, law, broken, elsewhere")
    if not isinstance(given["who"], list) or not given["who"]:
        raise NationalError("who: expected a list")
    marks: dict[str, str] = {}
    for number, row in enumerate(given["who"], 1):
        if not isinstance(row, dict) or set(row) != {"name", "marks"} or not isinstance(row["name"], str):
            raise NationalError(f"who {number}: expected a name and marks")
        for mark in _texts(row["marks"], f"who {number} ({row['name']}): marks"):
            if mark in marks:
                raise NationalError(f"who {number} ({row['name']}): {mark!r} is used twice")
            marks[mark] = row["name"]
    law, broken, elsewhere = (tuple(_texts(given[key], key)) for key in ("law", "broken", "elsewhere"))
    return NationalMarks(marks, law, broken, elsewhere)


def _texts(value: Any, where: str) -> Sequence[str]:
    if not isinstance(value, list) or not value or not all(isinstance(v, str) and v.strip() for v in value):
        raise NationalError(f"{where}: expected a list of texts")
    return value


def national_law(
    sentences: Iterable[tuple[Field, Sentence]], fields: Mapping[Field, str], marks: NationalMarks
) -> tuple[NationalLaw, ...]:
    """Return whose law the story says was broken, each with the first sentence that says so."""
    if not any(marks.names_any(plain(value).lower()) for value in fields.values()):
        return ()
    found: dict[str, NationalLaw] = {}
    for field, sentence in sentences:
        for who in marks.broken_in(sentence.text):
            quote = fields[field][sentence.start : sentence.end]
            found.setdefault(who, NationalLaw(who, Evidence(field, sentence.start, sentence.end, quote, RULE)))
    return tuple(found.values())
