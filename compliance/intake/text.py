"""Text made safe once, at the door: what is stored can be shown, logged and matched without surprises."""

import html
import re
import unicodedata

import nh3

# Bidi overrides and isolates, tag characters, zero-width and other invisible format characters (Unicode TR 36).
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BLANKS = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\n\s*\n\s*")
_BLOCKS = re.compile(
    r"</?(?:p|div|br|li|ul|ol|h[1-6]|tr|table|blockquote|section|article|figure|figcaption|header|footer)\b[^>]*>",
    re.IGNORECASE,
)
_TAG = re.compile(r"<[a-zA-Z/!?]")


def clean_text(raw: str) -> str:
    """Return the text in NFC with blanks collapsed, paragraphs kept, and nothing invisible or uncontrolled left.

    Zero-width joiners go too: Arabic and Persian stay readable, and names match however they were typed.
    """
    text = _SURROGATE.sub("\ufffd", raw.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n"))
    text = _INVISIBLE.sub("", _CONTROL.sub(" ", text.replace("\u2029", "\n\n")))
    text = unicodedata.normalize("NFC", text)
    text = _LINES.sub("\n\n", _BLANKS.sub(" ", text))
    return "\n".join(line.strip() for line in text.split("\n")).strip()


def mended(raw: str) -> tuple[str, ...]:
    """Return in words what ``clean_text`` takes out of a text that no honest outlet would put in."""
    found = [
        ("control character", len(_CONTROL.findall(raw))),
        ("character that turns the direction of writing", len(_BIDI.findall(raw))),
        ("invisible character", len(_INVISIBLE.findall(raw)) - len(_BIDI.findall(raw)) - raw.count("\u00ad")),
        ("half character", len(_SURROGATE.findall(raw))),
    ]
    return tuple(f"{number} {name}{'s' if number > 1 else ''} taken out" for name, number in found if number > 0)


def text_of_html(raw: str) -> str:
    """Return the readable text of an HTML fragment: markup gone, blocks as paragraphs, entities resolved.

    Whatever hides in scripts, styles or comments is dropped, not shown.
    """
    if not _TAG.search(raw):
        return clean_text(html.unescape(raw))
    marked = _BLOCKS.sub("\n\n", _CONTROL.sub(" ", raw))
    return clean_text(html.unescape(nh3.clean(marked, tags=set(), attributes={})))


def one_line(raw: str) -> str:
    """Return the text of a title: HTML resolved, on one line."""
    return " ".join(text_of_html(raw).split())
