"""A sentence as tagged tokens: parties, goods, verbs by list and form, and the words themselves."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rules.mentions import Mention
from rules.rulebook import Rulebook
from rules.sentences import Sentence

_WORD = re.compile(r"-?\w+(?:['.]\w+)*|'s\b|[,;:()]")
_UNSAFE = re.compile(r"[<>|\s]")


@dataclass(frozen=True, slots=True)
class Token:
    """One word or one mention of a sentence; offsets are the field's."""

    start: int
    end: int
    word: str
    tags: tuple[str, ...] = ()
    mention: Mention | None = None


@dataclass(frozen=True, slots=True)
class Clause:
    """A tagged sentence and its encoded form, over which frames are matched.

    ``lists`` are the word lists its words belong to, ``parties`` the indexes of the tokens that name a party.
    """

    sentence: Sentence
    tokens: tuple[Token, ...]
    encoded: str
    lists: frozenset[str]
    parties: tuple[int, ...]

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
        tokens.append(Token(mention.start, mention.end, _written(sentence, mention), (tag,), mention))
        position = mention.end - sentence.start
    _words(sentence, position, len(sentence.text), rulebook, tokens)
    _tag_phrases(tokens, rulebook)
    encoded = "".join(f"<{i}|{_encoded(t)}>" for i, t in enumerate(tokens))
    lists = frozenset(tag[2:].partition(":")[0] for t in tokens for tag in t.tags if tag.startswith("V="))
    parties = tuple(i for i, t in enumerate(tokens) if t.mention is not None and t.mention.is_party)
    return Clause(sentence, tuple(tokens), encoded, lists, parties)


def marks_of(clause: Clause) -> frozenset[str]:
    """Return the clause's words, and its lists and goods as the elements of frames name them."""
    marks = {token.word for token in clause.tokens}
    for token in clause.tokens:
        for tag in token.tags:
            marks.add(tag)
            marks.add("G=" if tag.startswith("G=") else tag.partition(":")[0])
    return frozenset(marks)


def _encoded(token: Token) -> str:
    """Return a token's tags and word without the marks that the encoding itself uses."""
    return " ".join(_UNSAFE.sub("_", part) for part in (*token.tags, f"w={token.word}"))


def _written(sentence: Sentence, mention: Mention) -> str:
    return sentence.text[mention.start - sentence.start : mention.end - sentence.start].lower()


def _words(sentence: Sentence, start: int, end: int, rulebook: Rulebook, tokens: list[Token]) -> None:
    nouns = _noun_tags(rulebook)
    for match in _WORD.finditer(sentence.text, start, end):
        word = match.group().lower()
        tags = rulebook.verb_tags.get(word, ()) + nouns.get(word, ())
        tokens.append(Token(sentence.start + match.start(), sentence.start + match.end(), word, tags))


@lru_cache(maxsize=8)
def _noun_tags_of(version: str, items: tuple[tuple[str, frozenset[str]], ...]) -> dict[str, tuple[str, ...]]:
    tags: dict[str, tuple[str, ...]] = {}
    for name, words in items:
        for word in words:
            tags[word] = (*tags.get(word, ()), f"V={name}:noun")
    return tags


def _noun_tags(rulebook: Rulebook) -> dict[str, tuple[str, ...]]:
    return _noun_tags_of(rulebook.version, tuple(rulebook.words.items()))


def _tag_phrases(tokens: list[Token], rulebook: Rulebook) -> None:
    """Tag the first word of each phrase that frames refer to; the other words stay as they are."""
    for phrase in rulebook.phrases["bound_for"]:
        words = phrase.split()
        for i in range(len(tokens) - len(words) + 1):
            if tokens[i].word == words[0] and [t.word for t in tokens[i : i + len(words)]] == words:
                last = i + len(words) - 1
                t = tokens[last]
                tokens[last] = Token(t.start, t.end, t.word, (*t.tags, "V=bound_for:noun"), t.mention)
