"""One alias field of a UN list → the names that it holds. The field is meant for one name and often holds several."""

import re
import unicodedata
from collections.abc import Iterator

_MARKS = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", "ʼ": "'", "“": "", "”": "", '"': "", "„": ""})
_BRACKETS = re.compile(r"\(([^()]*(?:\([^()]*\)[^()]*)*)\)")
_LIST_MARK = re.compile(r"(?:^|\s)[a-z]\)\s+")
# What stands behind a name and is none: the birth, an identity card, a remark of the committee.
_TAIL = re.compile(r",? (?:born\b|d\.?o\.?b\.?\b|false identity|previously listed|formerly listed).*$", re.IGNORECASE)
_REMARK = re.compile(
    r"\b(?:born|birth name|combat name|false identity|previously listed|formerly listed|third|second|junior|martyrs|"
    r"NGO|passport|identification)\b|^[A-Z]{2}[ie]\.\d{3}$",
    re.IGNORECASE,
)
_SCRIPT_WORDS = re.compile(r"\(?\boriginal script\b\)?:? ?| ?- ?sub-unit name\b", re.IGNORECASE)
_ACRONYM = re.compile(r"[A-Z0-9][A-Z0-9&/-]{1,11}")
_RUNS = re.compile(r"\s+")


def tidy(text: str | None) -> str:
    """Return the text composed (NFC), with plain apostrophes, without quotation marks, its white space collapsed."""
    return _RUNS.sub(" ", unicodedata.normalize("NFC", text or "").translate(_MARKS)).strip()


def alias_names(field: str) -> tuple[str, ...]:
    """Return each name that an alias field holds, once, in the order of the field.

    Lists are split, remarks and list marks cut off; a name in another script, in brackets or beside the first, is a
    name of its own, and so is an acronym in brackets.
    """
    return tuple(dict.fromkeys(name for part in _parts(tidy(field)) for name in _names(part) if _has_letters(name)))


def _parts(text: str) -> Iterator[str]:
    """Split at the semicolons and list marks that stand outside brackets."""
    start = depth = 0
    for place, char in enumerate(text):
        depth += (char == "(") - (char == ")" and depth > 0)
        if char == ";" and depth == 0:
            yield from _LIST_MARK.split(text[start:place])
            start = place + 1
    yield from _LIST_MARK.split(text[start:])


def _names(part: str) -> Iterator[str]:
    outer = _TAIL.sub("", _BRACKETS.sub(" ", part))
    yield from _by_script(_trimmed(outer))
    for inner in _BRACKETS.findall(part):
        told = _trimmed(_SCRIPT_WORDS.sub("", inner))
        if not _REMARK.search(told) and (_is_latin(told) != _is_latin(outer) or _ACRONYM.fullmatch(told)):
            for piece in told.split(";"):
                yield from _by_script(_trimmed(piece))


def _by_script(text: str) -> Iterator[str]:
    """Yield the text, or its Latin and its other words apart where it holds both."""
    words = text.split(" ")
    latin = [w for w in words if _is_latin(w)]
    if latin and len(latin) < len(words) and any(len(w) > 2 for w in latin):
        yield _trimmed(" ".join(latin))
        yield _trimmed(" ".join(w for w in words if not _is_latin(w)))
    else:
        yield text


def swapped(name: str) -> str | None:
    """Return "Yasin Baynah ALI" for "ALI, Yasin Baynah", and None for a name without one such comma."""
    surname, comma, given = name.partition(",")
    if not comma or "," in given or not given.strip() or re.fullmatch(r"[IVX]+", given.strip()):
        return None
    return f"{given.strip()} {surname.strip()}"


def _trimmed(text: str) -> str:
    return _RUNS.sub(" ", text).strip(" ,.;:-–)(")


def _is_latin(text: str) -> bool:
    return all(not c.isalpha() or unicodedata.name(c, "").startswith(("LATIN", "MODIFIER")) for c in text)


def _has_letters(name: str) -> bool:
    return any(c.isalnum() for c in name)
