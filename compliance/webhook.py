"""Alert → signed post to the email webhook, after the Standard Webhooks specification 1.0."""

import json
import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from standardwebhooks.webhooks import Webhook

from compliance.alert import Receipt
from compliance.errors import ConfigError
from compliance.intake.fetcher import FetchPolicy, post, retry_after

# The specification's schedule: 10 attempts over 75 hours.
SCHEDULE = tuple(timedelta(seconds=s) for s in (0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400))
_LONGEST_WAIT = timedelta(hours=24)
_WORTH_ANOTHER_TRY = (408, 425, 429)


def next_attempt(tries: int, now: datetime, asked: float | None = None) -> datetime | None:
    """Return when to try again after so many tries, or None when the schedule is used up.

    A fifth of jitter keeps many waiting alerts from returning at once; a receiver's Retry-After is honoured up to
    a day.
    """
    if tries >= len(SCHEDULE):
        return None
    wait = SCHEDULE[tries] * random.uniform(1.0, 1.2)  # noqa: S311  (jitter, not a secret)
    if asked is not None:
        wait = max(wait, min(timedelta(seconds=asked), _LONGEST_WAIT))
    return now + wait


def deliver(
    alert_id: str, payload: Mapping[str, Any], url: str, secret: str, policy: FetchPolicy, now: datetime
) -> Receipt:
    """Post one alert, signed, and return how it was received. Only a 2xx answer counts as accepted.

    A redirect, 410 and any 4xx but 408, 425 and 429 end the matter; anything else is worth another try.
    """
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    outcome = post(url, body, _headers(alert_id, body, secret, now), policy)
    status = outcome.status
    if status is None:
        return Receipt(False, False, None, outcome.latency_ms, outcome.reason)
    if 200 <= status < 300:
        return Receipt(True, True, status, outcome.latency_ms, "accepted")
    final = 300 <= status < 500 and status not in _WORTH_ANOTHER_TRY
    wait = retry_after(outcome.headers.get("retry-after"))
    return Receipt(False, final, status, outcome.latency_ms, f"answered {status}", wait)


def _headers(alert_id: str, body: bytes, secret: str, now: datetime) -> dict[str, str]:
    headers = {"content-type": "application/json", "webhook-id": alert_id}
    headers["webhook-timestamp"] = str(int(now.timestamp()))
    if secret:
        headers["webhook-signature"] = _signer(secret).sign(alert_id, now, body.decode())
    return headers


def _signer(secret: str) -> Webhook:
    try:
        return Webhook(secret)
    except Exception as error:  # the library raises whatever base64 does
        raise ConfigError("EMBARGOWATCH_WEBHOOK_SECRET: expected whsec_ followed by base64") from error
