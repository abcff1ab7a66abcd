"""Which entries of a document are new stories: told apart by what names them, few comparisons at a time."""

from sqlalchemy import Engine

from compliance.reading import sort_entries
from compliance.store.database import session_scope
from compliance.story import Entry


def entry(number: int, guid: str = "1", link: str | None = None) -> Entry:
    words = f"Harbour {number} ship{number * 7} cargo{number * 13}"
    return Entry(guid=guid, title=words, link=link, summary="", content="", published=None)


def test_entries_under_one_guid_stay_apart_and_are_not_all_compared(engine: Engine) -> None:
    told = [entry(number) for number in range(300)]
    with session_scope(engine) as session:
        found = sort_entries(session, "f", [*told, *told])
    assert len(found.fresh) == 300
    assert max(map(len, found.named.values())) <= 20


def test_an_entry_that_a_document_has_twice_under_other_guids_is_one_story(engine: Engine) -> None:
    one, again = (entry(1, guid, "https://a.example/news/1") for guid in ("1", "2"))
    other = entry(2, "3", "https://a.example/news/2")
    with session_scope(engine) as session:
        found = sort_entries(session, "f", [one, again, other])
    assert [e.title for e in found.fresh.values()] == [one.title, other.title]
