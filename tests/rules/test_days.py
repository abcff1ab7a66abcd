"""The days that a sentence names: forms, what is none, and the story's day for what is told by it."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.days import days_in
from rules.sentences import plain

ON = date(2024, 6, 5)


def told(sentence: str, on: date | None = ON) -> list[tuple[str, str]]:
    return [(sentence[d.start : d.end], str(d.span)) for d in days_in(sentence, on)]


@pytest.mark.parametrize(
    ("sentence", "days"),
    [
        ("It was sold on 21 April 2017.", "2017-04-21"),
        ("It was sold on the 3rd of May, 2016.", "2016-05-03"),
        ("It was sold on Jan. 5, 2012.", "2012-01-05"),
        ("It was sold on 2019-05-06.", "2019-05-06"),
        ("It was sold in July 2008.", "2008-07-01/2008-07-31"),
        ("It was sold in 2019.", "2019-01-01/2019-12-31"),
        ("It was sold in late 2015.", "2015-01-01/2015-12-31"),
        ("It was sold between 2000 and 2003.", "2000-01-01/2003-12-31"),
        ("It was sold from March 2001 to May 2003.", "2001-03-01/2003-05-31"),
        ("It was sold from 2 March 2001 until 2003.", "2001-03-02/2003-12-31"),
        ("Sales of 2000-2003 were counted.", "2000-01-01/2003-12-31"),
        ("Sales of 1999–03 were counted.", "1999-01-01/2003-12-31"),
        ("It was sold in the early 1990s.", "1990-01-01/1993-12-31"),
        ("It was sold since 2015.", "2015-01-01/2024-06-05"),
        ("It was sold last year.", "2023-01-01/2023-12-31"),
        ("It was sold this year.", "2024-01-01/2024-06-05"),
        ("It was sold last month.", "2024-05-01/2024-05-31"),
        ("It was sold two years ago.", "2022-01-01/2022-12-31"),
        ("It was sold a decade ago.", "2012-01-01/2016-12-31"),
        ("It was sold in March.", "2024-03-01/2024-03-31"),
        ("It was sold in September.", "2023-09-01/2023-09-30"),
        ("It was sold on 4 September.", "2023-09-04"),
        ("It was sold on May 3.", "2024-05-03"),
    ],
)
def test_each_form_is_read(sentence: str, days: str) -> None:
    assert [span for _, span in told(plain(sentence))] == [days]


@pytest.mark.parametrize(
    "sentence",
    [
        "It may have sold 2,000 rifles.",
        "In 2000 crates lay 2003 rifles.",
        "They sold in 2000 tonnes.",
        "The resolution 2216 was adopted.",
        "They paid 1999 dollars.",
        "It was sold on February 30, 2020.",
        "It will be sold in 2030.",
        "It was sold a few years ago.",
        "The march may go on.",
        "It cost 2,015 euros.",
    ],
)
def test_what_names_no_past_day_is_passed_over(sentence: str) -> None:
    assert told(sentence) == []


def test_without_a_day_of_the_story_only_whole_dates_are_read() -> None:
    assert told("Sold in March, last year, on 4 May, since 2001 and in 2003.", None) == [
        ("in 2003", "2003-01-01/2003-12-31")
    ]


def test_the_twenty_ninth_of_february_is_not_carried_into_a_year_without_one() -> None:
    assert told("It was sold on 29 February.", date(2024, 2, 1)) == []
    assert told("It was sold on 29 February.", date(2024, 3, 1)) == [("29 February", "2024-02-29")]


@given(st.text(alphabet="0123456789 -/abfinotduryelmch,.()'", max_size=80), st.dates(date(1950, 1, 1)))
def test_whatever_is_written_the_days_lie_in_order_and_not_after_the_story(sentence: str, on: date) -> None:
    found = list(days_in(sentence, on))
    assert all(d.span.first <= d.span.last <= on for d in found)
    assert all(0 <= d.start < d.end <= len(sentence) for d in found)
