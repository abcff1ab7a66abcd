"""How grave a case is, how soon it is due, and whether a second person must agree: an operator's declared list.

The first rule that fits decides, so that the list can be read from the top. Pure, but for reading the file.
"""

import hashlib
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

from compliance.errors import ConfigError
from compliance.screening import Verdict
from rules.vocabulary import Kind, Status

UNKNOWN = "unknown"
_CONDITIONS: Mapping[str, Collection[str] | None] = {
    "kinds": {k.value for k in Kind},
    "regimes": None,
    "goods": None,
    "status": {s.value for s in Status} | {UNKNOWN},
    "verdict": {v.value for v in Verdict},
}
_TERMS = {"hours", "four_eyes", "blind"}
_LONGEST = 24 * 365


class Severity(StrEnum):
    """How grave a case is, gravest last."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for low to 3 for critical, to sort by."""
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a severity asks for: a decision within ``time``, by two people or one, the second unaware of the first."""

    time: timedelta
    four_eyes: bool
    blind: bool


@dataclass(frozen=True, slots=True)
class SeverityRule:
    """A severity and its conditions; one that is empty is not asked about."""

    severity: Severity
    kinds: frozenset[str] = frozenset()
    regimes: frozenset[str] = frozenset()
    goods: tuple[str, ...] = ()
    status: frozenset[str] = frozenset()
    verdict: frozenset[str] = frozenset()

    @property
    def is_open(self) -> bool:
        """True where the rule fits every case."""
        return not (self.kinds or self.regimes or self.goods or self.status or self.verdict)


@dataclass(frozen=True, slots=True)
class SeverityPolicy:
    """The rules in order, and the terms of every severity. ``version`` is a digest of what was declared."""

    rules: tuple[SeverityRule, ...]
    terms: Mapping[Severity, Terms]
    version: str


def severity_of(
    kinds: Collection[str],
    regimes: Collection[str],
    goods: Collection[str],
    status: str | None,
    verdict: str,
    policy: SeverityPolicy,
) -> Severity:
    """Return the severity of the first rule that fits the case."""
    for rule in policy.rules:
        if (
            _meets(rule.kinds, kinds)
            and _meets(rule.regimes, regimes)
            and _meets(rule.status, (status or UNKNOWN,))
            and _meets(rule.verdict, (verdict,))
            and _names(rule.goods, goods)
        ):
            return rule.severity
    raise AssertionError("a policy ends with a rule that always fits")


def _meets(asked: frozenset[str], given: Collection[str]) -> bool:
    return not asked or not asked.isdisjoint(given)


def _names(asked: Sequence[str], goods: Collection[str]) -> bool:
    return not asked or any(_whole(term).search(name) for term in asked for name in goods)


def _whole(term: str) -> re.Pattern[str]:
    return re.compile(rf"\b{re.escape(term)}(?:s|es)?\b", re.IGNORECASE)


def load_severity_policy(path: Path, known_regimes: Collection[str] | None = None) -> SeverityPolicy:
    """Read the policy strictly, regimes too where they are known. Raises ConfigError naming file, rule and key."""
    try:
        declared = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: {' '.join(str(error).split())}") from error
    if not isinstance(declared, dict) or set(declared) != {"severities", "rules"}:
        raise ConfigError(f"{path}: expected exactly the keys rules, severities")
    terms = _all_terms(declared["severities"], path)
    rules = _rules(declared["rules"], path, known_regimes)
    digest = hashlib.sha256(json.dumps(declared, sort_keys=True).encode()).hexdigest()[:12]
    return SeverityPolicy(rules, terms, digest)


def _all_terms(given: Any, path: Path) -> dict[Severity, Terms]:
    names = {s.value for s in Severity}
    if not isinstance(given, dict) or set(given) != names:
        raise ConfigError(f"{path}: severities: expected exactly {', '.join(sorted(names))}")
    return {severity: _terms(given[severity.value], f"{path}: severities: {severity}") for severity in Severity}


def _terms(given: Any, where: str) -> Terms:
    if not isinstance(given, dict) or set(given) != _TERMS:
        raise ConfigError(f"{where}: expected exactly the keys {', '.join(sorted(_TERMS))}")
    hours = given["hours"]
    if isinstance(hours, bool) or not isinstance(hours, int | float) or not 0 < hours <= _LONGEST:
        raise ConfigError(f"{where}: hours: expected a number from 0 to {_LONGEST}, more than 0")
    for key in ("four_eyes", "blind"):
        if not isinstance(given[key], bool):
            raise ConfigError(f"{where}: {key}: expected true or false")
    if given["blind"] and not given["four_eyes"]:
        raise ConfigError(f"{where}: blind: a blind second reading needs four_eyes")
    return Terms(timedelta(hours=hours), given["four_eyes"], given["blind"])


def _rules(given: Any, path: Path, known_regimes: Collection[str] | None) -> tuple[SeverityRule, ...]:
    if not isinstance(given, list) or not given:
        raise ConfigError(f"{path}: rules: expected a list of rules")
    rules = tuple(_rule(row, f"{path}: rule {n}", known_regimes) for n, row in enumerate(given, 1))
    for number, rule in enumerate(rules, 1):
        if rule.is_open and number < len(rules):
            raise ConfigError(f"{path}: rule {number}: it always fits, so that no rule after it ever would")
    if not rules[-1].is_open:
        raise ConfigError(f"{path}: rule {len(rules)}: the last rule must name no condition")
    return rules


def _rule(row: Any, where: str, known_regimes: Collection[str] | None) -> SeverityRule:
    if not isinstance(row, dict) or "severity" not in row:
        raise ConfigError(f"{where}: expected a severity and its conditions")
    if unknown := sorted(str(key) for key in set(row) - set(_CONDITIONS) - {"severity"}):
        raise ConfigError(f"{where}: unknown key {unknown[0]}")
    if row["severity"] not in {s.value for s in Severity}:
        raise ConfigError(f"{where}: severity: unknown word {row['severity']!r}")
    words = {key: _words(row, key, where) for key in _CONDITIONS}
    for regime in words["regimes"]:
        if known_regimes is not None and regime not in known_regimes:
            raise ConfigError(f"{where}: regimes: no regime has the number {regime!r}")
    return SeverityRule(
        Severity(row["severity"]),
        kinds=frozenset(words["kinds"]),
        regimes=frozenset(words["regimes"]),
        goods=tuple(words["goods"]),
        status=frozenset(words["status"]),
        verdict=frozenset(words["verdict"]),
    )


def _words(row: Mapping[str, Any], key: str, where: str) -> list[str]:
    if key not in row:
        return []
    given, known = row[key], _CONDITIONS[key]
    if not isinstance(given, list) or not given or not all(isinstance(w, str) and w.strip() for w in given):
        raise ConfigError(f"{where}: {key}: expected a list of texts")
    for word in given:
        if known is not None and word not in known:
            raise ConfigError(f"{where}: {key}: unknown word {word!r}")
    return given
