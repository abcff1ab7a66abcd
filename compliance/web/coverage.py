"""What is covered and what is not: feeds and their health, runs and whether they reconciled; health checks."""

from datetime import UTC, datetime

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from compliance.feedreport import silent_stop
from compliance.store import feeds
from compliance.store.database import read_scope
from compliance.store.standing import LOOK_BACK, standing
from compliance.web.pages import Person, show

router = APIRouter()


@router.get("/coverage", name="coverage_page")
def coverage_page(request: Request, visitor: Person) -> Response:
    """Show feeds, their health and silences, lists and versions with their ages, runs, and what was left unread."""
    now = datetime.now(UTC)
    with read_scope(request.app.state.engine) as session:
        found = standing(session, now)
        raised = feeds.events(session, now - LOOK_BACK, 50)
        moves = [row for row in feeds.moved(session) if feeds.is_proposed(row)]
        patterns = feeds.patterns(session)
        alarm = silent_stop(session, request.app.state.settings, now)
        return show(
            request,
            "coverage.html",
            visitor,
            standing=found,
            raised=raised,
            moves=moves,
            patterns=patterns,
            alarm=alarm,
            days=LOOK_BACK.days,
            now=now,
        )


@router.get("/healthz", name="healthz")
def healthz() -> Response:
    """Tell that the process answers."""
    return PlainTextResponse("ok")


@router.get("/readyz", name="readyz")
def readyz(request: Request) -> Response:
    """Tell whether the database answers (503 where it does not)."""
    try:
        with read_scope(request.app.state.engine) as session:
            session.connection().execute(text("SELECT 1 FROM alembic_version"))
    except SQLAlchemyError:
        return JSONResponse({"database": "unavailable"}, status_code=503)
    return JSONResponse({"database": "ok"})
