"""Which characters the PDF's fonts can draw; the others are written as their code points, so that nothing is lost."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from fontTools.ttLib import TTFont

# Latin, Greek, Cyrillic and Devanagari; Arabic; Hebrew; Chinese, Japanese and Korean.
FAMILIES = ("Noto Sans", "Noto Sans Arabic", "Assistant", "Noto Sans CJK TC")
_PACKAGES = ("fontpkg_noto_sans", "fontpkg_noto_sans_arabic", "fontpkg_assistant", "cvttf_NotoSansCJK_Regular")
_LINE_ENDS = "\n\t"


@cache
def folders() -> tuple[Path, ...]:
    """Return the folders of the fonts that are installed with this package."""
    return tuple(Path(str(files(package))) for package in _PACKAGES)


@cache
def covered() -> frozenset[int]:
    """Return the code points that the fonts have a glyph for."""
    found: set[int] = set()
    for file in (f for folder in folders() for f in sorted(folder.rglob("*.[ot]tf"))):
        with TTFont(file, lazy=True) as font:
            found.update(font.getBestCmap())
    return frozenset(found)


def drawable(text: str) -> str:
    """Return the text with every character that would be lost, or would act unseen, as its code point.

    Controls and the marks that reorder text (U+202A to U+202E, U+2066 to U+2069) act unseen.
    """
    return "".join(c if _is_drawable(c) else f"‹U+{ord(c):04X}›" for c in text)


def _is_drawable(character: str) -> bool:
    if character in _LINE_ENDS:
        return True
    if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn"):
        # The joiners shape Arabic and Persian words and must stay.
        return character in "‌‍"
    return ord(character) in covered() or unicodedata.category(character) == "Zs"


def plain(value: Any) -> Any:
    """Return a report as values that JSON knows, every text drawable."""
    if isinstance(value, str):
        return drawable(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, Sequence):
        return [plain(v) for v in value]
    return value
