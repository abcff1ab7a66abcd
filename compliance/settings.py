"""One frozen, typed settings object, read from ``EMBARGOWATCH_…`` variables and passed down from the doors."""

from functools import cached_property
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import make_url

_PROJECT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Everything an operator can set through the environment.

    A secret may instead be named by a file: ``EMBARGOWATCH_WEBHOOK_SECRET_FILE=/run/secrets/hook``.
    """

    model_config = SettingsConfigDict(env_prefix="EMBARGOWATCH_", frozen=True, extra="ignore")

    home: Path = Field(
        default=_PROJECT / "var", description="Where the SQLite database, Prefect's own database and logs live."
    )
    config: Path = Field(default=_PROJECT / "config", description="Folder of feeds.yml, screening.yml and alerts.yml.")
    database_url: str = Field(
        default="", description="SQLAlchemy URL, sqlite or postgresql; empty means SQLite in the home folder."
    )
    database_password_file: Path | None = Field(
        default=None, description="File holding the database's password, for a URL that names none."
    )
    model_path: Path = Field(
        default=_PROJECT / "compliance" / "classifier" / "artefact",
        description="Folder of the trained classifier and its model card.",
    )

    user_agent: str = Field(
        default="EmbargoWatch/0.1 (+sanctions news monitor; see robots.txt)",
        description="How every fetch introduces itself.",
    )
    connect_timeout: float = Field(default=10, gt=0, description="Seconds to connect to a host.")
    read_timeout: float = Field(default=15, gt=0, description="Seconds between two pieces of an answer.")
    fetch_deadline: float = Field(default=25, gt=0, description="Seconds for one whole fetch, redirects included.")
    fetch_max_bytes: int = Field(
        default=15_000_000, gt=0, description="Bytes of an answer after unpacking, beyond which it is dropped."
    )
    fetch_threads: int = Field(default=16, ge=1, le=64, description="Feeds fetched side by side.")
    host_concurrency: int = Field(default=2, ge=1, le=16, description="Fetches from one host at the same time.")
    host_delay: float = Field(default=1, ge=0, le=60, description="Seconds between two fetches from one host.")
    poll_shortest_minutes: int = Field(
        default=15, ge=1, description="Minutes after which a feed is asked at the soonest."
    )
    poll_longest_minutes: int = Field(
        default=360, ge=1, le=1440, description="Minutes after which a feed that is well is asked at the latest."
    )
    capture_days: int = Field(
        default=400, ge=1, description="Days that bytes as received are kept after their last fetch."
    )
    case_capture_days: int = Field(
        default=3653,
        ge=1,
        description="Days that bytes behind a decided case are kept after its last change; an open case's stay.",
    )
    allow_private_feeds: bool = Field(
        default=False, description="Allow feeds on private, loopback and link-local addresses."
    )

    use_proxies: bool = Field(
        default=False, description="Fetch through the proxies that HTTP_PROXY, HTTPS_PROXY and NO_PROXY name."
    )

    webhook_url: str = Field(default="", description="Email webhook that alerts are posted to; empty means none.")
    webhook_secret: SecretStr = Field(
        default=SecretStr(""),
        description="Signing secret of the webhook, whsec_ and base64, 24 to 64 bytes; two during a change.",
    )
    webhook_secret_file: Path | None = Field(default=None, description="File holding the webhook's signing secret.")
    webhook_allow_private: bool = Field(default=False, description="Allow a webhook on a private or loopback address.")
    callback_secret: SecretStr = Field(
        default=SecretStr(""), description="Secret of the endpoint that mail services report to; empty closes it."
    )
    callback_secret_file: Path | None = Field(default=None, description="File holding the callback secret.")
    deadman_url: SecretStr = Field(
        default=SecretStr(""), description="Address that is asked after each good run; a secret, as it holds a token."
    )
    deadman_url_file: Path | None = Field(default=None, description="File holding the address asked after a good run.")
    alert_from: str = Field(default="embargowatch@localhost", description="Sender named in alert mails.")
    alert_to: str = Field(default="compliance@localhost", description="Recipient of alert mails.")

    audit_anchors: Path | None = Field(
        default=None,
        description="File that keeps heads of the decision log; audit-anchors.jsonl in the home folder if unset.",
    )
    desk_url: str = Field(
        default="http://127.0.0.1:8000", description="Address of the review desk, for links in alerts."
    )
    desk_host: str = Field(default="127.0.0.1", description="Address the review desk listens on.")
    desk_port: int = Field(default=8000, ge=1, le=65535, description="Port the review desk listens on.")
    session_idle_minutes: int = Field(default=30, ge=1, description="Minutes without a request that end a session.")
    session_hours: int = Field(default=12, ge=1, description="Hours after which a session ends in any case.")
    desk_trusted_proxies: str = Field(
        default="",
        description="Addresses of reverse proxies whose X-Forwarded-For and -Proto are believed, comma-separated.",
    )
    password_sign_in: bool = Field(default=True, description="Let people sign in with a password.")
    oidc_issuer: str = Field(
        default="", description="Issuer URL of the OpenID Connect provider for single sign-on; empty means none."
    )
    oidc_label: str = Field(default="single sign-on", description="What the sign-in page calls the provider.")
    oidc_client_id: str = Field(default="", description="The desk's client id at the provider.")
    oidc_client_secret: SecretStr = Field(default=SecretStr(""), description="The desk's client secret there.")
    oidc_client_secret_file: Path | None = Field(default=None, description="File holding the client secret.")
    oidc_scopes: str = Field(default="openid profile email", description="Scopes asked of the provider.")
    oidc_name_claim: str = Field(default="preferred_username", description="Claim that names a new person.")
    oidc_groups_claim: str = Field(default="groups", description="Claim that lists a person's groups.")
    oidc_roles: dict[str, Literal["viewer", "analyst", "approver", "admin", "auditor"]] = Field(
        default={}, description='Role of each group, as JSON: {"sanctions-team": "analyst"}.'
    )
    oidc_default_role: Literal["", "viewer", "analyst", "approver", "admin", "auditor"] = Field(
        default="", description="Role of a person whom no group gives one; empty refuses him."
    )

    claim_minutes: int = Field(
        default=15, ge=1, le=600, description="Minutes for which an officer who opens a case in triage holds it."
    )

    un_list_url: str = Field(
        default="https://scsanctions.un.org/resources/xml/en/consolidated.xml",
        description="The UN Security Council Consolidated List as XML.",
    )
    prefect_api_url: str = Field(
        default="", description="A running Prefect server; empty means a temporary one for each run."
    )
    ingest_cron: str = Field(default="*/15 * * * *", description="When feeds that are due are polled through the day.")
    nightly_cron: str = Field(default="15 2 * * *", description="When the nightly judgement runs.")
    digest_cron: str = Field(default="0 6 * * *", description="When the daily digest is sent.")
    list_cron: str = Field(default="30 1 * * *", description="When the UN list is refreshed.")
    timezone: str = Field(default="UTC", description="Time zone of the schedules.")
    log_level: str = Field(default="WARNING", description="Least severe log line shown.")

    @model_validator(mode="after")
    def _poll_bounds_in_order(self) -> Self:
        if self.poll_shortest_minutes > self.poll_longest_minutes:
            raise ValueError("EMBARGOWATCH_POLL_SHORTEST_MINUTES must not exceed EMBARGOWATCH_POLL_LONGEST_MINUTES")
        return self

    @model_validator(mode="after")
    def _exclusive_secret(self) -> Self:
        for name in ("webhook_secret", "callback_secret", "deadman_url"):
            if getattr(self, f"{name}_file") and getattr(self, name).get_secret_value():
                variable = f"EMBARGOWATCH_{name.upper()}"
                raise ValueError(f"set {variable} or {variable}_FILE, not both")
        return self

    @model_validator(mode="after")
    def _whole_provider(self) -> Self:
        if self.oidc_client_secret_file and self.oidc_client_secret.get_secret_value():
            raise ValueError("set EMBARGOWATCH_OIDC_CLIENT_SECRET or EMBARGOWATCH_OIDC_CLIENT_SECRET_FILE, not both")
        if self.oidc_issuer and not self.oidc_client_id:
            raise ValueError("EMBARGOWATCH_OIDC_ISSUER needs EMBARGOWATCH_OIDC_CLIENT_ID")
        if not self.password_sign_in and not self.oidc_issuer:
            raise ValueError(
                "EMBARGOWATCH_PASSWORD_SIGN_IN=false needs EMBARGOWATCH_OIDC_ISSUER, or nobody can sign in"
            )
        return self

    @cached_property
    def anchors_file(self) -> Path:
        """The file that keeps heads of the decision log."""
        return self.audit_anchors or self.home / "audit-anchors.jsonl"

    @cached_property
    def provider_secret(self) -> str:
        """The desk's secret at the OpenID provider, from the variable or its file; empty where none is set."""
        if self.oidc_client_secret_file:
            return self.oidc_client_secret_file.read_text(encoding="utf-8").strip()
        return self.oidc_client_secret.get_secret_value()

    @cached_property
    def database(self) -> str:
        """The database URL in force, with psycopg 3 chosen for PostgreSQL."""
        url = self.database_url or f"sqlite:///{self.home / 'embargowatch.db'}"
        for prefix in ("postgresql://", "postgres://"):
            if url.startswith(prefix):
                url = "postgresql+psycopg://" + url.removeprefix(prefix)
        if self.database_password_file:
            password = self.database_password_file.read_text(encoding="utf-8").strip()
            url = make_url(url).set(password=password).render_as_string(hide_password=False)
        return url

    @cached_property
    def signing_secret(self) -> str:
        """The webhook's signing secret, from the variable or its file; empty where none is set."""
        return self._secret(self.webhook_secret, self.webhook_secret_file)

    @cached_property
    def callback_key(self) -> str:
        """The secret that mail services sign their reports with; empty where the endpoint is closed."""
        return self._secret(self.callback_secret, self.callback_secret_file)

    @cached_property
    def deadman_address(self) -> str:
        """The address asked after each good run; empty where none is set."""
        return self._secret(self.deadman_url, self.deadman_url_file)

    @staticmethod
    def _secret(given: SecretStr, file: Path | None) -> str:
        return file.read_text(encoding="utf-8").strip() if file else given.get_secret_value()
