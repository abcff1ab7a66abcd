"""The book's examples: each that does not come out is named with its file, rule and difference."""

import shutil
from pathlib import Path

import pytest

from rules.examples import load_examples, run_examples
from rules.rulebook import BOOK, RulebookError, _load, load_rulebook

RULES = load_rulebook()


def test_every_example_of_the_book_comes_out() -> None:
    assert run_examples(RULES).faults == ()


def test_a_wrong_date_in_a_regime_is_found_by_the_examples(tmp_path: Path) -> None:
    book = tmp_path / "book"
    shutil.copytree(BOOK, book)
    regime = book / "regimes" / "UN-SC1907.yml"
    regime.write_text(regime.read_text().replace("2018-11-14", "2018-11-13"))
    _load.cache_clear()
    faults = run_examples(load_rulebook(book), book).faults
    assert {(f.file, f.rule) for f in faults} == {("examples.yml", "Eritrea until 2018")}
    assert "2018-11-14" in faults[0].differs and "expected 1907, found none" in faults[0].differs


BREAKS = [
    ("[]", ["expected the key examples"]),
    ("examples: {}", ["list"]),
    ("examples: [{rule: a, text: b}]", ["example 1", "days"]),
    ("examples: [{rule: a, text: b, days: {}}]", ["example 1 (a)", "days"]),
    ("examples: [{rule: a, text: b, days: {soon: []}}]", ["(a)", "soon"]),
    ("examples: [{rule: a, text: b, days: {2020-01-01: ['9999']}}]", ["(a)", "2020-01-01", "9999"]),
    ("examples: [{rule: a, text: b, days: {2020-01-01: 1718}}]", ["(a)", "2020-01-01"]),
    ("examples: [", ["examples.yml"]),
]


@pytest.mark.parametrize(("content", "words"), BREAKS)
def test_a_wrong_example_is_refused_in_one_line(tmp_path: Path, content: str, words: list[str]) -> None:
    path = tmp_path / "examples.yml"
    path.write_text(content)
    with pytest.raises(RulebookError) as caught:
        load_examples(path, RULES)
    line = str(caught.value)
    assert line.startswith("examples.yml: ") and "\n" not in line and all(word in line for word in words)
