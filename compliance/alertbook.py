"""``config/alerts.yml`` read strictly: the channels, who is told of what, the digest and the operations channel."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, Field, StringConstraints, TypeAdapter, ValidationError, model_validator

from compliance.channels.template import BodyTemplate, TemplateFault
from compliance.errors import ConfigError
from compliance.subscription import Address, Declared, Name, Recipient, Subscription, Word

DEFAULT = "email"
SecretName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{2,80}$")]
Host = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.:-]{1,253}$")]
Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s@\\]+$", max_length=2_000)]
HeaderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,60}$")]
HeaderText = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e][\x20-\x7e]*$", max_length=500)]


def _checked_template(source: str) -> str:
    try:
        BodyTemplate(source)
    except TemplateFault as fault:
        raise ValueError(str(fault)) from None
    return source


class SecretHeader(Declared):
    """A header whose value is a secret from the environment, perhaps behind a word such as ``Bearer``."""

    secret: SecretName
    prefix: str = ""


class _Channel(Declared):
    content: Literal["full", "link"] = "full"
    sender: Address | None = None
    for_users: bool = False


class WebhookSpec(_Channel):
    """A webhook signed to the Standard Webhooks specification, perhaps with a body of the operator's own making."""

    kind: Literal["webhook"]
    url: Url | None = None
    url_secret: SecretName | None = None
    keys: tuple[SecretName, ...] = ()
    body: Annotated[str, AfterValidator(_checked_template)] | None = None
    headers: Mapping[HeaderName, HeaderText | SecretHeader] = Field(default_factory=dict)
    allow_private: bool = False

    @model_validator(mode="after")
    def _one_address(self) -> "WebhookSpec":
        if bool(self.url) == bool(self.url_secret):
            raise ValueError("expected exactly one of url and url_secret")
        if not self.keys and not self.headers and not self.url_secret:
            raise ValueError("keys: a webhook needs a signing key, a header with a secret or a secret address")
        return self


class _MailService(_Channel):
    key: SecretName
    url: Url | None = None
    allow_private: bool = False


class MailgunSpec(_MailService):
    """Mailgun's messages API."""

    kind: Literal["mailgun"]
    domain: Host
    region: Literal["us", "eu"] = "us"


class SendgridSpec(_MailService):
    """SendGrid's mail send API."""

    kind: Literal["sendgrid"]


class PostmarkSpec(_MailService):
    """Postmark's email API."""

    kind: Literal["postmark"]
    stream: Name = "outbound"


class BrevoSpec(_MailService):
    """Brevo's transactional email API."""

    kind: Literal["brevo"]


class SesSpec(_MailService):
    """Amazon SES v2, by its HTTP API; ``key`` is the secret access key and ``key_id`` its id."""

    kind: Literal["ses"]
    key_id: SecretName
    region: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]


class SmtpSpec(_Channel):
    """A mail server."""

    kind: Literal["smtp"]
    host: Host
    port: int = Field(default=587, ge=1, le=65_535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: Word | None = None
    password: SecretName | None = None
    authorities: Path | None = None

    @model_validator(mode="after")
    def _whole_login(self) -> "SmtpSpec":
        if bool(self.user) != bool(self.password):
            raise ValueError("user and password belong together")
        if self.user and self.security == "none":
            raise ValueError("security: a password is never sent without TLS")
        return self


class AppriseSpec(_Channel):
    """A messenger, through Apprise; the whole address is a secret."""

    kind: Literal["apprise"]
    address: SecretName


ChannelSpec = Annotated[
    WebhookSpec | MailgunSpec | SendgridSpec | PostmarkSpec | BrevoSpec | SesSpec | SmtpSpec | AppriseSpec,
    Field(discriminator="kind"),
]


class Destination(Declared):
    """A channel and the addresses told by it."""

    channel: Name
    to: tuple[Recipient, ...] = Field(min_length=1)


class _File(Declared):
    channels: dict[Name, ChannelSpec] = Field(default_factory=dict)
    subscriptions: dict[Name, Subscription] = Field(default_factory=dict)
    digest: Destination | None = None
    operations: Destination | None = None
    user_domains: tuple[Host, ...] = ()


@dataclass(frozen=True, slots=True)
class AlertBook:
    """Everything ``config/alerts.yml`` says. The channel ``email`` is the one the environment describes."""

    channels: Mapping[str, ChannelSpec]
    subscriptions: Mapping[str, Subscription]
    digest: Destination
    operations: Destination
    user_domains: tuple[str, ...] = ()
    content: Mapping[str, str] = field(default_factory=dict)
    senders: Mapping[str, str] = field(default_factory=dict)

    def sender(self, channel: str, fallback: str) -> str:
        """Return the sender that a channel names, else the one of the settings."""
        return self.senders.get(channel, fallback)

    def is_link_only(self, channel: str) -> bool:
        """True where a channel carries no case content, only the link."""
        return self.content.get(channel) == "link"

    def for_users(self) -> list[str]:
        """Return the channels that people may use for subscriptions of their own."""
        return sorted(name for name, spec in self.channels.items() if spec.for_users)


class _StrictLoader(yaml.SafeLoader):
    """Refuses a key that stands twice, of which the first would be lost without a word."""


def _mapping(loader: _StrictLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen = set()
    for key, _ in node.value:
        name = loader.construct_object(key, deep=True)
        if name in seen:
            raise yaml.constructor.ConstructorError(None, None, f"the key {name!r} stands twice", key.start_mark)
        seen.add(name)
    return yaml.SafeLoader.construct_mapping(loader, node, deep=True)


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def load_alert_book(path: Path, alert_to: str, known_regimes: frozenset[str] | None = None) -> AlertBook:
    """Read the file; without subscriptions, ``alert_to`` is told of every alert by the channel ``email``.

    A file that is not there says nothing. Raises ConfigError naming file and key.
    """
    declared = _read(path)
    try:
        file = TypeAdapter(_File).validate_python(declared)
    except ValidationError as error:
        raise ConfigError(f"{path}: {_first_fault(error)}") from None
    if DEFAULT in file.channels:
        raise ConfigError(f"{path}: channels.{DEFAULT}: this name is the channel that the environment describes")
    _check_references(path, file, known_regimes)
    everyone = Destination(channel=DEFAULT, to=(alert_to,))
    subscriptions = file.subscriptions or {"default": Subscription(channel=DEFAULT, to=(alert_to,))}
    return AlertBook(
        channels=file.channels,
        subscriptions=subscriptions,
        digest=file.digest or everyone,
        operations=file.operations or file.digest or everyone,
        user_domains=tuple(domain.lower() for domain in file.user_domains),
        content={name: spec.content for name, spec in file.channels.items()},
        senders={name: spec.sender for name, spec in file.channels.items() if spec.sender},
    )


def _read(path: Path) -> Any:
    try:
        source = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {' '.join(str(error).split())}") from None
    try:
        return yaml.load(source, _StrictLoader) or {}  # noqa: S506  (a SafeLoader that is stricter still)
    except (yaml.YAMLError, RecursionError, TypeError) as error:
        raise ConfigError(f"{path}: {' '.join(str(error).split())[:300]}") from None


_SECRETS = {"key", "key_id", "keys", "password", "address", "url_secret", "secret"}


def _first_fault(error: ValidationError) -> str:
    """Say where and what, and never repeat the value: someone may have put a secret where its name belongs."""
    first = error.errors(include_input=False, include_url=False)[0]
    place = [str(part) for part in first["loc"]]
    # The discriminated kind appears in the path behind the channel's name, where the file has no such key.
    if len(place) > 2 and place[0] == "channels":
        del place[2]
    words = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        words = "unknown key"
    if first["type"] == "string_pattern_mismatch" and _SECRETS & set(place[-2:]):
        words = "expected the name of an environment variable, never the secret itself"
    return f"{'.'.join(place)}: {words}" if place else words


def _check_references(path: Path, file: _File, known_regimes: frozenset[str] | None) -> None:
    named = {f"subscriptions.{name}": s.channel for name, s in file.subscriptions.items()}
    named |= {word: d.channel for word, d in (("digest", file.digest), ("operations", file.operations)) if d}
    for where, channel in named.items():
        if channel != DEFAULT and channel not in file.channels:
            raise ConfigError(f"{path}: {where}.channel: there is no channel {channel!r}")
    for name, subscription in file.subscriptions.items():
        for regime in subscription.when.regimes:
            if known_regimes is not None and regime not in known_regimes:
                raise ConfigError(f"{path}: subscriptions.{name}.when.regimes: no regime has the number {regime!r}")
    if not file.user_domains and (open_ := [n for n, c in file.channels.items() if c.for_users]):
        raise ConfigError(f"{path}: channels.{open_[0]}.for_users: user_domains must say whose addresses are allowed")
