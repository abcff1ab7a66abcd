import time
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook

from compliance.errors import ConfigError
from compliance.intake.fetcher import FetchPolicy
from compliance.webhook import SCHEDULE, deliver, next_attempt
from tests.compliance.intake.hostile import Hostile, drip, hostile, raw, reply

SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
POLICY = FetchPolicy("tests", connect_timeout=2, read_timeout=1, deadline=2, allow_private=True)
NOW = datetime(2026, 11, 20, tzinfo=UTC)
PAYLOAD = {"subject": "Ünïcode → 무기", "text": "t"}


def send(url: str, policy: FetchPolicy = POLICY) -> tuple[bool, bool, int | None, float | None]:
    receipt = deliver("alert_1", PAYLOAD, url, SECRET, policy, datetime.now(UTC))
    return receipt.accepted, receipt.final, receipt.http_status, receipt.retry_after


@pytest.mark.parametrize(
    ("status", "accepted", "final"),
    [("200 OK", True, True), ("202 Accepted", True, True), ("301 Moved", False, True), ("400 Bad", False, True),
     ("401 No", False, True), ("408 Late", False, False), ("410 Gone", False, True), ("413 Big", False, True),
     ("425 Early", False, False), ("429 Slow", False, False), ("500 Oops", False, False), ("503 Busy", False, False)],
)  # fmt: skip
def test_only_2xx_is_accepted_and_only_some_answers_are_worth_another_try(
    status: str, accepted: bool, final: bool
) -> None:
    with hostile({"/hook": reply(b"{}", status)}) as server:
        assert send(server.base + "/hook")[:3] == (accepted, final, int(status.split()[0]))


def test_a_redirect_is_not_followed() -> None:
    with hostile({"/inside": reply(b"secret")}) as inside:
        moved = reply(b"", "307 Elsewhere", f"Location: {inside.base}/inside\r\n")
        with hostile({"/hook": moved}) as server:
            assert send(server.base + "/hook")[:3] == (False, True, 307)
        assert inside.asked == []


def test_the_receivers_wish_is_heard() -> None:
    with hostile({"/hook": reply(b"", "429 Slow", "Retry-After: 120\r\n")}) as server:
        assert send(server.base + "/hook")[3] == 120


@pytest.mark.parametrize("answer", [raw(b""), raw(b"HTTP/1.1 2"), drip(b"HTTP/1.1 ", b"2", 0.3, 30)])
def test_a_receiver_that_hangs_or_cuts_is_tried_again_in_bounded_time(answer: object) -> None:
    started = time.monotonic()
    with hostile({"/hook": answer}) as server:  # type: ignore[dict-item]  # every answer is a callable
        assert send(server.base + "/hook")[:3] == (False, False, None)
    assert time.monotonic() - started < 8


def test_an_inner_address_is_refused_unless_allowed() -> None:
    with hostile({"/hook": reply(b"{}")}) as server:
        guarded = FetchPolicy("tests", deadline=2)
        assert send(server.base + "/hook", guarded)[:3] == (False, False, None)
        assert server.asked == []


def _head(server: Hostile, name: str) -> str:
    lines = [line for line in server.heads[0].splitlines() if line.lower().startswith(name + ":")]
    return lines[0].partition(":")[2].strip()


def test_the_signature_is_the_specifications() -> None:
    with hostile({"/hook": reply(b"{}")}) as server:
        deliver("alert_1", PAYLOAD, server.base + "/hook", SECRET, POLICY, datetime.now(UTC))
        headers = {n: _head(server, n) for n in ("webhook-id", "webhook-timestamp", "webhook-signature")}
    body = '{"subject":"Ünïcode → 무기","text":"t"}'
    assert Webhook(SECRET).verify(body, headers) == PAYLOAD
    assert headers["webhook-id"] == "alert_1"


def test_a_wrong_secret_is_one_clear_line() -> None:
    with pytest.raises(ConfigError, match="EMBARGOWATCH_WEBHOOK_SECRET"):
        deliver("a", PAYLOAD, "http://127.0.0.1:1/", "whsec_%%%", POLICY, NOW)


def test_tries_follow_the_schedule_with_jitter_and_end() -> None:
    for tries, wait in enumerate(SCHEDULE):
        planned = next_attempt(tries, NOW)
        assert planned is not None and NOW + wait <= planned <= NOW + wait * 1.2
    assert next_attempt(len(SCHEDULE), NOW) is None
    asked = next_attempt(1, NOW, asked=600)
    assert asked is not None and asked >= NOW + timedelta(minutes=10)
    greedy = next_attempt(1, NOW, asked=10**9)
    assert greedy is not None and greedy <= NOW + timedelta(hours=24)
