"""The table of rarities: counted from any stories, the same each time, and known by its digest."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from compliance.cli import assembled
from compliance.particulars import terms_of
from compliance.rarity import packed, rarity, rarity_digest, rarity_version, table_of, unpacked
from compliance.settings import Settings
from compliance.store import stories
from compliance.store.database import open_engine, session_scope, upgrade
from tests import factories
from tests.factories import NOW

TOLD = [
    ("Zoltar Maru held", "The Zoltar Maru lay at Rajin with coal."),
    ("Coal ship sails", "Coal left Rajin for Dunai."),
    ("Rain", "It rained over coal heaps."),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "stories"
    folder.mkdir()
    lines = [json.dumps({"title": title, "text": text}) for title, text in TOLD[:2]]
    (folder / "a.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "b.txt").write_text("\n".join(TOLD[2]), encoding="utf-8")
    return folder


def counted(*words: str) -> str:
    result = CliRunner().invoke(assembled(), ["corpus", "rarity", *words])
    assert result.exit_code == 0, result.output
    return result.output


def test_a_folder_is_counted_into_the_same_file_each_time(folder: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "one.tsv.gz", tmp_path / "two.tsv.gz"
    output = counted(str(folder), "--write", str(first))
    counted(str(folder), "--write", str(second))
    assert first.read_bytes() == second.read_bytes()
    table = unpacked(first)
    assert table.splitlines() == ["3", "coal\t3", "rajin\t2"]
    assert rarity_digest(table) in output and rarity_version() in output


def test_what_was_stored_is_counted_alike(folder: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMBARGOWATCH_DATABASE_URL", settings.database)
    upgrade(settings.database)
    engine = open_engine(settings.database)
    told = [factories.story(title=t, text=x, publisher=None, fingerprint=t) for t, x in TOLD]
    with session_scope(engine) as session:
        stories.add(session, told, [(None, None)] * 3, None, NOW)
    engine.dispose()
    assert counted("--stored").splitlines()[0] == counted(str(folder)).splitlines()[0]


def test_a_file_that_is_no_story_is_named_with_its_line(folder: Path) -> None:
    (folder / "c.jsonl").write_text('{"title": "a", "text": "b"}\n{"title": "a"}\n', encoding="utf-8")
    result = CliRunner().invoke(assembled(), ["corpus", "rarity", str(folder)])
    assert result.exit_code != 0
    assert "c.jsonl: line 2" in str(result.exception)


def test_the_table_in_use_is_whole() -> None:
    assert rarity("the") < 0.1 < 0.9 < rarity("zoltar maru") == 1.0
    assert len(rarity_version()) == 12


def test_what_is_packed_is_unpacked(tmp_path: Path) -> None:
    table = table_of([terms_of(*TOLD[0]), terms_of(*TOLD[1])])
    (tmp_path / "t.gz").write_bytes(packed(table))
    assert unpacked(tmp_path / "t.gz") == table
