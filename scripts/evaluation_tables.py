"""An evaluation as a person reads it: tables and samples, columns aligned for Chinese too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from nlp.evaluation import Evaluation
from nlp.metrics import DISTINCT_NGRAMS, Figure
from nlp.metrics.results import LeadScores, Likelihood, ReplyScores, Sample

FIGURE_LABELS = {
    "rouge_1_characters": "ROUGE-1 by character",
    "rouge_2_characters": "ROUGE-2 by character",
    "rouge_l_characters": "ROUGE-L by character",
    "rouge_1_words": "ROUGE-1 by word",
    "rouge_2_words": "ROUGE-2 by word",
    "rouge_l_words": "ROUGE-L by word",
    "bleu": "BLEU",
    "chrf": "chrF",
    "exact_match": "exact match, %",
    "distinct_1": "distinct-1, %",
    "distinct_2": "distinct-2, %",
    "repetition": "repeats 3 tokens, %",
    "most_frequent_output": "commonest output, %",
    "unknown": "unknown mark, %",
    "empty": "empty, %",
    "mean_length": "mean length",
}
"""What each figure is called in the table, in the table's order."""

_PRODUCTS = {"headlines": "headlines", "dialogue": "replies"}
_SHOWN_SOURCE_CHARACTERS = 200


def console(standard_error: bool = False) -> Console:
    """Where to print: standard output, or standard error when that carries data."""
    return Console(stderr=standard_error, highlight=False)


@contextmanager
def reporting(description: str) -> Iterator[Callable[[int, int], None]]:
    """Show progress on standard error, where that is a terminal; yields the function to call with (done, all)."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    standard_error = console(standard_error=True)
    with Progress(*columns, console=standard_error, transient=True, disable=not standard_error.is_terminal) as bar:
        task = bar.add_task(description, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def print_evaluation(evaluation: Evaluation, out: Console) -> None:
    """Print the figures, the likelihoods and speed, the comparison with the lead, and the samples."""
    out.print(_figures_table(evaluation))
    for line in _lines(evaluation):
        out.print(Text(line))
    for sample in evaluation.samples:
        out.print(_sample(sample))


def _figures_table(evaluation: Evaluation) -> Table:
    title = f"{evaluation.name or 'outputs'} on {evaluation.examples} pairs"
    table = Table(title=Text(title), title_justify="left", box=SIMPLE_HEAD)
    table.add_column("figure")
    table.add_column("model", justify="right")
    table.add_column("95 %", justify="right")
    lead = evaluation.lead
    if lead is not None:
        table.add_column(f"lead {lead.choice.length}", justify="right")
        table.add_column("95 %", justify="right")
    for name, label in FIGURE_LABELS.items():
        if name in evaluation.model.figures:
            cells = _cells(name, evaluation.model.figures[name])
            if lead is not None:
                cells += _cells(name, lead.scores.figures[name])
            table.add_row(label, *cells)
    return table


def _cells(name: str, figure: Figure) -> list[str]:
    scale = 1 if name == "mean_length" else 100
    interval = (
        "" if figure.interval is None else (f"{figure.interval.low * scale:.1f} … {figure.interval.high * scale:.1f}")
    )
    return [f"{figure.value * scale:.1f}", interval]


def _lines(evaluation: Evaluation) -> Iterator[str]:
    if evaluation.likelihood is not None:
        yield _likelihood_line(evaluation.likelihood)
    if evaluation.timing is not None:
        product = _PRODUCTS.get(evaluation.task, "outputs")
        beam = "" if evaluation.search is None else f", beam {evaluation.search.beam_size}"
        yield (
            f"Speed: {evaluation.timing.outputs_per_second:.1f} {product}/s "
            f"({evaluation.timing.outputs} in {evaluation.timing.seconds:.1f} s{beam})."
        )
    if evaluation.lead is not None:
        yield _lead_line(evaluation.lead, _unit(evaluation))
    if evaluation.greedy is not None:
        difference = evaluation.greedy.difference
        figure = {"rouge_l": "ROUGE-L", "chrf": "chrF"}[evaluation.greedy.figure]
        yield (
            f"These search settings minus greedy decoding in {figure}: {difference.value * 100:+.2f} "
            f"({difference.interval.low * 100:+.2f} … {difference.interval.high * 100:+.2f}, paired)."
        )
    if evaluation.replies is not None:
        yield from _reply_lines(evaluation.replies)
    if evaluation.unsupported is not None:
        shares = evaluation.unsupported
        yield (
            f"A number, name or quotation that the article lacks: {shares.model:.1%} of the outputs, "
            f"{shares.references:.1%} of the references. A piece of the article in place of an output: "
            f"{shares.extracts:.1%}."
        )
    yield (
        f"ROUGE is F1. Length, repetition and distinct-n count {_unit(evaluation)}; distinct-n looks at the "
        f"first {DISTINCT_NGRAMS:,} n-grams. 95 %: bootstrap intervals."
    )
    if evaluation.skipped:
        yield f"Left out, because source or reference is empty: {evaluation.skipped}."


def _likelihood_line(likelihood: Likelihood, who: str = "Given the references token by token") -> str:
    figures = likelihood.to_json()
    perplexity, bits, accuracy = figures["perplexity"], figures["bits_per_character"], figures["token_accuracy"]
    shown = [
        f"perplexity {'infinite' if perplexity is None else f'{perplexity:.2f}'}",
        f"{'infinite' if bits is None else f'{bits:.3f}'} bits per character",
        f"token accuracy {(accuracy or 0) * 100:.1f} %",
    ]
    return f"{who}: {', '.join(shown)}."


def _reply_lines(replies: ReplyScores) -> Iterator[str]:
    counted = "a validation set" if replies.unigram_counted_on == "validation" else "these same replies"
    yield _likelihood_line(replies.unigram, f"A unigram model counted on {counted}")
    yield (
        f"Replies that say the message again: {replies.copies:.1%}. What people replied: distinct-2 "
        f"{replies.people_distinct_2:.1%}, commonest reply {replies.people_most_frequent:.1%}."
    )


def _lead_line(lead: LeadScores, unit: str) -> str:
    difference = lead.difference
    basis = "the validation set" if lead.choice.chosen_on == "validation" else "these same pairs, which favours it"
    return (
        f"Model minus lead in ROUGE-L: {difference.value * 100:+.1f} ({difference.interval.low * 100:+.1f} … "
        f"{difference.interval.high * 100:+.1f}). The lead is the article's first {lead.choice.length} {unit}, "
        f"a length chosen on {basis}."
    )


def _unit(evaluation: Evaluation) -> str:
    return "characters" if evaluation.language == "zh" else "words"


def _sample(sample: Sample) -> Table:
    source = sample.source
    if len(source) > _SHOWN_SOURCE_CHARACTERS:
        source = source[:_SHOWN_SOURCE_CHARACTERS] + " …"
    grid = Table.grid(padding=(0, 1))
    grid.add_row()
    for label, text in (("source", source), ("reference", sample.reference), ("model", sample.output)):
        grid.add_row(Text(label), Text(text))
    return grid
