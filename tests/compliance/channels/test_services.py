"""Each mail service gets the form its documentation asks for, under the key from the environment, and never more."""

import hashlib
import hmac
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from standardwebhooks.webhooks import Webhook

from compliance.alert import compose_alert
from compliance.alertbook import load_alert_book
from compliance.alerttest import send_test
from compliance.channels.channel import Channel
from compliance.channels.opening import open_channel
from compliance.errors import ConfigError
from compliance.settings import Settings
from tests.compliance.channels.conftest import Service
from tests.compliance.test_alert import CASE, HOSTILE

KEY = "key-that-nobody-may-see-2f7c"
OLD, NEW = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=", "whsec_YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY="
ALERT = compose_alert(CASE, "https://desk.example", "alerts@desk.example", "duty@desk.example")
MAIL = ALERT.payload


def opened(tmp_path: Path, service: Service, declared: str, monkeypatch: pytest.MonkeyPatch) -> Channel:
    for name, value in (("THE_KEY", KEY), ("THE_ID", "AKIDEXAMPLE"), ("NEW_KEY", NEW), ("OLD_KEY", OLD)):
        monkeypatch.setenv(name, value)
    config = tmp_path / "config"
    config.mkdir(exist_ok=True)
    text = f"channels:\n  it: {declared.replace('BASE', service.base)}\n"
    (config / "alerts.yml").write_text(text)
    book = load_alert_book(config / "alerts.yml", "a@desk.example")
    channel = open_channel("it", book, Settings(home=tmp_path, config=config))
    assert channel is not None
    return channel


def test_mailgun(tmp_path: Path, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    declared = "{kind: mailgun, domain: mg.example, key: THE_KEY, url: 'BASE', allow_private: true}"
    service.answer = lambda _: (200, {}, b'{"id": "<20261120.1@mg.example>", "message": "Queued. Thank you."}')
    receipt = opened(tmp_path, service, declared, monkeypatch).send(ALERT.id, MAIL)
    (post,) = service.posts
    assert post.path == "/v3/mg.example/messages"
    assert post.headers["authorization"] == "Basic YXBpOmtleS10aGF0LW5vYm9keS1tYXktc2VlLTJmN2M="
    form = {name: values[0] for name, values in parse_qs(post.body.decode(), strict_parsing=True).items()}
    assert {n: form[n] for n in ("from", "to", "subject", "text", "html")} == {
        n: MAIL[n] for n in ("from", "to", "subject", "text", "html")
    }
    assert form["h:X-Embargo-Watch-Alert"] == ALERT.id and form["o:tracking"] == "no"
    assert receipt.accepted and receipt.provider_id == "<20261120.1@mg.example>"


def test_sendgrid(tmp_path: Path, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    declared = "{kind: sendgrid, key: THE_KEY, url: 'BASE/v3/mail/send', allow_private: true}"
    service.answer = lambda _: (202, {"X-Message-Id": "sg-1"}, b"")
    receipt = opened(tmp_path, service, declared, monkeypatch).send(ALERT.id, MAIL)
    (post,) = service.posts
    assert post.headers["authorization"] == f"Bearer {KEY}"
    told = post.json()
    assert told["personalizations"][0]["to"] == [{"email": "duty@desk.example"}]
    assert told["from"] == {"email": "alerts@desk.example"} and told["subject"] == MAIL["subject"]
    assert [c["type"] for c in told["content"]] == ["text/plain", "text/html"]
    assert (receipt.accepted, receipt.http_status, receipt.provider_id) == (True, 202, "sg-1")


def test_postmark(tmp_path: Path, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    declared = "{kind: postmark, key: THE_KEY, url: 'BASE/email', stream: alerts, allow_private: true}"
    service.answer = lambda _: (200, {}, b'{"MessageID": "pm-1", "ErrorCode": 0}')
    receipt = opened(tmp_path, service, declared, monkeypatch).send(ALERT.id, MAIL)
    (post,) = service.posts
    assert post.headers["x-postmark-server-token"] == KEY
    told = post.json()
    assert (told["From"], told["To"]) == (MAIL["from"], MAIL["to"])
    assert (told["TextBody"], told["HtmlBody"]) == (MAIL["text"], MAIL["html"])
    assert told["MessageStream"] == "alerts" and told["TrackLinks"] == "None" and receipt.provider_id == "pm-1"


def test_brevo(tmp_path: Path, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    declared = "{kind: brevo, key: THE_KEY, url: 'BASE/v3/smtp/email', allow_private: true}"
    service.answer = lambda _: (201, {}, b'{"messageId": "<b-1@relay>"}')
    receipt = opened(tmp_path, service, declared, monkeypatch).send(ALERT.id, MAIL)
    (post,) = service.posts
    told = post.json()
    assert post.headers["api-key"] == KEY and told["to"] == [{"email": "duty@desk.example"}]
    assert told["htmlContent"] == MAIL["html"] and receipt.provider_id == "<b-1@relay>"


def test_amazon_ses_is_signed_as_version_4_asks(
    tmp_path: Path, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared = (
        "{kind: ses, region: eu-central-1, key_id: THE_ID, key: THE_KEY, "
        "url: 'BASE/v2/email/outbound-emails', allow_private: true}"
    )
    service.answer = lambda _: (200, {}, b'{"MessageId": "ses-1"}')
    receipt = opened(tmp_path, service, declared, monkeypatch).send(ALERT.id, MAIL)
    (post,) = service.posts
    simple = post.json()["Content"]["Simple"]
    assert simple["Subject"]["Data"] == MAIL["subject"] and simple["Body"]["Html"]["Data"] == MAIL["html"]
    assert post.json()["Destination"] == {"ToAddresses": ["duty@desk.example"]} and receipt.provider_id == "ses-1"
    # The signature made anew by hand, from what arrived.
    given = post.headers["authorization"]
    signed = given.partition("SignedHeaders=")[2].partition(",")[0].split(";")
    assert "host" in signed and "x-amz-date" in signed
    headers = "".join(f"{name}:{post.headers[name].strip()}\n" for name in signed)
    digest = hashlib.sha256(post.body).hexdigest()
    request = f"POST\n{urlsplit(post.path).path}\n\n{headers}\n{';'.join(signed)}\n{digest}"
    stamp = post.headers["x-amz-date"]
    scope = f"{stamp[:8]}/eu-central-1/ses/aws4_request"
    to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = f"AWS4{KEY}".encode()
    for part in (*scope.split("/"), to_sign):
        signature = hmac.new(key, part.encode(), hashlib.sha256)
        key = signature.digest()
    assert given.endswith(f"Signature={signature.hexdigest()}") and f"Credential=AKIDEXAMPLE/{scope}" in given


def test_a_webhook_is_signed_by_every_key_so_that_one_can_replace_another(
    tmp_path: Path, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared = "{kind: webhook, url: 'BASE/in', keys: [NEW_KEY, OLD_KEY], allow_private: true}"
    channel = opened(tmp_path, service, declared, monkeypatch)
    assert channel.send(ALERT.id, MAIL).accepted
    (post,) = service.posts
    assert len(post.headers["webhook-signature"].split()) == 2
    for key in (NEW, OLD):
        assert Webhook(key).verify(post.body, post.headers) == MAIL


TEMPLATE = (
    '{kind: webhook, url: "BASE/in", allow_private: true, headers: {authorization: {prefix: "Bearer ", '
    'secret: THE_KEY}}, body: \'{"to": "{{ to }}", "title": "{{ subject }}", "said": "{{ text }}", '
    '"page": {{ html | json }}, "n": {{ case.origins }}, "regimes": {{ case.regimes | json }}, "id": "{{ id }}"}\'}'
)


def test_an_operators_template_makes_the_body(
    tmp_path: Path, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert opened(tmp_path, service, TEMPLATE, monkeypatch).send(ALERT.id, MAIL).accepted
    (post,) = service.posts
    assert post.headers["authorization"] == f"Bearer {KEY}"
    assert post.json() == {
        "to": MAIL["to"], "title": MAIL["subject"], "said": MAIL["text"], "page": MAIL["html"], "n": 1,
        "regimes": ["2140"], "id": ALERT.id,
    }  # fmt: skip


EVIL = [HOSTILE, '", "to": "all@evil.example', "\\", '\\"', "{{ 7 * 7 }}", "{% raw %}",
        "{{ to.__class__ }}", "\u2028", "\ud800",
        "${7*7}", "</script>", '"}', "'", "\x00\x1f"]  # fmt: skip


@pytest.mark.parametrize("evil", EVIL, ids=ascii)
def test_no_name_can_leave_its_place_in_a_template(
    tmp_path: Path, service: Service, monkeypatch: pytest.MonkeyPatch, evil: str
) -> None:
    parties = ({"canonical": evil, "type": "company", "roles": ["broker"]},)
    alert = compose_alert(
        replace(CASE, act=evil, parties=parties), "https://desk.example", "a@desk.example", "d@desk.example"
    )
    assert opened(tmp_path, service, TEMPLATE, monkeypatch).send(alert.id, alert.payload).accepted
    (post,) = service.posts
    told = post.json()
    assert set(told) == {"to", "title", "said", "page", "n", "regimes", "id"}
    assert (told["to"], told["title"]) == ("d@desk.example", alert.payload["subject"]) and "49" not in told["title"]


@pytest.mark.parametrize(
    ("status", "final"), [(400, True), (401, True), (413, True), (422, True), (429, False), (500, False)]
)
def test_a_refusal_keeps_its_reason_and_never_the_key(
    tmp_path: Path, service: Service, monkeypatch: pytest.MonkeyPatch, status: int, final: bool
) -> None:
    declared = "{kind: postmark, key: THE_KEY, url: 'BASE/email', allow_private: true}"
    service.answer = lambda post: (
        status, {"Retry-After": "7"}, f"bad token {post.headers['x-postmark-server-token']}\r\nSet-Cookie: x".encode(),
    )  # fmt: skip
    receipt = opened(tmp_path, service, declared, monkeypatch).send(ALERT.id, MAIL)
    assert (receipt.accepted, receipt.final, receipt.http_status, receipt.retry_after) == (False, final, status, 7)
    assert receipt.detail == f"answered {status}: bad token [secret] Set-Cookie: x"


def test_a_channel_to_an_inner_address_is_refused_unless_the_operator_allows_it(
    tmp_path: Path, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    for declared in ("{kind: postmark, key: THE_KEY, url: 'BASE/email'}",
                     "{kind: webhook, url: 'BASE/in', keys: [NEW_KEY]}"):  # fmt: skip
        receipt = opened(tmp_path, service, declared, monkeypatch).send(ALERT.id, MAIL)
        assert not receipt.accepted and receipt.detail.startswith("blocked: ")
    assert service.posts == []


def test_a_missing_or_doubled_secret_is_named_and_a_file_will_do(
    tmp_path: Path, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared = "{kind: postmark, key: OTHER_KEY, url: 'BASE/email', allow_private: true}"
    with pytest.raises(ConfigError, match=r"channels\.it: OTHER_KEY: this secret is not set"):
        opened(tmp_path, service, declared, monkeypatch)
    (tmp_path / "key").write_text(KEY + "\n")
    monkeypatch.setenv("OTHER_KEY_FILE", str(tmp_path / "key"))
    opened(tmp_path, service, declared, monkeypatch).send(ALERT.id, MAIL)
    assert service.posts[0].headers["x-postmark-server-token"] == KEY
    monkeypatch.setenv("OTHER_KEY", "x")
    with pytest.raises(ConfigError, match="set OTHER_KEY or OTHER_KEY_FILE, not both"):
        opened(tmp_path, service, declared, monkeypatch)


def test_a_subscription_can_be_tried(tmp_path: Path, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    declared = (
        "{kind: postmark, key: THE_KEY, url: 'BASE/email', allow_private: true}\n"
        "subscriptions:\n  night: {channel: it, to: [a@desk.example, b@desk.example]}"
    )
    opened(tmp_path, service, declared, monkeypatch)
    settings = Settings(home=tmp_path, config=tmp_path / "config")
    assert [(to, r.accepted) for to, r in send_test(settings, "night")] == [
        ("a@desk.example", True), ("b@desk.example", True)
    ]  # fmt: skip
    assert all(post.json()["Subject"].startswith("[TEST] ") for post in service.posts)
    with pytest.raises(ConfigError, match="no subscription or channel 'nigth'"):
        list(send_test(settings, "nigth"))
