"""The forms of an English verb by rule, with the irregular ones that news of transfers needs."""

from collections.abc import Iterator

# base: (past, participle)
_IRREGULAR = {
    "send": ("sent", "sent"), "sell": ("sold", "sold"), "buy": ("bought", "bought"), "fly": ("flew", "flown"),
    "give": ("gave", "given"), "steal": ("stole", "stolen"), "pay": ("paid", "paid"), "find": ("found", "found"),
    "bring": ("brought", "brought"), "take": ("took", "taken"), "say": ("said", "said"), "tell": ("told", "told"),
    "write": ("wrote", "written"), "get": ("got", "gotten"), "run": ("ran", "run"), "show": ("showed", "shown"),
    "slip": ("slipped", "slipped"), "ship": ("shipped", "shipped"), "transfer": ("transferred", "transferred"),
    "traffic": ("trafficked", "trafficked"), "funnel": ("funnelled", "funnelled"), "equip": ("equipped", "equipped"),
    "swap": ("swapped", "swapped"), "transship": ("transshipped", "transshipped"), "admit": ("admitted", "admitted"),
    "rebut": ("rebutted", "rebutted"), "channel": ("channelled", "channelled"), "siphon": ("siphoned", "siphoned"),
    "drain": ("drained", "drained"), "stop": ("stopped", "stopped"), "drop": ("dropped", "dropped"),
    "airdrop": ("airdropped", "airdropped"), "outfit": ("outfitted", "outfitted"), "remit": ("remitted", "remitted"),
    "bust": ("busted", "busted"), "fight": ("fought", "fought"), "strike": ("struck", "struck"),
    "shoot": ("shot", "shot"), "hit": ("hit", "hit"), "let": ("let", "let"), "lend": ("lent", "lent"),
    "feed": ("fed", "fed"), "teach": ("taught", "taught"),
    "travel": ("travelled", "travelled"), "label": ("labelled", "labelled"), "mislabel": ("mislabelled", "mislabelled"),
}  # fmt: skip
_DOUBLED = (
    "ship", "drop", "airdrop", "outfit", "remit", "hit", "let", "transfer", "slip", "equip", "swap", "transship",
    "admit", "rebut", "stop", "get", "run", "funnel", "channel", "travel", "mislabel",
)  # fmt: skip
_AMERICAN = {"funnelled": "funneled", "channelled": "channeled", "travelled": "traveled", "mislabelled": "mislabeled"}


def verb_forms(base: str) -> Iterator[tuple[str, str]]:
    """Yield each form with its shape: ``base``, ``fin`` (third person and past), ``pp`` and ``ing``."""
    past, participle = _IRREGULAR.get(base, (_regular(base), _regular(base)))
    yield base, "base"
    yield _third(base), "fin"
    yield past, "fin"
    yield participle, "pp"
    yield _gerund(base), "ing"
    if past in _AMERICAN:
        yield _AMERICAN[past], "fin"
        yield _AMERICAN[past], "pp"
    if base in ("funnel", "channel", "travel", "mislabel"):
        yield base + "ing", "ing"
    if base == "traffic":
        yield "trafficking", "ing"


def _regular(base: str) -> str:
    if base.endswith("e"):
        return base + "d"
    if base.endswith("y") and base[-2] not in "aeiou":
        return base[:-1] + "ied"
    return base + "ed"


def _third(base: str) -> str:
    if base.endswith(("s", "x", "ch", "sh", "o")):
        return base + "es"
    if base.endswith("y") and base[-2] not in "aeiou":
        return base[:-1] + "ies"
    return base + "s"


def _gerund(base: str) -> str:
    if base in _DOUBLED:
        return base + base[-1] + "ing"
    if base.endswith("e") and not base.endswith("ee"):
        return base[:-1] + "ing"
    return base + "ing"
