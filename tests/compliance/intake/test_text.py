import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.intake.text import clean_text, one_line, text_of_html


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
