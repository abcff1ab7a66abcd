"""What the rules answer: parties with roles, bystanders, measures, each with its verbatim quote."""

from dataclasses import dataclass
from enum import StrEnum

from rules.vocabulary import Direction, Field, Kind, PartyType, Role, Stance, Status

# The name under which learnt weights, rather than a declared rule, speak for a party.
LEARNT = "role.learnt"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A span of the story and the rule that found it.

    ``start`` and ``end`` count Unicode code points of the named field as given, and
    ``field_value[start:end] == quote`` always holds.
    """

    field: Field
    start: int
    end: int
    quote: str
    rule: str


@dataclass(frozen=True, slots=True)
class Party:
    """An alleged violator: its name as written, its canonical name, and the roles it is said to have."""

    name: str
    canonical: str
    type: PartyType
    roles: tuple[Role, ...]
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Bystander:
    """A named party that is not an alleged violator, and why not."""

    name: str
    canonical: str
    type: PartyType
    stance: Stance
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Goods:
    """Goods, money, labour or know-how named in the act."""

    name: str
    kind: Kind
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class MeasureFinding:
    """A measure that the act touches, and whether it was in force on the day.

    ``days`` are those of the act in ISO 8601, a day or an interval, where the story tells them; else the day is the
    story's.
    """

    regime: str
    code: str
    kind: Kind
    basis: tuple[str, ...]
    in_force: bool
    unverified: bool = False
    days: str = ""


class ElementName(StrEnum):
    """What must meet for a measure to forbid an act."""

    ACTOR = "actor"
    TARGET = "target"
    GOODS = "goods"
    DIRECTION = "direction"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Element:
    """Whether one element of a measure is met, in words, and the quote that meets it.

    A date that is the story's own has no quote.
    """

    name: ElementName
    met: bool
    says: str
    quote: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Ruling:
    """A measure held against one act. It forbids the act where no element is missing."""

    regime: str
    code: str
    kind: Kind
    direction: Direction
    what: str
    basis: tuple[str, ...]
    elements: tuple[Element, ...]
    exemptions: tuple[str, ...]
    unverified: bool

    @property
    def missing(self) -> tuple[ElementName, ...]:
        """The elements that the act does not meet."""
        return tuple(e.name for e in self.elements if not e.met)

    @property
    def forbids(self) -> bool:
        """True where every element is met."""
        return not self.missing


@dataclass(frozen=True, slots=True)
class ActDays:
    """The days of an act in ISO 8601, a day or an interval, and the words that tell them."""

    days: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class RuleHit:
    """A rule that fired, in the words shown to the officer, and the days of the act where the story tells them."""

    rule: str
    says: str
    evidence: Evidence
    when: ActDays | None = None


@dataclass(frozen=True, slots=True)
class NationalLaw:
    """Whose own law the story says was broken, and the sentence."""

    who: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class ActFound:
    """One act that a sentence tells of: who has what part in it, by canonical name; ``strong`` if a frame says so."""

    roles: tuple[tuple[Role, str], ...]
    kinds: tuple[Kind, ...]
    goods: tuple[str, ...]
    evidence: Evidence
    strong: bool


@dataclass(frozen=True, slots=True)
class Wording:
    """The log-odds that a story so worded reports a breach, and the words that moved them most, with how far each did.

    The log-odds are those among stories as the corpus holds them, of which two in five report one.
    """

    odds: float = 0.0
    terms: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Extraction:
    """Everything the rules found in one story.

    ``regimes`` are numbers as in the labelling guide, most likely first; only measures in force on the day
    of the act put a regime there. ``denied_by`` holds canonical names. ``national_only`` says whose
    law alone the story says was broken; it is empty where a measure of the UN was in force. ``suspicion`` holds the
    log-odds that the two likeliest names of the story are parties to a breach, the higher first, judged against the
    names of all news; it is there whether or not they are recorded as parties. ``wording`` tells how like reports of
    breaches the story is worded.
    """

    parties: tuple[Party, ...] = ()
    bystanders: tuple[Bystander, ...] = ()
    kinds: tuple[Kind, ...] = ()
    regimes: tuple[str, ...] = ()
    measures: tuple[MeasureFinding, ...] = ()
    goods: tuple[Goods, ...] = ()
    status: Status | None = None
    denied_by: tuple[str, ...] = ()
    hits: tuple[RuleHit, ...] = ()
    national_only: tuple[NationalLaw, ...] = ()
    version: str = ""
    acts: tuple[ActFound, ...] = ()
    suspicion: tuple[float, ...] = ()
    wording: Wording = Wording()
