"""Stories and cases are found in every script, on both databases, and the newest come first."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from compliance.searchwords import asked_words, index_words, is_beyond_latin
from compliance.store import search, stories, versions
from compliance.store.database import open_engine, session_scope, upgrade
from compliance.store.tables import StoryRow
from tests import factories
from tests.compliance.web.conftest import open_case

NOW = datetime(2026, 11, 20, tzinfo=UTC)
TOLD = {
    "chinese": ("朝鲜货轮向俄罗斯运送炮弹", "检查人员说，该货轮从罗津港出发。"),
    "japanese": ("北朝鮮の貨物船、ロシアへ砲弾を運ぶ", "羅津からドゥナイへ砲弾を運んだと検査官は述べた。"),
    "korean": ("북한은 러시아에 포탄을 보냈다", "검사관은 화물선이 나진항을 떠났다고 말했다."),
    "thai": ("เรือบรรทุกสินค้าเกาหลีเหนือขนกระสุนไปรัสเซีย", "ผู้ตรวจสอบกล่าว"),
    "arabic": ("تقرير: السَّفِينَة نقلت قذائف إلى روسيا", "قال مفتشون إن الشحنة غادرت الميناء أمس."),
    "persian": ("کشتی ایرانی موشک حمل کرد", "بازرسان گفتند."),
    "hebrew": ("ספינה הובילה פגזים לרוסיה", "הפקחים אמרו."),
    "russian": ("КОРАБЛЬ доставил снаряды в Россию", "Инспекторы видели судно в порту Дунай."),
    "greek": ("Το πλοίο μετέφερε όπλα", "Οι επιθεωρητές το είδαν."),
    "hindi": ("जहाज़ हथियार ले गया", "निरीक्षकों ने कहा।"),
    "english": ("Freighter carried shells", "Inspectors saw it in Dunai."),
}
# What an officer types, and the one story that holds it.
ASKED = [
    ("炮弹", "chinese"), ("俄罗斯运送", "chinese"), ("货轮 罗津", "chinese"), ("砲弾", "japanese"),
    ("貨物船", "japanese"), ("ロシア", "japanese"), ("ﾛｼｱ", "japanese"), ("述", "japanese"), ("북한", "korean"),
    ("포탄", "korean"), ("나진", "korean"),
    ("เกาหลีเหนือ", "thai"), ("السفينة", "arabic"), ("سفينة", "arabic"), ("سفين", "arabic"), ("قذائف روسيا", "arabic"),
    ("ميناء", "arabic"), ("كشتي", "persian"), ("موشک", "persian"), ("פגזים", "hebrew"), ("корабль", "russian"),
    ("КОРАБЛЬ снаряд", "russian"), ("Дунай", "russian"), ("ΠΛΟΙΟ", "greek"), ("πλοί", "greek"), ("हथियार", "hindi"),
    ("freighter she", "english"),
]  # fmt: skip


def tell(engine: Engine) -> dict[str, int]:
    """Store the stories; return their ids by language."""
    told = [factories.story(fingerprint=name, title=title, text=text) for name, (title, text) in TOLD.items()]
    with session_scope(engine) as session:
        stories.add(session, told, [(None, None)] * len(told), "run", NOW)
        return {name: row.id or 0 for name, row in stories.known(session, list(TOLD)).items()}


def test_every_script_is_found_by_its_words(engine: Engine) -> None:
    ids = tell(engine)
    with session_scope(engine) as session:
        found = {asked: [hit.id for hit in search.search(session, asked).stories] for asked, _ in ASKED}
        assert found == {asked: [ids[name]] for asked, name in ASKED}
        assert not search.search(session, "弹炮").stories, "letters that stand apart are no word"
        assert not search.search(session, "корабль груз").stories


def test_a_case_is_found_by_a_title_in_another_script(engine: Engine) -> None:
    parties = factories.extraction().parties[:1]
    told = factories.story(title=TOLD["korean"][0], text="North Korea is named. " + factories.TEXT, fingerprint="k")
    reference = open_case(engine, told, factories.screening(parties=parties))
    with session_scope(engine) as session:
        for asked in ("포탄", "North Korea 포탄", "북한 러시아"):
            assert [row.reference for row in search.search(session, asked).cases] == [reference], asked


def test_a_story_that_is_told_anew_is_found_by_its_new_words_alone(engine: Engine) -> None:
    ids = tell(engine)
    with session_scope(engine) as session:
        story = session.get_one(StoryRow, ids["russian"])
        again = factories.story(title="Танкер доставил нефть", text="Судно.", fingerprint="russian")
        assert versions.add(session, story, again, versions.Captured(), "run", NOW)
        versions.adopt(session, ids["russian"], story.latest_version)
        assert [hit.id for hit in search.search(session, "танкер").stories] == [ids["russian"]]
        assert not search.search(session, "корабль").stories


def test_one_letter_is_no_beginning_yet(engine: Engine) -> None:
    tell(engine)
    with session_scope(engine) as session:
        assert not search.search(session, "f").stories
        assert search.search(session, "fr").stories


def tell_many(engine: Engine, first: int, count: int, said: str) -> None:
    """Store so many stories that say the same words, each the first of a case of its own."""
    for number in range(first, first + count):
        open_case(engine, factories.story(fingerprint=f"n{number}", title=f"{said} {number}"))


@pytest.mark.parametrize(("said", "asked"), [("Freighter seen", "freighter"), ("북한 화물선", "화물선")])
def test_pages_follow_each_other_and_what_is_added_meanwhile_shifts_none(engine: Engine, said: str, asked: str) -> None:
    tell_many(engine, 0, 11, said)
    with session_scope(engine) as session:
        every = search.search(session, asked, limit=100)
        assert every.next is None and len(every.cases) == 11
    told: tuple[list[int | None], list[int]] = ([], [])
    place = None
    for turn in range(9):
        with session_scope(engine) as session:
            hits = search.search(session, asked, 4, place)
            told[0].extend(row.id for row in hits.cases)
            told[1].extend(hit.id for hit in hits.stories)
        tell_many(engine, 100 + turn, 1, said)
        place = hits.next
        if place is None:
            break
    assert told == ([row.id for row in every.cases], [hit.id for hit in every.stories])
    assert turn == 2, "three pages of four hold eleven"


def test_a_page_goes_on_with_the_longer_list_alone_where_the_other_has_ended(engine: Engine) -> None:
    tell_many(engine, 0, 1, "Tanker seen")
    with session_scope(engine) as session:
        lone = [factories.story(fingerprint=f"s{i}", title="Tanker seen", text=f"{i}") for i in range(5)]
        stories.add(session, lone, [(None, None)] * 5, "run", NOW)
    with session_scope(engine) as session:
        first = search.search(session, "tanker", 3)
        assert first.next is not None and first.next.cases == 0 and len(first.cases) == 1
        last = search.search(session, "tanker", 3, first.next)
        assert (last.cases, len(last.stories), last.next) == ((), 3, None)
        assert search.search(session, "tanker", 3, search.Place(0, 0)) == search.Hits((), ())


@pytest.mark.postgres
def test_of_a_frequent_word_every_case_is_found_once_and_newest_first(postgres_url: str) -> None:
    upgrade(postgres_url)
    engine = open_engine(postgres_url)
    # More than are read without the index, of a word of all, of half and of the oldest alone.
    with session_scope(engine) as session:
        for statement in (
            "INSERT INTO stories (id, fingerprint, title, text, first_seen, quality) "
            "SELECT i, 'f' || i, '', '', now(), 'full' FROM generate_series(1, 6000) AS n(i)",
            "INSERT INTO story_words (story_id, words) "
            "SELECT i, 'vessel' || CASE WHEN mod(i, 2) = 0 THEN ' even' ELSE ' odd' END "
            "|| CASE WHEN i < 60 THEN ' old' ELSE '' END FROM generate_series(1, 6000) AS n(i)",
        ):
            session.connection().exec_driver_sql(statement)
    with session_scope(engine) as session:
        for words, wanted in (
            ("vessel", range(6000, 0, -1)), ("even vessel", range(6000, 0, -2)), ("old", range(59, 0, -1)),
            ("old odd", range(59, 0, -2)),
        ):  # fmt: skip
            asked = [search.Asked(word, False) for word in words.split()]
            found: list[int] = []
            while ids := search._matching(session, "story_words", asked, 700, found[-1] if found else search.ENDLESS):
                found += ids
            assert found == list(wanted), words
    engine.dispose()


@pytest.mark.postgres
def test_the_newest_come_first_however_many_shelves_there_are(postgres_url: str) -> None:
    upgrade(postgres_url)
    engine = open_engine(postgres_url)
    # Of a rare word one in each run of 50,000 ids; of a frequent one every story; ids go round the shelves twice.
    with session_scope(engine) as session:
        session.connection().exec_driver_sql(
            "INSERT INTO stories (id, fingerprint, title, text, first_seen, quality) SELECT i * 2500 + 1, 'f' || i, "
            "CASE WHEN mod(i, 20) = 0 THEN 'freight rare' ELSE 'freight' END, '', now(), 'full' "
            "FROM generate_series(0, 799) AS n(i)"
        )
    with session_scope(engine) as session:
        assert [hit.id for hit in search.search(session, "freig").stories] == [
            i * 2500 + 1 for i in range(799, 779, -1)
        ]
        rare = [i * 50_000 + 1 for i in range(39, -1, -1)]
        assert [hit.id for hit in search.search(session, "rare").stories] == rare[:20]
        assert [hit.id for hit in search.search(session, "freight rare", limit=100).stories] == rare
        found, place = [], None
        while hits := search.search(session, "freight rare", 7, place):
            found += [hit.id for hit in hits.stories]
            if (place := hits.next) is None:
                break
        assert found == rare
    engine.dispose()


@given(st.text(max_size=60))
def test_whatever_is_typed_becomes_plain_letters_alone(given_: str) -> None:
    words = [*index_words(given_).split(), *(word for word, _ in asked_words(given_))]
    assert all(word.isascii() and word.isalnum() for word in words)


@given(st.text(alphabet="炮弹俄罗斯корабльسفينةไทยabc ", max_size=40))
def test_a_text_is_found_by_itself(given_: str) -> None:
    held = set(index_words(given_).split())
    asked = asked_words(given_)
    assert all(word in held or (is_open and any(h.startswith(word) for h in held)) for word, is_open in asked)


def test_latin_letters_need_no_spelling() -> None:
    assert not any(map(is_beyond_latin, ("Côte d'Ivoire", "Łódź 2026", "Hà Nội", "“quoted” — 5 €")))
    assert all(map(is_beyond_latin, ("Дунай", "船", "북", "س", "α")))
