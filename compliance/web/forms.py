"""What the desk's forms may carry, and how much of it: a field that is not listed here is not read."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from compliance.case import Disposition

Short = Annotated[str, Field(max_length=200)]
Note = Annotated[str, Field(max_length=5_000)]


class Sent(BaseModel):
    """What every form of a case carries: whose it is, which state of the case it was made for, where it came from."""

    model_config = ConfigDict(extra="ignore")

    csrf: Short = ""
    revision: int = Field(default=0, ge=0, le=2**31 - 1)
    back: Annotated[str, Field(max_length=2_000)] = ""
    note: Note = ""


class Decided(Sent):
    """A decision."""

    disposition: Disposition
    reason: Annotated[str, Field(max_length=80)] = ""


class Assigned(Sent):
    """Whom a case is given to; nobody where empty."""

    assignee: Annotated[str, Field(max_length=80)] = ""


class PartyForm(Sent):
    """A party added, changed or taken away."""

    do: Literal["add", "change", "remove"]
    canonical: Short = ""
    name: Short = ""
    type: Short = ""
    roles: Annotated[list[Short], Field(max_length=20)] = []


class FactsForm(Sent):
    """Kinds, regimes or status as they should stand."""

    fact: Literal["kinds", "regimes", "status"]
    values: Annotated[list[Short], Field(max_length=60)] = []


class MarkForm(Sent):
    """A span marked as evidence; without an end, the quote is looked for."""

    story: int = Field(ge=1, le=2**31 - 1)
    field: Literal["title", "text"] = "text"
    start: int = Field(default=0, ge=0, le=10_000_000)
    end: int = Field(default=0, ge=0, le=10_000_000)
    quote: Note
    says: Annotated[str, Field(max_length=40)] = "evidence"
    party: Short = ""


class TargetForm(Sent):
    """A story, another case, or a mark or change by number."""

    story: int = Field(default=0, ge=0, le=2**31 - 1)
    target: Annotated[str, Field(max_length=40)] = ""
    keep: bool = False
    number: int = Field(default=0, ge=0, le=2**31 - 1)
