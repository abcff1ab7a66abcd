"""What every page of the desk is made with: the templates' words, and one way to answer with a page."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import Response
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from compliance.elements import plain_days
from compliance.intake.entries import web_link
from compliance.store.users import Visitor
from compliance.web import access

Person = Annotated[Visitor, Depends(access.current_visitor)]

_TEMPLATES = Path(__file__).parent / "templates"


def open_pages() -> Jinja2Templates:
    """Return the templates: everything is escaped, and a name that a page forgot to give is an error."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["moment"] = lambda at: f"{at:%Y-%m-%d %H:%M} UTC" if at else "unknown"
    environment.filters["day"] = lambda at: f"{at:%Y-%m-%d}" if at else "date unknown"
    environment.filters["days"] = plain_days
    # What a file or an older version brought in may be no address of the web: then it is text and leads nowhere.
    environment.filters["web"] = lambda url: web_link(url or "", "")
    environment.filters["ago"] = how_long_ago
    environment.filters["words"] = lambda code: str(code).replace("_", " ")
    environment.globals["left"] = time_left
    environment.globals["since"] = age
    return Jinja2Templates(env=environment)


def time_left(due: datetime | None, now: datetime) -> str:
    """Return in words how long until a case is due, or since when it has been."""
    if due is None:
        return "no time set"
    hours = (due.astimezone(UTC) - now).total_seconds() / 3600
    return f"due in {_span(hours)}" if hours > 0 else f"overdue {_span(-hours)}"


def age(at: datetime, now: datetime) -> str:
    """Return in words how old something is."""
    return _span((now - at.astimezone(UTC)).total_seconds() / 3600)


def _span(hours: float) -> str:
    if hours < 1:
        return f"{max(1, round(hours * 60))} min"
    return f"{round(hours)} h" if hours < 48 else f"{round(hours / 24)} d"


def show(request: Request, template: str, visitor: Visitor, status: int = 200, **facts: Any) -> Response:
    """Answer with a page for that visitor."""
    page: Response = request.app.state.pages.TemplateResponse(
        request,
        template,
        {"visitor": visitor, "overseers": access.OVERSEERS, "now": datetime.now(UTC), **facts},
        status_code=status,
    )
    return page


def sentence(error: Exception) -> str:
    """Return an expected error's text as a sentence."""
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."


def how_long_ago(at: datetime | None, now: datetime) -> str:
    """Return how long ago a moment was, to the largest unit that says something."""
    if at is None:
        return "never"
    minutes = max(0, int((now - at).total_seconds() // 60))
    for size, unit in ((1_440, "day"), (60, "hour"), (1, "minute")):
        if minutes >= 2 * size:
            return f"{minutes // size} {unit}s ago"
    return "just now"
