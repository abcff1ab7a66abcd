"""The form of a text in which names and words are looked for, with the way back to the text as it stands. Pure.

Writers who want to be overlooked set letters of other alphabets, full-width or styled letters, or signs that cannot be
seen between those of a name. The judges read the plain form; every quote is then cut from the text as given.
"""

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass, replace
from functools import cache

from compliance.classifier.classification import Passage
from compliance.screening import Screening
from compliance.story import Story
from rules.findings import Evidence, Extraction, Party
from rules.vocabulary import Field

# Letters that look like Latin ones (Unicode TR 39, the lower-case and capital letters of Cyrillic and Greek alone).
_LOOK = dict(
    zip(
        "АВЕКМНОРСТУХаеорсухіјѕԁӏІЈЅΑΒΕΖΗΙΚΜΝΟΡΤΥΧοναιρ",
        "ABEKMHOPCTYXaeopcyxijsdlIJSABEZHIKMNOPTYXovaip",
        strict=True,
    )
)
_INVISIBLE = "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
_STYLED = "\uff01-\uff5e\U0001d400-\U0001d7ff\ufb00-\ufb06\u2460-\u24ff"
_ODD = re.compile(f"[{_INVISIBLE}{_STYLED}\u0300-\u036f\u0370-\u03ff\u0400-\u052f\x00-\x08\x0e-\x1f\x7f-\x9f]")
_HIDDEN = re.compile(f"[{_INVISIBLE}]")
_STYLED_ONE = re.compile(f"[{_STYLED}]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_MOST_PASSES = 3
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Normal:
    """A text in plain form. Each character from ``starts[i]`` on, up to the next, comes from ``origins[i]`` on."""

    given: str
    text: str
    origins: tuple[int, ...] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return where a span of the plain form stands in the text as given."""
        if self.origins is None or start >= end:
            return start, end
        last = self.origins[end - 1]
        # Signs that were dropped behind the last letter do not belong to it; the marks that make it up do.
        following = self.origins[bisect_right(self.origins, last)] if last < self.origins[-1] else len(self.given)
        return self.origins[start], _without_hidden_tail(self.given, last, following)


def _without_hidden_tail(given: str, last: int, following: int) -> int:
    while following > last + 1 and _HIDDEN.match(given[following - 1]):
        following -= 1
    return following


def normal(given: str) -> Normal:
    """Return the plain form: nothing invisible, letters composed, styled and look-alike letters as plain Latin ones.

    A letter that became a Latin one may then be one with its accent, so what was changed is looked at again.
    """
    form = _once(given)
    for _ in range(_MOST_PASSES):
        again = _once(form.text) if form.origins is not None else form
        if again.origins is None or form.origins is None:
            break
        form = Normal(given, again.text, tuple(form.origins[place] for place in again.origins))
    return form


def _once(given: str) -> Normal:
    if given.isascii() and not _CONTROL.search(given):
        return Normal(given, given)
    if not _ODD.search(given):
        return Normal(given, given)
    pieces: list[str] = []
    origins: list[int] = []
    for start, cluster in _clusters(given):
        plain = _plain(cluster)
        pieces.append(plain)
        origins.extend([start] * len(plain))
    text = _with_latin_looks("".join(pieces))
    return Normal(given, text, tuple(origins)) if text != given else Normal(given, given)


def _clusters(given: str) -> list[tuple[int, str]]:
    """Return each letter with the marks that follow it, and where it stands; what cannot be seen is left out."""
    found: list[tuple[int, str]] = []
    for index, letter in enumerate(given):
        if _HIDDEN.match(letter):
            continue
        if found and unicodedata.combining(letter):
            start, cluster = found[-1]
            found[-1] = (start, cluster + letter)
        else:
            found.append((index, letter))
    return found


@cache
def _plain(cluster: str) -> str:
    if _CONTROL.match(cluster):
        return " "
    return unicodedata.normalize("NFKC" if _STYLED_ONE.match(cluster) else "NFC", cluster)


def _with_latin_looks(text: str) -> str:
    """Return the text with look-alikes in words that are Latin otherwise; a word of another script stays."""
    words = _WORD.findall(text)
    # In a Latin text a word of look-alikes alone is a Latin one too; in a Russian text it is Russian.
    # A word that has a Latin letter is counted by what becomes of it, or a second pass might see another text.
    is_latin = sum(_latin(w, is_latin=False).isascii() for w in words) * 5 > len(words) * 2
    return _WORD.sub(lambda word: _latin(word.group(), is_latin), text)


def _latin(word: str, is_latin: bool) -> str:
    if word.isascii() or not any(c in _LOOK for c in word):
        return word
    plain = "".join(_LOOK.get(c, c) for c in word)
    return plain if plain.isascii() and (is_latin or any(c.isascii() for c in word)) else word


def normal_story(story: Story) -> tuple[Story, dict[Field, Normal] | None]:
    """Return the story in plain form, with the way back; None where it is plain already."""
    title, text = normal(story.title), normal(story.text)
    if title.origins is None and text.origins is None:
        return story, None
    return replace(story, title=title.text, text=text.text), {Field.TITLE: title, Field.TEXT: text}


def restored(screening: Screening, forms: dict[Field, Normal]) -> Screening:
    """Return the screening of a plain form with every span and quote in the text as given."""
    found, told = screening.extraction, screening.classification
    passage = tuple(Passage(p.field, *forms[p.field].span(p.start, p.end)) for p in told.passage)
    return replace(
        screening,
        classification=replace(told, passage=passage),
        extraction=_restored(found, forms),
    )


def _restored(found: Extraction, forms: dict[Field, Normal]) -> Extraction:
    def back(evidence: Evidence) -> Evidence:
        form = forms[evidence.field]
        start, end = form.span(evidence.start, evidence.end)
        return replace(evidence, start=start, end=end, quote=form.given[start:end])

    def party(one: Party) -> Party:
        return replace(one, evidence=tuple(map(back, one.evidence)))

    return replace(
        found,
        parties=tuple(map(party, found.parties)),
        bystanders=tuple(replace(b, evidence=tuple(map(back, b.evidence))) for b in found.bystanders),
        goods=tuple(replace(g, evidence=back(g.evidence)) for g in found.goods),
        hits=tuple(replace(h, evidence=back(h.evidence)) for h in found.hits),
        acts=tuple(replace(a, evidence=back(a.evidence)) for a in found.acts),
    )
