"""Alert → a mail server by SMTP, for those who have only that."""

import smtplib
import ssl
import time
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr

from pydantic import SecretStr

from compliance.alert import Receipt, plain
from compliance.channels.channel import Mail
from compliance.channels.forms import ID_HEADER
from compliance.secret import masked

_TIMEOUT = 20.0
_HEADER = 900


@dataclass(frozen=True, slots=True)
class SmtpChannel:
    """A mail server. ``security`` is ``starttls``, ``tls`` or, for a server on the same machine, ``none``."""

    name: str
    host: str
    port: int
    security: str
    user: str = ""
    password: SecretStr = field(default_factory=lambda: SecretStr(""))
    authorities: str | None = None

    def send(self, alert_id: str, mail: Mail) -> Receipt:
        """Hand the mail over; a 5xx reply is final, a 4xx reply or a broken connection is worth another try."""
        began = time.monotonic()

        def receipt(accepted: bool, final: bool, code: int | None, said: str, kept_as: str = "") -> Receipt:
            detail = masked(plain(said, 300), [self.password])
            return Receipt(accepted, final, code, int((time.monotonic() - began) * 1000), detail, provider_id=kept_as)

        try:
            code, said = self._hand_over(compose(alert_id, mail), mail)
        except smtplib.SMTPResponseException as error:
            said = _text(error.smtp_error)
            # A refused login is an operator's to mend, and may be mended: the alert waits.
            final = 500 <= error.smtp_code < 600 and not isinstance(error, smtplib.SMTPAuthenticationError)
            return receipt(False, final, error.smtp_code, f"answered {error.smtp_code}: {said}")
        except (smtplib.SMTPException, OSError, ValueError) as error:
            return receipt(False, False, None, f"smtp: {type(error).__name__}")
        if code == 250:
            return receipt(True, True, code, "accepted", plain(said, 120))
        return receipt(False, 500 <= code < 600, code, f"answered {code}: {said}")

    def _hand_over(self, message: EmailMessage, mail: Mail) -> tuple[int, str]:
        context = ssl.create_default_context(cafile=self.authorities)
        if self.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=_TIMEOUT, context=context)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=_TIMEOUT)
        with server:
            if self.security == "starttls":
                server.starttls(context=context)
            if self.user:
                server.login(self.user, self.password.get_secret_value())
            server.ehlo_or_helo_if_needed()
            options = ["SMTPUTF8"] if server.has_extn("smtputf8") and _is_wide(mail) else []
            body = message.as_bytes(policy=SMTP.clone(utf8=bool(options)))
            for code, said in (
                server.mail(parseaddr(str(mail["from"]))[1], options),
                server.rcpt(parseaddr(str(mail["to"]))[1]),
            ):
                if code not in (250, 251):
                    return code, _text(said)
            code, said = server.data(body)
            return code, _text(said)


def compose(alert_id: str, mail: Mail) -> EmailMessage:
    """Return the mail as a message: text and HTML parts, one header each, whatever its fields hold."""
    message = EmailMessage(policy=SMTP)
    for header in ("From", "To", "Subject"):
        message[header] = plain(str(mail[header.lower()]), _HEADER)
    domain = parseaddr(str(mail["from"]))[1].rpartition("@")[2] or "localhost"
    # One id for every try, by which mail programs know a repeated mail again.
    message["Message-ID"] = f"<{alert_id}@{plain(domain, 200).replace(' ', '')}>"
    message[ID_HEADER] = alert_id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(str(mail["text"]))
    if mail.get("html"):
        message.add_alternative(str(mail["html"]), subtype="html")
    return message


def _is_wide(mail: Mail) -> bool:
    return not (str(mail["from"]) + str(mail["to"])).isascii()


def _text(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said
