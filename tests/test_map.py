"""The map of the house holds: imports run downward (docs/architecture.md)."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = [p for room in ("flows", "rules", "compliance") for p in sorted((ROOT / room).rglob("*.py"))]
CORE = ("screening", "case", "severity", "priority", "correction", "quoting", "elements",
        "grouping", "likeness", "standins", "settling", "circumstances",
        "alert", "coverage", "intake/parser", "intake/fingerprint",
        "intake/text", "intake/health", "intake/filters", "intake/politeness", "intake/exchange", "intake/page",
        "intake/unpacking", "intake/hidden", "language", "draw", "missrate", "telling", "particulars", "rarity",
        "groupcheck",
        "intake/copies", "wording", "novelty", "subscription", "certificate", "circuit", "watchdog", "channels/forms",
        "classifier/classification", "classifier/evaluation", "classifier/judged", "classifier/figures",
        "classifier/bootstrap", "classifier/breakdown", "classifier/baseline", "classifier/folds",
        *(f"listing/{p.stem}" for p in sorted((ROOT / "compliance" / "listing").glob("*.py"))))  # fmt: skip
STANDARD_ONLY = {"yaml", "ahocorasick_rs"}


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


@pytest.mark.parametrize("path", [p for p in FILES if p.is_relative_to(ROOT / "rules")], ids=str)
def test_rules_import_nothing_of_ours_and_little_else(path: Path) -> None:
    import sys

    for name in imports(path):
        first = name.partition(".")[0]
        assert first == "rules" or first in sys.stdlib_module_names or first in STANDARD_ONLY, name


@pytest.mark.parametrize("path", FILES, ids=str)
def test_prefect_lives_in_flows_alone(path: Path) -> None:
    if not path.is_relative_to(ROOT / "flows"):
        assert not any(name.partition(".")[0] == "prefect" for name in imports(path))


@pytest.mark.parametrize("name", CORE)
def test_the_core_knows_no_clock_settings_database_or_network(name: str) -> None:
    ours = ("compliance.store", "compliance.settings", "compliance.monitor", "compliance.web", "flows")
    forbidden = (*ours, "sqlalchemy", "sqlmodel", "requests", "logging", "prefect", "fastapi")
    path = ROOT / "compliance" / f"{name}.py"
    assert not [i for i in imports(path) if i.startswith(forbidden)]
    assert ".now(" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", FILES, ids=str)
def test_nothing_below_the_doors_imports_a_door(path: Path) -> None:
    if (
        path.is_relative_to(ROOT / "compliance" / "web")
        or path.name.startswith(("cli", "__main__"))
        or path.is_relative_to(ROOT / "flows")
    ):
        return
    doors = [i for i in imports(path) if (i + ".").startswith(("compliance.web.", "compliance.cli", "flows."))]
    # The terminal's view of a run starts the flow that it shows.
    assert not doors or path.name == "nightly.py"


@pytest.mark.parametrize("path", FILES, ids=str)
def test_nothing_is_fetched_but_through_the_guard(path: Path) -> None:
    # `serve` and `health` ask this installation's own health checks, whose addresses the operator gives.
    # So does `provider`, which asks the one identity provider that the operator named, and bounds what it reads itself.
    if path.name in ("fetcher.py", "guard.py", "cli_serve.py", "provider.py"):
        return
    clients = ("requests", "urllib3", "urllib.request", "http.client", "httpx", "aiohttp", "trafilatura.downloads")
    assert not [i for i in imports(path) if i.startswith(clients)]
    assert "fetch_url" not in path.read_text(encoding="utf-8")
