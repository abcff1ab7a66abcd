"""The regimes of the book → a page in Markdown for an officer. Pure, and of no day: it changes with the book alone."""

from collections.abc import Callable, Iterable, Iterator

from rules.regime import Measure, MonitoringBody, Regime, Window

_HEAD = """# Regimes

What the rule book holds, printed by `embargowatch rules regimes` from `rules/book/regimes/`. Days are the first and the
last in force; an open end means that none is known. A mark (?) says that a paragraph or day was not yet checked against
the resolution. An asset freeze does not stand against humanitarian aid since 2022-12-09 (resolution 2664). National
lists, also those under resolution 1373 (2001), are no UN sanctions.
"""


def regimes_page(regimes: Iterable[Regime]) -> str:
    """Return the page, the same text for the same regimes."""
    return "\n".join([_HEAD, *(line for regime in regimes for line in _section(regime))]).rstrip() + "\n"


def _section(regime: Regime) -> Iterator[str]:
    yield f"## {regime.name}\n"
    yield "| key | number | also known as | days | targets |\n|---|---|---|---|---|"
    targets = ", ".join(map(_target_of(regime), regime.targets)) or "listed persons only"
    cells = (regime.key, regime.id, ", ".join(regime.numbers), _whole(regime), targets)
    yield _row(*cells) + "\n"
    yield from _lines(regime)
    yield "| measure | kind | direction | forbids | basis | days | exempt |\n|---|---|---|---|---|---|---|"
    yield from map(_measure, regime.measures)
    yield ""


def _whole(regime: Regime) -> str:
    windows = [window for measure in regime.measures for window in measure.windows]
    ends = [window.end for window in windows]
    last = None if None in ends else max(end for end in ends if end is not None)
    ended = f" ({regime.ended})" if regime.ended else ""
    return _days(Window(min(window.start for window in windows), last)) + ended


def _target_of(regime: Regime) -> Callable[[str], str]:
    def told(name: str) -> str:
        within = f" (in {', '.join(regime.territory)} only)" if name in regime.only_within else ""
        until = f" (until {regime.until[name]})" if name in regime.until else ""
        return f"{name}{within}{until}"

    return told


def _lines(regime: Regime) -> Iterator[str]:
    told = [
        ("Committee", [regime.committee] if regime.committee else []),
        ("Watched by", [_body(body) for body in regime.monitoring]),
        ("Not covered", list(regime.not_covered)),
        ("Sources", [f"<{source}>" for source in regime.sources]),
    ]
    for name, things in told:
        if things:
            yield f"- {name}: {'; '.join(things)}"
    if any(things for _, things in told):
        yield ""


def _body(body: MonitoringBody) -> str:
    days = [f"from {body.start}"] if body.start else []
    days += [f"to {body.end}"] if body.end else []
    days += [f"mandate to {body.mandate_to}"] if body.mandate_to else []
    return body.body + (f" ({' '.join(days)})" if days else "") + _mark(body.unverified)


def _measure(measure: Measure) -> str:
    return _row(
        f"`{measure.code}`",
        measure.kind.value,
        measure.direction.value.replace("_", " "),
        measure.what + _bound(measure),
        "; ".join(measure.basis) + _mark(measure.unverified),
        "; ".join(map(_days, measure.windows))
        + (f"; renewal known to {measure.confirmed_to}" if measure.confirmed_to else ""),
        "; ".join(measure.exemptions) or "–",
    )


def _bound(measure: Measure) -> str:
    told = ["listed persons and bodies only"] if measure.listed_only else []
    told += [f"only {', '.join(measure.only)}"] if measure.only else []
    told += [f"also {', '.join(measure.also)}"] if measure.also else []
    told += [f"{name} {_days(window)}" for name, window in measure.days.items()]
    told += [f"both ways with {', '.join(measure.both_ways_with)}"] if measure.both_ways_with else []
    return f" ({'; '.join(told)})" if told else ""


def _days(window: Window) -> str:
    return f"{window.start} to {window.end or '…'}"


def _mark(unverified: bool) -> str:
    return " (?)" if unverified else ""


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
