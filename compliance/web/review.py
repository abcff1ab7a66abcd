"""The queue, a case on one page, and the decision."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel import Session

from compliance.case import Disposition
from compliance.casefile import case_file
from compliance.decision import dispose_case, reopen_case
from compliance.errors import ConflictError
from compliance.store import cases, desk, runs
from compliance.store.database import session_scope
from compliance.store.users import Visitor
from compliance.web import access
from compliance.web.highlight import anchor, pieces

router = APIRouter()

Person = Annotated[Visitor, Depends(access.current_visitor)]


def _page(request: Request, template: str, visitor: Visitor, status: int = 200, **facts: Any) -> Response:
    page: Response = request.app.state.pages.TemplateResponse(
        request, template, {"visitor": visitor, **facts}, status_code=status
    )
    return page


@router.get("/", name="queue_page")
def queue_page(request: Request, visitor: Person, show: str = "waiting") -> Response:
    """Show the cases that wait, alerts first; an empty queue says why it is empty."""
    show = show if show in ("waiting", "decided") else "waiting"
    with session_scope(request.app.state.engine) as session:
        rows = cases.waiting(session) if show == "waiting" else cases.listed(session, "decided")
        latest = runs.latest(session, 1)
        return _page(
            request,
            "queue.html",
            visitor,
            cases=rows,
            stories=desk.story_counts(session, [r.id or 0 for r in rows]),
            counts=desk.counts(session),
            show=show,
            now=datetime.now(UTC),
            run=latest[0] if latest else None,
        )


@router.get("/cases/{reference}", name="case_page")
def case_page(request: Request, reference: str, visitor: Person) -> Response:
    """Show one case: the act, who is said to have done what in whose words, why it was flagged, its history."""
    with session_scope(request.app.state.engine) as session:
        facts = _case_facts(request, session, reference)
    if facts is None:
        raise HTTPException(404)
    return _page(request, "case.html", visitor, note="", problem="", **facts)


def _case_facts(request: Request, session: Session, reference: str) -> dict[str, Any] | None:
    found = case_file(session, reference)
    if found is None:
        return None
    shown = []
    for number, told in enumerate(found["stories"]):
        parties = told["judgement"]["parties"]
        shown.append(
            told
            | {
                "number": number,
                "title_pieces": pieces(told["title"], "title", parties),
                "text_pieces": pieces(told["text"], "text", parties),
            }
        )
    return {
        "case": found,
        "stories": shown,
        "anchor": anchor,
        "place": desk.place_in_queue(session, reference),
        "reasons": request.app.state.reasons,
        "may_decide": access.DECIDERS,
    }


@router.post("/cases/{reference}/decide", name="decide")
def decide(
    request: Request,
    reference: str,
    visitor: Person,
    disposition: Annotated[Disposition, Form()],
    reason: Annotated[str, Form(max_length=80)],
    revision: Annotated[int, Form()],
    csrf: Annotated[str, Form(max_length=200)] = "",
    note: Annotated[str, Form(max_length=5_000)] = "",
) -> Response:
    """Record the decision and go on to the next case that waits.

    A case that changed meanwhile is shown as it now stands, with the typed note kept (409).
    """
    access.check_form(request, visitor, csrf)
    if reason not in request.app.state.reasons[disposition.value]:
        return _again(request, reference, visitor, note, "Choose a reason that fits the decision.", 422)
    try:
        dispose_case(
            request.app.state.engine, reference, disposition, reason, note, visitor.name, revision, datetime.now(UTC)
        )
    except LookupError:
        raise HTTPException(404) from None
    except ConflictError as error:
        return _again(request, reference, visitor, note, f"{error}. Nothing was recorded; your note is below.", 409)
    with session_scope(request.app.state.engine) as session:
        following = desk.next_waiting(session)
    return RedirectResponse(f"/cases/{following}" if following else "/", status_code=303)


def _again(request: Request, reference: str, visitor: Visitor, note: str, problem: str, status: int) -> Response:
    with session_scope(request.app.state.engine) as session:
        facts = _case_facts(request, session, reference)
    if facts is None:
        raise HTTPException(404)
    return _page(request, "case.html", visitor, status, note=note, problem=problem, **facts)


@router.post("/cases/{reference}/reopen", name="reopen")
def reopen(
    request: Request,
    reference: str,
    visitor: Person,
    revision: Annotated[int, Form()],
    csrf: Annotated[str, Form(max_length=200)] = "",
    note: Annotated[str, Form(max_length=5_000)] = "",
) -> Response:
    """Put a decided case back into the queue; the decision stays in the record."""
    access.check_form(request, visitor, csrf)
    try:
        reopen_case(request.app.state.engine, reference, note, visitor.name, revision, datetime.now(UTC))
    except LookupError:
        raise HTTPException(404) from None
    except ConflictError as error:
        return _again(request, reference, visitor, note, f"{error}. Nothing was changed.", 409)
    return RedirectResponse(f"/cases/{reference}", status_code=303)
