"""Everything the case page shows, gathered in one reading of the database, as plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, select

from compliance.listing.standing import Standing
from compliance.priority import points
from compliance.quoting import Quoted, first_anchor, quoted
from compliance.store import cases, changes, ledger, priorities
from compliance.store.origins import origins_of
from compliance.store.related import Related, related_to
from compliance.store.standings import standings_of
from compliance.store.tables import CaptureRow, CaseRow, CaseStoryRow, LedgerRow, ScreeningRow, StoryRow
from compliance.store.tables_desk import ChangeRow, MarkRow


@dataclass(frozen=True, slots=True)
class Told:
    """One story of the case, with what the machine made of it and every span the page leads to."""

    number: int
    story: StoryRow
    screening: ScreeningRow
    link: CaseStoryRow
    capture: CaptureRow | None
    quotes: tuple[Quoted, ...]

    @property
    def where(self) -> str:
        """The publisher, or what is known instead."""
        return self.story.publisher or self.story.feed_id or "unknown publisher"


@dataclass(frozen=True, slots=True)
class Claim:
    """One line of the claims ledger: who says what of the act, when, in which story."""

    what: str
    by: str
    on: datetime | None
    where: str
    anchor: str | None


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


def dossier(session: Session, reference: str) -> Dossier | None:
    """Return the case of that reference, or None."""
    row = cases.by_reference(session, reference)
    if row is None or row.id is None:
        return None
    marks = changes.marks_of(session, row.id)
    told = _told(session, row.id, marks)
    history, made = ledger.of_subject(session, reference), changes.of_case(session, row.id)
    return Dossier(
        row=row,
        told=told,
        groups=_by_origin(session, told),
        standings=standings_of(session, row.parties, row.id, bystanders_of(told), day_of(told)),
        machine=changes.machines(row, made),
        measures=_measures(told, row.regimes),
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


def _told(session: Session, case_id: int, marks: Sequence[MarkRow]) -> tuple[Told, ...]:
    rows = cases.stories_of(session, case_id)
    wanted = {story.page_capture_id or story.capture_id for _, story, _ in rows}
    captures = {c.id: c for c in session.exec(select(CaptureRow).where(col(CaptureRow.id).in_(wanted)))}
    found = []
    for number, (link, story, screening) in enumerate(rows):
        own = [m.model_dump() for m in marks if m.story_id == story.id]
        spans = quoted(number, story.title, story.text, screening.judgement, screening.hits, own)
        capture = captures.get(story.page_capture_id or story.capture_id)
        found.append(Told(number, story, screening, link, capture, tuple(spans)))
    return tuple(found)


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
    accusers = [p for p in judgement["non_parties"] if p["stance"] == "accuser"]
    status = judgement["status"] or "told"
    found = [
        Claim(status, p["canonical"], on, told.where, first_anchor(told.quotes, f"other:{p['canonical']}"))
        for p in accusers
    ]
    if not accusers and judgement["parties"]:
        first = first_anchor(told.quotes, f"party:{judgement['parties'][0]['canonical']}")
        found.append(Claim(status, "the story itself", on, told.where, first))
    found += [
        Claim("denied", name, on, told.where, first_anchor(told.quotes, f"denial:{name}"))
        for name in judgement["denied_by"]
    ]
    return found


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
