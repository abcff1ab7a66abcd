"""Watchlists come into use whole or not at all, with what they change kept and stored stories searched for them."""

from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from compliance import hunting
from compliance.errors import ConfigError
from compliance.hunting import finish_hunts, hunt
from compliance.listimport import accept_refused, import_file, retire
from compliance.listing.csvlist import ListFileError
from compliance.store import captures, hunts, ledger, lists, stories
from compliance.store.database import session_scope
from compliance.store.tables import ListRow, StoryRow
from compliance.store.tables_lists import HuntHitRow, HuntRow, ListChangeRow
from tests.factories import NOW, story

SOURCE = "watchlist:own"
ROWS = ("customer,Tallow Dry Bulk Ltd,C-1", "customer,Orval Harbour Lines,C-2", "vessel,Grey Heron,V-1")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write(tmp_path, *ROWS)


def write(folder: Path, *rows: str) -> Path:
    path = folder / "own.csv"
    path.write_text("\n".join(("kind,name,reference", *rows)) + "\n", encoding="utf-8")
    return path


def store(engine: Engine, *texts: str) -> None:
    told = [story(title="News", text=text, fingerprint=f"{n:064}") for n, text in enumerate(texts)]
    with session_scope(engine) as session:
        stories.add(session, told, [(None, None)] * len(told), "run", NOW)


def hits(engine: Engine) -> list[tuple[str, str]]:
    with session_scope(engine) as session:
        found = [(hit, row) for hit, row in hunts.hits(session)]
        assert all(getattr(row, hit.field)[hit.start : hit.end] == hit.quote for hit, row in found)
        return sorted((hit.reference, hit.quote) for hit, _ in found)


def test_a_watchlist_comes_into_use_and_its_names_are_hunted_through_stored_stories(engine: Engine, file: Path) -> None:
    store(engine, "Police searched Tallow Dry Bulk.", "Nothing here.", "The tanker Grey Heron left.")
    done = import_file(engine, file, SOURCE, "lena")
    assert done.detail == "3 records; 3 added, 0 removed, 0 changed"
    assert done.hunt is not None and (done.hunt.stories, done.hunt.hits) == (3, 2)
    assert hits(engine) == [("C-1", "Tallow Dry Bulk"), ("V-1", "Grey Heron")]
    with session_scope(engine) as session:
        assert next(r.name for r in lists.joint_index(session).records if r.is_watched) == "Tallow Dry Bulk Ltd"
        event = ledger.of_subject(session, f"list:{SOURCE}")[-1]
        assert (event.actor, event.action, event.after["added"]) == ("lena", "list.accepted", ["C-1", "C-2", "V-1"])


def test_the_next_version_keeps_just_what_changed_and_hunts_just_new_names(engine: Engine, tmp_path: Path) -> None:
    store(engine, "Police searched Tallow Dry Bulk.", "Wale Brothers paid.")
    import_file(engine, write(tmp_path, *ROWS), SOURCE, "lena")
    path = write(tmp_path, ROWS[0], "customer,Orval Harbour Line,C-2", "customer,Wale Brothers Mining,C-3", ROWS[2])
    path.write_text(path.read_text().replace("Wale Brothers Mining", "Wale Brothers"))
    done = import_file(engine, path, SOURCE, "lena")
    assert [(c.what.value, c.reference) for c in done.changes] == [("changed", "C-2"), ("added", "C-3")]
    assert done.changes[0].before["names"][0]["name"] == "Orval Harbour Lines"
    assert done.hunt is not None and done.hunt.hits == 1
    with session_scope(engine) as session:
        kept = session.exec(select(HuntRow).order_by(HuntRow.id)).all()
        assert sorted(kept[-1].keys) == [f"{SOURCE}:C-2", f"{SOURCE}:C-3"]
        assert len(session.exec(select(ListChangeRow)).all()) == 5


def test_a_faulty_file_changes_nothing(engine: Engine, tmp_path: Path) -> None:
    import_file(engine, write(tmp_path, *ROWS), SOURCE, "lena")
    with pytest.raises(ListFileError, match=r"own.csv: line 3: kind: 'friend'"):
        import_file(engine, write(tmp_path, ROWS[0], "friend,Someone,C-9"), SOURCE, "lena")
    with session_scope(engine) as session:
        version = lists.version_in_use(session, SOURCE)
        assert version is not None and len(version.records) == 3


def test_a_file_that_lost_half_of_its_rows_needs_a_persons_word(engine: Engine, tmp_path: Path) -> None:
    import_file(engine, write(tmp_path, *ROWS), SOURCE, "lena")
    short = write(tmp_path, ROWS[0])
    with pytest.raises(ListFileError, match="rows fell from 3 to 1"):
        import_file(engine, short, SOURCE, "lena")
    assert import_file(engine, short, SOURCE, "lena", confirmed=True).detail.endswith("0 added, 2 removed, 0 changed")


def test_the_same_file_again_changes_nothing_and_after_another_comes_into_use_again(
    engine: Engine, tmp_path: Path
) -> None:
    import_file(engine, write(tmp_path, *ROWS), SOURCE, "lena")
    assert import_file(engine, write(tmp_path, *ROWS), SOURCE, "lena").changes == ()
    import_file(engine, write(tmp_path, *ROWS, "customer,Wale Brothers,C-3"), SOURCE, "lena")
    assert [c.what for c in import_file(engine, write(tmp_path, *ROWS), SOURCE, "lena").changes] == ["removed"]


def test_a_retired_list_names_nobody_and_may_come_back(engine: Engine, file: Path) -> None:
    import_file(engine, file, SOURCE, "lena")
    assert retire(engine, SOURCE, "lena") == 3
    with session_scope(engine) as session:
        assert lists.version_in_use(session, SOURCE) is None
        assert not any(r.is_watched for r in lists.joint_index(session).records)
    with pytest.raises(ConfigError, match="no watchlist of that name is in use"):
        retire(engine, SOURCE, "lena")
    assert len(import_file(engine, file, SOURCE, "lena").changes) == 3


@pytest.mark.parametrize("source", ["watchlist:", "watchlist:../x", "un-else", "watchlist:" + "x" * 60])
def test_only_a_list_with_a_plain_name_is_imported(engine: Engine, file: Path, source: str) -> None:
    with pytest.raises(ConfigError, match="no name of a list"):
        import_file(engine, file, source, "lena")


def test_a_refused_version_is_accepted_on_a_persons_word_and_a_broken_one_never(engine: Engine) -> None:
    body = b"kind,name,reference\ncustomer,Tallow Bulk,C-1\n"
    with session_scope(engine) as session:
        for digest, told in (("aa11", body), ("bb22", b"kind;name\n")):
            lists.keep_body(session, digest, told)
            session.add(
                ListRow(
                    source=SOURCE,
                    digest=digest,
                    generated="",
                    fetched_at=NOW,
                    last_seen=NOW,
                    accepted=False,
                    reason="rows fell",
                    individuals=0,
                    entities=1,
                    body_digest=digest,
                )
            )
    with pytest.raises(ConfigError, match="what cannot be read cannot be accepted"):
        accept_refused(engine, SOURCE, "bb", "lena", "so it is")
    with pytest.raises(ConfigError, match="no refused version"):
        accept_refused(engine, SOURCE, "cc", "lena", "so it is")
    assert len(accept_refused(engine, SOURCE, "aa", "lena", "so it is").changes) == 1
    with session_scope(engine) as session:
        row = lists.row_in_use(session, SOURCE)
        assert row is not None and row.reason == "accepted by lena: so it is"
        assert captures.body(session, row.body_digest) == body


def test_a_hunt_that_was_broken_off_goes_on_where_it_stopped(
    engine: Engine, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(engine, *["Police searched Tallow Dry Bulk."] * 5)
    monkeypatch.setattr(hunting, "BATCH", 2)

    class Killed(BaseException):
        pass

    def stop(searched: int, last: int) -> None:
        raise Killed

    import_file(engine, file, SOURCE, "lena")
    with session_scope(engine) as session:
        for hit in session.exec(select(HuntHitRow)).all():
            session.delete(hit)
        records = [r for r in lists.joint_index(session).records if r.is_watched]
    with pytest.raises(Killed):
        hunt(engine, records, "asked for", stop)
    assert len(hits(engine)) == 2
    (report,) = finish_hunts(engine)
    assert (report.stories, report.hits) == (5, 5) and len(hits(engine)) == 5
    assert finish_hunts(engine) == []


def test_a_hunt_run_again_finds_nothing_new(engine: Engine, file: Path) -> None:
    store(engine, "Police searched Tallow Dry Bulk.")
    import_file(engine, file, SOURCE, "lena")
    with session_scope(engine) as session:
        records = [r for r in lists.joint_index(session).records if r.is_watched]
        assert session.exec(select(StoryRow)).first() is not None
    again = hunt(engine, records, "asked for")
    assert again is not None and (again.stories, again.hits) == (1, 0)
