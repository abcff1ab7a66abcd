"""A name in any script → its tokens: plain small Latin letters, and how they sound whoever romanised them.

Three keys of a token, from fine to coarse: ``text`` as spelled; ``sound`` with the usual rival spellings of one sound
made one (ou and oo, dj and j); ``bones`` without vowels, with the consonants that romanisations exchange (k, g and q;
t and d) made one. Arabic script writes few vowels, so a token from it has nothing but its bones.
"""

import re
import unicodedata
from functools import cache, lru_cache
from typing import NamedTuple

from anyascii import anyascii
from rapidfuzz.distance import OSA

from compliance.listing.wordlists import word_lists

# A longer name is a list or a paragraph: what stands behind is not looked at.
MAX_LETTERS, MAX_TOKENS = 300, 16
_SHORT = 3
_ABJAD = re.compile(r"[\u0590-\u07bf\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufeff]")
_SYLLABIC = re.compile(r"[\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]+")
_SYLLABLE = re.compile(r"[A-Z][a-z]*")
_SPELLED_OUT = re.compile(r"\b(?:\w\.){2,}(?:\w\b)?")
_APOSTROPHES = re.compile(r"['’‘`´ʼʻʾʿ]")
_OF_HIS = re.compile(r"(?:(?<=\w{3})|(?<=[A-Z]))['’]s(?!\w)")
_WORD = re.compile(r"[a-z0-9]+")
_SERVANT = re.compile(r"abd[aeiou]{1,2}[lnrstdz]?$|abd$")
_OF_SERVANT = re.compile(
    r"abd(?:[aeiou]{1,2}(?:l|r(?=r)|s(?=s)|n(?=n)|d(?=d)|z(?=z)|t(?=t))?)?(?=[^aeiou]..|[aeio][^aeiou].)"
)
_FATHER = frozenset(("abu", "abou", "abo", "aboo", "umm", "oum", "um"))
_GOD = re.compile(r"(?<=..)[aeou]{1,2}ll?(?:a+h?|h)$")
_GOD_ALONE = re.compile(r"[aou]{1,2}llah?$")
# "Allah Dad" and "Khuda Bakhsh" are given names of two words: the second belongs to the first.
_GIVEN_BY_GOD = frozenset(("dad", "yar", "bakhsh", "baksh", "bux", "nazar", "ditta", "wasaya"))
_FAITH = re.compile(r"(?<=...)(?:[aeiou]{1,2}d{1,2}|(?<=[b-z])d)(?:in|een|ine|yne?)$|(?<=...)[aeiou]{1,2}dden$")
_FAITH_ALONE = re.compile(r"(?:[aeiou]{1,2}d)?d(?:in|een|ine|yne?)$|[aeiou]{1,2}dden$")
_SOUNDS = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"^[ei]y(?=a)", "i"), (r"ouw", "uw"), (r"ou(?=[aei])", "w"), (r"rh", "r"), (r"tsch|tch|cz", "C"),
        (r"dzh|dsh|dj", "j"),
        (r"shch|sch|sh", "S"), (r"ch", "C"), (r"zh", "j"), (r"kh|qh", "K"), (r"gh", "g"), (r"ph", "f"), (r"th", "t"),
        (r"dh", "d"), (r"ck", "k"), (r"ts|tz", "s"), (r"qu?|c", "k"), (r"x", "ks"), (r"(?<=[aeiou])h(?![aeiou])", ""),
        (r"ee+", "i"), (r"eo", "o"), (r"eu", "u"), (r"oo+|ou|uw|(?<=.)w(?=[^aeiouy]|$)", "u"), (r"oe|oi", "e"),
        (r"ie|iy|ij(?![aeiou])|ii|yi|(?<=[^aeiou])y(?=[aeou])", "i"),
        (r"a[iy]|e[iy]", "e"), (r"y(?=[^aeiou]|$)", "i"), (r"aa", "a"), (r"v", "w"), (r"(?<=.)e$", "i"),
        (r"(.)\1+", r"\1"),
    )
)  # fmt: skip
_ALIKE = str.maketrans("gqKdbjSCrz", "kkktpsssls")
_VOWELS = re.compile(r"(?<=.)[aeiou]+")
_VOWEL = re.compile(r"[aeiou]")
_WEAK = re.compile(r"(?<=.)[aeiouwyh']+")


class Token(NamedTuple):
    """One part of a name. ``is_abjad`` tells that it was written without vowels.

    ``written`` is what stood there before "Abdul Rahman" and "Saifuddin" were brought to one form.
    """

    text: str
    sound: str
    bones: str
    written: str
    is_abjad: bool = False

    @property
    def thin(self) -> str:
        """What Arabic script and a romanisation of it have in common."""
        return _WEAK.sub("", self.bones)


@lru_cache(maxsize=65_536)
def token_of(text: str, is_abjad: bool = False, written: str = "") -> Token:
    """Return the token of a word in small Latin letters."""
    rivals = word_lists().rivals
    sound = _sound(text)
    # "Yeu" is "Yu", of which "Ryu" is a rival.
    sound = _sound(rivals[text]) if text in rivals else _sound(rivals[sound]) if sound in rivals else sound
    near = sound.translate(_ALIKE)
    bones = re.sub(r"(.)\1+", r"\1", ("a" if near[:1] in "aeiou" else near[:1]) + _VOWELS.sub("", near)[1:])
    return Token(text, sound, bones, written or text, is_abjad)


def _sound(word: str) -> str:
    for pattern, replacement in _SOUNDS:
        word = pattern.sub(replacement, word)
    return word


@lru_cache(maxsize=65_536)
def tokens_of(name: str) -> tuple[Token, ...]:
    """Return the telling tokens of a name in their order; titles stay, articles and legal forms go.

    A name that holds nothing else keeps them.
    """
    words, lists = _words(name[:MAX_LETTERS]), word_lists()
    following = [*(w for w, _ in words[1:]), ""][: len(words)]
    of_trade = any(w in lists.common for w, _ in words)
    kept = [
        (w, a)
        for (w, a), after in zip(words, following, strict=True)
        if not (_is_particle(w, after) or is_legal_form(w) or (of_trade and not after and _ends_like_a_form(w)))
    ] or words
    found = _compounds(kept)[:MAX_TOKENS]
    # "Bank Sepah and Bank Sepah International" says nothing twice, but "Chang Chang Ha" is a name.
    told = found if len(found) <= _SHORT else reversed({row[0]: row for row in reversed(found)}.values())
    return tuple(token_of(*row) for row in told)


# Articles, and what says whose son one is: these are often romanised otherwise, and no name sounds like them.
_ARTICLES = ("al", "el", "ul", "ur", "ad", "ash", "ibn", "ebn", "bint", "ould", "of", "for")


def _is_particle(word: str, after: str) -> bool:
    """True for an article or a word that ties names together; "Son" is a Korean name but before "of"."""
    if word in _KIN:
        return after == "of"
    return word in word_lists().particles or _sounds_like_an_article(word)


_KIN = ("son", "daughter")


@lru_cache(maxsize=65_536)
def _sounds_like_an_article(word: str) -> bool:
    return len(word) <= 6 and _sound(word) in _article_sounds()


@cache
def _article_sounds() -> frozenset[str]:
    return frozenset(map(_sound, _ARTICLES))


@lru_cache(maxsize=65_536)
def is_legal_form(word: str) -> bool:
    """True for a form in which firms are registered, also where a long one is misspelled by a letter or a sound."""
    forms = word_lists().legal_forms
    if word in forms or len(word) < 6:
        return word in forms
    sound = _sound(word)
    return any(
        OSA.distance(word, f, score_cutoff=1) <= 1 or OSA.distance(sound, _sound(f), score_cutoff=1) <= 1
        for f in forms
        if len(f) >= 6
    )


# The short forms that firms of all lands end in: "Ceo" and "Cu" stand for "Co", "Ldd" for "Ltd", "Ceorp" for "Corp".
_ENDS, _BY_SOUND = ("co", "ltd", "nv"), "corp"


def _ends_like_a_form(word: str) -> bool:
    like = len(word) <= 3 and (bool(_VOWEL.search(word)), token_of(word).bones) in _bones_of_ends()
    return like or _sound(word) == _sound(_BY_SOUND)


@cache
def _bones_of_ends() -> frozenset[tuple[bool, str]]:
    return frozenset((bool(_VOWEL.search(form)), token_of(form).bones) for form in _ENDS)


@lru_cache(maxsize=65_536)
def has_form(name: str) -> bool:
    """True where a name holds a legal form beside other words: it is said as that of a firm."""
    words = [word for word, _ in _words(name[:MAX_LETTERS])]
    forms = [word for word in words if len(word) > 2 and is_legal_form(word)]
    return bool(forms) and len(forms) < len(words)


def _words(name: str) -> list[tuple[str, bool]]:
    text = unicodedata.normalize("NFKC", name)
    text = _OF_HIS.sub("", text)
    text = _SPELLED_OUT.sub(lambda m: m[0].replace(".", ""), text)
    text = _SYLLABIC.sub(lambda m: " ".join(("", *_SYLLABLE.findall(anyascii(m[0])), "")), text)
    found = []
    for part in re.split(r"[\s\-–—/.,;:()\[\]_&+|]+", _APOSTROPHES.sub("", text)):
        is_abjad = bool(_ABJAD.search(part))
        letters = _APOSTROPHES.sub("", anyascii(part)).lower()
        if is_abjad and letters.startswith("al") and len(letters) > 4:
            letters = letters[2:]
        found += [(word, is_abjad) for word in _WORD.findall(letters)]
    return found


def _compounds(words: list[tuple[str, bool]]) -> list[tuple[str, bool, str]]:
    """Join what is one name however it is divided: Abdul Rahman, Habib Ullah, Saif al-Din, Abu Bakr."""
    joined: list[tuple[str, bool, str]] = []
    held = ""
    for place, (word, abjad) in enumerate(words):
        if word == "allah" and place + 1 < len(words) and words[place + 1][0] in _GIVEN_BY_GOD:
            held += word
            continue
        if held:
            word, held = held + word, ""
        elif _SERVANT.match(word) and word != "abdi":
            held = word
            continue
        elif word in _FATHER:
            held = "um" if word.endswith("m") else "abu"
            continue
        elif joined and (word == "llh" if abjad else _GOD_ALONE.match(word) or _FAITH_ALONE.match(word)):
            word = joined.pop()[2] + word
        joined.append((_one_form(word), abjad, word))
    if held:
        joined.append((held, False, held))
    return joined


def _one_form(word: str) -> str:
    word = _OF_SERVANT.sub("abd", word, count=1)
    word = _GOD.sub("ula", word)
    return _FAITH.sub("din", word)
