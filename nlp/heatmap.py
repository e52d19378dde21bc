"""An explanation as a picture: source words down the side, output words along the top, attention as shades of blue.

Below each output word stand its probability, whether it came from the source, and its runner-up. Matplotlib's objects
are used directly and not through pyplot, which keeps figures alive and may want a screen; all settings are on the
objects, so that a bot may draw in a thread.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nlp.constraints import width
from nlp.errors import UsageError
from nlp.explanation import ExplainedWord, Explanation, bare
from nlp.explanation_lines import LEAST_PROBABILITY
from nlp.explanation_wording import Wording, percent, wording
from nlp.figure_fonts import drawable, font_for, require_matplotlib
from nlp.heatmap_rows import Row, grid_rows, shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties
    from matplotlib.text import Text

MARK, INK, PALE = "#D55E00", "#222222", "#666666"
"""Vermilion of Okabe and Ito beside a single blue that only darkens: told apart by colour-blind people and in grey."""
SHADES = "Blues"
COLUMN_INCHES, ROW_INCHES = 0.5, 0.235
DOTS_PER_INCH = 130
LABELLED_SHARE = 0.1
"""Attention from which a cell tells its number."""
FULL_SHADE = 0.9
"""Attention from which a cell has the darkest blue."""
TITLE_CHARACTERS = 60
FORMATS = (".png", ".svg")
COLUMN_WIDTH = 3.0
"""Width of what can stand level above a column (see `nlp.constraints.width`); wider words are slanted."""
SLANTED: dict[str, Any] = {"rotation": 45, "rotation_mode": "anchor"}


def draw(explanation: Explanation, path: Path) -> None:
    """Write the picture to `path`, whose ending, .png or .svg, chooses the format.

    Raises:
        UsageError: another ending, a model without attention, no matplotlib, or no font for the text.
        OSError: the file cannot be written.
    """
    ending = path.suffix.lower()
    if ending not in FORMATS:
        raise UsageError(f"{path}: pictures are written as {' or '.join(FORMATS)}; choose one of these endings.")
    path.write_bytes(_rendered(explanation, ending[1:]))


def heatmap_png(explanation: Explanation) -> bytes:
    """The picture as PNG.

    Raises:
        UsageError: as for `draw`.
    """
    return _rendered(explanation, "png")


def _rendered(explanation: Explanation, form: str) -> bytes:
    if not explanation.words or not all(word.attention for word in explanation.words):
        raise UsageError("There is no heatmap to draw: this model has no attention. The explanation as text is there.")
    require_matplotlib()
    from matplotlib import rc_context

    picture = io.BytesIO()
    # An SVG holds glyphs as outlines, to read the same where no Chinese font is installed; without a date and with a
    # fixed salt, so that the same explanation gives the same file. No other setting is outside of the figure.
    with rc_context({"svg.fonttype": "path", "svg.hashsalt": "kuaizui"}):
        metadata: dict[str, Any] = {"Date": None} if form == "svg" else {}
        _figure(explanation).savefig(picture, format=form, metadata=metadata, bbox_inches="tight", pad_inches=0.2)
    return picture.getvalue()


def _figure(explanation: Explanation) -> Figure:
    from matplotlib.figure import Figure

    said, rows, words = wording(explanation.language), grid_rows(explanation), explanation.words
    size = (len(words) * COLUMN_INCHES, len(rows) * ROW_INCHES)
    figure = Figure(figsize=size, dpi=DOTS_PER_INCH, facecolor="white")
    # The axes are the grid alone, a unit to each cell; all else stands outside, and the file is cut around it.
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set(xlim=(-0.5, len(words) - 0.5), ylim=(len(rows) - 0.5, -0.5))
    pen = _Pen(axes, font_for(_all_text(explanation, said, rows)))
    _draw_grid(pen, rows)
    _draw_marks(pen, explanation, rows)
    heads = _draw_heads(pen, explanation, rows, said)
    feet = _draw_feet(pen, explanation, len(rows), said)
    to_units = axes.transData.inverted()
    top = to_units.transform((0, max(head.get_window_extent().y1 for head in heads)))[1]
    bottom = to_units.transform((0, min(foot.get_window_extent().y0 for foot in feet)))[1]
    _draw_title(pen, explanation, min(top, -2.6) - 0.5, said)
    _draw_notes(pen, explanation, rows, bottom + 0.6, said)
    return figure


class _Pen:
    """Writes on axes in a font that has the glyphs."""

    def __init__(self, axes: Axes, font: FontProperties) -> None:
        self.axes, self.font = axes, font

    def text(self, x: float, y: float, text: str, size: float = 10, **style: Any) -> Text:
        """Put a text at a place in grid units; a dollar sign is a dollar sign."""
        font = self.font.copy()
        font.set_size(size)
        style = {"color": INK, "clip_on": False, "parse_math": False, **style}
        return self.axes.text(x, y, drawable(text, self.font), fontproperties=font, **style)


def _draw_grid(pen: _Pen, rows: Sequence[Row]) -> None:
    values = np.array([row.attention for row in rows])
    pen.axes.pcolormesh(
        np.arange(values.shape[1] + 1) - 0.5,
        np.arange(len(rows) + 1) - 0.5,
        values,
        cmap=SHADES,
        vmin=0,
        vmax=FULL_SHADE,
        edgecolors="#E8E8E8",
        linewidth=0.6,
        clip_on=False,
    )
    for y, x in np.argwhere(values >= LABELLED_SHARE):
        colour = "white" if values[y, x] > FULL_SHADE / 2 else INK
        pen.text(x, y, f"{values[y, x]:.0%}"[:-1], 8, color=colour, ha="center", va="center")


def _draw_marks(pen: _Pen, explanation: Explanation, rows: Sequence[Row]) -> None:
    """Frames around the places of words that came from the source, and dots below; circles for the others."""
    from matplotlib.patches import Rectangle

    for x, word in enumerate(explanation.words):
        face = MARK if word.is_marked else "white"
        pen.axes.plot([x], [len(rows) + 0.9], "o", markersize=7, color=MARK, markerfacecolor=face, clip_on=False)
        for y, row in enumerate(rows):
            found = len(row.places) == 1 and same_word(explanation.source[row.places.start], word.text)
            if word.is_marked and found and row.attention[x] >= LABELLED_SHARE:
                frame = Rectangle((x - 0.5, y - 0.5), 1, 1, fill=False, edgecolor=MARK, linewidth=1.8, zorder=3)
                frame.set_clip_on(False)
                pen.axes.add_patch(frame)


def _draw_heads(pen: _Pen, explanation: Explanation, rows: Sequence[Row], said: Wording) -> list[Text]:
    """Row and column labels; returns what may reach up."""
    for y, row in enumerate(rows):
        colour = INK if len(row.places) == 1 else PALE
        pen.text(-0.65, y, row.label, ha="right", va="center", color=colour)
    pen.text(-0.65, -1, said.source, 9, ha="right", va="center", color=PALE)
    pen.text(-0.65, -2, said.output, 9, ha="right", va="center", color=PALE)
    words = [shortened(word.text) for word in explanation.words]
    if _fit_in_columns(words):
        return [pen.text(x, -0.75, word, ha="center", va="bottom") for x, word in enumerate(words)]
    return [pen.text(x - 0.1, -0.75, word, ha="left", va="bottom", **SLANTED) for x, word in enumerate(words)]


def _draw_feet(pen: _Pen, explanation: Explanation, row_count: int, said: Wording) -> list[Text]:
    """Probability, origin and runner-up of each word; returns what may reach down."""
    origin = said.copied if explanation.copies else said.in_source
    for line, caption in enumerate((said.probability, origin, said.runner_ups)):
        pen.text(-0.65, row_count + line - 0.1, caption, 9, ha="right", va="center", color=PALE)
    for x, word in enumerate(explanation.words):
        pen.text(x, row_count - 0.1, percent(word.probability), 8.5, ha="center", va="center")
    runners = [_runner(word) for word in explanation.words]
    if _fit_in_columns([runner.rpartition(" ")[0] for runner in runners]):
        return [
            pen.text(x, row_count + 1.5, "\n".join(runner.rsplit(" ", 1)), 8.5, ha="center", va="top", linespacing=1.4)
            for x, runner in enumerate(runners)
        ]
    return [
        pen.text(x + 0.2, row_count + 1.6, runner, 9, ha="right", va="top", **SLANTED)
        for x, runner in enumerate(runners)
    ]


def _draw_title(pen: _Pen, explanation: Explanation, y: float, said: Wording) -> None:
    lines = _wrapped(explanation.text, explanation.language)
    pen.text(-0.65, y, said.title, 9.5, ha="left", va="bottom", color=PALE)
    pen.text(-0.65, y - 1.1, "\n".join(lines), 14, ha="left", va="bottom")


def _draw_notes(pen: _Pen, explanation: Explanation, rows: Sequence[Row], y: float, said: Wording) -> None:
    notes = [said.shades, said.framed_copied if explanation.copies else said.framed_in_source]
    if any(len(row.places) > 1 for row in rows):
        notes.append(said.left_out)
    pen.text(-0.65, y, "\n".join(notes), 8.5, ha="left", va="top", color=PALE, linespacing=1.6)


def same_word(source: str, word: str) -> bool:
    """Whether a source word and an output word are one, whatever their case and the punctuation beside them."""
    return bare(source).casefold() == bare(word).casefold()


def _fit_in_columns(texts: Sequence[str]) -> bool:
    return all(width(text) <= COLUMN_WIDTH for text in texts)


def _runner(word: ExplainedWord) -> str:
    if not word.runner_ups or word.runner_ups[0][1] < LEAST_PROBABILITY:
        return "–"
    text, probability = word.runner_ups[0]
    return f"{shortened(text)} {percent(probability)}"


def _wrapped(text: str, language: str) -> list[str]:
    return textwrap.wrap(text, TITLE_CHARACTERS if language == "en" else TITLE_CHARACTERS // 2) or [text]


def _all_text(explanation: Explanation, said: Wording, rows: Sequence[Row]) -> str:
    words = [text for word in explanation.words for text in (word.text, _runner(word))]
    notes = (
        said.title,
        said.shades,
        said.framed_copied,
        said.framed_in_source,
        said.left_out,
        said.copied,
        said.in_source,
        said.runner_ups,
    )
    return "".join([explanation.text, *words, *(row.label for row in rows), *notes, said.output, said.source, "…–0<%"])
