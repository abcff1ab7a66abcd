"""What the rules answer: parties with roles, bystanders, measures, each with its verbatim quote."""

from dataclasses import dataclass

from rules.vocabulary import Field, Kind, PartyType, Role, Stance, Status

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
    """A measure that the act touches, and whether it was in force on the story's day."""

    regime: str
    code: str
    kind: Kind
    basis: tuple[str, ...]
    in_force: bool
    unverified: bool = False


@dataclass(frozen=True, slots=True)
class RuleHit:
    """A rule that fired, in the words shown to the officer."""

    rule: str
    says: str
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
class Extraction:
    """Everything the rules found in one story.

    ``regimes`` are numbers as in the labelling guide, most likely first; only measures in force on the day
    put a regime there. ``denied_by`` holds canonical names.
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
    version: str = ""
    acts: tuple[ActFound, ...] = ()
