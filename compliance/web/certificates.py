"""Coverage certificates at the desk: the list, one on a page, as JSON and as PDF."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import JSONResponse, Response

from compliance import certificate as words
from compliance.certificate import Certificate
from compliance.certificatepdf import certificate_pdf
from compliance.certifying import differences
from compliance.store import certificates
from compliance.store.database import read_scope
from compliance.store.users import Visitor
from compliance.web import access

router = APIRouter()

Person = Annotated[Visitor, Depends(access.current_visitor)]


@router.get("/certificates", name="certificates_page")
def certificates_page(request: Request, visitor: Person) -> Response:
    """Show the newest certificates, each with how much of its day it covers."""
    with read_scope(request.app.state.engine) as session:
        rows = [(row, words.standing(row.facts, row.noted).value) for row in certificates.listed(session)]
    page: Response = request.app.state.pages.TemplateResponse(
        request, "certificates.html", {"visitor": visitor, "rows": rows}
    )
    return page


@router.get("/certificates/{number}", name="certificate_page")
def certificate_page(request: Request, number: int, visitor: Person) -> Response:
    """Show one certificate, counted again as the page is made: where the tables say otherwise, it says so."""
    with read_scope(request.app.state.engine) as session:
        found = _found(certificates.numbered(session, number))
        wrong = differences(session, found)
    facts: dict[str, Any] = {
        "certificate": found,
        "standing": words.standing(found.facts, found.noted).value,
        "headline": words.headline(found.facts, found.noted),
        "why": words.why_nothing(found.facts),
        "limits": words.limits(found.facts, found.noted),
        "rows": words.rows(found.facts, found.noted),
        "wrong": wrong,
    }
    page: Response = request.app.state.pages.TemplateResponse(
        request, "certificate.html", {"visitor": visitor, **facts}
    )
    return page


@router.get("/certificates/{number}/certificate.json", name="certificate_json")
def certificate_json(request: Request, number: int, visitor: Person) -> Response:
    """Give one certificate as JSON."""
    with read_scope(request.app.state.engine) as session:
        found = _found(certificates.numbered(session, number))
    return JSONResponse(words.as_plain(found), headers=_download(found, "json"))


@router.get("/certificates/{number}/certificate.pdf", name="certificate_pdf")
def certificate_as_pdf(request: Request, number: int, visitor: Person) -> Response:
    """Give one certificate as PDF."""
    with read_scope(request.app.state.engine) as session:
        found = _found(certificates.numbered(session, number))
    return Response(certificate_pdf(found), media_type="application/pdf", headers=_download(found, "pdf"))


def _found(certificate: Certificate | None) -> Certificate:
    if certificate is None:
        raise HTTPException(404)
    return certificate


def _download(certificate: Certificate, ending: str) -> dict[str, str]:
    name = f"coverage-{certificate.number}-{certificate.day.isoformat()}.{ending}"
    return {"Content-Disposition": f'attachment; filename="{name}"'}
