"""An explanation as lines of text, aligned in a terminal also where Chinese characters are two cells wide."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from nlp.explanation_wording import Wording, percent, wording

if TYPE_CHECKING:
    from nlp.explanation import ExplainedWord, Explanation

SEPARATOR = " · "
"""Between words, which may hold commas themselves."""
ATTENDED = 3
"""Source words told for each word."""
LEAST_SHARE = 0.05
"""Attention below this is not told, unless there is nothing above it."""
LEAST_PROBABILITY = 0.005
"""Runner-ups below this are not told."""


def explanation_lines(explanation: Explanation, width: int) -> list[str]:
    """The output, then a line for each of its words: probability, origin, attended source words, runner-up words."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    said = wording(explanation.language)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="")
    for heading in (said.word, said.probability, said.origin, said.attention, said.runner_ups):
        table.add_column(heading, overflow="fold", justify="right" if heading == said.probability else "left")
    for word in explanation.words:
        row = (word.text, percent(word.probability), origin(word, said), attended(explanation, word), runners(word))
        table.add_row(*map(Text, row))
    paper = io.StringIO()
    # A console of its own that writes text alone, whatever terminal this runs in.
    console = Console(
        file=paper, width=width, color_system=None, force_terminal=False, legacy_windows=False, _environ={}
    )
    console.print(Text(explanation.text))
    console.print()
    console.print(table)
    return [line.rstrip() for line in paper.getvalue().splitlines()]


def origin(word: ExplainedWord, said: Wording) -> str:
    """Whether a word was copied or generated, with the share; without copying, whether it stands in the source."""
    if word.copied is None:
        return said.in_source if word.in_source else said.not_in_source
    if word.is_marked:
        return f"{said.copied} {percent(word.copied)}"
    return f"{said.generated} {percent(1 - word.copied)}"


def attended(explanation: Explanation, word: ExplainedWord) -> str:
    """The source words that it attended to most, with shares."""
    if not word.attention:
        return wording(explanation.language).no_attention
    best = sorted(zip(explanation.source, word.attention, strict=True), key=lambda pair: -pair[1])[:ATTENDED]
    told = [pair for pair in best if pair[1] >= LEAST_SHARE] or best[:1]
    return SEPARATOR.join(f"{text} {percent(share)}" for text, share in told)


def runners(word: ExplainedWord) -> str:
    """The runner-up words with their probabilities, without those under half a per cent."""
    told = [(text, probability) for text, probability in word.runner_ups if probability >= LEAST_PROBABILITY]
    return SEPARATOR.join(f"{text} {percent(probability)}" for text, probability in told)
