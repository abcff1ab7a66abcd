"""Channels that post over HTTP, all through the same guarded client: webhooks and the mail services' APIs."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from pydantic import SecretStr

from compliance.alert import Receipt
from compliance.channels.channel import Mail
from compliance.channels.template import BodyTemplate, TemplateFault
from compliance.intake.fetcher import FetchPolicy, post
from compliance.secret import masked
from compliance.webhook import deliver, receipt_of

Sign = Callable[[str, bytes, Mapping[str, str]], Mapping[str, str]]
Form = Callable[[str, Mail], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class WebhookChannel:
    """Posts signed to the Standard Webhooks specification: our own JSON, or what an operator's template makes of it."""

    name: str
    url: SecretStr
    keys: SecretStr
    policy: FetchPolicy
    named: str = "EMBARGOWATCH_WEBHOOK_SECRET"
    template: BodyTemplate | None = None
    headers: Mapping[str, SecretStr] = field(default_factory=dict)

    def send(self, alert_id: str, mail: Mail) -> Receipt:
        """Post the alert; a body that the template cannot make is given up, with what is wrong with it."""
        body: Mapping[str, Any] = mail
        if self.template is not None:
            try:
                body = self.template.render(alert_id, mail)
            except TemplateFault as fault:
                return Receipt(False, True, None, 0, f"the template of the channel gave no body: {fault}")
        headers = {name: value.get_secret_value() for name, value in self.headers.items()}
        url, keys = self.url.get_secret_value(), self.keys.get_secret_value()
        receipt = deliver(alert_id, body, url, keys, self.policy, datetime.now(UTC), headers, self.named)
        return _without(receipt, [self.url, self.keys, *self.headers.values()])


@dataclass(frozen=True, slots=True)
class MailServiceChannel:
    """Posts to the HTTP API of a mail service, in the form it takes."""

    name: str
    url: str
    form: Form
    headers: Mapping[str, SecretStr]
    policy: FetchPolicy
    as_json: bool = True
    sign: Sign | None = None
    secrets: Sequence[SecretStr] = ()

    def send(self, alert_id: str, mail: Mail) -> Receipt:
        """Post the mail in the service's form."""
        told = self.form(alert_id, mail)
        body = json.dumps(told, ensure_ascii=False).encode() if self.as_json else urlencode(told).encode()
        kind = "application/json" if self.as_json else "application/x-www-form-urlencoded"
        # Services that know the header send a repeated alert once; the others ignore it.
        headers: dict[str, str] = {"content-type": kind, "accept": "application/json", "idempotency-key": alert_id}
        headers |= {name: value.get_secret_value() for name, value in self.headers.items()}
        if self.sign is not None:
            headers |= self.sign(self.url, body, headers)
        receipt = receipt_of(post(self.url, body, headers, self.policy))
        return _without(receipt, [*self.headers.values(), *self.secrets])


def basic(user: str, password: SecretStr) -> SecretStr:
    """Return the value of an Authorization header of the basic scheme (RFC 7617)."""
    pair = f"{user}:{password.get_secret_value()}".encode()
    return SecretStr("Basic " + base64.b64encode(pair).decode())


def _without(receipt: Receipt, secrets: Sequence[SecretStr]) -> Receipt:
    return replace(receipt, detail=masked(receipt.detail, secrets), provider_id=masked(receipt.provider_id, secrets))


def amazon_signer(region: str, key_id: SecretStr, secret: SecretStr) -> Sign:
    """Return what signs a post to Amazon SES (Signature Version 4); ConfigError where botocore is not installed."""
    from compliance.errors import ConfigError

    try:
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials
    except ImportError:
        raise ConfigError("a channel of kind ses needs the extra: pip install 'embargowatch[ses]'") from None

    def sign(url: str, body: bytes, headers: Mapping[str, str]) -> Mapping[str, str]:
        request = AWSRequest(method="POST", url=url, data=body, headers={"content-type": headers["content-type"]})
        who = Credentials(key_id.get_secret_value(), secret.get_secret_value())
        SigV4Auth(who, "ses", region).add_auth(request)
        return {name: str(request.headers[name]) for name in ("X-Amz-Date", "Authorization")}

    return sign
