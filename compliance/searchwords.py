"""Words of any script in a form that both databases index and find alike: small Latin letters alone. Pure.

What a database makes of letters beyond Latin ones depends on its language settings, and neither of the two parts
Chinese, Japanese, Korean or Thai into words. So a word is folded (capitals, marks, the forms of Arabic letters), and
each letter beyond a to z and 0 to 9 is spelt in four letters; of scripts without spaces every pair of neighbours is
a word.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

# Letters with which neither database needs help: Latin ones, their accents, and signs.
_BEYOND = re.compile(r"[^\W\d_\u0000-\u024f\u1e00-\u1eff]")
# Han, kana, Hangul; Thai, Lao, Burmese and Khmer: written without spaces, or with endings grown onto the word.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff"
    "\U00020000-\U0003ffff]+"
)
# Scripts whose marks only shade a letter. Those of India and further east are vowels and stay.
_SHADED = re.compile("[\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0640]")
_ARABIC = str.maketrans("أإآٱىةکیۀە", "اااايهكيهه")
_ARTICLE = re.compile("^[وفبكل]?(?:ال|لل)(?=...)")
_LONGEST = 24
_HEX = str.maketrans("0123456789abcdef", "ghijklmnopqrstuv")


def is_beyond_latin(text: str) -> bool:
    """True where the text has a letter of another script than the Latin one."""
    return _BEYOND.search(text) is not None


def index_words(text: str) -> str:
    """Return what is indexed of a text: every word once spelt, an Arabic one without its article too."""
    return " ".join(spelt for word in _words(text) for spelt in _indexed(word))


def asked_words(text: str) -> list[tuple[str, bool]]:
    """Return the words that a question asks for, in order, and whether each may be the beginning of a longer one."""
    words = list(_words(text))
    found: list[tuple[str, bool]] = []
    for number, word in enumerate(words):
        if _UNSPACED.match(word):
            found += [(_spelt(pair), False) for pair in _pairs(word)] or [(_spelt(word), True)]
        else:
            found.append((_spelt(word), number == len(words) - 1))
    return found


def _words(text: str) -> Iterator[str]:
    folded = unicodedata.normalize("NFC", _SHADED.sub("", unicodedata.normalize("NFKD", text.casefold())))
    for run in _runs(folded.translate(_ARABIC)):
        at = 0
        for match in _UNSPACED.finditer(run):
            yield from filter(None, (run[at : match.start()], match.group()))
            at = match.end()
        if run[at:]:
            yield run[at:]


def _runs(text: str) -> Iterator[str]:
    """Yield the runs of letters, figures and the marks that belong to them."""
    start = None
    for index, character in enumerate(text):
        if unicodedata.category(character)[0] in "LNM":
            start = index if start is None else start
        elif start is not None:
            yield text[start:index]
            start = None
    if start is not None:
        yield text[start:]


def _indexed(word: str) -> Iterator[str]:
    if _UNSPACED.match(word):
        yield from map(_spelt, _pairs(word))
        yield _spelt(word[-1])
        return
    yield _spelt(word)
    bare = _ARTICLE.sub("", word)
    if bare != word:
        yield _spelt(bare)


def _pairs(word: str) -> list[str]:
    return [word[i : i + 2] for i in range(len(word) - 1)]


def _spelt(word: str) -> str:
    return "".join(c if c.isascii() else _letters(c) for c in word[:_LONGEST])


@lru_cache(maxsize=16_384)
def _letters(character: str) -> str:
    """Return a letter's code in letters of its own, four for each sixteen bits, so that beginnings stay beginnings."""
    return character.encode("utf-16-be").hex().translate(_HEX)
