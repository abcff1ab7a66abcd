"""A real mail server takes the alert, and the message read back says what was sent, whatever a story put into it."""

import smtplib
import socket
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import cast

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from pydantic import SecretStr

from compliance.alert import compose_alert
from compliance.channels.messenger import MessengerChannel, tame
from compliance.channels.smtp import SmtpChannel
from tests.compliance.channels.conftest import Service
from tests.compliance.test_alert import BREAKS, CASE, HOSTILE, Tags


class Box:
    """Keeps what it is sent, and answers as it is told to."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, list[str], bytes]] = []
        self.answer = "250 2.0.0 Ok: queued as 4F1A"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.mails.append((str(envelope.mail_from), envelope.rcpt_tos, cast(bytes, envelope.content)))
        return self.answer

    def message(self) -> EmailMessage:
        return cast(EmailMessage, message_from_bytes(self.mails[-1][2], policy=default))


@pytest.fixture
def box() -> Iterator[tuple[Box, SmtpChannel]]:
    box = Box()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port, enable_SMTPUTF8=True)
    controller.start()
    yield box, SmtpChannel("own", "127.0.0.1", port, "none")
    controller.stop()


def test_a_mail_arrives_as_it_was_written(box: tuple[Box, SmtpChannel]) -> None:
    server, channel = box
    alert = compose_alert(CASE, "https://desk.example", "alerts@desk.example", "duty@desk.example")
    receipt = channel.send(alert.id, alert.payload)
    assert (receipt.accepted, receipt.http_status) == (True, 250) and "queued as 4F1A" in receipt.provider_id
    sender, recipients, _ = server.mails[0]
    assert (sender, recipients) == ("alerts@desk.example", ["duty@desk.example"])
    mail = server.message()
    assert mail["subject"] == alert.payload["subject"] and "→" in mail["subject"]
    assert mail["message-id"] == f"<{alert.id}@desk.example>" and mail["x-embargo-watch-alert"] == alert.id
    for kind, part in (("plain", "text"), ("html", "html")):
        body = mail.get_body((kind,))
        assert body is not None
        assert body.get_content().replace("\r\n", "\n").rstrip("\n") == alert.payload[part].rstrip("\n")


@pytest.mark.parametrize("evil", [f"x{b}Bcc: all@evil.example{b}{b}body" for b in BREAKS] + [HOSTILE, "=?utf-8?q?x?=",
                                  "\udce4", "a" * 5_000, "\u202ecod.exe", "<b>"], ids=ascii)  # fmt: skip
def test_a_hostile_name_is_sent_and_adds_no_header(box: tuple[Box, SmtpChannel], evil: str) -> None:
    server, channel = box
    parties = ({"canonical": evil, "type": "company", "roles": ["supplier"]},)
    case = replace(CASE, act=evil, parties=parties, denied_by=(evil,), goods=(evil,), changes=(evil,))
    alert = compose_alert(case, "https://desk.example", "alerts@desk.example", "duty@desk.example")
    assert channel.send(alert.id, alert.payload).accepted
    mail = server.message()
    assert mail.get_all("subject") is not None and len(mail.get_all("subject", [])) == 1
    assert mail["bcc"] is None and mail["to"] == "duty@desk.example" and not mail.defects
    assert set(mail.keys()) == {"From", "To", "Subject", "Message-ID", "X-Embargo-Watch-Alert", "Auto-Submitted",
                                "MIME-Version", "Content-Type"}  # fmt: skip
    html = mail.get_body(("html",))
    assert html is not None
    page = Tags()
    page.feed(html.get_content())
    assert page.links == ["https://desk.example/cases/EW-2026-00042"] and not {"script", "img"} & set(page.tags)


@pytest.mark.parametrize(("answer", "final"), [("451 4.7.1 later", False), ("554 5.7.1 never", True)])
def test_what_the_server_says_decides_whether_to_try_again(
    box: tuple[Box, SmtpChannel], answer: str, final: bool
) -> None:
    server, channel = box
    server.answer = answer
    alert = compose_alert(CASE, "https://desk.example", "a@desk.example", "d@desk.example")
    receipt = channel.send(alert.id, alert.payload)
    assert (receipt.accepted, receipt.final, receipt.http_status) == (False, final, int(answer[:3]))
    assert answer[4:] in receipt.detail


def test_a_server_without_tls_gets_no_mail_when_tls_is_asked_for(box: tuple[Box, SmtpChannel]) -> None:
    server, channel = box
    alert = compose_alert(CASE, "https://desk.example", "a@desk.example", "d@desk.example")
    asked = replace(channel, security="starttls", user="me", password=SecretStr("secret-of-mine"))
    receipt = asked.send(alert.id, alert.payload)
    assert not receipt.accepted and not receipt.final and server.mails == []
    assert "secret-of-mine" not in receipt.detail


def test_nobody_there_is_worth_another_try() -> None:
    alert = compose_alert(CASE, "https://desk.example", "a@desk.example", "d@desk.example")
    receipt = SmtpChannel("own", "127.0.0.1", 9, "none").send(alert.id, alert.payload)
    assert (receipt.accepted, receipt.final, receipt.http_status) == (False, False, None)


def test_smtplib_would_have_refused_the_subject_that_is_sent() -> None:
    with pytest.raises(ValueError, match="linefeed"):
        EmailMessage()["Subject"] = "x\r\nBcc: all@evil.example"
    assert smtplib.SMTP_PORT == 25


@pytest.mark.filterwarnings("ignore:.*imghdr.*:DeprecationWarning")
def test_a_messenger_is_sent_plain_text_without_mentions(service: Service) -> None:
    address = SecretStr(f"json://127.0.0.1:{service.base.rpartition(':')[2]}/token-of-mine")
    evil = "@everyone <!channel> <@U12> [click](https://evil.example) `x` *b* https://evil.example/a"
    case = replace(CASE, act=evil, parties=({"canonical": evil, "type": "company", "roles": ["broker"]},))
    alert = compose_alert(case, "https://desk.example", "a@desk.example", "d@desk.example")
    receipt = MessengerChannel("chat", address).send(alert.id, alert.payload)
    assert receipt.accepted, receipt.detail
    (post,) = service.posts
    said = post.json()["title"] + post.json()["message"]
    assert "https://desk.example/cases/EW-2026-00042" in said
    assert not any(mark in said for mark in ("@", "<", "`", "*", "](", "https://evil"))
    service.answer = lambda _: (500, {}, b"")
    failed = MessengerChannel("chat", address).send(alert.id, alert.payload)
    assert not failed.accepted and not failed.final and "token-of-mine" not in failed.detail


def test_only_our_own_link_stays_alive() -> None:
    assert tame("see https://desk.example/c and http://evil.example", "https://desk.example/c") == (
        "see https://desk.example/c and hxxp://evil.example"
    )
