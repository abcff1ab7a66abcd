"""Which measure an act offends: the one that names its goods, on its day."""

from datetime import date

import pytest

from rules.extraction import extract
from rules.rulebook import load_rulebook

BOOK = load_rulebook()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The tanker Selma Star passed diesel to a North Korean tanker.", "1718.refined-oil"),
        ("North Korea shipped coal to China.", "1718.coal-iron"),
        ("North Korea sold squid to a Chinese trader.", "1718.seafood"),
        ("A Singapore firm sold whisky and limousines to North Korea.", "1718.luxury"),
        ("North Korea shipped artillery shells to Russia.", "1718.arms.export"),
        ("North Korean hackers stole $1.5bn in cryptocurrency.", "1718.cyber"),
    ],
)
def test_the_measure_that_names_the_goods_is_told(text: str, code: str) -> None:
    found = extract("", text, date(2024, 5, 1), BOOK)
    assert [m.code for m in found.measures] == [code] and found.regimes == ("1718",)


def test_goods_that_were_not_yet_forbidden_are_no_breach_though_others_were() -> None:
    text = "North Korea shipped coal to China."
    before, after = (extract("", text, day, BOOK) for day in (date(2015, 5, 1), date(2018, 5, 1)))
    assert before.regimes == () and not any(m.in_force for m in before.measures)
    assert after.regimes == ("1718",)
