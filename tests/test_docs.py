"""The pages are complete: every setting, command and regime has its line, and every link leads somewhere."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from compliance import cli
from compliance.regimepage import regimes_page
from compliance.settings import Settings
from rules.rulebook import load_rulebook

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = [*sorted(DOCS.rglob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_stands_on_its_page(name: str) -> None:
    assert f"`EMBARGOWATCH_{name.upper()}`" in (DOCS / "settings.md").read_text(encoding="utf-8")


def test_the_page_of_regimes_is_what_the_book_says_now() -> None:
    page = (DOCS / "regimes.md").read_text(encoding="utf-8")
    assert page == regimes_page(load_rulebook().regimes.values()), "run: embargowatch rules regimes > docs/regimes.md"


def test_every_regime_stands_on_its_page_with_every_measure_and_exemption() -> None:
    page = (DOCS / "regimes.md").read_text(encoding="utf-8")
    for regime in load_rulebook().regimes.values():
        assert f"| {regime.key} |" in page
        for measure in regime.measures:
            assert f"`{measure.code}`" in page
            assert all(told in page for told in measure.exemptions)


def commands() -> dict[str, str]:
    """Every command by its whole name, with its help."""
    found: dict[str, str] = {}

    def walk(command: object, path: tuple[str, ...]) -> None:
        children = getattr(command, "commands", None)
        if children is None:
            found[" ".join(path)] = str(getattr(command, "help", "") or "")
        for name, child in (children or {}).items():
            walk(child, (*path, name))

    walk(get_command(cli.assembled()), ())
    return found


def test_every_command_says_what_it_does_with_an_example() -> None:
    found = commands()
    assert {"screen", "feeds try", "run", "cases list", "desk", "serve", "users add", "model train", "export"} <= set(
        found
    )
    assert [name for name, help_ in found.items() if f"embargowatch {name}" not in help_] == []


def test_every_test_and_benchmark_that_the_page_on_security_names_is_there() -> None:
    page = (DOCS / "security.md").read_text(encoding="utf-8")
    named = 0
    for cell in re.findall(r"\| ([^|]*) \|$", page, flags=re.MULTILINE)[2:]:
        source = ""
        for told in re.findall(r"`([^`]+)`", cell):
            file, _, name = told.rpartition("::")
            if told.startswith("python -m "):
                assert (ROOT / f"{told.split()[2].replace('.', '/')}.py").exists(), told
            elif told.startswith("tests/"):
                source = (ROOT / (file or told)).read_text(encoding="utf-8")
            if told.startswith("test_") or file:
                assert f"def {name or told}(" in source, told
                named += 1
    assert named > 25


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_link_leads_to_a_file(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_every_test_that_the_page_of_collections_threats_names_is_there() -> None:
    page = (DOCS / "security-collection.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:tests|benchmarks)/[\w/]+\.py)(?:::(\w+))?`", page)
    assert len(named) > 40
    for path, name in named:
        found = ROOT / path
        assert found.is_file() and (not name or f"def {name}(" in found.read_text(encoding="utf-8")), (path, name)
