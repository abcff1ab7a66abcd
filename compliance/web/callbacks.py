"""What mail services report of alerts they took: delivered, bounced, complained of. Signed posts only."""

import hashlib
import hmac
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
_TOLERANCE = 300


class Report(StrEnum):
    """What may be reported of an alert."""

    DELIVERED = "delivered"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


# A temporary failure is Mailgun's to try again, and is not kept.
_MAILGUN = {
    ("delivered", ""): Report.DELIVERED,
    ("failed", "permanent"): Report.BOUNCED,
    ("complained", ""): Report.COMPLAINED,
}


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
    return _enter(request, plain(request.headers["webhook-id"], 200), *_read(body))


@router.post("/hooks/mailgun", name="mailgun_report")
async def mailgun_report(request: Request) -> Response:
    """Enter a report in Mailgun's own form, signed as Mailgun signs: over time and token, which is entered once."""
    keys = request.app.state.settings.callback_key.split()
    if not keys:
        raise HTTPException(404)
    body = await request.body()
    try:
        given: Any = json.loads(body) if len(body) <= _MAX_BODY else {}
        signature, event = given["signature"], given["event-data"]
        at, token, signed = str(signature["timestamp"]), str(signature["token"]), str(signature["signature"])
        is_fresh = abs(datetime.now(UTC).timestamp() - float(at)) <= _TOLERANCE
        alert = str(event.get("user-variables", {}).get("alert", ""))[:80]
        report = _MAILGUN.get((str(event["event"]), str(event.get("severity", ""))))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise HTTPException(422, "Expected signature and event-data.") from None
    fits = [hmac.compare_digest(_mailgun_signature(key, at, token), signed.encode()) for key in keys]
    if not is_fresh or not any(fits):
        raise HTTPException(401, "The signature does not fit.")
    if report is None:
        return PlainTextResponse("not kept")
    return _enter(request, f"mailgun:{plain(token, 180)}", alert, report, plain(str(event.get("reason", "")), 300))


def _mailgun_signature(key: str, at: str, token: str) -> bytes:
    return hmac.new(key.encode(), f"{at}{token}".encode(), hashlib.sha256).hexdigest().encode()


def _enter(request: Request, number: str, alert: str, report: Report, detail: str) -> Response:
    with session_scope(request.app.state.engine) as session:
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
