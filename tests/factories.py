"""Plain values for tests: each function gives one believable thing, and keyword arguments change what matters."""

from datetime import UTC, datetime
from typing import Any

from compliance.classifier.classification import Classification, Passage, Term
from compliance.classifier.corpus import Example, example_of
from compliance.screening import Policy, Screening, screen
from compliance.story import Story
from rules.findings import Evidence, Extraction, Goods, MeasureFinding, Party, RuleHit
from rules.vocabulary import Field, Kind, PartyType, Role, Status

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
TITLE = "Vessel carried shells from North Korea to Russia, inspectors say"
TEXT = (
    "Inspectors said the freighter took artillery shells from Rajin in North Korea to Dunai in Russia in May. "
    "Moscow called the account groundless."
)
POLICY = Policy(review=0.3, alert=0.7, version="policy-1")


def story(**changes: Any) -> Story:
    """A story of shells going to Russia."""
    given: dict[str, Any] = {
        "id": "1",
        "title": TITLE,
        "text": TEXT,
        "published": NOW,
        "url": "https://news.example/shells",
        "publisher": "Harbour Wire",
        "feed_id": "harbour",
        "fingerprint": "f" * 64,
    }
    return Story(**given | changes)


def classification(score: float = 0.9, **changes: Any) -> Classification:
    """A confident classification."""
    given: dict[str, Any] = {
        "score": score,
        "kinds": (Kind.ARMS,),
        "why": (Term("shells + carried", 1.5),),
        "passage": (Passage(Field.TEXT, 0, len(TEXT)),),
        "version": "model-1",
    }
    return Classification(**given | changes)


def evidence(quote: str, text: str = TEXT) -> Evidence:
    """Evidence for a quote that stands in the text."""
    start = text.index(quote)
    return Evidence(Field.TEXT, start, start + len(quote), quote, "arms.carries")


def extraction(**changes: Any) -> Extraction:
    """North Korea as supplier and Russia as recipient of shells, denied by Russia."""
    sentence = evidence("the freighter took artillery shells from Rajin in North Korea to Dunai in Russia")
    given: dict[str, Any] = {
        "parties": (
            Party("North Korea", "North Korea", PartyType.STATE, (Role.SUPPLIER,), (sentence,)),
            Party("Russia", "Russia", PartyType.STATE, (Role.RECIPIENT,), (sentence,)),
        ),
        "kinds": (Kind.ARMS,),
        "regimes": ("1718",),
        "measures": (MeasureFinding("1718", "1718.arms.export", Kind.ARMS, ("1718 OP8(b)",), True),),
        "goods": (Goods("artillery shells", Kind.ARMS, evidence("artillery shells")),),
        "status": Status.ALLEGED,
        "denied_by": ("Russia",),
        "hits": (RuleHit("arms.carries", "a vessel is said to carry artillery shells", sentence),),
        "version": "rules-1",
    }
    return Extraction(**given | changes)


def screening(score: float = 0.9, **changes: Any) -> Screening:
    """The screening of that story."""
    return screen(classification(score), extraction(**changes), POLICY)


def example(id_: str, label: str = "breach", **changes: Any) -> Example:
    """A labelled story, its own event; annotations as the corpus has them."""
    given: dict[str, Any] = {
        "id": id_,
        "batch": "a1",
        "label": label,
        "title": TITLE,
        "text": TEXT,
        "published": "2026-11-20",
        "kinds": ["arms"] if label == "breach" else [],
        "regimes": ["1718"] if label == "breach" else [],
        "negative_type": "ordinary" if label == "not_breach" else None,
        "style": "agency",
    }
    return example_of(given | changes)
