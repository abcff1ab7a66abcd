"""A case's report as a page and as PDF, and lists of cases as files."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response, StreamingResponse

from compliance import export
from compliance.case import CaseState
from compliance.errors import ConfigError
from compliance.export import Format
from compliance.filing import whole_file
from compliance.report.casereport import CaseReport, case_report, moment
from compliance.report.pdf import case_pdf
from compliance.store.database import read_scope
from compliance.store.users import Visitor
from compliance.web import access
from compliance.web.pages import Person, show

router = APIRouter()


def report_of(request: Request, reference: str, visitor: Visitor) -> CaseReport:
    """Return the report of a case. Raises HTTPException 404 for an unknown one."""
    with read_scope(request.app.state.engine) as session:
        found = whole_file(session, reference, request.app.state.rulebook, access.reader(visitor))
    if found is None:
        raise HTTPException(404)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return case_report(found, visitor.name, now, request.app.state.reasons)


@router.get("/cases/{reference}/report", name="report_page")
def report_page(request: Request, reference: str, visitor: Person) -> Response:
    """Show a case's report, fit for printing."""
    return html_answer(request, reference, visitor)


def html_answer(request: Request, reference: str, visitor: Visitor) -> Response:
    """Return a case's report as a page."""
    return show(request, "report.html", visitor, report=report_of(request, reference, visitor), moment=moment)


@router.get("/cases/{reference}/report.pdf", name="report_pdf")
def report_pdf(request: Request, reference: str, visitor: Person) -> Response:
    """Give out a case's report as PDF; that it was given out is recorded."""
    return pdf_answer(request, reference, visitor)


def pdf_answer(request: Request, reference: str, visitor: Visitor) -> Response:
    """Return a case's report as a PDF file."""
    report = report_of(request, reference, visitor)
    made = case_pdf(report)
    export.record_export(request.app.state.engine, visitor.name, report.reference, "pdf", datetime.now(UTC))
    return Response(made, media_type="application/pdf", headers=_attachment(f"{report.reference}.pdf"))


@router.get("/exports", name="exports_page")
def exports_page(request: Request, visitor: Person) -> Response:
    """Show what can be taken out, and in which formats."""
    return show(request, "exports.html", visitor, states=list(CaseState), formats=list(Format), columns=export.COLUMNS)


@router.get("/exports/cases.{form}", name="export_file")
def export_file(request: Request, visitor: Person, form: Format, state: CaseState | None = None) -> Response:
    """Give out the cases as a file; that it was given out is recorded first."""
    return export_answer(request, visitor, form, state)


def export_answer(request: Request, visitor: Visitor, form: Format, state: CaseState | None) -> Response:
    """Return the cases as a file, piece by piece. Raises HTTPException 406 where a format's library is missing."""
    engine = request.app.state.engine
    try:
        pieces = _begun(export.exported(engine, form, state.value if state else None))
    except ConfigError as error:
        raise HTTPException(406, f"{error}.") from error
    what = f"cases ({state.value})" if state else "cases"
    export.record_export(engine, visitor.name, what, form.value, datetime.now(UTC))
    name = f"embargowatch-cases.{form.ending}"
    return StreamingResponse(pieces, media_type=form.media, headers=_attachment(name))


def _begun(pieces: Iterator[str]) -> Iterable[str]:
    """Make the first piece now, so that what cannot begin is told as an error and not as a torn file."""
    first = next(pieces, "")
    return chain([first], pieces)


def _attachment(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
