"""Planted secrets, every channel failing in every way: none is found in logs, errors, database, pages or exports."""

import logging
import traceback
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlmodel import select

from compliance import operations
from compliance.alert import Alert
from compliance.certifying import issue
from compliance.coverage import RunCounts
from compliance.delivery import deliver_due
from compliance.errors import ConfigError
from compliance.monitor import assemble
from compliance.secret import masked, read_secret
from compliance.settings import Settings
from compliance.store import outbox, users
from compliance.store.database import session_scope
from compliance.store.tables import OutboxRow
from compliance.store.users import Role
from compliance.web.app import create_app
from tests.compliance.channels.conftest import serving
from tests.compliance.web.conftest import PASSWORD, sign_in

ROOT = Path(__file__).parents[2]
PLANTED = {
    "EMBARGOWATCH_WEBHOOK_SECRET": "whsec_cGxhbnRlZC1kZWZhdWx0LXdlYmhvb2stc2VjcmV0LWtleQ==",
    "EMBARGOWATCH_CALLBACK_SECRET": "whsec_cGxhbnRlZC1jYWxsYmFjay1zZWNyZXQta2V5LTEyMzQ1Njc4OQ==",
    "EMBARGOWATCH_DEADMAN_URL": "http://127.0.0.1:9/planted-deadman-token",
    "HOOK_KEY": "whsec_cGxhbnRlZC1ob29rLWtleS0xMjM0NTY3ODkwMTIzNA==",
    "POST_TOKEN": "planted-postmark-token",
    "SES_KEY": "planted-ses-secret-access-key",
    "MAIL_PASSWORD": "planted-smtp-password",
    "CHAT_URL": "http://127.0.0.1:9/planted-chat-token",
}


def test_no_secret_is_found_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    for name, value in PLANTED.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SES_ID", "AKIDEXAMPLE")
    config = tmp_path / "config"
    config.mkdir()
    for name in ("reasons.yml", "screening.yml", "severity.yml"):
        (config / name).write_text((ROOT / "config" / name).read_text())
    (config / "feeds.yml").write_text("feeds:\n  - {id: f, url: 'https://news.example/rss', title: F}\n")
    told: list[str] = []
    with serving() as service:
        # A service that repeats in its answer everything it was sent.
        shown = ("x-postmark-server-token", "authorization", "webhook-signature")
        service.answer = lambda post: (
            500, {"X-Message-Id": "x"}, "; ".join(post.headers[n] for n in shown if n in post.headers).encode()
        )  # fmt: skip
        (config / "alerts.yml").write_text(
            f"channels:\n  hook: {{kind: webhook, url: '{service.base}/h', keys: [HOOK_KEY], allow_private: true}}\n"
            f"  pm: {{kind: postmark, key: POST_TOKEN, url: '{service.base}/p', allow_private: true}}\n"
            f"  aws: {{kind: ses, region: eu-west-1, key_id: SES_ID, key: SES_KEY, url: '{service.base}/s', "
            "allow_private: true}\n"
            "  own: {kind: smtp, host: 127.0.0.1, port: 9, user: me, password: MAIL_PASSWORD}\n"
            "  chat: {kind: webhook, url_secret: CHAT_URL, allow_private: true}\n"
            "  gone: {kind: postmark, key: NOT_SET}\n"
        )
        home = tmp_path / "home"
        settings = Settings(home=home, config=config, webhook_url=service.base, webhook_allow_private=True)
        monitor = assemble(settings)
        with session_scope(monitor.engine) as session:
            for channel in ("email", "hook", "pm", "aws", "own", "chat", "gone"):
                mail = {"from": "f@x.example", "to": "t@x.example", "subject": "s", "text": "t", "html": "<p>h</p>"}
                alert = Alert(f"alert_{channel}", "t@x.example", mail)
                outbox.add(
                    session, alert, subject=channel, event="e", run_id=None, now=datetime.now(UTC), channel=channel
                )
        for _ in range(2):
            try:
                deliver_due(monitor, RunCounts())
            except ConfigError as error:
                told += [str(error), "".join(traceback.format_exception(error))]
        operations.ping(settings)
        operations.look(monitor, datetime.now(UTC))
    told += [repr(settings), repr(monitor), str(settings.model_dump())]
    with session_scope(monitor.engine) as session:
        made = issue(session, monitor, date(2026, 11, 20), datetime.now(UTC))
        users.add_user(session, "analyst", Role.ANALYST, PASSWORD, datetime.now(UTC))
        for row in session.exec(select(OutboxRow)):
            row.state = "dead"
            session.add(row)
    with TestClient(create_app(settings, monitor.engine), base_url="http://127.0.0.1:8000") as client:
        client.follow_redirects = False
        sign_in(client)
        told += [client.get(p).text for p in ("/alerts", "/alerts?show=due", "/subscriptions", "/certificates/1", "/")]
    monitor.engine.dispose()
    told += [repr(made), caplog.text, *capfd.readouterr()]
    told += [p.read_bytes().decode("latin-1") for p in home.rglob("*") if p.is_file()]
    assert "answered 500" in "".join(told) and "NOT_SET: this secret is not set" in "".join(told)
    for name, value in PLANTED.items():
        for part in (value, value.removeprefix("whsec_"), value.rpartition("/")[2]):
            assert not any(part in text for text in told), name


def test_a_secret_is_masked_whole_and_by_its_parts() -> None:
    keys = SecretStr("whsec_first whsec_second")
    assert masked("key whsec_second of whsec_first whsec_second", [keys]) == "key [secret] of [secret]"


def test_a_file_that_cannot_be_read_is_named_by_its_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEY_FILE", str(tmp_path / "none"))
    with pytest.raises(ConfigError, match="SOME_KEY_FILE: the file cannot be read"):
        read_secret("SOME_KEY")
