import shutil
from pathlib import Path

import pytest

from rules.rulebook import BOOK, RulebookError, load_rulebook


@pytest.fixture
def book(tmp_path: Path) -> Path:
    shutil.copytree(BOOK, tmp_path / "book")
    return tmp_path / "book"


def test_the_book_loads_and_its_version_follows_its_content(book: Path) -> None:
    first = load_rulebook(book)
    assert first.version == load_rulebook().version
    frames = book / "frames.yml"
    frames.write_text(frames.read_text() + "# another line\n")
    from rules.rulebook import _load

    _load.cache_clear()
    assert load_rulebook(book).version != first.version


OTHER = "law: [x]\nbroken: [x]\nelsewhere: [x]\n"
BREAKS = [
    ("parties/states.yml", "parties:\n  - {name: X, type: kingdom}\n", ["states.yml", "X", "kingdom"]),
    ("parties/states.yml", "parties:\n  - {name: X, type: state, aka: [Y]}\n", ["states.yml", "X", "aka"]),
    (
        "parties/states.yml",
        "parties:\n  - {name: X, type: state, usually: {arms: seller}}\n",
        ["X", "usually", "seller"],
    ),
    ("parties/states.yml", "parties:\n  - {name: X, type: state, usually: [arms]}\n", ["X", "usually"]),
    ("parties/groups.yml", "parties:\n  - {name: X, type: group, days: 2003}\n", ["X", "days"]),
    ("parties/groups.yml", "parties:\n  - {name: X, type: group, beside: [the X]}\n", ["X", "beside"]),
    ("parties/groups.yml", "parties:\n  - {name: X, type: group, beside: {the X: []}}\n", ["X", "beside", "cue"]),
    ("towns.txt", "# note\nAden\n\nAqaba\n", ["towns.txt", "line 3"]),
    ("parties/groups.yml", "parties:\n  - {name: X, type: group, days: [2003-04-09, 1979-07-16]}\n", ["X", "days"]),
    ("parties/states.yml", "parties:\n  - {type: state}\n", ["states.yml", "party 1"]),
    ("parties/states.yml", "parties: [\n", ["states.yml"]),
    ("parties/persons.yml", "parties:\n  - {name: X, type: person, belongs_to: Atlantis}\n", ["X", "Atlantis"]),
    ("frames.yml", "frames:\n  - {id: a, says: x, match: '{seller} sold'}\n", ["frames.yml", "a", "seller"]),
    ("frames.yml", "frames:\n  - {id: a, says: x, match: '{supplier} [vend]'}\n", ["frames.yml", "a", "vend"]),
    ("frames.yml", "frames:\n  - {id: a, match: '{supplier}'}\n", ["frames.yml", "frame 1"]),
    ("goods.yml", "arms: [gun]\n", ["goods.yml"]),
    ("national.yml", "who: []\n" + OTHER, ["national.yml", "who"]),
    ("national.yml", "who: [{name: X, marks: []}]\n" + OTHER, ["national.yml", "X", "marks"]),
    ("national.yml", "who: [{name: X, marks: [a, a]}]\n" + OTHER, ["national.yml", "X", "twice"]),
    ("national.yml", "who: [{name: X, mark: [a]}]\n" + OTHER, ["national.yml", "who 1"]),
    ("national.yml", "broken: [x]\n", ["national.yml", "who, law"]),
    ("national.yml", "who: [\n", ["national.yml"]),
    ("regimes/UN-SC418.yml", "id: '418'\n", ["UN-SC418.yml", "key"]),
]


@pytest.mark.parametrize(("file", "content", "told"), BREAKS)
def test_a_broken_file_stops_the_start_and_is_named(book: Path, file: str, content: str, told: list[str]) -> None:
    from rules.rulebook import _load

    _load.cache_clear()
    (book / file).write_text(content)
    with pytest.raises(RulebookError) as caught:
        load_rulebook(book)
    assert "\n" not in str(caught.value)
    for words in told:
        assert words in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("days: {Somalia:", "days: {Atlantis:", ["UN-SC2713.yml", "days", "Atlantis"]),
        ("targets: [Al-Shabaab]", "targets: [Atlantis]", ["UN-SC2713.yml", "targets", "Atlantis"]),
        ("territory: [Somalia]", "territory: [Atlantis]", ["UN-SC2713.yml", "territory", "Atlantis"]),
        ("territory: [Somalia]", "territory: [Somalia]\nplaces: [Atlantis]", ["UN-SC2713.yml", "places", "Atlantis"]),
        ("both_ways_with: [Houthis]", "both_ways_with: [Atlantis]", ["UN-SC2713.yml", "both_ways_with", "Atlantis"]),
    ],
)
def test_a_regime_that_names_nobody_known_stops_the_start(book: Path, old: str, new: str, told: list[str]) -> None:
    path = book / "regimes" / "UN-SC2713.yml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(RulebookError) as caught:
        load_rulebook(book)
    assert all(word in str(caught.value) for word in told)
