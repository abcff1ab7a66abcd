"""Coverage certificates for programs: listed, one whole, as PDF."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from compliance import certificate as words
from compliance.certificate import Certificate
from compliance.certificatepdf import certificate_pdf
from compliance.certifying import differences
from compliance.store import certificates
from compliance.store.database import read_scope
from compliance.web.api import frame
from compliance.web.api.frame import Caller, Cursor, Limit, Listed, refusals

router = APIRouter(tags=["coverage"])

_Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
_PDF = {"schema": {"type": "string", "format": "binary"}}


class CertificateLine(BaseModel):
    """A certificate without its content; ``standing`` says how much of its day it covers."""

    number: int
    day: date
    standing: str
    headline: str
    digest: str


class CertificateShown(CertificateLine):
    """A whole certificate."""

    content: dict[str, Any]
    previous: str
    limits: list[str]
    differences: list[str] = Field(description="Where the tables, counted again, say otherwise; empty where nowhere.")


@router.get("/certificates", name="api_certificates", responses=refusals())
def list_certificates(
    request: Request, visitor: Caller, limit: Limit = 50, cursor: Cursor = None
) -> Listed[CertificateLine]:
    """List the coverage certificates, newest first."""
    before = frame.before_of(cursor)
    with read_scope(request.app.state.engine) as session:
        found = certificates.listed(session, limit + 1, before)
    items = [CertificateLine.model_validate(_line(one)) for one in found[:limit]]
    return Listed(items=items, next=frame.cursor_of(items[-1].number) if len(found) > limit else None)


@router.get("/certificates/{number}", name="api_certificate", responses=refusals(404))
def show_certificate(request: Request, visitor: Caller, number: _Number) -> CertificateShown:
    """Show a certificate, counted again: where the tables say otherwise, ``differences`` says so."""
    with read_scope(request.app.state.engine) as session:
        found = _found(certificates.numbered(session, number))
        wrong = differences(session, found)
    told = {"content": dict(found.content), "previous": found.previous, "differences": wrong}
    return CertificateShown.model_validate(_line(found) | told | {"limits": words.limits(found.facts, found.noted)})


@router.get(
    "/certificates/{number}/certificate.pdf",
    name="api_certificate_pdf",
    response_class=Response,
    responses=refusals(404) | {200: {"content": {"application/pdf": _PDF}, "description": "The certificate"}},
)
def certificate_as_pdf(request: Request, visitor: Caller, number: _Number) -> Response:
    """Give a certificate as PDF."""
    with read_scope(request.app.state.engine) as session:
        found = _found(certificates.numbered(session, number))
    return Response(certificate_pdf(found), media_type="application/pdf")


def _found(certificate: Certificate | None) -> Certificate:
    if certificate is None:
        raise HTTPException(404, "There is no certificate of that number.")
    return certificate


def _line(found: Certificate) -> dict[str, Any]:
    return {
        "number": found.number,
        "day": found.day,
        "standing": words.standing(found.facts, found.noted).value,
        "headline": words.headline(found.facts, found.noted),
        "digest": found.digest,
    }
