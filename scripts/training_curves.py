"""The curves of a training as a picture: losses, learning rate and speed over the pairs seen.

Matplotlib's objects are used directly and not through pyplot, which keeps figures alive and may want a screen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nlp.errors import UsageError
from nlp.figure_fonts import require_matplotlib
from nlp.metrics import perplexity
from scripts.training_history import Record, best_validation, read_history

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TRAINING, VALIDATION, INK, GRID = "#0072B2", "#D55E00", "#333333", "#DDDDDD"
"""Blue and vermilion of Okabe and Ito, which colour-blind people tell apart; the marks differ besides."""
SIZE_INCHES, DOTS_PER_INCH = (9.0, 6.2), 130
"""1,170 dots wide: sharp at the 800 to 900 that a README gives a picture."""
SMOOTHED_SHARE = 0.06
"""Part of the reports that one point of the smooth training curve is the mean of."""
PERPLEXITIES = tuple(digit * 10**power for power in range(7) for digit in (1, 2, 5))
TOP_QUANTILE = 0.98
"""The first moments of a training lie far above the rest; the curves are drawn up to this quantile of the losses."""


def write_curves(log: Path, folder: Path) -> list[Path]:
    """Draw the training of `log` (a log.jsonl) into `folder` as curves.png and curves.svg; returns the two files.

    Raises:
        UsageError: the log cannot be read or holds no report yet, or matplotlib is not installed.
    """
    require_matplotlib()
    history = [record for record in read_history(log) if record.get("pairs") is not None]
    if not history:
        raise UsageError(f"{log}: the log holds no progress report yet, so there are no curves to draw.")
    from matplotlib import rc_context

    png, svg = folder / "curves.png", folder / "curves.svg"
    # Text stays text, to be searched and read aloud; no date and a fixed salt, so that equal logs give equal files.
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "kuaizui", "font.size": 10}):
        figure = _figure(history)
        figure.savefig(png, format="png")
        figure.savefig(svg, format="svg", metadata={"Date": None})
    return [png, svg]


def _figure(history: Sequence[Record]) -> Figure:
    from matplotlib.figure import Figure

    figure = Figure(figsize=SIZE_INCHES, dpi=DOTS_PER_INCH, layout="constrained", facecolor="white")
    panels = figure.subplot_mosaic([["loss", "loss"], ["rate", "speed"]], height_ratios=[2.2, 1])
    _draw_losses(panels["loss"], history)
    _draw_series(panels["rate"], history, "learning_rate", "Learning rate")
    _draw_series(panels["speed"], history, "pairs_per_second", "Speed (pairs/s)")
    for axes in panels.values():
        _dress(axes)
    return figure


def _draw_losses(axes: Axes, history: Sequence[Record]) -> None:
    pairs, losses = _series(history, "loss")
    at, validation = _series(history, "validation_loss")
    width = max(1, round(SMOOTHED_SHARE * len(losses)))
    smooth = _running_mean(losses, width)
    if width > 1:
        axes.plot(pairs, losses, color=TRAINING, alpha=0.2, linewidth=0.8)
    axes.plot(pairs, smooth, color=TRAINING, linewidth=1.8, label="Training", marker="" if len(pairs) > 1 else "s")
    if len(validation):
        axes.plot(at, validation, color=VALIDATION, linewidth=1.8, marker="o", markersize=5, label="Validation")
    _mark_best(axes, history)
    _set_range(axes, np.concatenate([smooth, validation]))
    axes.set_ylabel("Loss (nats per target token)")
    axes.legend(frameon=False, loc="upper right")
    _add_perplexity(axes)


def _draw_series(axes: Axes, history: Sequence[Record], name: str, label: str) -> None:
    pairs, values = _series(history, name)
    axes.plot(pairs, values, color=INK, linewidth=1.5, marker="" if len(pairs) > 1 else "s")
    axes.set_ylabel(label)
    if len(values):
        axes.set_ylim(0, 1.1 * max(values) or 1)
    else:
        axes.text(0.5, 0.5, "not in the log", transform=axes.transAxes, ha="center", va="center", color=INK)


def _mark_best(axes: Axes, history: Sequence[Record]) -> None:
    """A star on the validation that the exported checkpoint comes from; its figures go to the legend, off the lines."""
    best = best_validation(history)
    if best is None:
        return
    loss = float(best["validation_loss"] or 0)
    label = f"Best: {loss:.2f} (perplexity {perplexity(loss, 1):.3g}) at step {best['step']:,}"
    at = [best["pairs"] or 0.0]
    axes.plot(at, [loss], "*", label=label, markersize=15, color=VALIDATION, markeredgecolor=INK, zorder=5)


def _set_range(axes: Axes, values: NDArray[np.float64]) -> None:
    """Leave out the very first losses: they would press the curves that matter into the lowest third."""
    if not len(values):
        return
    low, high = float(values.min()), float(np.quantile(values, TOP_QUANTILE))
    margin = 0.08 * (high - low) or 0.5
    axes.set_ylim(low - margin, high + margin)


def _add_perplexity(axes: Axes) -> None:
    """The same scale on the right, labelled by exp of the loss at round numbers."""
    right = axes.secondary_yaxis("right")
    low, high = axes.get_ylim()
    marks = [value for value in PERPLEXITIES if low <= math.log(value) <= high]
    right.set_yticks([math.log(value) for value in marks], [f"{value:,}" for value in marks])
    right.set_ylabel("Perplexity (exp of the loss)")


def _dress(axes: Axes) -> None:
    from matplotlib.ticker import EngFormatter, MaxNLocator

    axes.set_xlabel("Pairs seen")
    axes.set_xlim(left=0)
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.xaxis.set_major_formatter(EngFormatter(sep=" "))
    axes.grid(color=GRID, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _series(history: Sequence[Record], name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Pairs seen and the values of a field, where it is known."""
    points = [(record["pairs"], record[name]) for record in history if record.get(name) is not None]
    array = np.array(points, dtype=np.float64).reshape(len(points), 2)
    return array[:, 0], array[:, 1]


def _running_mean(values: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """The mean of the `width` values around each one, fewer at the ends."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    places = np.arange(len(values))
    start, end = np.maximum(0, places - width // 2), np.minimum(len(values), places + (width + 1) // 2)
    means: NDArray[np.float64] = (sums[end] - sums[start]) / (end - start)
    return means
