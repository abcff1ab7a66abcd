"""A mail in the forms that the mail services' HTTP APIs take. Pure; each form carries the alert's id as a header."""

from collections.abc import Mapping
from email.utils import parseaddr
from typing import Any

Mail = Mapping[str, Any]
ID_HEADER = "X-Embargo-Watch-Alert"


def mailgun(alert_id: str, mail: Mail) -> dict[str, str]:
    """Return the form fields of Mailgun's ``POST /v3/DOMAIN/messages``."""
    fields = {"from": mail["from"], "to": mail["to"], "subject": mail["subject"], "text": mail["text"]}
    if mail.get("html"):
        fields["html"] = mail["html"]
    # Without these two, Mailgun would rewrite every link to pass through its own servers.
    return fields | {f"h:{ID_HEADER}": alert_id, "v:alert": alert_id, "o:tracking": "no", "o:tracking-clicks": "no"}


def sendgrid(alert_id: str, mail: Mail) -> dict[str, Any]:
    """Return the JSON of SendGrid's ``POST /v3/mail/send``."""
    off = {"enable": False}
    return {
        "personalizations": [{"to": [_named(mail["to"], "email")], "custom_args": {"alert": alert_id}}],
        "from": _named(mail["from"], "email"),
        "subject": mail["subject"],
        "content": [{"type": kind, "value": text} for kind, text in _parts(mail)],
        "headers": {ID_HEADER: alert_id},
        "tracking_settings": {"click_tracking": off, "open_tracking": off},
    }


def postmark(alert_id: str, mail: Mail, stream: str = "outbound") -> dict[str, Any]:
    """Return the JSON of Postmark's ``POST /email``."""
    body = {"From": mail["from"], "To": mail["to"], "Subject": mail["subject"], "TextBody": mail["text"]}
    if mail.get("html"):
        body["HtmlBody"] = mail["html"]
    return body | {
        "MessageStream": stream,
        "Headers": [{"Name": ID_HEADER, "Value": alert_id}],
        "Metadata": {"alert": alert_id},
        "TrackOpens": False,
        "TrackLinks": "None",
    }


def ses(alert_id: str, mail: Mail) -> dict[str, Any]:
    """Return the JSON of Amazon SES v2's ``POST /v2/email/outbound-emails``."""

    def told(text: str) -> dict[str, str]:
        return {"Data": text, "Charset": "UTF-8"}

    body = {"Text": told(mail["text"])} | ({"Html": told(mail["html"])} if mail.get("html") else {})
    return {
        "FromEmailAddress": mail["from"],
        "Destination": {"ToAddresses": [mail["to"]]},
        "Content": {
            "Simple": {
                "Subject": told(mail["subject"]),
                "Body": body,
                "Headers": [{"Name": ID_HEADER, "Value": alert_id}],
            }
        },
        "EmailTags": [{"Name": "alert", "Value": alert_id}],
    }


def brevo(alert_id: str, mail: Mail) -> dict[str, Any]:
    """Return the JSON of Brevo's ``POST /v3/smtp/email``."""
    body: dict[str, Any] = {
        "sender": _named(mail["from"], "email"),
        "to": [_named(mail["to"], "email")],
        "subject": mail["subject"],
        "textContent": mail["text"],
        "headers": {ID_HEADER: alert_id, "idempotencyKey": alert_id},
    }
    return body | ({"htmlContent": mail["html"]} if mail.get("html") else {})


def _named(address: str, key: str) -> dict[str, str]:
    name, bare = parseaddr(address)
    return {key: bare or address} | ({"name": name} if name else {})


def _parts(mail: Mail) -> list[tuple[str, str]]:
    return [("text/plain", mail["text"])] + ([("text/html", mail["html"])] if mail.get("html") else [])
