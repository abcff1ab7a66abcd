import socket
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

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


def test_a_post_is_made_once_and_answers_are_timed() -> None:
    for status in ("200 OK", "500 Oops", "302 Found"):
        with hostile({"/hook": reply(b"{}", status, "Location: /hook\r\n")}) as server:
            receipt = deliver("alert_1", PAYLOAD, server.base + "/hook", SECRET, POLICY, datetime.now(UTC))
            assert server.asked == ["/hook"] and 0 <= receipt.latency_ms < 2_000
            assert server.heads[0].startswith("POST /hook ")


@pytest.mark.parametrize("status", ["300 Many", "302 Found", "303 Other", "308 For good", "304 Same"])
def test_no_kind_of_redirect_passes_for_delivered(status: str) -> None:
    with hostile({"/hook": reply(b"", status, "Location: /ok\r\n"), "/ok": reply(b"{}")}) as server:
        assert send(server.base + "/hook")[:3] == (False, True, int(status.split()[0]))
        assert server.asked == ["/hook"]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("0", 0), ("99999999999", 86_400), ("-5", None), ("soon", None), ("1.5", None),
     ("Fri, 01 Jan 2100 00:00:00 GMT", 86_400), ("Sat, 01 Jan 2000 00:00:00 GMT", 0)],
)  # fmt: skip
def test_an_odd_wish_of_the_receiver_is_bounded_or_ignored(value: str, seconds: float | None) -> None:
    with hostile({"/hook": reply(b"", "503 Busy", f"Retry-After: {value}\r\n")}) as server:
        assert send(server.base + "/hook") == (False, False, 503, seconds)


def _resolves_to(address: str, _name: str, _port: int) -> Sequence[str]:
    return [address]


def test_a_name_that_leads_inside_is_refused_at_the_connection() -> None:
    inner = [
        "127.0.0.1",
        "10.0.0.8",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "::1",
        "fd00::1",
        "::ffff:127.0.0.1",
    ]
    with hostile({"/": reply(b"{}")}) as server:
        port = server.base.rpartition(":")[2]
        for address in inner:
            policy = FetchPolicy("tests", deadline=2, resolver=partial(_resolves_to, address))
            receipt = deliver("alert_1", PAYLOAD, "http://hook.example/", SECRET, policy, NOW)
            assert (receipt.accepted, receipt.http_status) == (False, None) and "blocked" in receipt.detail, address
        for name in ("2130706433", "0x7f000001", "127.1", "[::1]", "[::ffff:7f00:1]", "localhost"):
            assert send(f"http://{name}:{port}/", FetchPolicy("tests", deadline=2))[:3] == (False, False, None), name
        assert server.asked == []


@pytest.mark.parametrize("url", ["", "hook", "file:///etc/passwd", "ftp://hook.example/", "javascript:x", "http://"])
def test_an_address_that_is_none_is_a_failure_and_no_exception(url: str) -> None:
    assert send(url)[:3] == (False, False, None)


def test_a_receiver_that_answers_without_end_is_left_in_bounded_time() -> None:
    started = time.monotonic()
    with hostile({"/hook": drip(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 10, 0.2, 30)}) as server:
        send(server.base + "/hook")
    assert time.monotonic() - started < 4


def test_nobody_listening_is_worth_another_try() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        assert send(f"http://127.0.0.1:{closed.getsockname()[1]}/hook")[:3] == (False, False, None)


def test_each_try_carries_the_same_id_and_its_own_time() -> None:
    with hostile({"/hook": reply(b"", "500 Oops")}) as server:
        for hours in (0, 5):
            deliver("alert_1", PAYLOAD, server.base + "/hook", SECRET, POLICY, NOW + timedelta(hours=hours))
        heads = [
            dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
            for head in server.heads
        ]
    assert [head["webhook-id"] for head in heads] == ["alert_1", "alert_1"]
    assert int(heads[1]["webhook-timestamp"]) - int(heads[0]["webhook-timestamp"]) == 5 * 3_600
    assert heads[0]["webhook-signature"] != heads[1]["webhook-signature"]
    assert {head["content-type"] for head in heads} == {"application/json"}


@pytest.mark.parametrize("change", ["id", "time", "body", "secret"])
def test_a_change_of_anything_signed_breaks_the_signature(change: str) -> None:
    with hostile({"/hook": reply(b"{}")}) as server:
        deliver("alert_1", PAYLOAD, server.base + "/hook", SECRET, POLICY, datetime.now(UTC))
        headers = {n: _head(server, n) for n in ("webhook-id", "webhook-timestamp", "webhook-signature")}
    body, secret = '{"subject":"Ünïcode → 무기","text":"t"}', SECRET
    Webhook(secret).verify(body, headers)
    if change == "id":
        headers["webhook-id"] = "alert_2"
    elif change == "time":
        headers["webhook-timestamp"] = str(int(headers["webhook-timestamp"]) - 1)
    elif change == "body":
        body = body.replace('"t"', '"T"')
    else:
        secret = "whsec_" + "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body, headers)


def test_without_a_secret_a_post_is_not_signed_and_no_secret_shows_in_any_header() -> None:
    with hostile({"/hook": reply(b"{}")}) as server:
        deliver("alert_1", PAYLOAD, server.base + "/hook", "", POLICY, NOW)
        deliver("alert_1", PAYLOAD, server.base + "/hook", SECRET, POLICY, NOW)
    assert "webhook-signature" not in server.heads[0].lower() and "webhook-id" in server.heads[0].lower()
    assert SECRET.removeprefix("whsec_") not in "".join(server.heads)


def test_the_schedule_is_the_specifications_ten_tries_over_75_hours() -> None:
    assert len(SCHEDULE) == 10 and sum(SCHEDULE, timedelta()) == timedelta(hours=75, minutes=35, seconds=5)
    assert list(SCHEDULE) == sorted(SCHEDULE)
    assert next_attempt(2, NOW, asked=0) is not None
    spread = {next_attempt(5, NOW) for _ in range(20)}
    assert len(spread) > 1
