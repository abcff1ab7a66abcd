"""Declared ways of saying who did what to whom, matched over the tokens of a clause.

A frame is a row of elements. ``{supplier}`` is a party (or a list of them) in that role, ``{goods}`` something moved,
``{goods:arms}`` of that kind, ``[supply]`` a form of a verb or a noun of that list, ``[supply:pp]`` one form of it,
``~4`` up to four words that name no party, ``~~4`` any four, and a plain word itself; ``a|b`` is either, and a
trailing ``?`` makes an element optional. Gaps are bounded, so matching is linear in the clause.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rules.vocabulary import Kind, Role

_PARTY = r"<\d+\|P=[^<>]*>"
_JOIN = r"(?:<\d+\|w=(?:,|and|or|&)>){1,2}"
# What may stand before a name without being part of it: "the", "its ally", "Yemen's".
_LEADING = "the|a|an|its|his|their|ally|allied|neighbouring|neighboring|nearby|-controlled"
_BEFORE = rf"(?:<[^<>]*w=(?:{_LEADING})>){{0,3}}(?:{_PARTY}<\d+\|w='s?>)?"
# "to Russia, Seoul says": the speaker is no further recipient.
_NO_SPEAKER = r"(?!<\d+\|[^<>]*V=(?:say|accuse|deny|seize):)"
_LIST = rf"{_PARTY}(?:(?:<\d+\|w='s?>)?{_JOIN}(?:<\d+\|w=the>)?{_PARTY}{_NO_SPEAKER}){{0,5}}"
_OTHER = r"<\d+\|(?!P=)[^<>]*>"
_ANY = r"<[^<>]*>"
_INDEX = re.compile(r"<(\d+)\|P=")


@dataclass(frozen=True, slots=True)
class Frame:
    """A compiled frame; ``says`` is the sentence shown to the officer, ``kind`` what it always gives, if anything.

    ``otherwise`` is the kind of a clause that names no goods; ``goods`` the kind of goods the clause must name;
    ``needs`` are sets of marks (tags and words of tokens), of each of which a clause must hold one to be worth the
    match; ``named`` is how many parties it must name.
    """

    id: str
    says: str
    pattern: re.Pattern[str]
    roles: tuple[str, ...]
    kind: Kind | None
    otherwise: Kind | None
    goods: Kind | None
    needs: tuple[frozenset[str], ...]
    named: int
    examples: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class FrameHit:
    """A frame found in a clause: for each role the token indexes of its parties, and the span of tokens it covers."""

    frame: Frame
    roles: tuple[tuple[Role, tuple[int, ...]], ...]
    first: int
    last: int


def compile_frame(row: Mapping[str, Any], lists: set[str], roles: set[str]) -> Frame:
    """Return the frame that a row of the book declares. Raises ValueError for an unknown list, role or element."""
    found: list[str] = []
    elements = row["match"].split()
    expression = "".join(_element(e, lists, roles, found) for e in elements)
    return Frame(
        id=row["id"],
        says=row["says"],
        pattern=re.compile(expression),
        roles=tuple(found),
        kind=_kind(row, "kind"),
        otherwise=_kind(row, "otherwise"),
        goods=_kind(row, "with"),
        needs=tuple(needs for e in elements if (needs := _needs(e))),
        named=sum(1 for e in elements if re.fullmatch(r"\{(?!goods)\w+\}", e)),
        examples=tuple(row.get("examples", ())),
    )


def _kind(row: Mapping[str, Any], key: str) -> Kind | None:
    """``kind`` is always given, ``otherwise`` where the clause names no goods; ``with`` asks for goods of a kind."""
    value = row.get("gives", {}).get(key)
    return Kind(value) if value else None


def _element(element: str, lists: set[str], roles: set[str], found: list[str]) -> str:
    optional = element.endswith("?") and len(element) > 1
    body = element[:-1] if optional else element
    if match := re.fullmatch(r"\{(\w+)(?::(\w+))?\}", body):
        expression = _named(match[1], match[2], roles, found)
    elif match := re.fullmatch(r"\[([\w|:]+)\]", body):
        expression = "(?:" + "|".join(_listed(name, lists) for name in match[1].split("|")) + ")"
    elif match := re.fullmatch(r"(~~?)(\d+)", body):
        expression = f"(?:{_OTHER if match[1] == '~' else _ANY}){{0,{match[2]}}}?"
    elif re.fullmatch(r"[\w|,'-]+", body):
        words = "|".join(re.escape(word) for word in body.split("|"))
        expression = rf"<\d+\|[^<>]*w=(?:{words})>"
    else:
        raise ValueError(f"match: {element!r} is no element")
    return f"(?:{expression})?" if optional else expression


def _needs(element: str) -> frozenset[str]:
    """Return the marks of which a clause must hold one for the element to match; none where it may do without."""
    if match := re.fullmatch(r"\{goods(?::(\w+))?\}", element):
        return frozenset({f"G={match[1] or ''}"})
    if match := re.fullmatch(r"\[([\w|:]+)\]", element):
        return frozenset(f"V={name}" for name in match[1].split("|"))
    # The tags of a token may hold what looks like a word, so that only words by themselves are told apart.
    return frozenset(element.split("|")) if re.fullmatch(r"[a-z|'-]+", element) else frozenset()


def _named(name: str, kind: str | None, roles: set[str], found: list[str]) -> str:
    if name == "goods":
        return rf"<\d+\|G={Kind(kind).value if kind else ''}[^<>]*>"
    if name == "party":
        return _BEFORE + _LIST
    if name not in roles:
        raise ValueError(f"match: there is no role {name!r}")
    found.append(name)
    return f"{_BEFORE}(?P<{name}>{_LIST})"


def _listed(name: str, lists: set[str]) -> str:
    base, _, form = name.partition(":")
    if base not in lists:
        raise ValueError(f"match: there is no word list {base!r}")
    # Either a noun or phrase of that list, or a verb in any form or in the one that is asked for.
    shape = form if form else r"(?:base|fin|pp|ing|noun)"
    return rf"<\d+\|[^<>]*V={base}:{shape}[^<>]*>"


def worth_trying(marks: frozenset[str], named: int, frames: Sequence[Frame]) -> list[Frame]:
    """Return the frames for which a clause with these ``marks`` (see ``rules/clauses.py``) names enough parties."""
    return [f for f in frames if named >= f.named and not any(needs.isdisjoint(marks) for needs in f.needs)]


def find_frames(encoded: str, frames: Sequence[Frame]) -> list[FrameHit]:
    """Return every one of the frames that the encoded clause contains, in their order."""
    hits = []
    for frame in frames:
        for match in frame.pattern.finditer(encoded):
            roles = tuple(
                (Role(name), tuple(int(i) for i in _INDEX.findall(match[name])))
                for name in frame.roles
                if match[name] is not None
            )
            span = re.findall(r"<(\d+)\|", match.group())
            hits.append(FrameHit(frame, roles, int(span[0]), int(span[-1])))
    return hits
