"""Errors as RFC 9457 problem documents."""

from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

MEDIA = "application/problem+json"


class Problem(BaseModel):
    """What went wrong, and what to do about it."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[dict[str, str]] | None = None


def problem(request: Request, status: int, detail: str, **more: Any) -> JSONResponse:
    """Return an answer that says what went wrong."""
    try:
        title = HTTPStatus(status).phrase
    except ValueError:
        title = "Error"
    found = Problem(title=title, status=status, detail=detail, **more).model_dump(exclude_none=True)
    headers = {"WWW-Authenticate": 'Bearer realm="Embargo Watch"'} if status == 401 else None
    return JSONResponse(found, status_code=status, media_type=MEDIA, headers=headers)
