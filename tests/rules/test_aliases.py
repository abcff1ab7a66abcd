"""What the alias fields of a UN list hold beside names, by the oddities seen in the list, with invented names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.aliases import alias_names, swapped, tidy


@pytest.mark.parametrize(
    ("field", "names"),
    [
        ("", ()),
        (" - ", ()),
        ("Orval  Wale\n", ("Orval Wale",)),
        ("Orval Wale; Orwal Wale;", ("Orval Wale", "Orwal Wale")),
        ("Orval Wale b) O. Vale Senior; O’Vale", ("Orval Wale", "O. Vale Senior", "O'Vale")),
        ("“Wale”", ("Wale",)),
        (") Orval Wale", ("Orval Wale",)),
        ("Orval Wale, born 1 Jan. 1953 (passport no. 1, expiry 2024.)", ("Orval Wale",)),
        ("Orval Wale born in 1963", ("Orval Wale",)),
        ("Orval Wale (false identity related to passport 434)", ("Orval Wale",)),
        ("Orval Wale (previously listed as)", ("Orval Wale",)),
        ("Orval Wale III (third)", ("Orval Wale III",)),
        ("Amir (original script: Амир)", ("Amir", "Амир")),
        ("Orval Tie (金铁)", ("Orval Tie", "金铁")),
        ("أبو دعاء (Abu Dua; Abou Dua)", ("أبو دعاء", "Abu Dua", "Abou Dua")),
        ("هيئة (original script)", ("هيئة",)),
        ("Agha Wale اغا جان", ("Agha Wale", "اغا جان")),
        ("Grey Harbour Company (GHC)", ("Grey Harbour Company", "GHC")),
        ("Grey Academy (KPe.018)", ("Grey Academy",)),
        ("Grey Line in Yemen", ("Grey Line in Yemen",)),
        ("Greys (Greais)", ("Greys",)),
        ("شبكة (Grey Network - sub-unit name)", ("شبكة", "Grey Network")),
    ],
)
def test_a_field_gives_the_names_it_holds(field: str, names: tuple[str, ...]) -> None:
    assert alias_names(field) == names


def test_a_surname_before_a_comma_is_turned_round() -> None:
    assert swapped("WALE, Colonel Orval") == "Colonel Orval WALE"
    assert [swapped(name) for name in ("Orval Wale", "Wale, III", "a, b, c", "Wale,")] == [None] * 4


@given(st.text(max_size=200))
def test_any_field_gives_tidy_names_each_once(field: str) -> None:
    names = alias_names(field)
    assert len(set(names)) == len(names)
    assert all(name == tidy(name) and name for name in names)


def test_brackets_without_end_take_no_longer_than_they_are_long() -> None:
    assert len(alias_names("(" * 20_000 + "a" + ")" * 20_000)) <= 2
    assert len(alias_names("a;" * 20_000)) == 1
