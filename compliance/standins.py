"""Whose name stands for whom: a leader for his force, a firm or an agency for its state. Pure.

A story names the firm where the next one names the state, and both tell of one act; but two firms of one state are two
parties, and where each story says which firm it was, the state that they share does not make them one.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass

from rules.rulebook import Rulebook
from rules.vocabulary import PartyType


@dataclass(frozen=True, slots=True)
class StandIns:
    """The parties of one telling, and for which principal each of them acts, where it acts for one."""

    parties: Set[str]
    principals: Mapping[str, str]

    def stands_there(self, name: str, other: "StandIns") -> bool:
        """True where the party is also the other telling's: by its own name, its principal's or one of its agents'."""
        if name in other.parties:
            return True
        principal = self.principals.get(name)
        if principal is not None:
            return principal in other.parties and not other.agents_of(principal)
        return bool(other.agents_of(name)) and not self.agents_of(name)

    def agents_of(self, principal: str) -> set[str]:
        """Return the parties that act for it."""
        return {name for name in self.parties if self.principals.get(name) == principal}


def shared_parties(left: StandIns, right: StandIns) -> float:
    """Return how many of the fewer parties both have, 0 to 1."""
    if not left.parties or not right.parties:
        return 0.0
    met = (sum(a.stands_there(name, b) for name in a.parties) for a, b in ((left, right), (right, left)))
    return min(met) / min(len(left.parties), len(right.parties))


def leads(name: str, rulebook: Rulebook) -> str:
    """Return the force or state that a person leads or serves, or the name where it is no known person's."""
    party = rulebook.parties.get(name)
    return rulebook.principal(name) if party is not None and party.type is PartyType.PERSON else name
