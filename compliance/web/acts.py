"""What officers do to a case from its page: every form's target. A refusal shows the case as it stands, typing kept."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from compliance import correcting, correction, decision, regrouping, undoing, workflow
from compliance.correcting import Span
from compliance.correction import CorrectionError
from compliance.errors import AccessError, ConflictError
from compliance.store import cases, changes, queue, users
from compliance.store.database import read_scope
from compliance.store.users import Role, Visitor
from compliance.web import access
from compliance.web.forms import Assigned, Decided, FactsForm, MarkForm, PartyForm, Sent, TargetForm
from compliance.web.pages import show
from compliance.web.review import Person
from compliance.web.shown import case_facts
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
    def monitor(self) -> Any:
        """What the subscribers of a case are found and told by."""
        return self.request.app.state.monitor

    @property
    def held(self) -> tuple[str, int, datetime]:
        """Who acts, on which revision, when: as every step asks for it."""
        return self.visitor.name, self.sent.revision, self.now


def _act(
    request: Request, reference: str, visitor: Visitor, sent: Sent, step: Callable[[Desk], Any], counted: bool = False
) -> Response:
    """Do one step; then go back to where the form was, or on to the next case where the step was a decision."""
    access.check_form(request, visitor, sent.csrf)
    desk = Desk(request, reference, visitor, sent, datetime.now(UTC))
    try:
        step(desk)
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

    def step(desk: Desk) -> None:
        if sent.reason not in request.app.state.reasons[sent.disposition.value]:
            raise CorrectionError("Choose a reason that fits the decision")
        decision.dispose_case(
            desk.engine, reference, sent.disposition, sent.reason, sent.note, *desk.held,
            is_approver=visitor.role in access.APPROVERS,
        )  # fmt: skip

    return _act(request, reference, visitor, sent, step, counted=True)


@router.post("/cases/{reference}/reopen", name="reopen")
def reopen(request: Request, reference: str, visitor: Person, sent: Annotated[Sent, Form()]) -> Response:
    """Put a decided case back into the queue; the decision stays in the record."""
    return _act(
        request, reference, visitor, sent, lambda d: decision.reopen_case(d.engine, reference, sent.note, *d.held)
    )


@router.post("/cases/{reference}/claim", name="claim")
def claim(request: Request, reference: str, visitor: Person, sent: Annotated[Sent, Form()]) -> Response:
    """Hold the case for this officer for a while."""
    length = timedelta(minutes=request.app.state.settings.claim_minutes)
    return _act(
        request,
        reference,
        visitor,
        sent,
        lambda d: workflow.claim(d.engine, reference, visitor.name, d.now, length),
    )


@router.post("/cases/{reference}/release", name="release")
def release(request: Request, reference: str, visitor: Person, sent: Annotated[Sent, Form()]) -> Response:
    """Give the case back."""
    return _act(request, reference, visitor, sent, lambda d: workflow.release(d.engine, reference, visitor.name))


@router.post("/cases/{reference}/assign", name="assign")
def assign(request: Request, reference: str, visitor: Person, sent: Annotated[Assigned, Form()]) -> Response:
    """Give the case to an officer, or to nobody."""

    def step(desk: Desk) -> None:
        with read_scope(desk.engine) as session:
            row = users.find(session, sent.assignee) if sent.assignee else None
        if sent.assignee and (row is None or not row.active or Role(row.role) not in access.DECIDERS):
            raise CorrectionError(f"no officer is named {sent.assignee[:40]}")
        workflow.assign(desk.engine, reference, sent.assignee or None, *desk.held)

    return _act(request, reference, visitor, sent, step)


@router.post("/cases/{reference}/escalate", name="escalate")
def escalate(request: Request, reference: str, visitor: Person, sent: Annotated[Sent, Form()]) -> Response:
    """Put the case before all others; two people must then agree."""

    def step(desk: Desk) -> None:
        if not sent.note.strip():
            raise CorrectionError("Say in a note why the case is escalated")
        workflow.escalate(desk.engine, reference, sent.note, *desk.held)

    return _act(request, reference, visitor, sent, step)


@router.post("/cases/{reference}/snooze", name="snooze")
def snooze(request: Request, reference: str, visitor: Person, sent: Annotated[Sent, Form()]) -> Response:
    """Put the case aside until another story tells of it."""
    return _act(
        request,
        reference,
        visitor,
        sent,
        lambda d: workflow.snooze(d.engine, reference, sent.note, *d.held),
        counted=True,
    )


@router.post("/cases/{reference}/wake", name="wake")
def wake(request: Request, reference: str, visitor: Person, sent: Annotated[Sent, Form()]) -> Response:
    """Bring a snoozed case back."""
    return _act(request, reference, visitor, sent, lambda d: workflow.wake(d.engine, reference, *d.held))


@router.post("/cases/{reference}/note", name="add_note")
def add_note(request: Request, reference: str, visitor: Person, sent: Annotated[Sent, Form()]) -> Response:
    """Enter a note in the case's history."""

    def step(desk: Desk) -> None:
        if not sent.note.strip():
            raise CorrectionError("The note is empty")
        workflow.add_note(desk.engine, reference, sent.note, visitor.name, desk.now)

    return _act(request, reference, visitor, sent, step)


@router.post("/cases/{reference}/party", name="correct_party")
def correct_party(request: Request, reference: str, visitor: Person, sent: Annotated[PartyForm, Form()]) -> Response:
    """Add, change or take away a party."""
    change = {
        "add": lambda parties: correction.with_party(parties, sent.name, sent.type, sent.roles),
        "change": lambda parties: correction.with_changed_party(
            parties, sent.canonical, sent.name, sent.type, sent.roles
        ),
        "remove": lambda parties: correction.without_party(parties, sent.canonical),
    }[sent.do]
    return _correct(request, reference, visitor, sent, "parties", change)


@router.post("/cases/{reference}/facts", name="correct_facts")
def correct_facts(request: Request, reference: str, visitor: Person, sent: Annotated[FactsForm, Form()]) -> Response:
    """Set kinds, regimes or status."""
    given = [v for v in sent.values if v]
    change: dict[str, Callable[[Any], Any]] = {
        "kinds": lambda _: correction.kinds(given),
        "regimes": lambda _: correction.regimes(given, request.app.state.regimes),
        "status": lambda _: correction.status(given[0] if given else ""),
    }
    return _correct(request, reference, visitor, sent, sent.fact, change[sent.fact])


def _correct(
    request: Request, reference: str, visitor: Visitor, sent: Sent, fact: str, change: Callable[[Any], Any]
) -> Response:
    policy = request.app.state.severity
    return _act(
        request,
        reference,
        visitor,
        sent,
        lambda d: correcting.correct(d.engine, reference, fact, change, sent.note, *d.held, policy, d.monitor),
    )


@router.post("/cases/{reference}/mark", name="mark")
def mark(request: Request, reference: str, visitor: Person, sent: Annotated[MarkForm, Form()]) -> Response:
    """Mark a span of a story as evidence."""
    says = " ".join(sent.says.split()) or "evidence"
    # A form's line ends are CR LF, a story's are LF.
    quote = sent.quote.replace("\r\n", "\n")
    span = Span(sent.story, sent.field, sent.start, sent.end, quote, says, sent.party or None)
    return _act(request, reference, visitor, sent, lambda d: correcting.mark(d.engine, reference, span, *d.held))


@router.post("/cases/{reference}/unmark", name="unmark")
def unmark(request: Request, reference: str, visitor: Person, sent: Annotated[TargetForm, Form()]) -> Response:
    """Take a mark away."""
    return _act(
        request, reference, visitor, sent, lambda d: correcting.unmark(d.engine, reference, sent.number, *d.held)
    )


@router.post("/cases/{reference}/move", name="move_story")
def move_story(request: Request, reference: str, visitor: Person, sent: Annotated[TargetForm, Form()]) -> Response:
    """Put a story into another case."""
    policy = request.app.state.severity
    return _act(
        request,
        reference,
        visitor,
        sent,
        lambda d: regrouping.move_story(
            d.engine, reference, sent.story, sent.target.strip(), *d.held, policy, d.monitor
        ),
    )


@router.post("/cases/{reference}/split", name="split_case")
def split_case(request: Request, reference: str, visitor: Person, sent: Annotated[TargetForm, Form()]) -> Response:
    """Open a case of its own for a story."""
    policy = request.app.state.severity
    return _act(
        request,
        reference,
        visitor,
        sent,
        lambda d: regrouping.split_case(d.engine, reference, sent.story, sent.keep, *d.held, policy, d.monitor),
    )


@router.post("/cases/{reference}/merge", name="merge_cases")
def merge_cases(request: Request, reference: str, visitor: Person, sent: Annotated[TargetForm, Form()]) -> Response:
    """Let another case stand for this one too."""
    policy = request.app.state.severity
    return _act(
        request,
        reference,
        visitor,
        sent,
        lambda d: regrouping.merge_cases(d.engine, reference, sent.target.strip(), *d.held, policy, d.monitor),
    )


@router.post("/cases/{reference}/undo", name="undo")
def undo(request: Request, reference: str, visitor: Person, sent: Annotated[TargetForm, Form()]) -> Response:
    """Take one change of the case back."""
    policy = request.app.state.severity
    return _act(
        request,
        reference,
        visitor,
        sent,
        lambda d: undoing.undo(d.engine, reference, sent.number, *d.held, policy, d.monitor),
    )


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
