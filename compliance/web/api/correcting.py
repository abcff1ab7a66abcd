"""Corrections as decisions: facts changed, spans marked, stories moved, cases split and merged. All can be undone."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Response
from pydantic import ConfigDict, Field, RootModel

from compliance.correcting import Span
from compliance.web import steps
from compliance.web.api.frame import Body, Nothing
from compliance.web.api.oncase import CaseCall
from compliance.web.api.work import Note, changing
from compliance.web.steps import Act
from rules.vocabulary import Kind, PartyType, Role, Status

router = APIRouter(tags=["corrections"])

Word = Annotated[str, Field(min_length=1, max_length=200)]
Roles = Annotated[list[Role], Field(min_length=1, max_length=20)]
CaseReference = Annotated[str, Field(max_length=40, pattern=r"^[A-Za-z0-9-]+$")]
Story = Annotated[int, Field(ge=1, le=2**31 - 1, description="The story's id.")]


class AddParty(Body):
    """A party more."""

    change: Literal["add_party"]
    name: Word
    type: PartyType
    roles: Roles
    note: Note = ""

    def do(self, act: Act) -> None:
        """Make the correction."""
        steps.add_party(act, self.name, self.type, self.roles, self.note)


class ChangeParty(Body):
    """A party renamed, or given another type or other roles."""

    change: Literal["change_party"]
    party: Word = Field(description="The party's `canonical` name as the case has it.")
    name: Word
    type: PartyType
    roles: Roles
    note: Note = ""

    def do(self, act: Act) -> None:
        """Make the correction."""
        steps.change_party(act, self.party, self.name, self.type, self.roles, self.note)


class RemoveParty(Body):
    """A party less."""

    change: Literal["remove_party"]
    party: Word = Field(description="The party's `canonical` name as the case has it.")
    note: Note = ""

    def do(self, act: Act) -> None:
        """Make the correction."""
        steps.remove_party(act, self.party, self.note)


class SetKinds(Body):
    """The kinds of act as they should stand."""

    change: Literal["set_kinds"]
    kinds: list[Kind] = Field(max_length=60)
    note: Note = ""

    def do(self, act: Act) -> None:
        """Make the correction."""
        steps.set_fact(act, "kinds", self.kinds, self.note)


class SetRegimes(Body):
    """The regimes as they should stand, by number."""

    change: Literal["set_regimes"]
    regimes: list[Word] = Field(max_length=60)
    note: Note = ""

    def do(self, act: Act) -> None:
        """Make the correction."""
        steps.set_fact(act, "regimes", self.regimes, self.note)


class SetStatus(Body):
    """The status of the claim as it should stand; null for an unknown one."""

    change: Literal["set_status"]
    status: Status | None
    note: Note = ""

    def do(self, act: Act) -> None:
        """Make the correction."""
        steps.set_fact(act, "status", [self.status or ""], self.note)


_Correction = Annotated[
    AddParty | ChangeParty | RemoveParty | SetKinds | SetRegimes | SetStatus, Field(discriminator="change")
]


class Correction(RootModel[_Correction]):
    """One correction of a case's facts; ``change`` says which."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"change": "add_party", "name": "Red Star Trading", "type": "company", "roles": ["broker"]},
                {"change": "set_regimes", "regimes": ["1718"], "note": "the goods are listed there"},
            ]
        }
    )


class Mark(Body):
    """A span of a story marked as evidence; without an end, the quote is looked for.

    ``start`` and ``end`` count code points of the story's title or text, from 0; ``end`` is not included.
    """

    model_config = ConfigDict(
        str_strip_whitespace=False,
        json_schema_extra={"examples": [{"story": 1, "quote": "carried the shells", "says": "goods"}]},
    )

    story: Story
    field: Literal["title", "text"] = "text"
    start: int = Field(default=0, ge=0, le=10_000_000)
    end: int = Field(default=0, ge=0, le=10_000_000)
    quote: str = Field(min_length=1, max_length=2_000)
    says: str = Field(default="evidence", max_length=40)
    party: str | None = Field(default=None, max_length=200)


class Move(Body):
    """A story, and the open case it should tell of instead."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"story": 2, "target": "EW-2026-00002"}]})

    story: Story
    target: CaseReference


class Split(Body):
    """A story that gets a case of its own; with ``keep`` it goes on telling of this one too."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"story": 2, "keep": True}]})

    story: Story
    keep: bool = False


class Merge(Body):
    """The open case that stands for both from then on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"target": "EW-2026-00002"}]})

    target: CaseReference


@router.post("/cases/{reference}/corrections", name="api_correct", **changing())
def correct(call: CaseCall, body: Correction) -> Response:
    """Correct the parties, kinds, regimes or status of a case. What the machine found stays beside it."""
    return call.make(body, body.root.do)


@router.post("/cases/{reference}/marks", name="api_mark", **changing())
def mark(call: CaseCall, body: Mark) -> Response:
    """Mark a span of one of the case's stories as evidence."""
    says = " ".join(body.says.split()) or "evidence"
    span = Span(body.story, body.field, body.start, body.end, body.quote, says, body.party or None)
    return call.make(body, lambda act: steps.mark(act, span))


@router.delete("/cases/{reference}/marks/{mark}", name="api_unmark", **changing(200))
def unmark(call: CaseCall, mark: Annotated[int, Path(ge=1, le=2**31 - 1)]) -> Response:
    """Take a mark away; the record keeps it."""
    return call.make(Nothing(), lambda act: steps.unmark(act, mark))


@router.post("/cases/{reference}/moves", name="api_move", **changing())
def move_story(call: CaseCall, body: Move) -> Response:
    """Put a story into another open case."""
    return call.make(body, lambda act: steps.move_story(act, body.story, body.target))


@router.post("/cases/{reference}/splits", name="api_split", **changing())
def split_case(call: CaseCall, body: Split) -> Response:
    """Open a case of its own for a story; ``opened`` names it."""
    return call.make(body, lambda act: steps.split_case(act, body.story, body.keep))


@router.post("/cases/{reference}/merges", name="api_merge", **changing())
def merge_cases(call: CaseCall, body: Merge) -> Response:
    """Let another open case stand for this one too."""
    return call.make(body, lambda act: steps.merge_cases(act, body.target))
