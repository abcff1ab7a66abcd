"""Everything the case page shows, gathered in one reading of the database, as plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, select

from compliance.elements import HeldMeasure, StoryLaw, act_days, held_measures, law_of_story
from compliance.listing.standing import Standing
from compliance.priority import points
from compliance.quoting import Quoted, first_anchor, quoted
from compliance.store import cases, changes, ledger, priorities
from compliance.store.origins import origins_of
from compliance.store.related import Related, related_to
from compliance.store.standings import standings_of
from compliance.store.tables import CaptureRow, CaseRow, CaseStoryRow, LedgerRow, ScreeningRow, StoryRow
from compliance.store.tables_desk import ChangeRow, MarkRow
from rules.rulebook import Rulebook

# So many stories of a case are held against the law while its page is made: its later ones seldom tell more.
_MOST_READ = 12


@dataclass(frozen=True, slots=True)
class Told:
    """One story of the case, with what the machine made of it and every span the page leads to."""

    number: int
    story: StoryRow
    screening: ScreeningRow
    link: CaseStoryRow
    capture: CaptureRow | None
    quotes: tuple[Quoted, ...]
    law: StoryLaw

    @property
    def spots(self) -> dict[tuple[str, int, int], str]:
        """The page's anchors by the span they stand at."""
        return {(q.field, q.start, q.end): q.anchor for q in self.quotes}

    @property
    def days(self) -> str:
        """The days that the story gives its acts; empty where it leaves them open."""
        return act_days(self.screening.hits)

    @property
    def where(self) -> str:
        """The publisher, or what is known instead."""
        return self.story.publisher or self.story.feed_id or "unknown publisher"


@dataclass(frozen=True, slots=True)
class Claim:
    """One line of the claims ledger: who says what of the act, when, in which story, and of which day the act is.

    ``days`` is empty where the story leaves the day of the act open. ``number`` is the story's on the page.
    """

    what: str
    by: str
    on: datetime | None
    where: str
    anchor: str | None
    days: str
    number: int


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the timeline."""

    at: datetime
    what: str


@dataclass(frozen=True, slots=True)
class Dossier:
    """A case as its page shows it. ``machine`` are the facts as first found, beside those that stand now."""

    row: CaseRow
    told: tuple[Told, ...]
    groups: tuple[tuple[Told, ...], ...]
    standings: Mapping[str, Standing]
    machine: Mapping[str, Any]
    measures: tuple[dict[str, Any], ...]
    held: tuple[HeldMeasure, ...]
    claims: tuple[Claim, ...]
    timeline: tuple[Moment, ...]
    related: tuple[Related, ...]
    history: tuple[LedgerRow, ...]
    changes: tuple[ChangeRow, ...]
    marks: tuple[MarkRow, ...]
    points: tuple[tuple[str, int], ...]

    def anchor(self, about: str) -> str | None:
        """Return the page's anchor for a field, from the first story that says it."""
        return next((a for t in self.told if (a := first_anchor(t.quotes, about))), None)

    def is_corrected(self, fact: str) -> bool:
        """True where an officer changed that fact from what the machine found."""
        return bool(getattr(self.row, fact) != self.machine[fact])


def dossier(session: Session, reference: str, rulebook: Rulebook | None = None) -> Dossier | None:
    """Return the case of that reference, or None. With a rulebook, its stories are held against the law anew."""
    row = cases.by_reference(session, reference)
    if row is None or row.id is None:
        return None
    marks = changes.marks_of(session, row.id)
    told = _told(session, row.id, marks, rulebook)
    history, made = ledger.of_subject(session, reference), changes.of_case(session, row.id)
    return Dossier(
        row=row,
        told=told,
        groups=_by_origin(session, told),
        standings=standings_of(session, row.parties, row.id, bystanders_of(told), day_of(told)),
        machine=changes.machines(row, made),
        measures=_measures(told, row.regimes),
        held=held_measures(((t.law, t.spots) for t in told), row.regimes),
        claims=tuple(c for t in told for c in _claims(t)),
        timeline=_timeline(told, history),
        related=tuple(related_to(session, row)),
        history=tuple(history),
        changes=tuple(made),
        marks=tuple(marks),
        points=tuple(points(priorities.weighed(row))),
    )


def day_of(told: Sequence[Told]) -> date | None:
    """Return the first day of the act that a measure of a story tells, else that of the earliest story."""
    days = [str(m.get("days") or "")[:10] for t in told for m in t.screening.judgement["measures"]]
    if known := [day for day in days if day]:
        return date.fromisoformat(min(known))
    return min((t.story.published.date() for t in told if t.story.published), default=None)


def bystanders_of(told: Sequence[Told]) -> list[Mapping[str, Any]]:
    """Return whoever the stories name beside the parties, each once."""
    named = (b for t in told for b in (t.screening.judgement.get("non_parties") or ()))
    return list({str(one["canonical"]): one for one in named}.values())


def _told(session: Session, case_id: int, marks: Sequence[MarkRow], rulebook: Rulebook | None) -> tuple[Told, ...]:
    rows = cases.stories_of(session, case_id)
    wanted = {story.page_capture_id or story.capture_id for _, story, _ in rows}
    captures = {c.id: c for c in session.exec(select(CaptureRow).where(col(CaptureRow.id).in_(wanted)))}
    found = []
    for number, (link, story, screening) in enumerate(rows):
        own = [m.model_dump() for m in marks if m.story_id == story.id]
        law = _law(story, rulebook) if rulebook and number < _MOST_READ else StoryLaw()
        spans = quoted(number, story.title, story.text, screening.judgement, screening.hits, own, law.spans())
        capture = captures.get(story.page_capture_id or story.capture_id)
        found.append(Told(number, story, screening, link, capture, tuple(spans), law))
    return tuple(found)


def _law(story: StoryRow, rulebook: Rulebook) -> StoryLaw:
    day = story.published.date() if story.published else None
    return law_of_story(story.title, story.text, day, rulebook)


def _by_origin(session: Session, told: Sequence[Told]) -> tuple[tuple[Told, ...], ...]:
    """Group the stories by the first that each copies, the earliest group first."""
    origins = origins_of(session, [t.story.id for t in told if t.story.id is not None])
    groups: dict[int, list[Told]] = {}
    for one in told:
        groups.setdefault(origins.get(one.story.id or 0, one.story.id or 0), []).append(one)
    return tuple(tuple(group) for group in groups.values())


def _measures(told: Sequence[Told], regimes: Sequence[str]) -> tuple[dict[str, Any], ...]:
    """Return each measure once, those of the case's regimes first."""
    place = {regime: number for number, regime in enumerate(regimes)}
    found = {(m["regime"], m["kind"], m["basis"]): m for t in told for m in t.screening.judgement["measures"]}
    return tuple(sorted(found.values(), key=lambda m: (not m["in_force"], place.get(m["regime"], len(place)))))


def _claims(told: Told) -> list[Claim]:
    judgement = told.screening.judgement
    on = told.story.published or told.story.first_seen

    def claim(what: str, by: str, about: str) -> Claim:
        return Claim(what, by, on, told.where, first_anchor(told.quotes, about), told.days, told.number)

    accusers = [p["canonical"] for p in judgement["non_parties"] if p["stance"] == "accuser"]
    status = judgement["status"] or "told"
    found = [claim(status, name, f"other:{name}") for name in accusers]
    if not accusers and judgement["parties"]:
        found.append(claim(status, "the story itself", f"party:{judgement['parties'][0]['canonical']}"))
    return found + [claim("denied", name, f"denial:{name}") for name in judgement["denied_by"]]


def _timeline(told: Sequence[Told], history: Sequence[LedgerRow]) -> tuple[Moment, ...]:
    found = [Moment(t.story.published, f"published by {t.where}") for t in told if t.story.published]
    found += [Moment(t.story.first_seen, f"first seen: {t.story.title}") for t in told]
    said = {
        "case.opened": "case opened",
        "case.proposed": "first decision",
        "case.decided": "decided",
        "case.reopened": "reopened",
        "case.escalated": "escalated",
    }
    found += [Moment(e.at, f"{said[e.action]} by {e.actor}") for e in history if e.action in said]
    return tuple(sorted(found, key=lambda m: m.at))
