"""`embargowatch model evaluate` on labelled files: any with label, title and text; clear words for the rest."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from compliance.cli import assembled
from compliance.errors import ConfigError
from tests.factories import TEXT, TITLE

BREACH = {"id": "1", "label": "breach", "title": TITLE, "text": TEXT, "published": "2026-11-20"}
RAIN = {"id": "2", "label": "not_breach", "title": "Rain", "text": "Rain fell.", "negative_type": "ordinary"}
GREY = {"id": "3", "label": "grey", "title": "A test", "text": "North Korea fired a missile."}


def written(folder: Path, *rows: Any) -> Path:
    path = folder / "labelled.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def evaluated(*arguments: object) -> str:
    result = CliRunner().invoke(
        assembled(), ["model", "evaluate", *map(str, arguments)], env={"NO_COLOR": "1"}, catch_exceptions=False
    )
    assert result.exit_code == 0
    return result.output


def test_a_file_with_nothing_but_labels_and_texts_is_measured_and_grey_is_left_out(tmp_path: Path) -> None:
    shown = evaluated(written(tmp_path, BREACH, RAIN, GREY))
    assert "2 stories" in shown
    assert "recall of flagged " in shown and "boolean, same sentence" in shown
    assert "none carries annotations" in shown


def test_the_report_names_the_file_and_its_digest_and_holds_every_plot(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    annotated = {
        **BREACH,
        "kinds": ["arms"],
        "regimes": ["1718"],
        "status": "alleged",
        "denied_by": [],
        "parties": [{"name": "North Korea", "canonical": "North Korea", "roles": ["supplier"]}],
        "non_parties": [],
    }
    shown = evaluated(written(tmp_path, annotated, RAIN), "--report", tmp_path / "new" / "folder")
    assert "kind 1.000" in shown
    page = (tmp_path / "new" / "folder" / "report.md").read_text(encoding="utf-8")
    assert "labelled.jsonl, SHA-256" in page
    assert {p.name for p in (tmp_path / "new" / "folder").glob("*.svg")} == {
        "precision-recall.svg", "reliability.svg", "scores.svg",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([BREACH, {**RAIN, "label": "perhaps"}], r"line 2: label 'perhaps' is none of breach, not_breach, grey"),
        ([{**RAIN, "text": None}], r"line 1: text is not text"),
        ([{"id": "1", "label": "breach", "title": "x"}], r"line 1: the field 'text' is missing"),
        ([RAIN, RAIN], r"line 2: the id '2' is used twice"),
        ([["breach"]], r"line 1: "),
        ([GREY], r"holds no story labelled breach or not_breach"),
        ([], r"holds no story labelled breach or not_breach"),
    ],
)
def test_a_file_that_cannot_be_measured_is_one_clear_line(tmp_path: Path, rows: list[Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told) as caught:
        evaluated(written(tmp_path, *rows))
    assert str(caught.value).startswith(str(tmp_path / "labelled.jsonl"))
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.jsonl: No such file"):
        evaluated(tmp_path / "nowhere.jsonl")


def test_the_card_is_shown() -> None:
    result = CliRunner().invoke(assembled(), ["model", "card"], env={"NO_COLOR": "1"}, catch_exceptions=False)
    assert json.loads(result.output)["thresholds"]["alert"] > 0
