import csv
import io
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.errors import ConfigError
from compliance.intake.catalog import load_catalog, read_catalog
from compliance.intake.catalog_file import append_feeds, change_address
from compliance.intake.exchange import as_csv, as_opml, as_yaml, merge, read_rows
from compliance.story import Feed

ROOT = Path(__file__).parents[3]
SHIPPED = load_catalog(ROOT / "config" / "feeds.yml")
FULL = Feed(
    "a-b",
    "https://a.example/rss?x=1&y=2",
    "Tom & «Jerry» <wire>",
    "fr",
    "CD",
    "wire",
    "africa",
    ("1533", "751"),
    1,
    "note; with: signs",
    True,
    "Agent/1.0",
    ("arms*sudan", "ship"),
    ("sport",),
)


@pytest.mark.parametrize("write", [as_csv, as_opml])
@pytest.mark.parametrize("feeds", [SHIPPED, (FULL,)], ids=["shipped", "full"])
def test_what_was_exported_is_imported_as_it_was(write: object, feeds: tuple[Feed, ...]) -> None:
    added, left_out = merge((), read_rows(write(feeds).encode(), "list"))
    assert (tuple(added), left_out) == (feeds, [])
    again, known = merge(feeds, read_rows(write(feeds).encode(), "list"))
    assert again == [] and len(known) == len(feeds)


def test_the_catalogue_reads_back_what_is_written_as_rows() -> None:
    assert read_catalog("feeds:\n" + as_yaml((*SHIPPED, FULL)), "x") == (*SHIPPED, FULL)


TITLES = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=40).filter(str.strip)


@settings(max_examples=100, deadline=None)
@given(TITLES, st.lists(TITLES.filter(lambda t: "|" not in t and t.strip(" *")), max_size=3))
def test_any_title_and_pattern_survive_every_form(title: str, patterns: list[str]) -> None:
    feed = Feed("x", "https://x.example/rss", title.strip(), include=tuple(p.strip() for p in patterns))
    for write in (as_csv, as_opml):
        assert merge((), read_rows(write([feed]).encode(), "f"))[0] == [feed]
    assert read_catalog("feeds:\n" + as_yaml([feed]), "f") == (feed,)


@pytest.mark.parametrize("lead", ["=", "+", "-", "@", "＝", "＋", "－", "＠"])
def test_no_cell_of_a_csv_starts_a_formula(lead: str) -> None:
    feed = Feed("x", "https://x.example/rss", f"{lead}1+1", licence=f"{lead}cmd", exclude=(f"{lead}x",))
    for row in csv.reader(io.StringIO(as_csv([feed]))):
        assert not any(cell.startswith(lead) for cell in row)
    assert merge((), read_rows(as_csv([feed]).encode(), "f"))[0] == [feed]


def test_a_foreign_subscription_list_gets_ids_from_its_titles() -> None:
    opml = (
        '<opml version="1.0"><body><outline text="News"><outline text="Radio Okapi" xmlUrl="https://o.example/feed"/>'
        '<outline text="Radio Okapi" xmlUrl="https://o2.example/feed" language="fr-CD"/></outline>'
        '<outline xmlUrl="https://x.example/rss"/></body></opml>'
    )
    added, _ = merge((), read_rows(opml.encode(), "list.opml"))
    assert [(f.id, f.language) for f in added] == [
        ("radio-okapi", "en"),
        ("radio-okapi-2", "fr"),
        ("x-example-rss", "en"),
    ]


def test_one_address_in_another_spelling_is_no_second_feed() -> None:
    known = (Feed("a", "https://www.a.example/rss/", "A"),)
    added, left_out = merge(known, read_rows(b"id,url,title\nb,http://A.example/rss,B\n", "f"))
    assert added == [] and "that of a" in left_out[0][1]


def test_a_taken_id_gets_a_number() -> None:
    known = (Feed("a", "https://a.example/rss", "A"),)
    assert merge(known, read_rows(b"id,url,title\na,https://b.example/rss,B\n", "f"))[0][0].id == "a-2"


BOMB = b'<!DOCTYPE opml [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><opml><body/></opml>'


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "no feeds"),
        (b"url,colour\nhttps://a.example,red\n", "line 1: unknown column 'colour'"),
        (b"title\nA\n", "column url is missing"),
        (b"url,title\nhttps://a.example/,A,B\n", "line 2: more values"),
        (b"url,title,tier\nhttps://a.example/,A,best\n", "line 2: tier"),
        (b"url,title\nftp://a.example/,A\n", "line 2 (a): url: only http"),
        (b"url,title\n\xff\xfe,A\n", "utf-8"),
        (b"<opml><body><outline", "not well-formed"),
        (b"<html><body/></html>", "the root is html"),
        (b"<opml><body/></opml>", "no feeds"),
        (b'<opml><body><outline xmlUrl="javascript:x" text="A"/></body></opml>', "outline 1 (a): url"),
        (BOMB, "a document type is not read"),
        (BOMB.decode().encode("utf-16"), "a document type is not read"),
        (b"<opml>" + b"<outline>" * 60, "nested"),
    ],
)
def test_a_broken_list_is_told_with_its_place_and_nothing_is_taken(body: bytes, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        merge((), read_rows(body, "list"))
    assert str(caught.value).startswith("list") and told in str(caught.value) and "\n" not in str(caught.value)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_in_one_line(body: bytes) -> None:
    try:
        merge((), read_rows(body, "list"))
    except ConfigError as error:
        assert "list" in str(error)


def test_new_rows_and_an_address_change_and_the_rest_of_the_file_stays(tmp_path: Path) -> None:
    file = tmp_path / "feeds.yml"
    text = (
        "# ours\nfeeds:\n  - {id: a, url: 'https://a.example/rss', title: A}  # keep\n"
        "  - id: b\n    url: https://b.example/x\n    title: B\n"
    )
    file.write_text(text)
    append_feeds(file, [FULL])
    assert file.read_text().startswith(text) and load_catalog(file)[2] == FULL
    assert change_address(file, "b", "https://b.example/new") == "https://b.example/x"
    assert change_address(file, "a", "https://c.example/it's") == "https://a.example/rss"
    assert [f.url for f in load_catalog(file)] == ["https://c.example/it's", "https://b.example/new", FULL.url]
    assert "# ours" in file.read_text() and "# keep" in file.read_text()
    with pytest.raises(ConfigError, match="no feed 'z'"):
        change_address(file, "z", "https://z.example/")
    with pytest.raises(ConfigError, match="that of feed 'a'"):
        change_address(file, "b", "https://c.example/it's")


def test_the_exported_list_is_plain_xml() -> None:
    root = ElementTree.fromstring(as_opml(SHIPPED).partition("?>")[2])
    assert len(root.findall("body/outline")) == len(SHIPPED)
