"""The authored corpus: labelled stories as JSON Lines, one file per author batch."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from compliance.errors import ConfigError
from compliance.story import Story
from rules.vocabulary import Kind

FOLDER = Path(__file__).parent / "corpus"
LABELS = ("breach", "not_breach", "grey")
# Feeds are full of war, talks, politics and everyday news. The corpus has at least as many lawful deliveries, plans and
# lapsed measures, because they mislead: each story of the common sorts counts for several.
_COMMON = frozenset({"ordinary", "conflict_only", "diplomacy", "policy", "background", "sport_or_court"})
_COMMON_COUNTS = 5.0


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled story. ``event`` groups what tells of one act, so that folds never split it.

    A classifier learns as much from it as from ``weight`` stories of the corpus.
    """

    story: Story
    label: str
    event: str
    batch: str
    kinds: tuple[Kind, ...]
    regimes: tuple[str, ...]
    negative_type: str | None
    annotation: dict[str, Any]
    weight: float = 1.0


def load_corpus(folder: Path = FOLDER) -> list[Example]:
    """Return every example of every batch, in the order of file and line. ConfigError names file and line."""
    examples = []
    for path in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            try:
                examples.append(example_of(json.loads(line)))
            except (ValueError, KeyError, TypeError) as error:
                raise ConfigError(f"{path.name}: line {number}: {type(error).__name__}: {error}") from error
    if not examples:
        raise ConfigError(f"{folder}: holds no stories")
    return examples


def example_of(given: dict[str, Any]) -> Example:
    """Return one example from its JSON object; ValueError, KeyError or TypeError where it is not one."""
    if given["label"] not in LABELS:
        raise ValueError(f"label {given['label']!r} is none of {', '.join(LABELS)}")
    for field in ("id", "title", "text"):
        if not isinstance(given[field], str):
            raise ValueError(f"{field} is not text")
    published = given.get("published")
    story = Story(
        id=given["id"],
        title=given["title"],
        text=given["text"],
        published=datetime.fromisoformat(published).replace(tzinfo=UTC) if published else None,
    )
    return Example(
        story,
        given["label"],
        str(given.get("event") or given["id"]),
        str(given.get("batch") or ""),
        tuple(Kind(k) for k in given.get("kinds", ())),
        tuple(given.get("regimes", ())),
        given.get("negative_type"),
        given,
        _weight_of(given),
    )


def _weight_of(given: dict[str, Any]) -> float:
    common = given["label"] == "not_breach" and given.get("negative_type") in _COMMON
    return _COMMON_COUNTS if common else 1.0


def corpus_digest(folder: Path = FOLDER) -> str:
    """Return the SHA-256 over all batches, by which a model names what it learnt from."""
    digest = sha256()
    for path in sorted(folder.glob("*.jsonl")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
