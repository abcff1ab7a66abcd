"""What mail services report of alerts they took: delivered, bounced, complained of. Signed posts only."""

import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import PlainTextResponse, Response
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from compliance.alert import plain
from compliance.store import callbacks
from compliance.store.database import session_scope

router = APIRouter()
_MAX_BODY = 20_000


class Report(StrEnum):
    """What may be reported of an alert."""

    DELIVERED = "delivered"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


@router.post("/hooks/deliveries", name="delivery_report")
async def delivery_report(request: Request) -> Response:
    """Enter a report signed to the Standard Webhooks specification; one that was entered already is accepted again.

    The body is JSON: ``alert`` is the alert's id, ``report`` one of the words above, ``detail`` free text.
    """
    keys = request.app.state.settings.callback_key.split()
    if not keys:
        raise HTTPException(404)
    body = await request.body()
    if len(body) > _MAX_BODY or not _is_signed(keys, body, dict(request.headers)):
        raise HTTPException(401, "The signature does not fit.")
    alert, report, detail = _read(body)
    with session_scope(request.app.state.engine) as session:
        number = plain(request.headers["webhook-id"], 200)
        known = callbacks.enter(session, number, alert, report.value, detail, datetime.now(UTC))
    if not known:
        raise HTTPException(404, "There is no such alert.")
    return PlainTextResponse("accepted")


def _is_signed(keys: list[str], body: bytes, headers: dict[str, str]) -> bool:
    """True where one of the keys made the signature within the last five minutes, which the library checks."""
    for key in keys:
        try:
            Webhook(key).verify(body, headers)
        except (WebhookVerificationError, ValueError, KeyError, RecursionError):
            continue
        return True
    return False


def _read(body: bytes) -> tuple[str, Report, str]:
    try:
        given: Any = json.loads(body)
        return str(given["alert"])[:80], Report(given["report"]), plain(str(given.get("detail", "")), 300)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise HTTPException(422, "Expected alert and report.") from None
