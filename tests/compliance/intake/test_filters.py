import pytest

from compliance.intake.filters import filter_entries, holds
from compliance.story import Entry, Feed


def entry(title: str, summary: str = "") -> Entry:
    return Entry(title, "https://x.example/1", None, summary, "", None)


ENTRIES = [entry("Arms for Sudan"), entry("Cup final"), entry("Sudan marathon", "sport"), entry("Budget")]


def feed(include: tuple[str, ...] = (), exclude: tuple[str, ...] = ()) -> Feed:
    return Feed("f", "https://x.example/rss", "F", include=include, exclude=exclude)


def test_without_patterns_every_entry_is_kept() -> None:
    found = filter_entries(feed(), ENTRIES)
    assert (len(found.kept), found.left_out, found.hits) == (4, 0, {})


def test_what_holds_an_include_and_no_exclude_is_kept_and_every_hit_counts() -> None:
    found = filter_entries(feed(("SUDAN", "cup"), ("sport",)), ENTRIES)
    assert [e.title for e in found.kept] == ["Arms for Sudan", "Cup final"]
    assert found.left_out == 2
    assert found.hits == {("include", "SUDAN"): 2, ("include", "cup"): 1, ("exclude", "sport"): 1}


@pytest.mark.parametrize(
    ("pattern", "does"),
    [("arms*sudan", True), ("sudan*arms", False), ("*", True), ("a*f*s", True), ("straße", False), ("ARMS", True)],
)
def test_a_star_stands_for_anything_in_between(pattern: str, does: bool) -> None:
    assert holds("arms for sudan", pattern) is does


def test_no_pattern_makes_a_long_text_slow() -> None:
    assert not holds("a" * 1_000_000, "a*" * 99 + "b")
