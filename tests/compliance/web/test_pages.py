"""How the pages say days."""

import pytest

from compliance.web.pages import plain_days


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("2024-05-03", "2024-05-03"),
        ("2024-02-01/2024-02-29", "2024-02"),
        ("2023-02-01/2023-02-28; 2024-05-03", "2023-02; 2024-05-03"),
        ("2024-01-01/2024-12-31; in force 2006-10-14 to now", "2024; in force 2006-10-14 to now"),
        ("2024-02-01/2024-03-29", "2024-02-01 to 2024-03-29"),
        ("2023-01-01/2024-12-31", "2023-01-01 to 2024-12-31"),
        ("no days", "no days"),
    ],
)
def test_an_interval_is_a_year_a_month_or_two_days(given: str, shown: str) -> None:
    assert plain_days(given) == shown
