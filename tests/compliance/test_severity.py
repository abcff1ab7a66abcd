"""Severity is a declared list read from the top; what is wrong in the file is named."""

from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from compliance.errors import ConfigError
from compliance.settings import Settings
from compliance.severity import Severity, SeverityPolicy, load_severity_policy, severity_of
from rules.rulebook import load_rulebook

TERMS = {"hours": 24, "four_eyes": True, "blind": False}
GOOD: dict[str, Any] = {
    "severities": {s.value: dict(TERMS) for s in Severity},
    "rules": [
        {"severity": "critical", "goods": ["ballistic missile"], "status": ["documented"]},
        {"severity": "high", "kinds": ["arms"], "regimes": ["1718"]},
        {"severity": "medium", "status": ["unknown"], "verdict": ["alert"]},
        {"severity": "low"},
    ],
}


def policy(folder: Path, given: object = GOOD, regimes: set[str] | None = None) -> SeverityPolicy:
    path = folder / "severity.yml"
    path.write_text(yaml.safe_dump(given))
    return load_severity_policy(path, regimes)


@pytest.mark.parametrize(
    ("kinds", "regimes", "goods", "status", "verdict", "expected"),
    [
        (["arms"], ["1718"], ["short-range Ballistic Missiles"], "documented", "review", "critical"),
        (["arms"], ["1718"], ["ballistic missile"], "alleged", "review", "high"),
        (["arms"], ["1970"], [], "alleged", "alert", "low"),
        (["arms", "finance"], ["1970", "1718"], [], None, "alert", "high"),
        (["finance"], [], [], None, "alert", "medium"),
        (["finance"], [], ["antiballistic missilery"], "documented", "alert", "low"),
        ([], [], [], None, "review", "low"),
    ],
)
def test_the_first_rule_that_fits_decides(
    tmp_path: Path,
    kinds: list[str],
    regimes: list[str],
    goods: list[str],
    status: str | None,
    verdict: str,
    expected: str,
) -> None:
    assert severity_of(kinds, regimes, goods, status, verdict, policy(tmp_path)) == expected


def test_severities_sort_from_low_to_critical() -> None:
    assert [s.value for s in sorted(Severity, key=lambda s: s.rank)] == ["low", "medium", "high", "critical"]


def test_the_shipped_policy_is_sound_and_asks_two_people_about_the_gravest() -> None:
    shipped = load_severity_policy(Settings().config / "severity.yml", load_rulebook().regimes)
    assert [shipped.terms[s].four_eyes for s in Severity] == [False, False, True, True]
    times = [shipped.terms[s].time for s in Severity]
    assert times == sorted(times, reverse=True) and times[-1] == timedelta(hours=8)
    assert severity_of(["arms"], ["1718"], ["artillery shell"], "documented", "alert", shipped) is Severity.CRITICAL
    assert severity_of(["arms"], [], ["rifle"], "alleged", "alert", shipped) is Severity.HIGH
    assert severity_of(["proliferation"], [], ["centrifuge"], "documented", "clear", shipped) is Severity.LOW


def test_the_version_changes_with_what_is_declared(tmp_path: Path) -> None:
    other = deepcopy(GOOD)
    other["severities"]["low"]["hours"] = 25
    assert policy(tmp_path).version == policy(tmp_path).version != policy(tmp_path, other).version


def changed(path: str, value: Any) -> dict[str, Any]:
    """The good file with one value changed; ``path`` is keys and places joined by dots."""
    given = deepcopy(GOOD)
    *before, last = path.split(".")
    inner: Any = given
    for key in before:
        inner = inner[int(key)] if isinstance(inner, list) else inner[key]
    inner[int(last) if isinstance(inner, list) else last] = value
    return given


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("extra", 1, "expected exactly the keys rules, severities"),
        ("severities.low", None, "severities: low: expected exactly the keys"),
        ("severities.low.hours", 0, "severities: low: hours"),
        ("severities.low.hours", True, "severities: low: hours"),
        ("severities.low.hours", "soon", "severities: low: hours"),
        ("severities.low.four_eyes", "no", "severities: low: four_eyes: expected true or false"),
        ("severities.low", {"hours": 1, "four_eyes": False, "blind": True}, "needs four_eyes"),
        ("severities.grave", TERMS, "severities: expected exactly critical, high, low, medium"),
        ("rules", [], "rules: expected a list"),
        ("rules.0", {"kinds": ["arms"]}, "rule 1: expected a severity"),
        ("rules.0.colour", ["red"], "rule 1: unknown key colour"),
        ("rules.1.severity", "urgent", "rule 2: severity: unknown word 'urgent'"),
        ("rules.1.kinds", ["arm"], "rule 2: kinds: unknown word 'arm'"),
        ("rules.1.kinds", "arms", "rule 2: kinds: expected a list of texts"),
        ("rules.1.kinds", [], "rule 2: kinds: expected a list of texts"),
        ("rules.1.regimes", [1718], "rule 2: regimes: expected a list of texts"),
        ("rules.1.regimes", ["9999"], "rule 2: regimes: no regime has the number '9999'"),
        ("rules.2.status", ["rumoured"], "rule 3: status: unknown word 'rumoured'"),
        ("rules.2.verdict", ["maybe"], "rule 3: verdict: unknown word 'maybe'"),
        ("rules.1", {"severity": "low"}, "rule 2: it always fits"),
        ("rules.3.kinds", ["arms"], "rule 4: the last rule must name no condition"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, path: str, value: Any, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        policy(tmp_path, changed(path, value), {"1718", "1970"})
    assert told in str(caught.value) and "severity.yml" in str(caught.value)


@pytest.mark.parametrize("body", [b"\xff\xfe", b"rules: [", b"- 1", b""])
def test_a_file_that_is_no_policy_is_named(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "severity.yml"
    path.write_bytes(body)
    with pytest.raises(ConfigError, match=r"severity\.yml"):
        load_severity_policy(path)
