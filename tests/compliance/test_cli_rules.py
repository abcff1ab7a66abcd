"""``embargowatch rules`` as its user runs it: examples, explanation, difference of two books, evaluation."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from compliance.classifier.corpus import FOLDER
from compliance.cli_rules import app
from compliance.errors import ConfigError
from rules.rulebook import BOOK, _load

STORY = {
    "id": "s1",
    "title": "Dealer jailed",
    "text": "A court in Antwerp sentenced a dealer for selling rifles to Liberia between 2000 and 2003.",
    "published": "2017-04-21",
}


def run(*arguments: str | Path, given: str | None = None) -> Result:
    return CliRunner().invoke(app, [str(a) for a in arguments], input=given)


def lines(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    book = tmp_path / "draft"
    shutil.copytree(BOOK, book)
    regime = book / "regimes" / "UN-SC1521.yml"
    regime.write_text(regime.read_text().replace("[1992-11-19, 2016-05-25]", "[1992-11-19, 1999-05-25]"))
    _load.cache_clear()
    return book


def test_the_project_s_own_examples_all_come_out() -> None:
    found = run("test")
    assert found.exit_code == 0 and "0 differ" in found.output


def test_an_example_that_differs_is_named_and_fails(draft: Path) -> None:
    found = run("test", draft)
    assert found.exit_code == 1
    assert "examples.yml: the government of Liberia until 2009: " in found.output
    assert "expected 1521, found none" in found.output


def test_a_story_is_explained_from_a_file_from_standard_input_and_as_text(tmp_path: Path) -> None:
    path = lines(tmp_path / "story.json", STORY)
    by_file, by_input = run("explain", path), run("explain", "-", given=json.dumps(STORY))
    by_text = run("explain", STORY["text"], "--title", STORY["title"], "--on", STORY["published"])
    assert by_file.output == by_input.output == by_text.output and by_file.exit_code == 0
    for words in ("when: 2000-01-01/2003-12-31", "1521.arms (788 OP8", "missing: actor", "Regimes: 1521"):
        assert words in by_file.output


def test_an_explanation_is_given_as_json_too(tmp_path: Path) -> None:
    found = json.loads(run("explain", lines(tmp_path / "story.json", STORY), "--json").output)
    assert found["acts"][0]["days"] == "2000-01-01/2003-12-31"
    assert {e["name"] for e in found["acts"][0]["rulings"][0]["elements"]} == {
        "actor", "target", "goods", "direction", "date",
    }  # fmt: skip


def test_two_books_are_compared_story_by_story(tmp_path: Path, draft: Path) -> None:
    other = {"id": "s2", "title": "", "text": "Nothing happened."}
    path = lines(tmp_path / "stories.jsonl", STORY, other)
    found = run("diff", BOOK, draft, "--stories", path)
    assert "regimes: 1521 → none" in found.output and "2 stories read, 1 differ." in found.output
    told = [json.loads(line) for line in run("diff", BOOK, draft, "--stories", path, "--json").output.splitlines()]
    assert [(t["id"], t["changes"]["regimes"]) for t in told] == [("s1", [["1521"], []])]


def test_the_same_book_differs_in_nothing(tmp_path: Path) -> None:
    path = lines(tmp_path / "stories.jsonl", STORY)
    assert "1 stories read, 0 differ." in run("diff", BOOK, BOOK, "--stories", path).output


def labelled() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / "a1.jsonl").read_text(encoding="utf-8").splitlines()[:40]]


def test_labelled_stories_are_measured_and_what_the_weights_know_is_said(tmp_path: Path) -> None:
    rows = labelled()
    table = run("evaluate", lines(tmp_path / "known.jsonl", *rows))
    assert table.exit_code == 0
    assert f"have learnt from {sum(r['label'] != 'grey' for r in rows)} of the" in " ".join(table.output.split())
    plain = json.loads(run("evaluate", lines(tmp_path / "known.jsonl", *rows), "--json").output)
    assert plain["stories"] == sum(r["label"] == "breach" for r in rows)
    assert set(plain["scores"]["role supplier"]) == {"found", "told", "right", "precision", "recall", "f1"}
    assert plain["regimes"] and plain["hits"] and 0 < plain["scores"]["party"]["f1"] <= 1


def test_stories_of_elsewhere_are_unknown_to_the_weights(tmp_path: Path) -> None:
    row = next(r for r in labelled() if r["label"] == "breach") | {"text": "North Korea sold shells to Russia."}
    assert json.loads(run("evaluate", lines(tmp_path / "new.jsonl", row), "--json").output)["learnt_from"] == 0


BAD = [
    (["explain", "{file}"], "bad.jsonl: "),
    (["explain", "text", "--on", "2017-99-1"], "2017-99-1"),
    (["diff", "{book}", "{book}", "--stories", "{file}"], "line 1"),
    (["diff", "{book}", "{book}", "--stories", "nowhere.jsonl"], "nowhere.jsonl"),
    (["diff", "nowhere", "nowhere", "--stories", "{file}"], "nowhere"),
    (["test", "nowhere"], "nowhere"),
    (["evaluate", "{file}"], "line 1"),
    (["evaluate", "nowhere.jsonl"], "nowhere.jsonl"),
]


@pytest.mark.parametrize(("arguments", "told"), BAD)
def test_a_wrong_input_is_named_in_one_line(tmp_path: Path, arguments: list[str], told: str) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_text("{\n")
    found = run(*(a.format(file=file, book=BOOK) for a in arguments))
    assert isinstance(found.exception, ConfigError) and found.exit_code == 1
    assert told in str(found.exception) and "\n" not in str(found.exception)
