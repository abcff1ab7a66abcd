"""Exports and reports at the command line."""

import csv
import io
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from compliance import cli
from compliance.errors import ConfigError
from compliance.store import ledger
from compliance.store.database import open_engine, session_scope, upgrade
from tests.compliance.web.conftest import open_case


@pytest.fixture
def reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A case in the database that the commands read."""
    url = f"sqlite:///{tmp_path / 'a.db'}"
    monkeypatch.setenv("EMBARGOWATCH_DATABASE_URL", url)
    upgrade(url)
    engine = open_engine(url)
    made = open_case(engine)
    engine.dispose()
    return made


def run(*arguments: str) -> str:
    said = CliRunner().invoke(cli.assembled(), list(arguments), catch_exceptions=False)
    assert said.exit_code == 0, said.output
    return said.output


def test_cases_are_written_in_each_format(reference: str, tmp_path: Path) -> None:
    pytest.importorskip("followthemoney", reason="NO FOLLOWTHEMONEY: pip install 'embargowatch[ftm]'")
    for form in ("jsonl", "csv", "ftm"):
        said = run("export", str(tmp_path / form), "--what", "cases", "--format", form)
        assert ("7 entities" if form == "ftm" else "1 cases") in said, said
    assert json.loads((tmp_path / "jsonl").read_text())["case"] == reference
    told = (tmp_path / "csv").read_bytes().decode("utf-8-sig")
    assert told.count("\r\n") == 2 and "\r\r\n" not in told
    assert next(csv.DictReader(io.StringIO(told, newline="")))["case"] == reference


def test_a_report_is_written_and_recorded(reference: str, tmp_path: Path) -> None:
    run("report", reference, str(tmp_path / "case.pdf"))
    assert (tmp_path / "case.pdf").read_bytes().startswith(b"%PDF-")
    engine = open_engine(f"sqlite:///{tmp_path / 'a.db'}")
    with session_scope(engine) as session:
        [row] = ledger.of_subject(session, f"reading:{reference}")
        assert (row.actor, row.action) == ("command line", "exported")
    engine.dispose()
    with pytest.raises(ConfigError, match="no case EW-1"):
        run("report", "EW-1", str(tmp_path / "none.pdf"))


@pytest.mark.parametrize("wrong", [("--what", "all"), ("--format", "csv"), ("--what", "cases", "--format", "pdf")])
def test_what_cannot_be_exported_is_told(reference: str, wrong: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError, match="expected"):
        run("export", "-", *wrong)
