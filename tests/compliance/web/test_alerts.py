"""The alerts' pages: dead letters and their way back, own subscriptions, reports of mail services, certificates."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import Engine, text
from sqlmodel import select
from standardwebhooks.webhooks import Webhook

from compliance.alert import Alert, Receipt
from compliance.certifying import issue
from compliance.fetchpolicy import fetch_policy
from compliance.monitor import Monitor
from compliance.settings import Settings
from compliance.store import ledger, outbox, reminders
from compliance.store.database import session_scope
from compliance.store.tables import OutboxRow
from compliance.store.tables_alerts import CallbackRow, SubscriptionRow
from compliance.web.app import create_app
from tests.compliance.web.conftest import bearer, make_token, open_case, sign_in

CONFIG = Path(__file__).parents[3] / "config"
KEYS = ["whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=", "whsec_YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY="]
SCRIPT = "<script>alert(1)</script>"
BOOK = """
channels:
  team: {kind: smtp, host: mail.example, for_users: true}
  bosses: {kind: smtp, host: mail.example}
user_domains: [desk.example]
"""


@pytest.fixture
def desk_settings(tmp_path: Path) -> Settings:
    config = tmp_path / "config"
    config.mkdir()
    for name in ("reasons.yml", "screening.yml", "severity.yml"):
        (config / name).write_text((CONFIG / name).read_text())
    (config / "alerts.yml").write_text(BOOK)
    return Settings(
        home=tmp_path,
        database_url=f"sqlite:///{tmp_path}/desk.db",
        config=config,
        callback_secret=SecretStr(" ".join(KEYS)),
    )


@pytest.fixture
def client(desk_settings: Settings, desk_engine: Engine) -> Iterator[TestClient]:
    app = create_app(desk_settings, desk_engine)
    with TestClient(app, base_url="http://127.0.0.1:8000", follow_redirects=False) as client:
        yield client


def put(engine: Engine, number: int, receipt: Receipt) -> None:
    now = datetime.now(UTC)
    with session_scope(engine) as session:
        mail = {"subject": f"{SCRIPT} {number}", "text": "t", "from": "f", "to": "t"}
        alert = Alert(f"alert_{number}", f"{SCRIPT}@x", mail)
        outbox.add(session, alert, subject=f"case {number}", event="case.alert", run_id=None, now=now)
        row = session.exec(select(OutboxRow).where(OutboxRow.alert_id == alert.id)).one()
        outbox.record(session, row.id or 0, receipt, now, now)


def state(engine: Engine, number: int) -> OutboxRow:
    with session_scope(engine) as session:
        return session.exec(select(OutboxRow).where(OutboxRow.alert_id == f"alert_{number}")).one()


REFUSED = Receipt(False, True, 400, 12, f"answered 400: {SCRIPT}")
TAKEN = Receipt(True, True, 200, 12, "accepted", provider_id="mail-77")


def test_dead_letters_are_shown_with_their_reason_and_can_be_sent_again(
    client: TestClient, desk_engine: Engine
) -> None:
    for number in (1, 2, 3):
        put(desk_engine, number, REFUSED)
    csrf = sign_in(client)
    page = client.get("/alerts").text
    assert page.count("answered 400") == 6 and "Given up <b>3</b>" in page and SCRIPT not in page
    first = state(desk_engine, 1)
    assert client.post(f"/alerts/{first.id}/resend", data={"csrf": csrf}).status_code == 303
    again = state(desk_engine, 1)
    assert (again.state, again.alert_id, again.tries, again.attempts) == ("due", first.alert_id, 0, 1)
    assert client.post(f"/alerts/{first.id}/resend", data={"csrf": csrf}).status_code == 404
    client.post("/alerts/resend", data={"csrf": csrf})
    assert {state(desk_engine, n).state for n in (2, 3)} == {"due"}
    with session_scope(desk_engine) as session:
        assert [row.actor for row in ledger.of_subject(session, "alert:alert_1")] == ["analyst"]


def test_what_left_is_shown_with_the_name_the_receiver_gave_it(client: TestClient, desk_engine: Engine) -> None:
    put(desk_engine, 1, TAKEN)
    sign_in(client, "viewer")
    page = client.get("/alerts?show=sent").text
    assert "kept as mail-77" in page and "12 ms" in page and "Send again" not in page


def report(client: TestClient, key: str, body: dict[str, str], at: datetime | None = None, number: str = "r1") -> int:
    at, text_ = at or datetime.now(UTC), json.dumps(body)
    headers = {
        "webhook-id": number,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(key).sign(number, at, text_),
    }
    return client.post("/hooks/deliveries", content=text_, headers=headers).status_code


@pytest.mark.parametrize("key", KEYS)
def test_a_signed_bounce_makes_a_sent_alert_a_dead_letter(client: TestClient, desk_engine: Engine, key: str) -> None:
    put(desk_engine, 1, TAKEN)
    bounce = {"alert": "alert_1", "report": "bounced", "detail": f"no such box {SCRIPT}"}
    assert [report(client, key, bounce), report(client, key, bounce)] == [200, 200]
    assert (state(desk_engine, 1).state, state(desk_engine, 1).reason[:20]) == ("dead", "bounced: no such box")
    with session_scope(desk_engine) as session:
        assert len(session.exec(select(CallbackRow)).all()) == 1
    sign_in(client)
    assert "reports bounced" in client.get("/alerts").text and SCRIPT not in client.get("/alerts").text


def test_a_report_that_is_forged_old_or_of_nothing_changes_nothing(client: TestClient, desk_engine: Engine) -> None:
    put(desk_engine, 1, TAKEN)
    bounce = {"alert": "alert_1", "report": "bounced"}
    other = "whsec_" + "eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHg="
    assert report(client, other, bounce) == 401
    for late in (timedelta(minutes=6), timedelta(minutes=-6)):
        assert report(client, KEYS[0], bounce, datetime.now(UTC) - late) == 401
    assert client.post("/hooks/deliveries", content=json.dumps(bounce)).status_code == 401
    assert report(client, KEYS[0], {"alert": "alert_9", "report": "bounced"}) == 404
    assert report(client, KEYS[0], {"alert": "alert_1", "report": "opened"}) == 422
    assert client.post("/hooks/deliveries", content=b"x" * 150_000).status_code == 401
    assert state(desk_engine, 1).state == "sent"


def mailgun(client: TestClient, key: str, event: dict[str, object], age: float = 0, token: str = "t1") -> int:
    at = str(int(datetime.now(UTC).timestamp() - age))
    signature = hmac.new(key.encode(), f"{at}{token}".encode(), hashlib.sha256).hexdigest()
    body = {"signature": {"timestamp": at, "token": token, "signature": signature}, "event-data": event}
    return client.post("/hooks/mailgun", json=body).status_code


def test_mailguns_own_reports_are_taken_by_mailguns_own_signature(client: TestClient, desk_engine: Engine) -> None:
    put(desk_engine, 1, TAKEN)
    bounce = {"event": "failed", "severity": "permanent", "reason": "bounce", "user-variables": {"alert": "alert_1"}}
    assert mailgun(client, "another key", bounce) == 401 and mailgun(client, KEYS[1], bounce, age=400) == 401
    assert mailgun(client, KEYS[1], {**bounce, "severity": "temporary"}) == 200
    assert state(desk_engine, 1).state == "sent"
    assert [mailgun(client, KEYS[1], bounce), mailgun(client, KEYS[1], bounce)] == [200, 200]
    assert (state(desk_engine, 1).state, state(desk_engine, 1).reason) == ("dead", "bounced: bounce")
    for wrong in ("{}", "[]", "x", '{"signature": 1, "event-data": {}}', '{"signature": {"timestamp": "nan"}}'):
        assert client.post("/hooks/mailgun", content=wrong).status_code == 422


def test_without_a_secret_the_endpoint_is_closed(desk_settings: Settings, desk_engine: Engine) -> None:
    shut = desk_settings.model_copy(update={"callback_secret": SecretStr("")})
    with TestClient(create_app(shut, desk_engine), base_url="http://127.0.0.1:8000") as client:
        assert report(client, KEYS[0], {"alert": "alert_1", "report": "bounced"}) == 404


GOOD = {"channel": "team", "address": "grace@desk.example", "severity": "high", "regimes": "1718, 2140",
        "kinds": ["arms"], "countries": "North Korea", "timing": "daily", "at": "06:30", "zone": "Europe/Berlin",
        "quiet_from": "22:00", "quiet_until": "07:00"}  # fmt: skip


def test_a_person_subscribes_and_ends_it_and_nobody_else_can(client: TestClient, desk_engine: Engine) -> None:
    csrf = sign_in(client)
    assert client.post("/subscriptions", data={**GOOD, "csrf": csrf}).status_code == 303
    page = client.get("/subscriptions").text
    assert "regimes 1718, 2140; kinds arms; countries North Korea; severity high" in page and "22:00" in page
    with session_scope(desk_engine) as session:
        number = session.exec(select(SubscriptionRow)).one().id
    other = sign_in(client, "viewer")
    assert "grace@desk.example" not in client.get("/subscriptions").text
    assert client.post(f"/subscriptions/{number}/end", data={"csrf": other}).status_code == 404
    csrf = sign_in(client)
    assert client.post(f"/subscriptions/{number}/end", data={"csrf": csrf}).status_code == 303
    with session_scope(desk_engine) as session:
        assert session.exec(select(SubscriptionRow)).first() is None


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"channel": "bosses"}, "not open"),
        ({"channel": "email"}, "not open"),
        ({"address": "grace@elsewhere.example"}, "desk.example"),
        ({"address": "grace@desk.example\r\nBcc: a@evil.example"}, "to.0"),
        ({"address": "a@evil.example,b@desk.example"}, "to.0"),
        ({"address": "+4912345"}, "desk.example"),
        ({"kinds": ["war"]}, "kinds"),
        ({"regimes": "DROP TABLE"}, "regimes"),
        ({"severity": "worst"}, "severity"),
        ({"zone": "Mars/Olympus"}, "time zone"),
        ({"at": "25:00"}, "at"),
        ({"quiet_until": ""}, "until"),
    ],
    ids=str,
)
def test_a_subscription_that_is_not_allowed_is_refused_in_words(
    client: TestClient, desk_engine: Engine, wrong: dict[str, object], says: str
) -> None:
    csrf = sign_in(client)
    answer = client.post("/subscriptions", data={**GOOD, **wrong, "csrf": csrf})
    assert answer.status_code == 422 and says in answer.text.partition('role="alert"')[2].partition("</p>")[0]
    with session_scope(desk_engine) as session:
        assert session.exec(select(SubscriptionRow)).first() is None


def test_an_acknowledged_case_is_no_longer_shown_as_open(
    client: TestClient, desk_engine: Engine, reference: str
) -> None:
    with session_scope(desk_engine) as session:
        reminders.add(session, "night", "email", "a@x", reference, "case.alert", datetime.now(UTC))
    csrf = sign_in(client)
    assert f"Acknowledge {reference}" in client.get("/alerts").text
    assert client.post(f"/cases/{reference}/acknowledge", data={"csrf": csrf}).status_code == 303
    assert client.post("/cases/EW-0/acknowledge", data={"csrf": csrf}).status_code == 404
    assert "Nobody has acknowledged" not in client.get("/alerts").text
    with session_scope(desk_engine) as session:
        assert ledger.of_subject(session, reference)[-1].action == "case.acknowledged"


def test_a_certificate_is_shown_given_away_and_a_forged_one_is_said_to_be(
    client: TestClient, desk_settings: Settings, desk_engine: Engine
) -> None:
    monitor = Monitor(desk_settings, desk_engine, (), fetch_policy(desk_settings))
    with session_scope(desk_engine) as session:
        assert issue(session, monitor, date(2026, 11, 20), datetime.now(UTC)) is not None
    sign_in(client, "auditor")
    assert 'href="/certificates/1"' in client.get("/certificates").text
    page = client.get("/certificates/1").text
    assert "the database says the same" in page and "no run took place" in page
    told = client.get("/certificates/1/certificate.json")
    assert told.json()["number"] == 1 and 'filename="coverage-1-2026-11-20.json"' in told.headers["content-disposition"]
    pdf = client.get("/certificates/1/certificate.pdf")
    assert pdf.content[:5] == b"%PDF-" and pdf.headers["content-type"] == "application/pdf"
    with desk_engine.begin() as connection:
        connection.execute(
            text("UPDATE certificates SET content = replace(content, '\"screened\": 0', '\"screened\": 9')")
        )
    page = client.get("/certificates/1").text
    assert "the database says otherwise" in page and "altered after it was issued" in page


# The same through the API


@pytest.fixture
def api(client: TestClient, desk_engine: Engine) -> TestClient:
    """A client with an analyst's token."""
    client.headers.update(bearer(make_token(desk_engine)))
    return client


def test_dead_letters_are_listed_in_pages_and_sent_again_by_programs(api: TestClient, desk_engine: Engine) -> None:
    for number in (1, 2, 3):
        put(desk_engine, number, REFUSED)
    put(desk_engine, 4, TAKEN)
    first = api.get("/api/v1/alerts", params={"limit": 2}).json()
    rest = api.get("/api/v1/alerts", params={"limit": 2, "cursor": first["next"]}).json()
    listed = [*first["items"], *rest["items"]]
    assert [a["alert_id"] for a in listed] == ["alert_3", "alert_2", "alert_1"] and rest["next"] is None
    path = f"/api/v1/alerts/{listed[0]['id']}"
    shown = api.get(path)
    assert [t["http_status"] for t in shown.json()["tries"]] == [400] and shown.json()["reason"].startswith("answered")
    assert api.post(f"{path}/resendings").status_code == 428
    seen = {"if-match": shown.headers["etag"]}
    assert api.post(f"{path}/resendings", headers=seen | {"idempotency-key": "k"}).json()["state"] == "due"
    assert api.post(f"{path}/resendings", headers=seen | {"idempotency-key": "k"}).status_code == 201
    assert api.post(f"{path}/resendings", headers=seen).status_code == 412
    assert api.post(f"{path}/resendings", headers={"if-match": "*"}).status_code == 409
    assert api.post("/api/v1/alerts/resendings", json={}).json() == {"count": 2}
    with session_scope(desk_engine) as session:
        assert [row.actor for row in ledger.of_subject(session, "alert:alert_3")] == ["analyst"]
    [sent] = api.get("/api/v1/alerts", params={"state": "sent"}).json()["items"]
    assert api.get(f"/api/v1/alerts/{sent['id']}").json()["tries"][0]["provider_id"] == "mail-77"


def test_a_case_is_acknowledged_by_a_program(api: TestClient, desk_engine: Engine) -> None:
    reference, now = open_case(desk_engine), datetime.now(UTC)
    with session_scope(desk_engine) as session:
        reminders.add(session, "bosses", "bosses", "boss@desk.example", reference, "case.alert", now)
    assert [r["case"] for r in api.get("/api/v1/alerts/unacknowledged").json()] == [reference]
    answer = api.post(f"/api/v1/cases/{reference}/acknowledgements", headers={"if-match": "*"})
    assert answer.status_code == 201 and api.get("/api/v1/alerts/unacknowledged").json() == []


def test_a_program_subscribes_its_owner_alone_by_what_the_operator_allows(api: TestClient, desk_engine: Engine) -> None:
    own = "/api/v1/subscriptions"
    given = {"channel": "team", "address": "grace@desk.example", "when": {"kinds": ["arms"]}, "timing": "daily"}
    made = api.post(own, json=given | {"quiet": {"from": "22:00", "until": "06:00"}})
    assert made.status_code == 201 and made.json()["quiet"] == {"from": "22:00", "until": "06:00", "zone": "UTC"}
    for wrong in (
        {"channel": "bosses"},
        {"channel": "nothing"},
        {"address": "grace@evil.example"},
        {"address": "grace@desk.example\nBcc: x@evil.example"},
        {"when": {"kinds": ["tea"]}},
        {"when": {"verdicts": ["clear"]}},
        {"zone": "Mars/Base"},
        {"at": "25:00"},
        {"quiet": {"from": "22:00", "until": "22:00"}},
        {"user_id": 1},
        {"repeat": {"every_minutes": 5, "times": 20}},
    ):
        answer = api.post(own, json=given | wrong)
        assert answer.status_code == 422 and answer.headers["content-type"] == "application/problem+json", wrong
    path = f"{own}/{made.json()['id']}"
    stranger = bearer(make_token(desk_engine, "viewer"))
    assert api.get(path, headers=stranger).status_code == 404
    assert api.delete(path, headers=stranger | {"if-match": "*"}).status_code == 404
    assert api.delete(path).status_code == 428
    assert api.delete(path, headers={"if-match": api.get(path).headers["etag"]}).status_code == 200
    assert api.get(own).json() == []
    for _ in range(20):
        assert api.post(own, json=given).status_code == 201
    assert api.post(own, json=given).status_code == 422
    csrf = sign_in(api)
    form = {"csrf": csrf, "channel": "team", "address": "grace@desk.example", "timing": "daily"}
    page = api.post("/subscriptions", data=form)
    assert page.status_code == 422 and "more than 20" in page.text


def test_a_forged_certificate_is_said_to_be_to_programs_too(
    api: TestClient, desk_engine: Engine, desk_settings: Settings
) -> None:
    monitor = Monitor(desk_settings, desk_engine, (), fetch_policy(desk_settings))
    with session_scope(desk_engine) as session:
        issue(session, monitor, date(2026, 11, 20), datetime.now(UTC))
    [line] = api.get("/api/v1/certificates").json()["items"]
    assert (line["number"], line["standing"]) == (1, "nothing")
    assert api.get("/api/v1/certificates/1").json()["differences"] == []
    assert api.get("/api/v1/certificates/1/certificate.pdf").content.startswith(b"%PDF")
    with desk_engine.begin() as connection:
        connection.execute(
            text("UPDATE certificates SET content = replace(content, '\"screened\": 0', '\"screened\": 9')")
        )
    assert api.get("/api/v1/certificates/1").json()["differences"]
