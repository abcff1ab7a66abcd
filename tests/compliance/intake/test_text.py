import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.intake.text import clean_text, mended, one_line, text_of_html


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("a\x00b\x1b[31mc", "a b [31mc"),
        ("a\u202eb\u200bc\u00ad", "abc"),
        ("one\r\n\r\n\r\ntwo   three ", "one\n\ntwo three"),
        ("cafe\u0301", "café"),
        ("x\ud800y", "x\ufffdy"),
    ],
)
def test_text_is_made_safe(raw: str, clean: str) -> None:
    assert clean_text(raw) == clean


def test_html_becomes_readable_paragraphs() -> None:
    raw = "<p>One &amp; two</p><script>bad()</script><ul><li>three</li></ul><!-- four --><style>x{}</style>"
    assert text_of_html(raw).split("\n\n") == ["One & two", "three"]


def test_a_lesser_sign_is_no_markup() -> None:
    assert text_of_html("5 < 7 and 8 > 3") == "5 < 7 and 8 > 3"


@given(st.text())
def test_clean_text_is_stable_storable_and_normal(raw: str) -> None:
    clean = clean_text(raw)
    clean.encode("utf-8")
    assert clean_text(clean) == clean
    assert unicodedata.is_normalized("NFC", clean)
    assert "\n" not in one_line(raw)


NASTY = st.text(
    alphabet=st.one_of(
        st.sampled_from(
            "\x00\x07\x1b\x85\u00ad\u200b\u200e\u202a\u202e\u2066\u2069"
            "\u2028\ufeff\ud800\udfff\U000e0041 \n\t\r<>&;ae\u0301"
        ),
        st.characters(codec=None),
    ),
    max_size=80,
)


@given(NASTY)
def test_no_text_keeps_anything_that_harms_a_database_a_log_or_a_reader(raw: str) -> None:
    for clean in (clean_text(raw), text_of_html(raw), one_line(raw)):
        clean.encode("utf-8")
        assert not any(unicodedata.category(c) == "Cc" and c not in "\n\t" for c in clean)
        assert not any(
            c in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u200e\u200f\ufeff" for c in clean
        )
        assert not any("\U000e0000" <= c <= "\U000e007f" for c in clean)


@given(NASTY)
def test_a_clean_text_has_nothing_to_be_mended(raw: str) -> None:
    assert mended(clean_text(raw)) == ()


def test_what_was_mended_is_told() -> None:
    assert mended("a\x00b\x07c\u202ed\u200be\ud800") == (
        "2 control characters taken out",
        "1 character that turns the direction of writing taken out",
        "1 invisible character taken out",
        "1 half character taken out",
    )
    assert mended("An ordinary text, with a soft\u00adhyphen.") == ()
