"""A file of labelled stories → the rows on which the rules can be measured, and whether their weights know them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from compliance.classifier.corpus import corpus_digest, example_of, load_corpus
from compliance.errors import ConfigError
from rules.rulebook import Rulebook

_ANNOTATED = ("parties", "non_parties", "denied_by", "kinds", "regimes", "status")


@dataclass(frozen=True)
class Annotated:
    """The rows to measure on, and how many breaches carry no annotations."""

    rows: list[dict[str, Any]]
    left_out: int


@dataclass(frozen=True, slots=True)
class Known:
    """How many of the stories the weights in use have learnt from, and the sentence that says so."""

    count: int
    says: str


def annotated(file: Path) -> Annotated:
    """Return the file's stories but the grey ones; ConfigError names file, line and what is wrong there."""
    rows: list[dict[str, Any]] = []
    left_out = 0
    try:
        # Only a line feed ends a line of JSON: a text may hold other characters that Python takes for line ends.
        lines = file.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: {getattr(error, 'strerror', None) or 'is not UTF-8'}") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = example_of(json.loads(line)).annotation
        except KeyError as error:
            raise ConfigError(f"{file}: line {number}: the field {error} is missing") from error
        except (ValueError, TypeError, RecursionError) as error:
            raise ConfigError(f"{file}: line {number}: {error}") from error
        if row["label"] == "grey":
            continue
        if row["label"] == "breach" and any(row.get(field) is None for field in _ANNOTATED):
            left_out += 1
        else:
            rows.append(row)
    if not any(row["label"] == "breach" for row in rows):
        raise ConfigError(f"{file}: holds no breach that carries annotations ({', '.join(_ANNOTATED)})")
    return Annotated(rows, left_out)


def learnt_from(rows: Sequence[Mapping[str, Any]], rulebook: Rulebook) -> Known:
    """Say how many of the stories stand in the corpus from which the book's weights were learnt."""
    known = {_print_of(e.story.title, e.story.text) for e in load_corpus() if e.label != "grey"}
    count = sum(_print_of(row["title"], row["text"]) in known for row in rows)
    if not count:
        return Known(0, f"None of the {len(rows)} stories stands in the corpus that the weights have learnt from.")
    same = {rulebook.roles.corpus, rulebook.story.corpus} == {corpus_digest()}
    state = "" if same else " (in another state of it)"
    return Known(
        count, f"The weights have learnt from {count} of the {len(rows)} stories{state}: the figures flatter them."
    )


def _print_of(title: str, text: str) -> bytes:
    return sha256(f"{title}\0{text}".encode("utf-8", "surrogatepass")).digest()
