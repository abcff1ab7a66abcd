"""Reports and lists for programs."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from compliance.case import CaseState
from compliance.export import Format
from compliance.web import reports
from compliance.web.api.frame import Caller, refusals
from compliance.web.api.oncase import Reference

router = APIRouter(tags=["exports"])

_BYTES = {"schema": {"type": "string", "format": "binary"}}
_TEXT = {"schema": {"type": "string"}}


@router.get(
    "/cases/{reference}/report.pdf",
    name="api_report",
    response_class=Response,
    responses=refusals(404) | {200: {"content": {"application/pdf": _BYTES}, "description": "The report"}},
)
def report(request: Request, visitor: Caller, reference: Reference) -> Response:
    """Give out a case's report as PDF; that it was given out is recorded."""
    return reports.pdf_answer(request, reference, visitor)


@router.get(
    "/cases/{reference}/report.html",
    name="api_report_html",
    response_class=Response,
    responses=refusals(404) | {200: {"content": {"text/html": _TEXT}, "description": "The report"}},
)
def report_html(request: Request, visitor: Caller, reference: Reference) -> Response:
    """Give a case's report as a page, fit for printing; that it was shown is recorded."""
    return reports.html_answer(request, reference, visitor)


@router.get(
    "/exports/cases",
    name="api_export",
    response_class=Response,
    responses=refusals(406) | {200: {"content": {form.media: _TEXT for form in Format}, "description": "The file"}},
)
def export(
    request: Request, visitor: Caller, format: Format = Format.JSONL, state: CaseState | None = None
) -> Response:
    """Give out all cases, or those of one state; that they were given out is recorded first."""
    return reports.export_answer(request, visitor, format, state)
