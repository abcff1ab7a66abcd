"""In which language a story is told, and whether that is one that the classifier and the rules can read. Pure.

Nearly all that comes is English and is known by its small words, which costs microseconds. Only what is not goes to a
language identifier. A short text may be too little to tell: it is judged, since what is judged for nothing costs a
moment and what is left out in error is lost.
"""

import re
from functools import cache
from typing import Any

from py3langid.langid import MODEL_FILE, LanguageIdentifier

ENGLISH, UNKNOWN, OTHER = "en", "und", "mis"
_COVERED = frozenset({ENGLISH, UNKNOWN})
# Small words that hardly any other language in Latin script writes: "in", "is", "was" and "on" would also be German,
# Dutch or French, "at" and "have" Danish.
_SMALL = frozenset(
    (
        *("the", "of", "to", "and", "that", "with", "from", "as", "it", "its", "has", "were", "are", "been", "be"),
        *("said", "says", "who", "which", "their", "they", "this", "these", "will", "would", "after", "about", "not"),
        *("but", "than", "she", "his", "could", "other", "when", "there", "what", "you"),
    )
)
_SHARED = frozenset(("a", "an", "in", "on", "is", "was", "for", "at", "by", "have"))
_LEAD, _PAGE = 400, 2_000
_SURELY, _PARTLY = 0.1, 0.08
_FEW, _MANY = 0.03, 0.18
_MIN_OTHER, _MIN_LATIN = 4, 20
_SURE = 0.8
# Nigerian Pidgin and Scots share so much with English that headlines from Nigeria would be taken for the one, and a
# line of names and figures for no language at all.
_NOT_TOLD_APART = frozenset({"pcm", "sco", "zxx"})
_WORD = re.compile(r"[^\W\d_]+")
_LATIN = re.compile(r"[A-Za-z\u00aa\u00ba\u00c0-\u024f\u1e00-\u1eff]")


def is_covered(language: str) -> bool:
    """True where stories in the language are judged: English, and what is too short or too mixed to tell."""
    return language in _COVERED


def language_of(title: str, text: str) -> str:
    """Return the story's language as an ISO 639-1 code; ``und`` where it cannot be told, ``mis`` for a script
    whose language cannot be.

    A page of which a part is English counts as English.
    """
    lead = text[:_LEAD] if len(text) >= _LEAD // 2 else f"{title} {text[:_LEAD]}"
    if _has_small_words(lead, _SURELY):
        return ENGLISH
    page = f"{title}\n{text[:_PAGE]}"
    return ENGLISH if _has_small_words(page, _PARTLY) else _identified(page)


def _has_small_words(text: str, least: float) -> bool:
    words = text.lower().split()
    english, number = sum(map(_SMALL.__contains__, words)), len(words)
    if english > least * number:
        return True
    # A short item may have few; then those that it shares with other languages count too.
    return english > _FEW * number and english + sum(map(_SHARED.__contains__, words)) > _MANY * number


def _identified(page: str) -> str:
    letters = sum(map(len, _WORD.findall(page)))
    latin = letters if page.isascii() else len(_LATIN.findall(page))
    is_latin = latin * 2 > letters
    if letters < (_MIN_LATIN if is_latin else _MIN_OTHER):
        return UNKNOWN
    language, confidence = _identifier().classify(page)
    if not is_latin:
        # Another script is no English, however little there is of it.
        return str(language) if language != ENGLISH else OTHER
    return str(language) if language == ENGLISH or confidence >= _SURE else UNKNOWN


@cache
def _identifier() -> Any:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages([code for code in identifier.labels if code not in _NOT_TOLD_APART])
    return identifier
