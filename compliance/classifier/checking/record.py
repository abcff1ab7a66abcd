"""A line of the corpus read strictly: known fields, closed words, ISO days, and what each label needs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from compliance.classifier.checking.grid import Grid
from rules.vocabulary import Kind, PartyType, Role, Stance, Status

_Value = TypeVar("_Value", bound=str)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_CLOSED = {"style": "styles", "place": "places", "negative_type": "negative_types"}


def _day(value: object) -> object:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError("expected a day as YYYY-MM-DD")
    return date.fromisoformat(value)


def _once(values: list[_Value]) -> list[_Value]:
    if len(set(values)) != len(values):
        raise ValueError("says the same twice")
    return values


Text = Annotated[str, StringConstraints(min_length=1, pattern=r"\S")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PartyLine(_Strict):
    """An alleged violator with its parts in the act and the words that say so."""

    name: Text
    canonical: Text
    type: PartyType
    roles: Annotated[list[Role], Field(min_length=1), AfterValidator(_once)]
    quote: Text


class BystanderLine(_Strict):
    """Somebody named who is no alleged violator, and why."""

    name: Text
    canonical: Text
    stance: Stance


class StoryLine(_Strict):
    """One labelled story, every field of it."""

    id: Text
    batch: Text
    event: Text
    label: Literal["breach", "not_breach", "grey"]
    kinds: list[Kind]
    regimes: list[Text]
    published: Annotated[date, BeforeValidator(_day)]
    style: Text
    place: Text | None
    status: Status | None
    denied_by: list[Text]
    negative_type: Text | None
    twin_of: Text | None
    parties: list[PartyLine]
    non_parties: list[BystanderLine]
    title: Text
    text: Text

    @property
    def whole(self) -> str:
        """The title and the text, in which every quote and name must stand."""
        return f"{self.title}\n{self.text}"

    @property
    def words(self) -> int:
        """How many words title and text have."""
        return len(self.whole.split())

    @field_validator("style", "place", "negative_type")
    @classmethod
    def _closed_word(cls, value: str | None, info: ValidationInfo) -> str | None:
        grid = info.context
        assert isinstance(grid, Grid)
        known = getattr(grid.words, _CLOSED[info.field_name or ""])
        if value is not None and value not in known:
            raise ValueError(f"{value!r} is none of {', '.join(sorted(known))}")
        return value

    @field_validator("kinds", "regimes", "denied_by")
    @classmethod
    def _said_once(cls, values: list[Any]) -> list[Any]:
        return _once(values)

    @field_validator("parties")
    @classmethod
    def _each_named_once(cls, parties: list[PartyLine]) -> list[PartyLine]:
        _once([party.canonical for party in parties])
        return parties

    @model_validator(mode="after")
    def _what_its_label_needs(self) -> "StoryLine":
        if self.label == "breach":
            missing = [n for n in ("kinds", "regimes", "parties", "place", "status") if not getattr(self, n)]
            if missing or self.negative_type:
                raise ValueError(f"a breach needs {', '.join(missing) or 'no negative_type'}")
            return self
        # What a grey story might offend may be noted; that it does so is what two readers differ on.
        empty = ("parties", "place", "status") + (("kinds", "regimes") if self.label == "not_breach" else ())
        extra = [n for n in empty if getattr(self, n)]
        if extra:
            raise ValueError(f"{', '.join(extra)}: only a breach has that")
        if (self.label == "not_breach") != bool(self.negative_type):
            raise ValueError("negative_type: every story that is no breach has one, and no other")
        return self


@dataclass(frozen=True, slots=True)
class Record:
    """A story and where it stands."""

    file: str
    line: int
    story: StoryLine

    def says(self, what: str) -> str:
        """Return a fault of this story in words, with batch file, line and story id."""
        return f"{self.file}: line {self.line}: {self.story.id}: {what}"


def read_records(folder: Path, grid: Grid) -> tuple[list[Record], list[str]]:
    """Return the stories that could be read, in the order of file and line, and a fault for each line that could not.

    The name of a file is its batch's; an id is used once and begins with its batch.
    """
    records: list[Record] = []
    faults: list[str] = []
    seen: dict[str, str] = {}
    for path in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            where = f"{path.name}: line {number}"
            try:
                story = StoryLine.model_validate_json(line, context=grid)
            except ValidationError as error:
                faults += [f"{where}: {_named(line)}{_fault(found)}" for found in error.errors()]
                continue
            record = Record(path.name, number, story)
            if story.batch != path.stem or not story.id.startswith(f"{story.batch}-"):
                faults.append(record.says(f"batch {story.batch!r}: file, batch and the id's beginning differ"))
            if story.id in seen:
                faults.append(record.says(f"the id is used in {seen[story.id]} too"))
            seen[story.id] = where
            records.append(record)
    return records, faults


def _named(line: str) -> str:
    found = re.search(r'"id":\s*"([^"]{1,40})"', line)
    return f"{found.group(1)}: " if found else ""


def _fault(found: Mapping[str, Any]) -> str:
    field = ".".join(str(part) for part in found["loc"])
    return f"{field}: {found['msg']}" if field else str(found["msg"])
