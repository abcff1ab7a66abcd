"""CSV in which no cell is a formula and from which every value comes back."""

import csv
import io
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.report import spreadsheet

LEADS = [
    "=", "+", "-", "@", "\t", "\r", "\n", "\0", "\uff1d", "\uff0b", "\uff0d", "\uff20", " =", "\t=", "\u00a0=", "'=",
    "'", "\u3000@", "\r\n=", "\v=",
]  # fmt: skip


def read(columns: list[str], rows: list[dict[str, object]]) -> list[dict[str, str]]:
    told = "".join(spreadsheet.lines(columns, rows))
    assert told.startswith(spreadsheet.BOM)
    return list(csv.DictReader(io.StringIO(told.removeprefix(spreadsheet.BOM), newline="")))


@pytest.mark.parametrize("lead", LEADS)
def test_no_text_begins_a_formula_and_the_value_comes_back(lead: str) -> None:
    value = lead + 'cmd|"/c calc"!A1'
    [row] = read(["a", "b"], [{"a": value, "b": [value, "x"]}])
    assert row["a"].startswith("'") and row["b"].startswith("'")
    assert spreadsheet.value_of(row["a"]) == value


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_text_comes_back(value: str) -> None:
    [row] = read(["a"], [{"a": value}])
    assert spreadsheet.value_of(row["a"]) == value
    assert not row["a"].lstrip()[:1] or row["a"].lstrip()[0] not in "=+-@＝＋－＠"


def test_numbers_stay_numbers_and_what_is_not_there_is_empty() -> None:
    [row] = read(["score", "none", "list"], [{"score": -0.5, "none": None, "list": []}])
    assert row == {"score": "-0.5", "none": "", "list": ""}


def test_no_value_breaks_out_of_its_cell() -> None:
    rows: list[dict[str, object]] = [{"a": 'x","y\r\n=1', "b": ";=1"}, {"a": "next", "b": ""}]
    assert [r["a"] for r in read(["a", "b"], rows)] == ['x","y\r\n=1', "next"]


def test_an_empty_list_has_its_heading() -> None:
    assert "".join(spreadsheet.lines(["a", "b"], [])) == spreadsheet.BOM + '"a","b"\r\n'


@pytest.mark.skipif(
    shutil.which("soffice") is None, reason="NO SPREADSHEET PROGRAM: install LibreOffice Calc to open the export in it"
)
def test_libreoffice_finds_no_formula_in_any_column(tmp_path: Path) -> None:
    columns = [f"column {n}" for n in range(14)]
    rows: list[dict[str, object]] = [dict.fromkeys(columns, f"{lead}1+1") for lead in LEADS]
    path = tmp_path / "cases.csv"
    path.write_text("".join(spreadsheet.lines(columns, rows)), encoding="utf-8", newline="")
    command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "fods"]
    subprocess.run([*command, "--outdir", str(tmp_path), str(path)], check=True, capture_output=True, timeout=240)
    opened = (tmp_path / "cases.fods").read_text(encoding="utf-8")
    assert "column 13" in opened and opened.count("1+1") >= len(LEADS) and "table:formula" not in opened
