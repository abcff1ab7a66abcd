"""What officers do to a case from its page: every form's target. A refusal shows the case as it stands, typing kept."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from compliance.correcting import Span
from compliance.correction import CorrectionError
from compliance.errors import AccessError, ConflictError
from compliance.store import cases, changes, queue
from compliance.store.database import read_scope
from compliance.store.users import Visitor
from compliance.web import access, steps
from compliance.web.forms import Assigned, Decided, FactsForm, MarkForm, PartyForm, Sent, TargetForm
from compliance.web.pages import show
from compliance.web.review import Person
from compliance.web.shown import case_facts
from compliance.web.steps import Act
from compliance.web.triage import triage_path

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Desk:
    """One form on its way: who sent what about which case."""

    request: Request
    reference: str
    visitor: Visitor
    sent: Sent
    now: datetime

    @property
    def engine(self) -> Any:
        """The desk's database."""
        return self.request.app.state.engine

    @property
    def act(self) -> Act:
        """What the form asks for, as every step takes it."""
        return Act(self.request.app.state, self.engine, self.reference, self.visitor, self.sent.revision, self.now)


def _act(
    request: Request, reference: str, visitor: Visitor, sent: Sent, step: Callable[[Act], Any], counted: bool = False
) -> Response:
    """Do one step; then go back to where the form was, or on to the next case where the step was a decision."""
    access.check_form(request, visitor, sent.csrf)
    desk = Desk(request, reference, visitor, sent, datetime.now(UTC))
    try:
        step(desk.act)
    except LookupError:
        raise HTTPException(404) from None
    except (ConflictError, AccessError, CorrectionError) as error:
        status = 409 if isinstance(error, ConflictError) else 403 if isinstance(error, AccessError) else 422
        return _again(desk, f"{error}. Nothing was recorded; what you typed is kept.", status)
    return RedirectResponse(_onward(desk) if counted else _back(desk), status_code=303)


def _back(desk: Desk) -> str:
    back = access.own_path(desk.sent.back)
    return back if urlsplit(back).path in ("/triage", f"/cases/{desk.reference}") else f"/cases/{desk.reference}"


def _triage(desk: Desk) -> tuple[queue.Filters, int] | None:
    """Return the filters and count of the triage that the form came from, if it did."""
    parts = urlsplit(_back(desk))
    if parts.path != "/triage":
        return None
    given = {key: found[0] for key, found in parse_qs(parts.query).items()}
    done = given.get("done", "0")
    return queue.read_filters(given), int(done) if done.isdecimal() and len(done) < 6 else 0


def _onward(desk: Desk) -> str:
    """Return where to go after a case is done with: to the next of the triage, or of the whole queue."""
    triage = _triage(desk)
    filters, done = triage or (queue.Filters(), 0)
    with read_scope(desk.engine) as session:
        following = queue.first(session, filters, desk.visitor.name, desk.now, free_for=desk.visitor.name)
    if triage:
        return triage_path(filters, done + 1, following or "")
    return f"/cases/{following}" if following else "/"


def _again(desk: Desk, problem: str, status: int) -> Response:
    """Show the case as it now stands, with the problem and everything that was typed."""
    typed = {k: str(v) for k, v in desk.sent.model_dump(mode="json").items() if k not in ("csrf", "revision", "back")}
    triage = _triage(desk)
    filters, done = triage or (queue.Filters(), 0)
    with read_scope(desk.engine) as session:
        facts = case_facts(desk.request, session, desk.reference, desk.visitor, _back(desk), typed)
        place = queue.place(session, filters, desk.visitor.name, desk.now, facts["case"])
    template = "triage.html" if triage else "case.html"
    return show(desk.request, template, desk.visitor, status, problem=problem, place=place, done=done, filters=filters,
                path=triage_path, **facts)  # fmt: skip


@router.post("/cases/{reference}/decide", name="decide")
def decide(request: Request, reference: str, visitor: Person, sent: Annotated[Decided, Form()]) -> Response:
    """Record the decision, or the first or second of two, and go on to the next case that waits."""
    return _act(
        request,
        reference,
        visitor,
        sent,
        lambda act: steps.decide(act, sent.disposition, sent.reason, sent.note),
        counted=True,
    )


@router.post("/cases/{reference}/reopen", name="reopen")
def reopen(request: Request, reference: str, visitor: Person, sent: Annotated[Sent, Form()]) -> Response:
    """Put a decided case back into the queue; the decision stays in the record."""
    return _act(request, reference, visitor, sent, lambda act: steps.reopen(act, sent.note))


@router.post("/cases/{reference}/claim", name="claim")
def claim(request: Request, reference: str, visitor: Person, sent: Annotated[Sent, Form()]) -> Response:
    """Hold the case for this officer for a while."""
    return _act(request, reference, visitor, sent, lambda act: steps.claim(act))


@router.post("/cases/{reference}/release", name="release")
def release(request: Request, reference: str, visitor: Person, sent: Annotated[Sent, Form()]) -> Response:
    """Give the case back."""
    return _act(request, reference, visitor, sent, lambda act: steps.release(act))


@router.post("/cases/{reference}/assign", name="assign")
def assign(request: Request, reference: str, visitor: Person, sent: Annotated[Assigned, Form()]) -> Response:
    """Give the case to an officer, or to nobody."""
    return _act(request, reference, visitor, sent, lambda act: steps.assign(act, sent.assignee))


@router.post("/cases/{reference}/escalate", name="escalate")
def escalate(request: Request, reference: str, visitor: Person, sent: Annotated[Sent, Form()]) -> Response:
    """Put the case before all others; two people must then agree."""
    return _act(request, reference, visitor, sent, lambda act: steps.escalate(act, sent.note))


@router.post("/cases/{reference}/snooze", name="snooze")
def snooze(request: Request, reference: str, visitor: Person, sent: Annotated[Sent, Form()]) -> Response:
    """Put the case aside until another story tells of it."""
    return _act(request, reference, visitor, sent, lambda act: steps.snooze(act, sent.note), counted=True)


@router.post("/cases/{reference}/wake", name="wake")
def wake(request: Request, reference: str, visitor: Person, sent: Annotated[Sent, Form()]) -> Response:
    """Bring a snoozed case back."""
    return _act(request, reference, visitor, sent, lambda act: steps.wake(act))


@router.post("/cases/{reference}/note", name="add_note")
def add_note(request: Request, reference: str, visitor: Person, sent: Annotated[Sent, Form()]) -> Response:
    """Enter a note in the case's history."""
    return _act(request, reference, visitor, sent, lambda act: steps.add_note(act, sent.note))


@router.post("/cases/{reference}/party", name="correct_party")
def correct_party(request: Request, reference: str, visitor: Person, sent: Annotated[PartyForm, Form()]) -> Response:
    """Add, change or take away a party."""
    given = sent.name, sent.type, sent.roles, sent.note
    step: dict[str, Callable[[Act], None]] = {
        "add": lambda act: steps.add_party(act, *given),
        "change": lambda act: steps.change_party(act, sent.canonical, *given),
        "remove": lambda act: steps.remove_party(act, sent.canonical, sent.note),
    }
    return _act(request, reference, visitor, sent, step[sent.do])


@router.post("/cases/{reference}/facts", name="correct_facts")
def correct_facts(request: Request, reference: str, visitor: Person, sent: Annotated[FactsForm, Form()]) -> Response:
    """Set kinds, regimes or status."""
    return _act(request, reference, visitor, sent, lambda act: steps.set_fact(act, sent.fact, sent.values, sent.note))


@router.post("/cases/{reference}/mark", name="mark")
def mark(request: Request, reference: str, visitor: Person, sent: Annotated[MarkForm, Form()]) -> Response:
    """Mark a span of a story as evidence."""
    says = " ".join(sent.says.split()) or "evidence"
    # A form's line ends are CR LF, a story's are LF.
    quote = sent.quote.replace("\r\n", "\n")
    span = Span(sent.story, sent.field, sent.start, sent.end, quote, says, sent.party or None)
    return _act(request, reference, visitor, sent, lambda act: steps.mark(act, span))


@router.post("/cases/{reference}/unmark", name="unmark")
def unmark(request: Request, reference: str, visitor: Person, sent: Annotated[TargetForm, Form()]) -> Response:
    """Take a mark away."""
    return _act(request, reference, visitor, sent, lambda act: steps.unmark(act, sent.number))


@router.post("/cases/{reference}/move", name="move_story")
def move_story(request: Request, reference: str, visitor: Person, sent: Annotated[TargetForm, Form()]) -> Response:
    """Put a story into another case."""
    return _act(request, reference, visitor, sent, lambda act: steps.move_story(act, sent.story, sent.target))


@router.post("/cases/{reference}/split", name="split_case")
def split_case(request: Request, reference: str, visitor: Person, sent: Annotated[TargetForm, Form()]) -> Response:
    """Open a case of its own for a story."""
    return _act(request, reference, visitor, sent, lambda act: steps.split_case(act, sent.story, sent.keep))


@router.post("/cases/{reference}/merge", name="merge_cases")
def merge_cases(request: Request, reference: str, visitor: Person, sent: Annotated[TargetForm, Form()]) -> Response:
    """Let another case stand for this one too."""
    return _act(request, reference, visitor, sent, lambda act: steps.merge_cases(act, sent.target))


@router.post("/cases/{reference}/undo", name="undo")
def undo(request: Request, reference: str, visitor: Person, sent: Annotated[TargetForm, Form()]) -> Response:
    """Take one change of the case back."""
    return _act(request, reference, visitor, sent, lambda act: steps.undo(act, sent.number))


@router.post("/undo", name="undo_last")
def undo_last(request: Request, visitor: Person, sent: Annotated[Sent, Form()]) -> Response:
    """Take back the visitor's last change of the last twelve hours, wherever it was, and show that case."""
    access.check_form(request, visitor, sent.csrf)
    now = datetime.now(UTC)
    with read_scope(request.app.state.engine) as session:
        last = changes.last_of(session, visitor.name, now - timedelta(hours=12))
        row = cases.by_id(session, last.case_id) if last is not None else None
    if last is None or row is None:
        raise HTTPException(409, "There is nothing of yours to take back.")
    found = TargetForm(csrf=sent.csrf, revision=row.revision, number=last.id or 0)
    triage = _triage(Desk(request, row.reference, visitor, sent, now))
    if triage is None:
        return undo(request, row.reference, visitor, found)
    filters, done = triage
    found.back = triage_path(filters, max(0, done - 1), row.reference)
    return undo(request, row.reference, visitor, found)
