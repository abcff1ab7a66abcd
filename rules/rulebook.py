"""The declared rules → one frozen, checked Rulebook with a version."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import yaml

from rules.days import Span
from rules.frames import Frame, compile_frame
from rules.inflection import verb_forms
from rules.linear import StoryWeights, load_story_weights
from rules.matching import WordMatcher
from rules.national import NationalError, NationalMarks, load_national
from rules.regime import Regime, RegimeError, load_regimes
from rules.vocabulary import Kind, PartyType, Role
from rules.weights import RoleWeights, load_weights
from rules.written import WrittenWords

BOOK = Path(__file__).parent / "book"
# The same safe loader in C, where the library has it, reads the book in a third of the time.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# Lists of words under ``names`` that are no classes of words around a name.
_NO_CLASSES = frozenset(("title", "opener", "nobody", "personnel", "landmark_first", "landmark_last", "plane"))
_PARTY_KEYS = {"name", "type", "aliases", "adjectives", "belongs_to", "needs_cue", "beside", "usually", "days"}


class RulebookError(ValueError):
    """A file of the book is wrong; the text names file and key."""


@dataclass(frozen=True, slots=True)
class KnownParty:
    """A party the book knows: its canonical name, type, whom it acts for, and cues an acronym needs.

    ``usually`` is the part a target has in an act with goods of a kind, where that is not the recipient's. ``days`` are
    those on which it was there, of a party that is no more.
    """

    name: str
    type: PartyType
    belongs_to: str | None
    needs_cue: tuple[str, ...]
    usually: tuple[tuple[Kind, Role], ...] = ()
    days: Span | None = None


@dataclass(frozen=True, slots=True)
class Pattern:
    """One spelling in the automaton and what it stands for: a party (perhaps as an adjective) or goods.

    ``cues`` are what the story must say besides for it to stand for that party: "the North" beside "Pyongyang".
    """

    spelling: str
    party: KnownParty | None = None
    is_adjective: bool = False
    goods: str = ""
    kind: Kind | None = None
    cues: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rulebook:
    """Everything the rules know, checked. Equal files give an equal version and equal answers."""

    regimes: Mapping[str, Regime]
    parties: Mapping[str, KnownParty]
    patterns: tuple[Pattern, ...]
    verbs: Mapping[str, frozenset[str]]
    words: Mapping[str, frozenset[str]]
    phrases: Mapping[str, tuple[str, ...]]
    names: Mapping[str, frozenset[str]]
    frames: tuple[Frame, ...]
    places: Mapping[str, str]
    towns: frozenset[str]
    roles: RoleWeights
    story: StoryWeights
    national: NationalMarks
    version: str

    @cached_property
    def matcher(self) -> WordMatcher:
        """One automaton over every spelling."""
        return WordMatcher([p.spelling.lower() for p in self.patterns])

    @cached_property
    def targets(self) -> Mapping[str, tuple[Regime, ...]]:
        """The regimes of each target by canonical name."""
        found: dict[str, list[Regime]] = {}
        for regime in self.regimes.values():
            for target in regime.targets:
                found.setdefault(target, []).append(regime)
        return {name: tuple(regimes) for name, regimes in found.items()}

    @cached_property
    def bound(self) -> Mapping[str, tuple[Regime, ...]]:
        """The regimes of each name that a measure binds: of the targets, and of states that were one for a time."""
        found: dict[str, list[Regime]] = {}
        for regime in self.regimes.values():
            for name in regime.towards:
                found.setdefault(name, []).append(regime)
        return {name: tuple(regimes) for name, regimes in found.items()}

    @cached_property
    def targeted(self) -> frozenset[str]:
        """Whom measures are against: the targets, and all else but states that one measure binds."""
        known = self.parties
        return frozenset(self.targets) | {n for n in self.bound if n in known and known[n].type is not PartyType.STATE}

    def is_targeted(self, name: str) -> bool:
        """True where measures are against the party or whoever it acts for."""
        return name in self.targeted or self.principal(name) in self.targeted

    @cached_property
    def zones(self) -> Mapping[str, tuple[str, ...]]:
        """The regimes of each territory, by id."""
        found: dict[str, list[str]] = {}
        for regime in self.regimes.values():
            for name in (*regime.territory, *regime.places):
                found.setdefault(name, []).append(regime.id)
        return {name: tuple(regimes) for name, regimes in found.items()}

    @cached_property
    def verb_tags(self) -> Mapping[str, tuple[str, ...]]:
        """The tags of each verb form: list and form, as ``supply``, ``supply:pp`` or ``supply:ing``."""
        tags: dict[str, list[str]] = {}
        for name, bases in self.verbs.items():
            for base in sorted(bases):
                for form, shape in verb_forms(base):
                    tags.setdefault(form, []).append(f"V={name}:{shape}")
        return {form: tuple(dict.fromkeys(found)) for form, found in tags.items()}

    @cached_property
    def word_tags(self) -> Mapping[str, tuple[str, ...]]:
        """The tags of each word: as a verb's form, then as a noun of a list."""
        tags = dict(self.verb_tags)
        for name, words in self.words.items():
            for word in words:
                tags[word] = (*tags.get(word, ()), f"V={name}:noun")
        return tags

    @cached_property
    def written(self) -> WrittenWords:
        """What each written form of a word is."""
        return WrittenWords(self.word_tags)

    @cached_property
    def bound_for(self) -> tuple[list[str], ...]:
        """The words of each phrase that says where goods go."""
        return tuple(phrase.split() for phrase in self.phrases["bound_for"])

    @cached_property
    def bound_for_first(self) -> frozenset[str]:
        """The first words of these phrases: a clause without any of them holds none."""
        return frozenset(phrase[0] for phrase in self.bound_for)

    @cached_property
    def word_classes(self) -> Mapping[str, tuple[str, ...]]:
        """The classes of each word that stands around names."""
        found: dict[str, list[str]] = {}
        for name, words in self.names.items():
            if name not in _NO_CLASSES:
                for word in words:
                    found.setdefault(word, []).append(name)
        return {word: tuple(sorted(names)) for word, names in found.items()}

    @cached_property
    def titles_and_openers(self) -> frozenset[str]:
        """What stands before a name without being part of it."""
        return self.names["title"] | self.names["opener"]

    @cached_property
    def observers(self) -> frozenset[str]:
        """Every spelling of a body or a medium: those who report, judge and watch."""
        seen = (PartyType.BODY, PartyType.MEDIA)
        return frozenset(p.spelling for p in self.patterns if p.party and p.party.type in seen)

    @cached_property
    def beginnings(self) -> frozenset[str]:
        """What the names of several known parties, or of a group or body, begin with: "Islamic" of "Islamic Movement".

        The first name of one firm, ship or person alone is his own: "Chinpo" of "Chinpo Shipping".
        """
        begun = Counter(name[: m.start()] for name in self.parties for m in re.finditer(" ", name))
        own = (PartyType.COMPANY, PartyType.VESSEL, PartyType.PERSON, PartyType.AIRCRAFT)
        common = {
            name[: m.start()]
            for name, party in self.parties.items()
            for m in re.finditer(" ", name)
            if party.type not in own
        }
        return frozenset(common | {word for word, times in begun.items() if times > 1})

    def places_in(self, text: str) -> Iterator[str]:
        """Yield each declared place that the text names, as it is declared and written."""
        names, matcher = self._place_names
        lowered = text.lower()
        if len(lowered) == len(text):
            yield from (names[i] for i, start, end in matcher.find(lowered) if text[start:end] == names[i])

    @cached_property
    def _place_names(self) -> tuple[tuple[str, ...], WordMatcher]:
        names = tuple(self.places)
        return names, WordMatcher([name.lower() for name in names])

    def canonical(self, name: str) -> str:
        """Return the canonical name of the party that is spelled so, or the name as given."""
        return self._spelled.get(name.lower(), name)

    @cached_property
    def _spelled(self) -> Mapping[str, str]:
        return {p.spelling.lower(): p.party.name for p in self.patterns if p.party is not None and not p.is_adjective}

    def principal(self, name: str) -> str:
        """Return the party for which the named one acts, or its own name."""
        party = self.parties.get(name)
        return party.belongs_to if party and party.belongs_to else name


def load_rulebook(book: Path = BOOK) -> Rulebook:
    """Read the book strictly. Raises RulebookError naming file and key for whatever is unknown or dangling."""
    return _load(book)


@lru_cache(maxsize=4)
def _load(book: Path) -> Rulebook:
    try:
        regimes = load_regimes(book / "regimes")
    except RegimeError as error:
        raise RulebookError(f"regimes/{error}") from error
    parties: dict[str, KnownParty] = {}
    patterns: dict[str, Pattern] = {}
    for path in sorted((book / "parties").glob("*.yml")):
        for number, row in enumerate(_read(path, {"parties"})["parties"], 1):
            _add_party(row, f"parties/{path.name}: party {number}", parties, patterns)
    for party in parties.values():
        if party.belongs_to and party.belongs_to not in parties:
            raise RulebookError(f"parties: {party.name}: belongs_to: no party is named {party.belongs_to!r}")
    places = _places(book / "places.yml", parties)
    _check_names(regimes, parties, places)
    for pattern in _goods(book / "goods.yml"):
        patterns.setdefault(pattern.spelling.lower(), pattern)
    words = _read(book / "words.yml", {"verbs", "nouns", "phrases", "names"})
    frames = _frames(book / "frames.yml", set(words["verbs"]) | set(words["nouns"]) | set(words["phrases"]))
    return Rulebook(
        regimes=regimes,
        parties=parties,
        patterns=tuple(patterns.values()),
        verbs={name: frozenset(map(str, forms)) for name, forms in words["verbs"].items()},
        words={name: frozenset(map(str, forms)) for name, forms in words["nouns"].items()},
        phrases={name: tuple(map(str, forms)) for name, forms in words["phrases"].items()},
        names={name: frozenset(map(str, forms)) for name, forms in words["names"].items()},
        frames=frames,
        places=places,
        towns=_towns(book / "towns.txt"),
        roles=_weights(book / "roles.json"),
        story=_story_weights(book / "story.json"),
        national=_national(book / "national.yml"),
        version=_digest(book),
    )


def _check_names(regimes: Mapping[str, Regime], parties: Mapping[str, KnownParty], places: Mapping[str, str]) -> None:
    for regime in regimes.values():
        if unknown := [name for name in regime.places if name not in places]:
            raise RulebookError(f"regimes/{regime.key}.yml: places: {unknown[0]!r} is not in places.yml")
        for key, names in (
            ("targets", regime.targets),
            ("territory", regime.territory),
            ("days", regime.towards),
            ("both_ways_with", _partners(regime)),
        ):
            for name in names:
                if name not in parties:
                    raise RulebookError(f"regimes/{regime.key}.yml: {key}: no party is named {name!r}")


def _partners(regime: Regime) -> Iterator[str]:
    return (name for measure in regime.measures for name in measure.both_ways_with)


def _weights(path: Path) -> RoleWeights:
    try:
        return load_weights(path)
    except ValueError as error:
        raise RulebookError(str(error)) from error


def _national(path: Path) -> NationalMarks:
    try:
        return load_national(path)
    except NationalError as error:
        raise RulebookError(f"{path.name}: {error}") from error


def _story_weights(path: Path) -> StoryWeights:
    try:
        return load_story_weights(path)
    except ValueError as error:
        raise RulebookError(str(error)) from error


def _digest(book: Path) -> str:
    """Cover the declared rules and the engine that reads them: either changes the answers."""
    sha = hashlib.sha256()
    for folder, pattern in ((book, "*.yml"), (book, "*.txt"), (book, "*.json"), (Path(__file__).parent, "*.py")):
        for path in sorted(folder.rglob(pattern), key=lambda p: str(p.relative_to(folder))):
            sha.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return sha.hexdigest()[:12]


def _read(path: Path, keys: set[str]) -> dict[str, Any]:
    try:
        given = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506  (a SafeLoader too)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RulebookError(f"{path.name}: {' '.join(str(error).split())}") from error
    if not isinstance(given, dict) or set(given) != keys:
        raise RulebookError(f"{path.name}: expected the keys {', '.join(sorted(keys))}")
    return given


def _add_party(row: Any, where: str, parties: dict[str, KnownParty], patterns: dict[str, Pattern]) -> None:
    if not isinstance(row, dict) or not isinstance(row.get("name"), str):
        raise RulebookError(f"{where}: expected a name")
    where = f"{where} ({row['name']})"
    if unknown := sorted(set(row) - _PARTY_KEYS):
        raise RulebookError(f"{where}: unknown field {unknown[0]}")
    if row["name"] in parties:
        raise RulebookError(f"{where}: the name is used twice")
    try:
        type_ = PartyType(str(row.get("type")))
    except ValueError:
        raise RulebookError(f"{where}: type: unknown word {row.get('type')!r}") from None
    cues = tuple(_texts(row, "needs_cue", where))
    party = KnownParty(row["name"], type_, row.get("belongs_to"), cues, _usually(row, where), _days(row, where))
    parties[party.name] = party
    for spelling in (party.name, *_texts(row, "aliases", where)):
        _add_spelling(Pattern(spelling, party), patterns)
    for spelling in _texts(row, "adjectives", where):
        _add_spelling(Pattern(spelling, party, is_adjective=True), patterns)
    beside = row.get("beside", {})
    if not isinstance(beside, dict):
        raise RulebookError(f"{where}: beside: expected cues for each spelling")
    for spelling in beside:
        told = tuple(_texts(beside, spelling, f"{where}: beside"))
        if not told:
            raise RulebookError(f"{where}: beside: {spelling}: expected at least one cue")
        _add_spelling(Pattern(str(spelling), party, cues=told), patterns)


def _usually(row: Mapping[str, Any], where: str) -> tuple[tuple[Kind, Role], ...]:
    given = row.get("usually", {})
    if not isinstance(given, dict):
        raise RulebookError(f"{where}: usually: expected a role for each kind")
    try:
        return tuple((Kind(kind), Role(role)) for kind, role in given.items())
    except ValueError as error:
        raise RulebookError(f"{where}: usually: {error}") from error


def _days(row: Mapping[str, Any], where: str) -> Span | None:
    given = row.get("days")
    if given is None:
        return None
    if not isinstance(given, list) or [type(day) for day in given] != [date, date] or given[0] > given[1]:
        raise RulebookError(f"{where}: days: expected the first day and the last, in that order")
    return Span(*given)


def _add_spelling(pattern: Pattern, patterns: dict[str, Pattern]) -> None:
    spelling = re.sub(r"[’‘]", "'", pattern.spelling)
    patterns.setdefault(spelling.lower(), replace(pattern, spelling=spelling))


def _texts(row: Mapping[str, Any], key: str, where: str) -> Sequence[str]:
    value = row.get(key, [])
    if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() for v in value):
        raise RulebookError(f"{where}: {key}: expected a list of texts")
    return value


def _places(path: Path, parties: Mapping[str, KnownParty]) -> dict[str, str]:
    """Return the territory of each place name."""
    found: dict[str, str] = {}
    for territory, names in _read(path, {"places"})["places"].items():
        if territory not in parties:
            raise RulebookError(f"{path.name}: no party is named {territory!r}")
        found.update({str(name): territory for name in names})
    return found


def _towns(path: Path) -> frozenset[str]:
    """Return the names of towns, one a line; a line that begins with # is a note."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise RulebookError(f"{path.name}: {error}") from error
    for number, line in enumerate(lines, 1):
        if not line.strip() or line != line.strip():
            raise RulebookError(f"{path.name}: line {number}: expected one name and nothing else")
    return frozenset(line for line in lines if not line.startswith("#"))


def _goods(path: Path) -> Iterator[Pattern]:
    for kind, names in _read(path, {"arms", "proliferation", "commodity", "finance", "labour"}).items():
        for name in names:
            if not isinstance(name, str):
                raise RulebookError(f"{path.name}: {kind}: {name!r} is no text")
            for spelling in (name, _plural(name)):
                yield Pattern(spelling, goods=name, kind=Kind(kind))


def _plural(name: str) -> str:
    if name.endswith("s"):
        return name
    if name.endswith("y") and name[-2:-1] not in "aeiou":
        return name[:-1] + "ies"
    return name + ("es" if name.endswith(("x", "ch", "sh")) else "s")


def _frames(path: Path, lists: set[str]) -> tuple[Frame, ...]:
    frames: dict[str, Frame] = {}
    for number, row in enumerate(_read(path, {"frames"})["frames"], 1):
        where = f"{path.name}: frame {number}"
        needed = {"id", "says", "match"}
        if not isinstance(row, dict) or needed - set(row) or set(row) - needed - {"gives", "examples"}:
            raise RulebookError(f"{where}: expected id, says, match, and perhaps gives and examples")
        if row["id"] in frames:
            raise RulebookError(f"{where}: id {row['id']} is used twice")
        try:
            frames[row["id"]] = compile_frame(row, lists, {r.value for r in Role})
        except ValueError as error:
            raise RulebookError(f"{where} ({row['id']}): {error}") from error
    return tuple(frames.values())
