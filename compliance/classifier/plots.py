"""Figures → SVG: precision against recall, reliability, and the scores of each sort of story.

matplotlib is one of the test tools and no part of what is installed to run; only this module imports it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter, NullLocator
from sklearn.metrics import precision_recall_curve

from compliance.classifier.evaluation import PRECISION, RECALL
from compliance.classifier.judged import is_hard, is_ordinary
from compliance.classifier.schemes import Scheme

# Okabe and Ito's colours, which the colour-blind can tell apart.
_COLOURS = ("#0072B2", "#D55E00", "#009E73")
_MARKERS = ("D", "^", "v")
_POINTS = (("#000000", "o"), ("#CC79A7", "s"))
_BREACH, _HARD, _ORDINARY = "#D55E00", "#0072B2", "#999999"
_TICKS = (0.00001, 0.0001, 0.001, 0.01, 0.1, 0.5, 0.9, 0.99)
_FEW_TICKS = (0.0001, 0.01, 0.5, 0.99)
# Scores and shares of none or all, which log-odds cannot show, stand at these ends.
_LEAST, _MOST = 0.000005, 0.999
_STYLE: dict[Any, Any] = {
    "svg.hashsalt": "embargowatch", "font.family": "DejaVu Sans", "font.size": 10, "axes.spines.top": False,
    "axes.spines.right": False, "axes.grid": True, "grid.color": "#dddddd", "axes.axisbelow": True,
    "legend.frameon": False, "figure.facecolor": "white",
}  # fmt: skip


def draw_all(folder: Path, schemes: Sequence[Scheme], review: float, alert: float) -> list[Path]:
    """Write the three plots into the folder and return their paths; equal figures give equal bytes."""
    with mpl.rc_context(_STYLE):
        drawn = {
            "precision-recall.svg": draw_curves(schemes),
            "reliability.svg": draw_reliability(schemes),
            "scores.svg": draw_scores(schemes, review, alert),
        }
        for name, figure in drawn.items():
            figure.savefig(folder / name, format="svg", metadata={"Date": None, "Creator": None})
    return [folder / name for name in drawn]


def draw_curves(schemes: Sequence[Scheme]) -> Figure:
    """Return precision against recall for each scheme, with what is flagged, and the boolean alert as points."""
    figure = Figure(figsize=(7.5, 7), layout="constrained")
    axes = figure.subplots()
    for scheme, colour, marker in zip(schemes, _COLOURS, _MARKERS, strict=False):
        measured = scheme.measured
        if not measured.labels.any():
            continue
        precision, recall, _ = precision_recall_curve(measured.labels, measured.judged[0].scores)
        axes.plot(recall, precision, color=colour, linewidth=1.8, label=f"classifier, {scheme.name}")
        _point(axes, scheme, 0, colour, marker, f"flagged, {scheme.name}")
    for number, (colour, marker) in enumerate(_POINTS, 1):
        if number < len(schemes[0].measured.judged):
            _point(axes, schemes[0], number, colour, marker, schemes[0].measured.judged[number].method)
    share = float(schemes[0].measured.labels.mean())
    axes.axhline(share, color="#999999", linestyle=":", linewidth=1, label=f"flagging everything ({share:.2f})")
    axes.set(xlim=(0, 1.01), ylim=(0, 1.02), xlabel="recall", ylabel="precision on these stories")
    figure.legend(loc="outside lower center", ncols=2, fontsize=9)
    return figure


def _point(axes: Axes, scheme: Scheme, method: int, colour: str, marker: str, label: str) -> None:
    recall, precision = (scheme.measured.figure(name, method) for name in (RECALL, PRECISION))
    if recall is None or precision is None or np.isnan(recall.value) or np.isnan(precision.value):
        return
    axes.errorbar(
        recall.value,
        precision.value,
        xerr=_arms(recall.value, recall.low, recall.high),
        yerr=_arms(precision.value, precision.low, precision.high),
        color=colour,
        marker=marker,
        markerfacecolor="white",
        markersize=7,
        capsize=2,
        linestyle="none",
        label=label,
        zorder=5,
    )


def draw_reliability(schemes: Sequence[Scheme]) -> Figure:
    """Return, a panel a scheme, the share of breaches among stories of like scores; both axes in log-odds."""
    figure = Figure(figsize=(4.0 * len(schemes) + 1.0, 4.6), layout="constrained")
    panels = figure.subplots(1, len(schemes), squeeze=False, sharex=True, sharey=True)[0]
    ends = _logit([_LEAST, _MOST])
    for axes, scheme in zip(panels, schemes, strict=True):
        axes.plot(ends, ends, color="#999999", linestyle=":", linewidth=1)
        for held in scheme.measured.reliability:
            share = held.share
            low, value, high = np.clip(_logit([share.low, share.value, share.high]), *ends)
            marker = {0.0: "v", 1.0: "^"}.get(share.value, "o")
            axes.errorbar(
                _logit([held.score])[0],
                value,
                yerr=_arms(value, low, high),
                color=_COLOURS[0],
                marker=marker,
                markerfacecolor=_COLOURS[0] if marker == "o" else "white",
                markersize=6,
                capsize=2,
            )
        axes.set_title(scheme.name, loc="left")
        axes.set_xlabel("mean score of the bin")
        _probabilities(axes, "x", _FEW_TICKS)
        _probabilities(axes, "y", _TICKS)
        axes.set(xlim=(ends[0] - 0.3, ends[1] + 0.3), ylim=(ends[0] - 0.3, ends[1] + 0.3))
    panels[0].set_ylabel("share of breaches at the base rate\n(open triangle: none of the bin, or all)")
    return figure


def draw_scores(schemes: Sequence[Scheme], review: float, alert: float) -> Figure:
    """Return, a panel a scheme, how the scores of breaches, hard negatives and ordinary stories lie."""
    figure = Figure(figsize=(8, 2.4 * len(schemes) + 1.2), layout="constrained")
    panels = figure.subplots(len(schemes), 1, squeeze=False, sharex=True)[:, 0]
    first, last = _logit([_LEAST, _MOST])
    edges = np.linspace(first, last, 41)
    for axes, scheme in zip(panels, schemes, strict=True):
        measured = scheme.measured
        scores = np.clip(_logit(measured.judged[0].scores), edges[0], edges[-1])
        sorts = (("breaches", measured.labels, _BREACH), ("hard negatives", is_hard(measured.examples), _HARD),
                 ("ordinary stories", is_ordinary(measured.examples), _ORDINARY))  # fmt: skip
        for name, mask, colour in sorts:
            if mask.any():
                weights = np.full(int(mask.sum()), 100 / mask.sum())
                axes.hist(scores[mask], edges, weights=weights, histtype="stepfilled", color=colour, alpha=0.25)
                axes.hist(scores[mask], edges, weights=weights, histtype="step", color=colour, linewidth=1.5,
                          label=f"{name} ({int(mask.sum()):,})")  # fmt: skip
        for name, threshold in (("review", review), ("alert", alert)):
            at = _logit([threshold])[0]
            axes.axvline(at, color="black", linewidth=1, linestyle="--")
            axes.annotate(name, (at, 1), xycoords=("data", "axes fraction"), xytext=(3, -3), fontsize=9, va="top",
                          textcoords="offset points")  # fmt: skip
        axes.set_title(scheme.name, loc="left")
        axes.set_ylabel("% of its sort")
        _probabilities(axes, "x", _TICKS)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    panels[-1].set_xlabel("score, in log-odds; the column on the left is what the gate stops")
    return figure


def _probabilities(axes: Axes, which: str, ticks: Sequence[float]) -> None:
    """Label an axis in log-odds with probabilities."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_ticks(list(_logit(ticks)))
    axis.set_major_formatter(FuncFormatter(lambda x, _: f"{1 / (1 + np.exp(-x)):.5f}".rstrip("0")))
    axis.set_minor_formatter(NullFormatter())
    axis.set_minor_locator(NullLocator())


def _logit(probabilities: Sequence[float] | np.ndarray) -> np.ndarray:
    bounded = np.clip(np.asarray(probabilities, dtype=float), 1e-9, 1 - 1e-9)
    return np.asarray(np.log(bounded / (1 - bounded)))


def _arms(value: float, low: float, high: float) -> list[list[float]]:
    return [[max(0.0, value - low)], [max(0.0, high - value)]]
