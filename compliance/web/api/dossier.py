"""The dossier of a case as the API tells it: what its page shows, in plain values."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from compliance.dossier import Dossier, Told
from compliance.filing import FACTS, filed
from compliance.store.users import Visitor
from compliance.web.shown import is_kept, second_reading


class Place(BaseModel):
    """Part of what gives the case its place in the queue."""

    what: str
    points: int


class Standing(BaseModel):
    """How a party stands, and why."""

    party: str
    kind: str
    label: str
    reason: str
    is_confirmed: bool


class Claim(BaseModel):
    """Who says what of the act, when, in which story; ``act_days`` are the act's own, in ISO 8601, or empty."""

    what: str
    by: str
    on: datetime | None
    where: str
    act_days: str
    story_id: int


class ElementHeld(BaseModel):
    """One of the five elements of a measure, and the words of a story that meet it."""

    name: str
    met: bool
    says: str
    quote: str


class MeasureHeld(BaseModel):
    """A measure held against what the stories tell, by the rules in use now; ``story_id`` is whose act it is."""

    regime: str
    code: str
    kind: str
    what: str
    basis: str
    elements: list[ElementHeld]
    missing: list[str]
    exemptions: list[str]
    unverified: bool
    days: str
    story_id: int


class Moment(BaseModel):
    """One line of the timeline."""

    at: datetime
    what: str


class Related(BaseModel):
    """Another case that likely belongs with this one, and what they share."""

    case: str
    act: str
    state: str
    shared: list[str]


class Mark(BaseModel):
    """A span that an officer marked as evidence."""

    id: int
    story_id: int
    field: str
    start: int
    end: int
    quote: str
    says: str
    party: str | None
    actor: str
    at: datetime


class Span(BaseModel):
    """A span of a story and what it is evidence of; code points from 0, ``end`` not included."""

    field: str
    start: int
    end: int
    about: str
    quote: str


class StoryTold(BaseModel):
    """A story of the case: where it was read, what it rests on, and every span that a fact of the case rests on."""

    id: int
    title: str
    where: str
    url: str | None
    published: datetime | None
    captured_at: datetime | None
    capture_digest: str | None
    joined_because: str
    verdict: str
    reasons: list[str]
    evidence: list[Span]


class DossierShown(BaseModel):
    """Everything that a case's page shows."""

    case: str
    act: str
    state: str
    disposition: str | None
    merged_into: str | None
    severity: str
    due_at: datetime | None
    escalated: bool
    needs_second: bool
    is_blind: bool
    assignee: str | None
    claimed_by: str | None
    claimed_until: datetime | None
    second: str = Field(description="Where a second decision is due: own, reads, blind or waits; else empty.")
    proposal: dict[str, Any] | None = Field(description="The first of two decisions, unless it is to be unknown.")
    place: list[Place]
    facts: dict[str, Any]
    machine: dict[str, Any] = Field(description="The same facts as the machine found them.")
    corrected: list[str]
    standings: list[Standing]
    measures: list[dict[str, Any]]
    held: list[MeasureHeld] = Field(description="Each measure with its five elements, and which is missing.")
    claims: list[Claim]
    timeline: list[Moment]
    origins: list[list[int]] = Field(description="The ids of the stories, those of one origin together.")
    stories: list[StoryTold]
    marks: list[Mark]
    related: list[Related]
    revision: int


def shown(found: Dossier, visitor: Visitor) -> DossierShown:
    """Return the dossier for that visitor, without what is kept from him."""
    row = found.row
    own = {name: getattr(row, name) for name in DossierShown.model_fields if hasattr(row, name)}
    return DossierShown.model_validate(
        own
        | filed(found)
        | {
            "case": row.reference,
            "second": second_reading(found, visitor),
            "proposal": None if is_kept(row, visitor) else row.proposal,
            "place": [{"what": what, "points": points} for what, points in found.points],
            "facts": {name: getattr(row, name) for name in FACTS},
            "timeline": [{"at": m.at, "what": m.what} for m in found.timeline],
            "stories": [_story(told) for told in found.told],
            "related": [
                {"case": r.row.reference, "act": r.row.act, "state": r.row.state, "shared": list(r.shared)}
                for r in found.related
            ],
        }
    )


def _story(told: Told) -> dict[str, Any]:
    said = {"title": told.story.title, "text": told.story.text}
    spans = [
        {"field": q.field, "start": q.start, "end": q.end, "about": q.about, "quote": said[q.field][q.start : q.end]}
        for q in told.quotes
    ]
    return {
        "id": told.story.id,
        "title": told.story.title,
        "where": told.where,
        "url": told.story.url,
        "published": told.story.published,
        "captured_at": told.capture.fetched_at if told.capture else None,
        "capture_digest": told.capture.digest if told.capture else None,
        "joined_because": told.link.reason,
        "verdict": told.screening.verdict,
        "reasons": told.screening.reasons,
        "evidence": spans,
    }
