"""Two spellings of one party's name → one key. Pure.

Annotators and rules may write one and the same party with and without its legal form, a ship's prefix, accents, or a
nickname in quotation marks; none of these tells two parties of one story apart.
"""

import re
import unicodedata
from functools import lru_cache

_REMARK = re.compile(r"\([^()]*\)|[\"“][^\"”]*[\"”]")
_PREFIX = re.compile(r"^(?:the|m ?v|m ?t|ss)\s+")
_NO_LETTER = re.compile(r"[\W_]+")
_FORMS = frozenset(
    (
        "ltd", "limited", "llc", "inc", "incorporated", "corp", "corporation", "co", "company", "gmbh", "fze", "fzco",
        "dmcc", "sarl", "sal", "jsc", "ooo", "plc", "pte", "sa", "spa", "sdn", "bhd", "ag", "bv", "nv", "oao", "zao",
        "pvt",
    )
)  # fmt: skip


@lru_cache(maxsize=4_096)
def name_key(name: str) -> str:
    """Return the name in small plain letters and digits, without remarks, prefix of a ship or legal form at its end.

    A name that is nothing but these is kept whole, so that no key is empty where the name has a letter or digit.
    """
    plain = _plain(_REMARK.sub(" ", name)) or _plain(name)
    words = _PREFIX.sub("", plain).split()
    while len(words) > 1 and words[-1] in _FORMS:
        words.pop()
    return " ".join(words)


def _plain(text: str) -> str:
    """Return the text's letters and digits without marks; dots within an abbreviation join it."""
    letters = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return _NO_LETTER.sub(" ", re.sub(r"(?<=\b\w)\.(?=\w\b)", "", letters.casefold()).replace("'", "")).strip()
