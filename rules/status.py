"""Story → how firmly it states the act: alleged, documented or admitted. Pure.

Who found, seized, judged, confessed, accused or only said so, told apart by whether it stands where the act does,
beside it or elsewhere; a linear model weighs it, whose weights are data (``rules/linear.py``).
"""

import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import combinations

from rules.acts import Act, phrases_in
from rules.clauses import Clause
from rules.rulebook import Rulebook
from rules.sieve import Sieve
from rules.vocabulary import Field, Status

_LEAD = 2
_WORDS_WEIGH, _ACT_WEIGHS = 6.0, 4.0
_CUES = {
    "un panel": r"(?:u\.?n\.?|united nations|security council(?:'s)?|"
    r"sanctions)\.? (?:\w+ ){0,3}?(?:experts?|panel|monitors?|monitoring|investigators|report|"
    r"inspectors|specialists)|"
    r"panel of experts|group of experts|monitoring (?:group|team)|expert (?:group|panel)|the panel\b|"
    r"the monitors|the experts|experts who|monitors (?:on|of|who)|specialists who|those who monitor|"
    r"investigators (?:who|reporting|working|for)|msmt|council's committee|"
    r"to the (?:security )?council",
    "expert found": r"(?:experts|panel|monitors|investigators|inspectors|group|report|study|"
    r"specialists|committee|inquiry|commission)(?: \w+){0,4} (?:found|finds|find|concluded|concludes|"
    r"documented|documents|established|counted|traced|identified|listed|say|says|said|wrote|recorded|shows?)",
    "report seen": r"confidential report|annual report|final report|midterm report|latest report|"
    r"report (?:seen|to|by|for|on)|draft report",
    "court": r"\bcourt\b|\bjudges?\b|\bjustice \w+|\bjury|jurors|tribunal|magistrate",
    "convicted": r"convict\w*|found guilty|sentenced|\bjailed\b|years in (?:prison|jail)|prison term|\bfined\b|"
    r"imprison\w*|verdict|months in|suspended (?:term|sentence)|\bgets? \w+ years|forfeit\w*|ruled|"
    r"settle\w*|penalty",
    "charged": r"\bcharge[sd]?\b|indict\w*|prosecutors?|complaint|arraign\w*|extradit\w*|unsealed|grand jury|"
    r"presumed innocent|alleged(?:ly)?|face[sd]? (?:trial|up to)|criminal case|defendants?",
    "arrested": r"arrest\w*|detain\w*|in custody|remand\w*|held (?:two|three|four|five|six|a|the|an)\b",
    "seized": r"seiz\w+|impound\w*|confiscat\w*|intercept\w*|interdict\w*|boarded|boarding|"
    r"\btook (?:\w+ ){0,3}(?:rifles|weapons|crates)|recovered|unloaded|searched|inspect(?:ed|ion)|"
    r"opened the|stopped a|caught|haul\b|discover\w*|\bheld\b|diverted",
    "customs": r"customs|coast ?guard|border (?:police|guards|agents|force)|port authorit\w+|navy|naval|police|"
    r"frigate|destroyer|cruiser|patrol",
    "found": r"\bfound\b|\bfinds\b|\bshows?\b|\bproved\b|\bproof\b|established|determined|confirm\w*|verified|"
    r"traced|serial numbers|markings|forensic|photograph\w*|satellite|imagery|images|footage|video|"
    r"papers|documents|invoices|records|ledgers?|log(?:s|book)?\b|laboratory|audit\w*",
    "ngo": r"amnesty|human rights watch|global witness|conflict armament|the sentry|small arms survey|"
    r"researchers|study|institute|campaigners|rights group|charity|chainalysis|elliptic|analysts?",
    "intelligence": r"intelligence|spy (?:agency|service|chief)|secret service|spies|\bnis\b|"
    r"military (?:said|says)",
    "officials": r"officials?(?: \w+){0,3} (?:said|say|says|told|believe|claim)|officials|sources?|diplomats?|"
    r"people (?:familiar|briefed)|who asked not|anonymous\w*|not be named|unnamed",
    "accuse": r"accus\w+|alleg\w+|claim\w*|suspect\w*|believe[sd]?|reportedly|said to (?:have|be)|is thought|"
    r"apparently|rumou?r\w*|charge that|blam\w+|denounc\w+|complain\w*",
    "says": r"\bsays\b|\bsaid\b",
    "treasury": r"treasury|ofac|blacklist\w*|designat\w*|state department|foreign ministry|white house|pentagon|"
    r"centcom|central command",
    "witness": r"witness\w*|residents?|fishermen|traders?|drivers?|villagers|brokers|defectors?|"
    r"told (?:us|our|this|the \w+ (?:times|post|journal))|correspondent|reporter|our",
    "media": r"newspaper|daily|the paper|magazine|broadcaster|television|\btv\b|reported|report said",
    "plead": r"plead\w* guilty|pled guilty|guilty plea|pleading guilty|plea (?:deal|agreement)|"
    r"plead\w* not guilty",
    "pled": r"(?<!not )\bpleaded guilty|\bpled guilty|\bguilty plea|pleading guilty|pleads guilty|"
    r"entered a (?:guilty )?plea",
    "admit": r"\badmit(?:s|ted|ting)?\b|admission|acknowledg\w+|confess\w*|conced\w+|owned up|owns up|"
    r"boast\w*|conceding|hailed|thanked",
    "own voice": r'[\"“](?:we|i|our|my)\b|'
    r"\b(?:we|i) (?:sent|bought|sold|paid|supplied|did|gave|received|shipped|used|carried|trained)",
    "confirm self": r"(?:confirm(?:s|ed)|announc\w+|declared|told parliament|said it had|says it|"
    r"said his|told (?:a|the) (?:rally|conference|parliament))",
    "deny": r"\bden(?:y|ies|ied|ying|ial)\b|reject\w*|dismiss\w*|baseless|fabricat\w*|\blies?\b|untrue|false",
    "no comment": r"(?:not|n't) (?:respond|reply|answer|comment|return)|declined|no comment",
    "may": r"\b(?:may|might|could|would|appears?|seems?|likely|possibl[ey]|plan(?:s|ned)?|agreed|"
    r"offer\w*|deal|contract|talks)\b",
    "ask": r"asked|urged|called (?:on|for)|letter to|complain\w* to",
}  # fmt: skip
# Sought in lower-cased text: matching that ignores case costs three times as much.
_PATTERNS = {name: re.compile(cue) for name, cue in _CUES.items()}


@lru_cache(maxsize=4)
def _sought(documented: tuple[str, ...], admitted: tuple[str, ...]) -> tuple[dict[str, re.Pattern[str]], Sieve]:
    """Return the cues and the book's lists by name, and what tells which of them a sentence may hold."""
    lists = {"list of documented": phrases_in(documented), "list of admitted": phrases_in(admitted)}
    patterns = _PATTERNS | lists
    return patterns, Sieve(patterns)


def status_of(features: Mapping[str, float], rulebook: Rulebook) -> Status:
    """Return the likeliest status by ``status_features``."""
    # Whoever pleads guilty has said so before a judge, whatever else the story is about.
    if "any: pled" in features:
        return Status.ADMITTED
    return rulebook.story.likeliest_status(features)


def status_features(
    clauses: Sequence[tuple[Field, Clause]], acts: Sequence[Act], rulebook: Rulebook
) -> dict[str, float]:
    """Return which words of finding, judging, confessing, accusing and saying stand where, as named numbers."""
    at = telling_sentences(clauses, acts, rulebook)
    beside = {near for number in at for near in (number - 1, number + 1)} - at
    found = {"short": float(len(clauses) < 5), "long": float(len(clauses) > 15)}
    patterns, sieve = _sought(rulebook.phrases["documented"], rulebook.phrases["admitted"])
    for number, (field, clause) in enumerate(clauses):
        lowered = clause.sentence.text.lower()
        zone = "at" if number in at else "beside" if number in beside else "far"
        places = tuple(_where(zone, number, field))
        for name in sorted(sieve.possible(lowered)):
            told = [f"{where}: {name}" for where in places]
            # What was found in such a place before is not sought again.
            if not all(one in found for one in told) and patterns[name].search(lowered):
                found |= dict.fromkeys(told, 1.0)
    found |= _worded(clauses, at | beside or set(range(_LEAD + 1)))
    found |= phrased(clauses, range(len(clauses)), "whole", _WORDS_WEIGH)
    found |= phrased(clauses, at or range(_LEAD), "act", _ACT_WEIGHS)
    near = sorted(cue for cue in (*_CUES, "list of documented", "list of admitted") if f"near: {cue}" in found)
    return found | dict.fromkeys((f"{one} & {other}" for one, other in combinations(near, 2)), 1.0)


def _worded(clauses: Sequence[tuple[Field, Clause]], told: Collection[int]) -> dict[str, float]:
    """Return the words of these sentences but names and figures, scaled so that many weigh no more than few."""
    said = {
        token.word
        for number, (_, clause) in enumerate(clauses)
        if number in told
        for token in clause.tokens
        if token.mention is None and token.word[:1].isalpha()
    }
    return dict.fromkeys((f"word: {word}" for word in said), _WORDS_WEIGH / math.sqrt(max(1, len(said))))


def phrased(
    clauses: Sequence[tuple[Field, Clause]], told: Collection[int], where: str, weigh: float
) -> dict[str, float]:
    """Return the words of these sentences and each with the next, names as what they are, scaled as words are."""
    said: dict[str, float] = {}
    for number in told:
        if number < len(clauses):
            before = "^"
            for token in clauses[number][1].tokens:
                said[f"{where}: {token.symbol}"] = said[f"{where}: {before} {token.symbol}"] = 0.0
                before = token.symbol
    return dict.fromkeys(said, weigh / math.sqrt(max(1, len(said))))


def _where(zone: str, number: int, field: Field) -> Iterator[str]:
    yield from (zone, "any")
    if zone != "far":
        yield "near"
    if number <= _LEAD:
        yield "lead"
    if field is Field.TITLE:
        yield "title"


def telling_sentences(clauses: Sequence[tuple[Field, Clause]], acts: Sequence[Act], rulebook: Rulebook) -> set[int]:
    """Return the sentences from which the acts are quoted, else those that name goods beside a target."""
    return _told_in(clauses, acts) or _named_in(clauses, rulebook)


def _told_in(clauses: Sequence[tuple[Field, Clause]], acts: Sequence[Act]) -> set[int]:
    """Return the sentences from which the acts are quoted."""
    starts = {(act.evidence.field, act.evidence.start) for act in acts}
    return {
        number
        for number, (field, clause) in enumerate(clauses)
        if any(f is field and clause.sentence.start <= start < clause.sentence.end for f, start in starts)
    }


def _named_in(clauses: Sequence[tuple[Field, Clause]], rulebook: Rulebook) -> set[int]:
    """Return the sentences that name goods beside a target, where no act was found."""
    return {number for number, (_, clause) in enumerate(clauses) if clause.goods and _has_target(clause, rulebook)}


def _has_target(clause: Clause, rulebook: Rulebook) -> bool:
    names = [mention.canonical for i in clause.parties if (mention := clause.tokens[i].mention) is not None]
    return any(map(rulebook.is_targeted, names))
