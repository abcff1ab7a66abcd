"""Monitor: engine, catalogue, rulebook, model, policy and fetch policy, assembled once and handed to every step."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from sqlalchemy import Engine

from compliance.alertbook import AlertBook, load_alert_book
from compliance.errors import ConfigError
from compliance.fetchpolicy import fetch_policy
from compliance.intake.catalog import load_catalog
from compliance.intake.fetcher import FetchPolicy
from compliance.intake.health import Bounds
from compliance.screening import Policy
from compliance.settings import Settings
from compliance.severity import SeverityPolicy, load_severity_policy
from compliance.store.database import open_engine, upgrade
from compliance.story import Feed

if TYPE_CHECKING:
    from compliance.classifier.model import Model
    from rules.rulebook import Rulebook


@dataclass(frozen=True)
class Monitor:
    """Everything the steps need. Model and rulebook load on first use: ingesting needs neither."""

    settings: Settings
    engine: Engine
    feeds: tuple[Feed, ...]
    fetch_policy: FetchPolicy

    @cached_property
    def policy(self) -> Policy:
        """The operator's screening policy."""
        return load_policy(self.settings.config / "screening.yml")

    @cached_property
    def alert_book(self) -> AlertBook:
        """Who is told of what, and by which channels."""
        return open_alert_book(self.settings)

    @cached_property
    def severity_policy(self) -> SeverityPolicy:
        """The operator's list of how grave a case is."""
        return load_severity_policy(self.settings.config / "severity.yml")

    @cached_property
    def rulebook(self) -> "Rulebook":
        """The checked rulebook."""
        return open_rulebook()

    @cached_property
    def model(self) -> "Model":
        """The trained classifier, checked against its model card."""
        return open_model(self.settings, self.rulebook)


def assemble(settings: Settings, feeds: Path | None = None, base_url: str | None = None) -> Monitor:
    """Return a monitor on an up-to-date database. ``base_url`` fills the sample catalogue's addresses."""
    catalogue = load_catalog(feeds or settings.config / "feeds.yml", base_url)
    open_alert_book(settings)
    upgrade(settings.database)
    return Monitor(settings, open_engine(settings.database), catalogue, fetch_policy(settings))


def health_bounds(settings: Settings) -> Bounds:
    """Return how often a feed that is well is asked, as the settings have it."""
    return Bounds(timedelta(minutes=settings.poll_shortest_minutes), timedelta(minutes=settings.poll_longest_minutes))


def open_alert_book(settings: Settings) -> AlertBook:
    """Read ``config/alerts.yml``; ConfigError names the key that is wrong."""
    from rules.rulebook import BOOK

    known = frozenset(path.stem.removeprefix("UN-SC") for path in (BOOK / "regimes").glob("*.yml"))
    return load_alert_book(settings.config / "alerts.yml", settings.alert_to, known)


def open_rulebook() -> "Rulebook":
    """Load the rulebook; ConfigError names the file and key that is wrong."""
    from rules.rulebook import RulebookError, load_rulebook

    try:
        return load_rulebook()
    except RulebookError as error:
        raise ConfigError(str(error)) from error


def open_model(settings: Settings, rulebook: "Rulebook") -> "Model":
    """Load the classifier; ModelError says what does not match its card."""
    from compliance.classifier.model import load_model

    return load_model(settings.model_path, rulebook)


def load_policy(path: Path) -> Policy:
    """Read the screening policy strictly; its version is a digest of what it says."""
    import hashlib

    try:
        declared = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: {' '.join(str(error).split())}") from error
    expected = {"review", "alert", "base_rate", "random_share"}
    if not isinstance(declared, dict) or set(declared) != expected:
        raise ConfigError(f"{path}: expected exactly the keys {', '.join(sorted(expected))}")
    for key in sorted(expected):
        value = declared[key]
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1:
            raise ConfigError(f"{path}: {key} must be a number between 0 and 1")
        if not value and key != "random_share":
            raise ConfigError(f"{path}: {key} must be more than 0")
    if declared["review"] > declared["alert"]:
        raise ConfigError(f"{path}: review must not exceed alert")
    digest = hashlib.sha256(repr(sorted(declared.items())).encode()).hexdigest()[:12]
    return Policy(float(declared["review"]), float(declared["alert"]), digest, float(declared["random_share"]))
