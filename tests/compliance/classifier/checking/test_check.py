"""The project's own corpus keeps every rule, and each rule is seen to catch what it is for."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from compliance.classifier.checking.check import CorpusReport, check_corpus
from compliance.classifier.checking.grid import GRID, load_grid
from compliance.classifier.corpus import FOLDER
from compliance.cli import assembled
from compliance.errors import ConfigError
from rules.rulebook import load_rulebook

BOOK = load_rulebook()
WHOLE = check_corpus(FOLDER, BOOK)

BREACH: dict[str, Any] = {
    "id": "x1-001",
    "batch": "x1",
    "event": "x1-e001",
    "label": "breach",
    "kinds": ["arms"],
    "regimes": ["1718"],
    "published": "2024-02-27",
    "style": "agency",
    "place": "lede",
    "status": "alleged",
    "denied_by": ["Russia"],
    "negative_type": None,
    "twin_of": None,
    "parties": [
        {
            "name": "North Korea",
            "canonical": "North Korea",
            "type": "state",
            "roles": ["supplier"],
            "quote": "North Korea shipped shells",
        }
    ],
    "non_parties": [{"name": "Seoul", "canonical": "South Korea", "stance": "accuser"}],
    "title": "Shells went north, Seoul says",
    "text": "North Korea shipped shells to an army abroad, Seoul said. The Kremlin called the account groundless.",
}
TWIN: dict[str, Any] = BREACH | {
    "id": "x1-002",
    "label": "not_breach",
    "kinds": [],
    "regimes": [],
    "place": None,
    "status": None,
    "denied_by": [],
    "negative_type": "plan_or_cleared",
    "twin_of": "x1-001",
    "parties": [],
    "title": "Seoul drops its charge",
    "text": "An army abroad made the crates itself, Seoul said after it had looked at the marks on them once more.",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(FOLDER / GRID, tmp_path / GRID)
    return tmp_path


def check(folder: Path, *stories: dict[str, Any], batch: str = "x1") -> CorpusReport:
    """Return the report on a corpus of these stories alone."""
    lines = "".join(json.dumps(story, ensure_ascii=False) + "\n" for story in stories)
    (folder / f"{batch}.jsonl").write_text(lines, encoding="utf-8")
    return check_corpus(folder, BOOK)


def of_stories(report: CorpusReport) -> list[str]:
    """Return the faults of single stories; so small a corpus also misses counts and cells."""
    return [fault for fault in report.faults if ".jsonl: line" in fault]


def test_the_projects_corpus_keeps_every_rule() -> None:
    assert WHOLE.faults == ()
    assert WHOLE.composition.stories >= 2_900


def test_a_story_and_its_twin_have_no_faults(folder: Path) -> None:
    assert of_stories(check(folder, BREACH, TWIN)) == []


PARTY = BREACH["parties"][0]
NOBODY = {"name": "Oslo", "canonical": "Norway", "stance": "accuser"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"colour": "red"}, "colour: Extra inputs"),
        ({"label": "perhaps"}, "label: "),
        ({"kinds": ["weapons"]}, "kinds.0: "),
        ({"kinds": ["arms", "arms"]}, "kinds: Value error, says the same twice"),
        ({"published": "27.2.2024"}, "published: Value error, expected a day"),
        ({"published": "2024-02-30"}, "published: Value error, day is out of range"),
        ({"style": "sonnet"}, "style: Value error, 'sonnet' is none of"),
        ({"place": "footnote"}, "place: Value error, 'footnote' is none of"),
        ({"status": "proven"}, "status: "),
        ({"status": None}, "a breach needs status"),
        ({"negative_type": "policy"}, "a breach needs no negative_type"),
        ({"parties": []}, "a breach needs parties"),
        ({"parties": [PARTY, PARTY | {"roles": ["recipient"]}]}, "parties: Value error, says the same twice"),
        ({"parties": [PARTY | {"roles": ["helper"]}]}, "parties.0.roles.0: "),
        ({"parties": [PARTY | {"roles": []}]}, "parties.0.roles: "),
        ({"parties": [PARTY | {"type": "planet"}]}, "parties.0.type: "),
        ({"parties": [PARTY | {"quote": "North Korea sold shells"}]}, "quote 'North Korea sold shells'"),
        ({"parties": [PARTY | {"name": "DPRK"}]}, "name 'DPRK' of North Korea"),
        ({"non_parties": [NOBODY]}, "name 'Oslo' of Norway"),
        ({"non_parties": [NOBODY | {"stance": "hostile"}]}, "non_parties.0.stance: "),
        ({"denied_by": ["Peru"]}, "denied_by: Peru is nobody in the story"),
        ({"regimes": ["757"]}, "none of the number 757; that resolution belongs to 713"),
        ({"published": "2005-02-27"}, "regimes: 1718 was not in force on 2005-02-27"),
        ({"batch": "x2"}, "batch 'x2': file, batch and the id's beginning differ"),
        ({"twin_of": "x1-009"}, "twin_of: there is no story x1-009"),
        ({"text": " "}, "text: "),
    ],
)
def test_a_fault_names_file_line_story_and_what_is_wrong(folder: Path, change: dict[str, Any], told: str) -> None:
    found = of_stories(check(folder, TWIN | {"id": "x1-000", "twin_of": None}, BREACH | change))
    assert len(found) == 1, found
    assert found[0].startswith("x1.jsonl: line 2: x1-001: ")
    assert told in found[0]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"event": "x1-e002"}, "twin_of: x1-001 tells of another event, x1-e001"),
        ({"label": "grey", "negative_type": None, "twin_of": "x1-002"}, "twin_of: x1-002 has the same label"),
        ({"negative_type": None}, "negative_type: every story that is no breach has one"),
        ({"kinds": ["arms"]}, "kinds: only a breach has that"),
        ({"parties": BREACH["parties"]}, "parties: only a breach has that"),
    ],
)
def test_what_a_story_that_is_no_breach_may_not_have(folder: Path, change: dict[str, Any], told: str) -> None:
    [fault] = of_stories(check(folder, BREACH, TWIN | change))
    assert told in fault


def test_a_line_that_is_no_story_and_an_id_used_twice_are_named(folder: Path) -> None:
    found = of_stories(check(folder, BREACH, BREACH, TWIN))
    assert found == ["x1.jsonl: line 2: x1-001: the id is used in x1.jsonl: line 1 too"]
    (folder / "x1.jsonl").write_text("{\n")
    assert of_stories(check_corpus(folder, BOOK))[0].startswith("x1.jsonl: line 1: Invalid JSON")


def test_an_act_of_a_year_in_force_told_later_is_a_warning(folder: Path) -> None:
    ended = BREACH | {"regimes": ["1572"], "published": "2018-05-01", "denied_by": []}
    [fault] = of_stories(check(folder, ended, TWIN))
    assert "1572 was not in force on 2018-05-01" in fault
    report = check(folder, ended | {"text": ended["text"] + " That was in 2014."}, TWIN)
    assert of_stories(report) == []
    assert "the story names 2014, when it was" in report.warnings[0]


def test_an_act_of_a_party_that_is_no_more_told_later_is_a_warning(folder: Path) -> None:
    ended = BREACH | {"regimes": ["661"], "published": "2007-05-01", "denied_by": []}
    assert "661 was not in force on 2007-05-01" in of_stories(check(folder, ended, TWIN))[0]
    for told in ("Saddam Hussein's government", "the oil-for-food programme"):
        report = check(folder, ended | {"text": f"{ended['text']} It was for {told}."}, TWIN)
        assert of_stories(report) == [] and "of days on which it was" in report.warnings[0]


def test_wording_taken_from_another_event_is_named_and_a_twins_is_not(folder: Path) -> None:
    copy = BREACH | {"id": "x1-003", "title": "Kremlin shrugs"}
    assert of_stories(check(folder, BREACH, copy)) == []
    first, second = of_stories(check(folder, BREACH, copy | {"event": "x1-e003"}))
    assert "of its five-word runs stand in x1-003 (x1.jsonl), of another event" in first + second


def test_counts_batches_lengths_and_empty_cells_are_named(folder: Path) -> None:
    faults = "\n".join(check(folder, BREACH, TWIN).faults)
    assert "counts: 2 stories, at least 2,000 are needed" in faults
    assert "counts: batch x1 holds 100.0% of the stories" in faults
    assert "counts: no story is of the negative type advice" in faults
    assert "grid: kind and role: no breach is travel and operator" in faults
    assert "grid: place: no breach is told in the middle" in faults
    long = TWIN | {"text": "Rain. " * 500}
    assert "of the others are long, more than 10% apart" in "\n".join(check(folder, BREACH, long).faults)


def test_a_known_gap_that_was_filled_is_named(folder: Path) -> None:
    filled = BREACH | {"regimes": ["1054"], "kinds": ["travel"], "published": "1998-02-27"}
    assert any("known_gaps: 1054 and travel has a breach" in fault for fault in check(folder, filled, TWIN).faults)


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        (("minimum", "stories"), "many", "minimum.stories"),
        (("limits", "overlap"), 3, "limits.overlap"),
        (("must_have", "kind_role"), {"arms": ["helper"]}, "must_have.kind_role.arms.0"),
        (("must_have", "style_length"), {"sonnet": ["short"]}, "must_have.style_length.sonnet"),
        (("must_have", "place"), ["footnote"], "must_have.place"),
        (("lengths",), {"short": 80}, "lengths: bands must grow"),
    ],
)
def test_a_grid_that_is_wrong_is_named(folder: Path, path: tuple[str, ...], value: object, told: str) -> None:
    given = yaml.safe_load((folder / GRID).read_text())
    at = given
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    (folder / GRID).write_text(yaml.safe_dump(given, sort_keys=False))
    with pytest.raises(ConfigError, match=told.replace(".", r"\.")):
        load_grid(folder)


def test_a_folder_without_grid_or_stories_is_one_clear_error(folder: Path) -> None:
    with pytest.raises(ConfigError, match="holds no stories"):
        check_corpus(folder, BOOK)
    (folder / GRID).unlink()
    with pytest.raises(ConfigError, match=r"grid\.yml"):
        check_corpus(folder, BOOK)


def test_the_command_shows_the_grid_and_ends_with_1_on_faults(folder: Path) -> None:
    runner = CliRunner()
    whole = runner.invoke(assembled(), ["corpus", "check"])
    assert whole.exit_code == 0, whole.output
    for heading in ("Breaches by regime and kind", "Where the breach is told", "Known gaps", "keeps every rule"):
        assert heading in whole.output
    check(folder, BREACH | {"denied_by": ["Peru"]})
    broken = runner.invoke(assembled(), ["corpus", "check", "--folder", str(folder)])
    assert broken.exit_code == 1
    assert "x1.jsonl: line 1: x1-001: denied_by: Peru is nobody in the story" in broken.output
