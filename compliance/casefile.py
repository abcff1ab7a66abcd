"""A case as its file: everything that was found, told and decided, as plain values for print and export."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from sqlmodel import Session, col, select

from compliance.case import REFUSALS, CaseOrigin, CaseState, Disposition, is_kept_from, tells_first_word
from compliance.store import cases, ledger, origins
from compliance.store.tables import CaptureRow, CaseRow, LedgerRow, ScreeningRow, StoryRow


def case_line(row: CaseRow) -> dict[str, Any]:
    """Return the case's own facts as one JSON-ready object."""
    return {
        "case": row.reference,
        "act": row.act,
        "origin": row.origin,
        "state": row.state,
        "disposition": row.disposition,
        "verdict": row.verdict,
        "score": round(row.score, 6),
        "kinds": row.kinds,
        "regimes": row.regimes,
        "status": row.status,
        "denied_by": row.denied_by,
        "parties": row.parties,
        "opened_at": row.opened_at.isoformat(),
        "changed_at": row.changed_at.isoformat(),
        "revision": row.revision,
    }


def case_file(session: Session, reference: str, reader: str | None = None) -> dict[str, Any] | None:
    """Return the whole case file: facts, stories with captures and judgements, and history. None if unknown.

    With ``reader`` the history leaves out what that person must not know before deciding.
    """
    row = cases.by_reference(session, reference)
    if row is None or row.id is None:
        return None
    told = cases.stories_of(session, row.id)
    articles, sources = origins.count_of_case(session, row.id)
    return case_line(row) | {
        "articles": articles,
        "independent_origins": sources,
        "stories": [
            _story(session, story, screening) | {"joined_because": link.reason} for link, story, screening in told
        ],
        "history": [_event(event) for event in history(session, row, reader)],
    }


def history(session: Session, row: CaseRow, reader: str | None) -> list[LedgerRow]:
    """Return what was done to a case, oldest first, without what is kept from the reader, if one is named."""
    events = ledger.of_subject(session, row.reference)
    if reader is None or not is_kept_from(reader, row.state, row.is_blind, row.proposal):
        return events
    return [event for event in events if not tells_first_word(event.action, event.before, event.after)]


def withholding(session: Session, events: Sequence[LedgerRow], reader: str | None) -> frozenset[str]:
    """Return the references of those cases whose first decision the reader must not find in these events yet."""
    told = {event.subject.removeprefix(REFUSALS) for event in events}
    waiting = select(CaseRow).where(CaseRow.state == CaseState.SECOND.value, col(CaseRow.reference).in_(told))
    return frozenset(
        row.reference
        for row in session.exec(waiting)
        if reader is not None and is_kept_from(reader, row.state, row.is_blind, row.proposal)
    )


def is_withheld(event: LedgerRow, kept: Collection[str]) -> bool:
    """True where an event of one of these cases tells what somebody decided or wanted to."""
    subject = event.subject.removeprefix(REFUSALS)
    is_refused = subject != event.subject
    return subject in kept and (is_refused or tells_first_word(event.action, event.before, event.after))


def _story(session: Session, story: StoryRow, screening: ScreeningRow) -> dict[str, Any]:
    capture = session.get(CaptureRow, story.page_capture_id or story.capture_id) if story.capture_id else None
    return {
        "id": story.id,
        "title": story.title,
        "text": story.text,
        "publisher": story.publisher,
        "url": story.url,
        "published": story.published.isoformat() if story.published else None,
        "first_seen": story.first_seen.isoformat(),
        "quality": story.quality,
        "version": story.version,
        "extractor": story.extractor,
        "notes": story.notes,
        "capture": {"digest": capture.digest, "fetched_at": capture.fetched_at.isoformat()} if capture else None,
        "judgement": screening.judgement,
        "reasons": screening.reasons,
        "rules": screening.hits,
    }


def _event(event: LedgerRow) -> dict[str, Any]:
    return {
        "at": event.at.isoformat(),
        "actor": event.actor,
        "action": event.action,
        "before": event.before,
        "after": event.after,
        "versions": event.versions,
        "digest": event.digest,
    }


def print_case(found: dict[str, Any]) -> None:
    """Print a case file for reading at a terminal."""
    console = Console(highlight=False)
    console.print(f"[bold]{escape(found['case'])}[/bold]  {escape(found['act'])}")
    state = found["disposition"] or f"{found['state']}, {found['verdict']}"
    if found["origin"] == CaseOrigin.RANDOM.value:
        state += ", drawn at random from what was cleared"
    console.print(f"{state}; score {found['score']:.2f}; {found['status'] or 'status unknown'}")
    console.print(f"regimes {', '.join(found['regimes']) or 'none found'}; kinds {', '.join(found['kinds'])}")
    if found["denied_by"]:
        console.print(escape(f"denied by {', '.join(found['denied_by'])}"))
    console.print(f"{found['articles']} articles, {found['independent_origins']} independent origins")
    for told in found["stories"]:
        console.print(
            f"\n[bold]{escape(told['title'])}[/bold]\n{escape(told['publisher'] or '')}  {escape(told['url'] or '')}"
        )
        for party in told["judgement"]["parties"]:
            console.print(escape(f"  {party['canonical']} ({party['type']}): {', '.join(party['roles'])}"))
            for span in party["evidence"][:2]:
                quote = told[span["field"]][span["start"] : span["end"]]
                console.print(escape(f"    “{' '.join(quote.split())}”"))
    console.print("\n[bold]History[/bold]")
    for event in found["history"]:
        console.print(escape(f"  {event['at'][:19]} {event['actor']}: {event['action']}"))


def export_lines(session: Session, what: str) -> Iterator[dict[str, Any]]:
    """Yield decided stories as labelled examples (``labels``), or whole case files (``cases``)."""
    for row in reversed(cases.listed(session, "decided" if what == "labels" else None, limit=1_000_000)):
        if what == "cases":
            yield case_file(session, row.reference) or {}
            continue
        for _, story, screening in cases.stories_of(session, row.id or 0):
            yield {
                "id": f"{row.reference}/{story.id}",
                "event": row.reference,
                "label": row.disposition,
                "origin": row.origin,
                "title": story.title,
                "text": story.text,
                "published": story.published.isoformat() if story.published else None,
                "publisher": story.publisher,
                **_labels(row, story, screening),
                "score": screening.score,
                "versions": {"model": screening.model_version, "rules": screening.rules_version},
            }


def _labels(row: CaseRow, story: StoryRow, screening: ScreeningRow) -> dict[str, Any]:
    """Return what a decided story teaches: of a breach, the violators with the words of this story that say so."""
    if row.disposition != Disposition.BREACH.value:
        return {"kinds": [], "regimes": [], "parties": [], "non_parties": [], "status": None, "denied_by": []}
    decided = {party["canonical"]: party for party in row.parties}
    parties = [
        {
            "name": told["name"],
            "canonical": told["canonical"],
            "type": told["type"],
            "roles": decided[told["canonical"]]["roles"],
            "quote": getattr(story, span["field"])[span["start"] : span["end"]],
        }
        for told in screening.judgement["parties"]
        if told["canonical"] in decided
        for span in told["evidence"][:1]
    ]
    return {
        "kinds": row.kinds,
        "regimes": row.regimes,
        "parties": parties,
        "non_parties": screening.judgement["non_parties"],
        "status": row.status,
        "denied_by": row.denied_by,
    }
