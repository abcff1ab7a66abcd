"""What is covered and what is not: feeds and their health, runs and whether they reconciled; health checks."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from compliance.feedreport import silent_stop
from compliance.store import feeds, runs, screenings
from compliance.store.database import session_scope
from compliance.store.users import Visitor
from compliance.story import FeedState
from compliance.web import access

router = APIRouter()
LOOK_BACK = timedelta(days=30)


@router.get("/coverage", name="coverage_page")
def coverage_page(request: Request, visitor: Annotated[Visitor, Depends(access.current_visitor)]) -> Response:
    """Show every feed with its state, reason and last success, stories left unread, and the last runs."""
    now = datetime.now(UTC)
    with session_scope(request.app.state.engine) as session:
        page: Response = request.app.state.pages.TemplateResponse(
            request,
            "coverage.html",
            {
                "visitor": visitor,
                "feeds": feeds.all_feeds(session),
                "raised": feeds.events(session, now - LOOK_BACK, 50),
                "moves": [row for row in feeds.moved(session) if feeds.is_proposed(row)],
                "patterns": feeds.patterns(session),
                "alarm": silent_stop(session, request.app.state.settings, now),
                "runs": runs.latest(session, 20),
                "unread": screenings.languages_not_covered(session, now - LOOK_BACK),
                "days": LOOK_BACK.days,
                "healthy": {state.value for state in FeedState if state.is_healthy},
            },
        )
    return page


@router.get("/healthz", name="healthz")
def healthz() -> Response:
    """Tell that the process answers."""
    return PlainTextResponse("ok")


@router.get("/readyz", name="readyz")
def readyz(request: Request) -> Response:
    """Tell whether the database answers (503 where it does not)."""
    try:
        with request.app.state.engine.connect() as connection:
            connection.execute(text("SELECT 1 FROM alembic_version"))
    except SQLAlchemyError:
        return JSONResponse({"database": "unavailable"}, status_code=503)
    return JSONResponse({"database": "ok"})
