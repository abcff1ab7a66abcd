"""The examples of the book, run: each rule says what it must answer, and whoever edits the book is told what differs.

``frames.yml`` carries examples beside each frame; ``examples.yml`` says which regimes an act falls under on each day.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from rules.acts import clauses_of, framed_acts
from rules.extraction import extract
from rules.frames import Frame
from rules.rulebook import BOOK, Rulebook, RulebookError

_FILE = "examples.yml"


@dataclass(frozen=True, slots=True)
class LawExample:
    """A sentence and the regimes that its act falls under on each day."""

    rule: str
    text: str
    days: tuple[tuple[date, frozenset[str]], ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """An example that does not come out as the book says: its file, its rule, and what differs."""

    file: str
    rule: str
    differs: str


@dataclass(frozen=True, slots=True)
class Trial:
    """How many examples were run, the frames that carry none, and what differs."""

    examples: int
    without: tuple[str, ...]
    faults: tuple[Fault, ...]


def run_examples(rulebook: Rulebook, book: Path = BOOK) -> Trial:
    """Run every example of the book. Raises RulebookError where the examples themselves are wrong."""
    law = load_examples(book / _FILE, rulebook)
    faults = [fault for frame in rulebook.frames for fault in _frame_faults(frame, rulebook)]
    faults += [fault for example in law for fault in _law_faults(example, rulebook)]
    count = sum(len(frame.examples) for frame in rulebook.frames) + sum(len(example.days) for example in law)
    without = tuple(frame.id for frame in rulebook.frames if not frame.examples)
    return Trial(count, without, tuple(faults))


def load_examples(path: Path, rulebook: Rulebook) -> list[LawExample]:
    """Read the examples of the law strictly. Raises RulebookError naming file, rule and key."""
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RulebookError(f"{path.name}: {' '.join(str(error).split())}") from error
    if not isinstance(given, dict) or set(given) != {"examples"} or not isinstance(given["examples"], list):
        raise RulebookError(f"{path.name}: expected the key examples, with a list")
    return [_law_example(row, f"{path.name}: example {n}", rulebook) for n, row in enumerate(given["examples"], 1)]


def _law_example(row: Any, where: str, rulebook: Rulebook) -> LawExample:
    if not isinstance(row, dict) or set(row) != {"rule", "text", "days"}:
        raise RulebookError(f"{where}: expected rule, text and days")
    where = f"{where} ({row['rule']})"
    if not isinstance(row["days"], dict) or not row["days"]:
        raise RulebookError(f"{where}: days: expected the regimes of each day")
    for day, regimes in row["days"].items():
        if type(day) is not date:
            raise RulebookError(f"{where}: days: {day!r} is no day")
        if not isinstance(regimes, list) or (unknown := [r for r in regimes if r not in rulebook.regimes]):
            raise RulebookError(f"{where}: days: {day}: {unknown[0] if isinstance(regimes, list) else regimes!r}")
    days = tuple((day, frozenset(regimes)) for day, regimes in row["days"].items())
    return LawExample(str(row["rule"]), str(row["text"]), days)


def _frame_faults(frame: Frame, rulebook: Rulebook) -> Iterator[Fault]:
    for example in frame.examples:
        found = roles_of(example["text"], rulebook)
        missing = {(role, name) for role, name in example["expect"].items()} - found
        if missing or (found and not example["expect"]):
            differs = f"{example['text']!r}: expected {_told(set(example['expect'].items()))}, found {_told(found)}"
            yield Fault("frames.yml", frame.id, differs)


def _law_faults(example: LawExample, rulebook: Rulebook) -> Iterator[Fault]:
    for day, regimes in example.days:
        found = set(extract("", example.text, day, rulebook).regimes)
        if found != regimes:
            expected, told = (", ".join(sorted(side)) or "none" for side in (regimes, found))
            yield Fault(_FILE, example.rule, f"{example.text!r} on {day}: expected {expected}, found {told}")


def _told(roles: set[tuple[str, str]]) -> str:
    return ", ".join(f"{role} {name}" for role, name in sorted(roles)) or "nobody"


def roles_of(text: str, rulebook: Rulebook) -> set[tuple[str, str]]:
    """Return the roles that the frames find in a text, with the canonical name of whoever has each."""
    clauses = list(clauses_of("", text, rulebook))
    acts = [a for f, c in clauses for a in framed_acts(f, c, "", text, rulebook)]
    return {(role.value, name) for act in acts for role, _, name in act.roles}
