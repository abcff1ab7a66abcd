"""Showing a page: its template, filled with facts and the visitor."""

from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import Response

from compliance.store.users import Visitor
from compliance.web import access

Person = Annotated[Visitor, Depends(access.current_visitor)]


def page(request: Request, template: str, visitor: Visitor, status: int = 200, **facts: Any) -> Response:
    """Return the template's page for this visitor."""
    shown: Response = request.app.state.pages.TemplateResponse(
        request, template, {"visitor": visitor, "overseers": access.OVERSEERS, **facts}, status_code=status
    )
    return shown


def sentence(error: Exception) -> str:
    """Return an expected error's text as a sentence."""
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."
