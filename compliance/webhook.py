"""Alert → signed post to a webhook, after the Standard Webhooks specification 1.0."""

import json
import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from standardwebhooks.webhooks import Webhook

from compliance.alert import Receipt, plain
from compliance.errors import ConfigError
from compliance.intake.fetcher import FetchPolicy, PostOutcome, post, retry_after

# The specification's schedule: 10 attempts over 75 hours.
SCHEDULE = tuple(timedelta(seconds=s) for s in (0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400))
_LONGEST_WAIT = timedelta(hours=24)
_WORTH_ANOTHER_TRY = (408, 425, 429)
_SAID = 200


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
    alert_id: str,
    payload: Mapping[str, Any],
    url: str,
    secret: str,
    policy: FetchPolicy,
    now: datetime,
    headers: Mapping[str, str] | None = None,
    named: str = "EMBARGOWATCH_WEBHOOK_SECRET",
) -> Receipt:
    """Post one alert, signed, and return how it was received.

    ``secret`` may hold several keys, with white space between them: the post then carries a signature by each, so
    that a receiver may change to a new key while the old one is still in use. ``named`` is the variable that a wrong
    key is said to stand in.
    """
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    signed = _headers(alert_id, body, secret.split(), now, named)
    return receipt_of(post(url, body, {**(headers or {}), **signed}, policy))


def receipt_of(outcome: PostOutcome) -> Receipt:
    """Return what an answer to a post means for the alert. Only a 2xx answer counts as accepted.

    A redirect, 410 and any 4xx but 408, 425 and 429 end the matter; anything else is worth another try.
    """
    status = outcome.status
    if status is None:
        return Receipt(False, False, None, outcome.latency_ms, outcome.reason)
    named = provider_id(outcome)
    if 200 <= status < 300:
        return Receipt(True, True, status, outcome.latency_ms, "accepted", provider_id=named)
    final = 300 <= status < 500 and status not in _WORTH_ANOTHER_TRY
    wait = retry_after(outcome.headers.get("retry-after"))
    said = plain(outcome.body[:2_000].decode("utf-8", "replace"), _SAID)
    detail = f"answered {status}" + (f": {said}" if said else "")
    return Receipt(False, final, status, outcome.latency_ms, detail, wait)


def provider_id(outcome: PostOutcome) -> str:
    """Return the id under which a mail service says it keeps the mail, or an empty text."""
    if found := outcome.headers.get("x-message-id"):
        return plain(found, 200)
    try:
        said = json.loads(outcome.body)
    except (ValueError, RecursionError):
        return ""
    names = ("MessageID", "MessageId", "messageId", "id")
    found = next((said[n] for n in names if isinstance(said.get(n), str)), "") if isinstance(said, dict) else ""
    return plain(str(found), 200)


def check_keys(secret: str, named: str) -> None:
    """Raise ConfigError, which names the variable, where one of the keys cannot sign."""
    for key in secret.split():
        _signer(key, named)


def _headers(alert_id: str, body: bytes, keys: Sequence[str], now: datetime, named: str) -> dict[str, str]:
    headers = {"content-type": "application/json", "webhook-id": alert_id}
    headers["webhook-timestamp"] = str(int(now.timestamp()))
    if keys:
        signatures = [_signer(key, named).sign(alert_id, now, body.decode()) for key in keys]
        headers["webhook-signature"] = " ".join(signatures)
    return headers


def _signer(key: str, named: str) -> Webhook:
    try:
        return Webhook(key)
    except Exception:  # noqa: BLE001  (the library raises whatever base64 does, and its text may repeat the key)
        raise ConfigError(f"{named}: expected whsec_ followed by base64") from None
