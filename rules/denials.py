"""Parties → those of them who deny it, themselves or through whoever speaks for them."""

import re
from collections.abc import Collection, Iterator, Sequence

from rules.acts import phrases_in
from rules.bystanders import Stances
from rules.candidates import Candidate
from rules.clauses import Clause
from rules.rulebook import Rulebook
from rules.vocabulary import Field, PartyType

# From the name to the word of denial, within one sentence: whose ambassador, in a letter to the council, rejected it.
_REACH = 110
# A sentence that opens so goes on about whoever the sentence before was about.
_GOES_ON = re.compile(
    r"^\W*(?:he|she|it|they|both|his|her|its|their|the (?:\w+ )?(?:company|firm|bank|group|movement|ministry|embassy|"
    r"government|army|militia|kingdom|country|spokes\w+|lawyers?|defendants?|men|owner|charity))\b",
    re.IGNORECASE,
)
# A person between the name and the denial speaks for it; another state or group has a denial of its own.
_SPEAKS_FOR = (PartyType.PERSON, PartyType.ORGANISATION)


def denying(
    names: Collection[str],
    candidates: Sequence[Candidate],
    clauses: Sequence[tuple[Field, Clause]],
    stances: Stances,
    rulebook: Rulebook,
) -> tuple[str, ...]:
    """Return the parties that deny, by canonical name, in the order of the story."""
    found = dict.fromkeys(name for name in stances.deniers if name in names)
    denial = phrases_in(rulebook.phrases["disowned"])
    named = [list(_named_in(number, candidates)) for number in range(len(clauses))]
    for number, (_, clause) in enumerate(clauses):
        text = clause.sentence.text.lower()
        match = denial.search(text)
        if match is None:
            continue
        at = clause.sentence.start + match.start()
        before = [(start, one) for start, one in named[number] if start < at]
        if before:
            subjects = _subjects(before, at)
        elif _GOES_ON.search(text) and number:
            subjects = [one for _, one in named[number - 1]][:1]
        else:
            subjects = []
        found |= dict.fromkeys(one.name for one in subjects if one.name in names)
    return tuple(found)


def _named_in(number: int, candidates: Sequence[Candidate]) -> Iterator[tuple[int, Candidate]]:
    found = [(place.start, one) for one in candidates for place in one.places if place.clause == number]
    yield from sorted(found, key=lambda item: item[0])


def _subjects(before: Sequence[tuple[int, Candidate]], at: int) -> list[Candidate]:
    """Return who is nearest before the denial, past persons who speak for him, with whom "and" joins to him."""
    last = next((i for i in range(len(before) - 1, -1, -1) if before[i][1].type not in _SPEAKS_FOR), len(before) - 1)
    start, one = before[last]
    if at - start > _REACH:
        return []
    joined = [one]
    if last and start - before[last - 1][0] < len(before[last - 1][1].name) + 12:
        joined.insert(0, before[last - 1][1])
    if before[-1][1] is not one:
        joined.append(before[-1][1])
    return joined
