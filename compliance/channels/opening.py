"""What ``config/alerts.yml`` declares, and the secrets of the environment → channels that send."""

from collections.abc import Mapping

from pydantic import SecretStr

from compliance import alertbook
from compliance.alertbook import AlertBook
from compliance.channels import forms
from compliance.channels.channel import Channel
from compliance.channels.http import MailServiceChannel, WebhookChannel, amazon_signer, basic
from compliance.channels.messenger import MessengerChannel, check_messenger
from compliance.channels.smtp import SmtpChannel
from compliance.channels.template import BodyTemplate
from compliance.errors import ConfigError
from compliance.fetchpolicy import fetch_policy
from compliance.secret import read_secret
from compliance.settings import Settings
from compliance.webhook import check_keys


def open_channel(name: str, book: AlertBook, settings: Settings) -> Channel | None:
    """Return the channel of that name, or None where the default one has no address, so that its alerts wait.

    Raises ConfigError where there is no such channel or a secret of it is missing; a secret is never repeated.
    """
    if name == alertbook.DEFAULT:
        return _default(settings)
    spec = book.channels.get(name)
    if spec is None:
        raise ConfigError(f"config/alerts.yml: there is no channel {name!r} any more, for which alerts wait")
    try:
        return _opened(name, spec, settings)
    except ConfigError as error:
        raise ConfigError(f"config/alerts.yml: channels.{name}: {error}") from None


def _default(settings: Settings) -> Channel | None:
    if not settings.webhook_url:
        return None
    named = "EMBARGOWATCH_WEBHOOK_SECRET"
    check_keys(settings.signing_secret, named)
    policy = fetch_policy(settings, allow_private=settings.webhook_allow_private)
    url, keys = SecretStr(settings.webhook_url), SecretStr(settings.signing_secret)
    return WebhookChannel(alertbook.DEFAULT, url, keys, policy, named)


def _opened(name: str, spec: alertbook.ChannelSpec, settings: Settings) -> Channel:
    if isinstance(spec, alertbook.WebhookSpec):
        return _webhook(name, spec, settings)
    if isinstance(spec, alertbook.SmtpSpec):
        password = read_secret(spec.password) if spec.password else SecretStr("")
        authorities = str(spec.authorities) if spec.authorities else None
        return SmtpChannel(name, spec.host, spec.port, spec.security, spec.user or "", password, authorities)
    if isinstance(spec, alertbook.AppriseSpec):
        address = read_secret(spec.address)
        check_messenger(address)
        return MessengerChannel(name, address)
    return _mail_service(name, spec, settings)


def _webhook(name: str, spec: alertbook.WebhookSpec, settings: Settings) -> Channel:
    url = SecretStr(spec.url) if spec.url else read_secret(spec.url_secret or "")
    keys = [read_secret(key) for key in spec.keys]
    for key, secret in zip(spec.keys, keys, strict=True):
        check_keys(secret.get_secret_value(), key)
    headers: dict[str, SecretStr] = {}
    for header, value in spec.headers.items():
        if isinstance(value, str):
            headers[header] = SecretStr(value)
        else:
            headers[header] = SecretStr(value.prefix + read_secret(value.secret).get_secret_value())
    return WebhookChannel(
        name,
        url,
        SecretStr(" ".join(k.get_secret_value() for k in keys)),
        fetch_policy(settings, allow_private=spec.allow_private),
        ", ".join(spec.keys),
        BodyTemplate(spec.body) if spec.body else None,
        headers,
    )


_ADDRESSES: Mapping[str, str] = {
    "mailgun-us": "https://api.mailgun.net",
    "mailgun-eu": "https://api.eu.mailgun.net",
    "sendgrid": "https://api.sendgrid.com/v3/mail/send",
    "postmark": "https://api.postmarkapp.com/email",
    "brevo": "https://api.brevo.com/v3/smtp/email",
}


def _mail_service(
    name: str,
    spec: alertbook.MailgunSpec
    | alertbook.SendgridSpec
    | alertbook.PostmarkSpec
    | alertbook.BrevoSpec
    | alertbook.SesSpec,
    settings: Settings,
) -> Channel:
    key, policy = read_secret(spec.key), fetch_policy(settings, allow_private=spec.allow_private)
    if isinstance(spec, alertbook.MailgunSpec):
        url = f"{spec.url or _ADDRESSES[f'mailgun-{spec.region}']}/v3/{spec.domain}/messages"
        login = {"authorization": basic("api", key)}
        return MailServiceChannel(name, url, forms.mailgun, login, policy, as_json=False, secrets=[key])
    if isinstance(spec, alertbook.SesSpec):
        key_id = read_secret(spec.key_id)
        url = spec.url or f"https://email.{spec.region}.amazonaws.com/v2/email/outbound-emails"
        sign = amazon_signer(spec.region, key_id, key)
        return MailServiceChannel(name, url, forms.ses, {}, policy, sign=sign, secrets=[key, key_id])
    url = spec.url or _ADDRESSES[spec.kind]
    if isinstance(spec, alertbook.PostmarkSpec):
        stream = spec.stream
        login = {"x-postmark-server-token": key}
        return MailServiceChannel(name, url, lambda id_, mail: forms.postmark(id_, mail, stream), login, policy)
    if isinstance(spec, alertbook.SendgridSpec):
        login = {"authorization": SecretStr(f"Bearer {key.get_secret_value()}")}
        return MailServiceChannel(name, url, forms.sendgrid, login, policy, secrets=[key])
    return MailServiceChannel(name, url, forms.brevo, {"api-key": key}, policy)
