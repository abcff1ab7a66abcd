"""A sentence as tagged tokens: parties, goods, verbs by list and form, and the words themselves."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from rules.mentions import Mention
from rules.rulebook import Rulebook
from rules.sentences import Sentence
from rules.vocabulary import Kind
from rules.written import UNKNOWN_NAME

_WORD = re.compile(r"-?\w+(?:['.]\w+)*|'s\b|[,;:()]")
_UNSAFE = re.compile(r"[<>|\s]")


class Token(NamedTuple):
    """One word or one mention of a sentence; offsets are the field's.

    ``symbol`` is what it is to a model that may not know names: the word, or in angle brackets the sort of mention,
    number or unknown name.
    """

    start: int
    end: int
    word: str
    tags: tuple[str, ...] = ()
    mention: Mention | None = None
    symbol: str = ""


# What a tuple's own constructor makes in a third of the time; one for each word of a story.
_new = tuple.__new__


@dataclass(frozen=True, slots=True)
class Clause:
    """A tagged sentence.

    ``lists`` are the word lists its words belong to, ``parties`` the indexes of the tokens that name a party, ``goods``
    the goods it names.
    """

    sentence: Sentence
    tokens: tuple[Token, ...]
    lists: frozenset[str]
    parties: tuple[int, ...]
    goods: tuple[Mention, ...] = ()

    @property
    def goods_kinds(self) -> Iterator[Kind]:
        """The kinds of the goods, as often as they are named."""
        return (m.kind for m in self.goods if m.kind)

    def has(self, name: str) -> bool:
        """True where a verb, noun or phrase of that list stands in the sentence."""
        return name in self.lists


def clause_of(sentence: Sentence, mentions: Sequence[Mention], rulebook: Rulebook) -> Clause:
    """Return the sentence tagged; ``mentions`` are those of the field that lie within it, in order."""
    tokens: list[Token] = []
    position = 0
    for mention in mentions:
        _words(sentence, position, mention.start - sentence.start, rulebook, tokens)
        kind = mention.kind.value if mention.kind else ""
        tag = f"P={mention.canonical}" if mention.is_party else f"G={kind}"
        symbol = f"<{kind or (mention.type.value if mention.type else '')}>"
        told = (mention.start, mention.end, _written(sentence, mention), (tag,), mention, symbol)
        tokens.append(_new(Token, told))
        position = mention.end - sentence.start
    _words(sentence, position, len(sentence.text), rulebook, tokens)
    if tokens and tokens[0].symbol == UNKNOWN_NAME and tokens[0].start == sentence.start:
        # Every sentence opens with a capital, which tells no name.
        tokens[0] = _new(Token, (*tokens[0][:5], tokens[0].word))
    _tag_phrases(tokens, rulebook)
    lists = frozenset(name for t in tokens if t.tags for name in _lists_of(t.tags))
    parties = tuple(i for i, t in enumerate(tokens) if t.mention is not None and t.mention.is_party)
    return Clause(sentence, tuple(tokens), lists, parties, tuple(m for m in mentions if not m.is_party))


def marks_of(clause: Clause) -> frozenset[str]:
    """Return the clause's words, and its lists and goods as the elements of frames name them."""
    marks = {token.word for token in clause.tokens}
    for token in clause.tokens:
        for tag in token.tags:
            marks.add(tag)
            marks.add("G=" if tag.startswith("G=") else tag.partition(":")[0])
    return frozenset(marks)


def encoded(clause: Clause) -> str:
    """Return the clause in the form over which frames are matched: ``<0|P=Iran w=iran><1|V=supply:fin w=sent>``."""
    return "".join([f"<{i}|{_encoded(t)}>" for i, t in enumerate(clause.tokens)])


def _encoded(token: Token) -> str:
    """Return a token's tags and word without the marks that the encoding itself uses."""
    if token.mention is None:
        # A word holds none of the marks; a name or goods may.
        return _encoded_word(token.tags, token.word)
    return " ".join([_UNSAFE.sub("_", part) for part in (*token.tags, f"w={token.word}")])


@lru_cache(maxsize=16_384)
def _encoded_word(tags: tuple[str, ...], word: str) -> str:
    return " ".join((*tags, f"w={word}"))


def _written(sentence: Sentence, mention: Mention) -> str:
    return sentence.text[mention.start - sentence.start : mention.end - sentence.start].lower()


def _words(sentence: Sentence, start: int, end: int, rulebook: Rulebook, tokens: list[Token]) -> None:
    written, offset = rulebook.written, sentence.start
    for match in _WORD.finditer(sentence.text, start, end):
        begin, stop = match.span()
        word, tags, symbol = written[match[0]]
        tokens.append(_new(Token, (offset + begin, offset + stop, word, tags, None, symbol)))


def _tag_phrases(tokens: list[Token], rulebook: Rulebook) -> None:
    """Tag the last word of each phrase that frames refer to; the other words stay as they are."""
    words = [token.word for token in tokens]
    if rulebook.bound_for_first.isdisjoint(words):
        return
    for phrase in rulebook.bound_for:
        if phrase[0] not in words:
            continue
        for i in range(len(tokens) - len(phrase) + 1):
            if words[i] == phrase[0] and words[i : i + len(phrase)] == phrase:
                last = i + len(phrase) - 1
                t = tokens[last]
                symbol = t.word if t.symbol == UNKNOWN_NAME else t.symbol
                tokens[last] = t._replace(tags=(*t.tags, "V=bound_for:noun"), symbol=symbol)


@lru_cache(maxsize=4_096)
def _lists_of(tags: tuple[str, ...]) -> tuple[str, ...]:
    """Return the word lists that tags name."""
    return tuple(tag[2:].partition(":")[0] for tag in tags if tag.startswith("V="))
