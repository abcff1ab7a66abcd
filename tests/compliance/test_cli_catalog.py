"""The commands that change or show the catalogue, run as their user runs them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from compliance.cli import assembled
from compliance.errors import ConfigError, EmbargoWatchError
from compliance.intake.catalog import load_catalog
from compliance.intake.health import Health
from compliance.store import feeds
from compliance.store.database import open_engine, session_scope, upgrade
from compliance.store.tables import LedgerRow
from compliance.story import FeedState, FetchOutcome

TEXT = "# ours\nfeeds:\n  - {id: a, url: 'https://a.example/rss', title: A}\n"


@pytest.fixture
def catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EMBARGOWATCH_CONFIG", str(tmp_path))
    monkeypatch.setenv("EMBARGOWATCH_DATABASE_URL", f"sqlite:///{tmp_path / 'ew.db'}")
    path = tmp_path / "feeds.yml"
    path.write_text(TEXT)
    return path


def run(*words: str) -> str:
    result = CliRunner().invoke(assembled(), words)
    if isinstance(result.exception, EmbargoWatchError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_a_list_is_taken_in_shown_first_and_given_out_again(catalogue: Path, tmp_path: Path) -> None:
    opml = tmp_path / "list.opml"
    opml.write_text(
        "<opml><body><outline text='B' xmlUrl='https://b.example/rss'/><outline text='A' xmlUrl='http://a.example/rss'/>"
        "</body></opml>"
    )
    shown = run("feeds", "import", str(opml), "--dry-run")
    assert "would add b: https://b.example/rss" in shown and catalogue.read_text() == TEXT
    assert "1 feeds added, 1 left out" in run("feeds", "import", str(opml))
    assert catalogue.read_text().startswith(TEXT) and [f.id for f in load_catalog(catalogue)] == ["a", "b"]
    for name in ("out.csv", "out.opml", "out.yml"):
        run("feeds", "export", str(tmp_path / name))
    assert load_catalog(tmp_path / "out.yml") == load_catalog(catalogue)
    assert "0 feeds added, 2 left out" in run("feeds", "import", str(tmp_path / "out.csv"))
    assert run("feeds", "export", "-", "--as", "csv").startswith("id,url,title")
    with pytest.raises(ConfigError, match="name the form"):
        run("feeds", "export", str(tmp_path / "out.doc"))
    with pytest.raises(ConfigError, match="cannot be read"):
        run("feeds", "import", str(tmp_path / "none.csv"))
    broken = tmp_path / "broken.csv"
    broken.write_text("id,url,title\nc,https://c.example/,C\nd,ftp://d.example/,D\n")
    before = catalogue.read_text()
    with pytest.raises(ConfigError, match="line 3"):
        run("feeds", "import", str(broken))
    assert catalogue.read_text() == before


def test_a_move_is_listed_and_written_only_when_a_person_accepts_it(catalogue: Path, tmp_path: Path) -> None:
    assert "No feed says" in run("feeds", "moves")
    url = f"sqlite:///{tmp_path / 'ew.db'}"
    upgrade(url)
    engine, now = open_engine(url), datetime.now(UTC)
    (feed,) = load_catalog(catalogue)
    for days in (6, 4, 2):
        with session_scope(engine) as session:
            outcome = FetchOutcome(FeedState.OK, "", moved_to="https://new.example/rss")
            feeds.record(session, feed, outcome, Health(), (), now - timedelta(days=days))
    shown = run("feeds", "moves")
    assert "yes" in shown and catalogue.read_text() == TEXT
    with pytest.raises(ConfigError, match="has not said"):
        run("feeds", "accept-move", "b")
    assert "https://new.example/rss" in run("feeds", "accept-move", "a", "--by", "grace")
    assert catalogue.read_text() == TEXT.replace("https://a.example/rss", "https://new.example/rss")
    with session_scope(engine) as session:
        row = session.get_one(LedgerRow, 1)
        assert (row.actor, row.action, row.after) == ("grace", "feed.moved", {"url": "https://new.example/rss"})
    assert "No feed says" in run("feeds", "moves")
    engine.dispose()


def test_a_move_that_cannot_be_written_leaves_no_trace(catalogue: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ew.db'}"
    upgrade(url)
    engine = open_engine(url)
    (feed,) = load_catalog(catalogue)
    with session_scope(engine) as session:
        outcome = FetchOutcome(FeedState.OK, "", moved_to="https://user:secret@new.example/rss")
        feeds.record(session, feed, outcome, Health(), (), datetime.now(UTC))
    with pytest.raises(ConfigError, match="credentials"):
        run("feeds", "accept-move", "a")
    with session_scope(engine) as session:
        assert session.get(LedgerRow, 1) is None and feeds.moved(session)[0].id == "a"
    assert catalogue.read_text() == TEXT
    engine.dispose()


def test_health_tells_a_silent_stop_by_its_exit_status(catalogue: Path) -> None:
    result = CliRunner().invoke(assembled(), ["feeds", "health", "--json"])
    assert result.exit_code == 1 and "No feed has ever been read" in result.output
