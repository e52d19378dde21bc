"""`kuaizui tune`: search settings compared on validation data, before one of them ships.

kuaizui tune --model runs/mine/bundle --corpus validation.jsonl --try search.length_penalty=1,1.5,2
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from corpora import Record, read_records
from nlp.config import SearchConfig
from nlp.errors import UsageError
from scripts.evaluate import drawn, references, tell_left_out
from scripts.generators import Generator, chosen_loader, search_config
from scripts.search_options import SearchChoices

if TYPE_CHECKING:
    from nlp.evaluation import Example

MOST_SETTINGS = 100


class Trial(NamedTuple):
    """What one setting gave."""

    changes: tuple[str, ...]
    main_figure: float
    """ROUGE-L (headlines) or chrF (dialogue), 0 to 100."""
    mean_length: float
    distinct_2: float
    """Per cent."""
    most_frequent: float
    """What the commonest output makes up, per cent."""
    per_second: float


@click.command("tune")
@click.option("--model", required=True, metavar="NAME|DIR", help="A model that comes with Kuaizui, or a model folder.")
@click.option(
    "--corpus",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Sources and references: validation data, not what the model is measured on later.",
)
@click.option(
    "--try",
    "grids",
    multiple=True,
    required=True,
    metavar="search.KEY=A,B,…",
    help="Values of a setting to try; with several --try, every combination is tried.",
)
@click.option("--register", metavar="NAME", help="Only the pairs of a .jsonl whose `style` is NAME.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the first N pairs.")
@click.option(
    "--draw",
    type=click.IntRange(min=1),
    metavar="N",
    help="N pairs drawn by a fixed seed, no two of them with the same last turn.",
)
def command(
    model: str, corpus: Path, grids: tuple[str, ...], register: str | None, limit: int | None, draw: int | None
) -> None:
    """Compare search settings on a corpus, best last."""
    from nlp.metrics.libraries import require_libraries

    require_libraries()
    settings = list(combinations(grids))
    left_out: list[Record] = []
    found = (record.pair for record in references(read_records(corpus), left_out))
    pairs = itertools.islice((pair for pair in found if register in (None, pair.style)), limit)
    examples: list[Example] = [(pair.turns, pair.target) for pair in pairs]
    tell_left_out(corpus, left_out)
    examples = drawn(examples, draw) if draw else examples
    if not examples:
        raise UsageError(f"{corpus}: there is no pair to try settings on.")
    generator = chosen_loader(0)(model)
    configs = [(changes, search_config(generator, SearchChoices(changes=changes, n_best=1))) for changes in settings]
    name = "ROUGE-L" if generator.task == "headlines" else "chrF"
    click.echo(f"{len(examples):,} pairs of {corpus.name}; {len(settings)} settings.")
    trials = []
    for changes, config in configs:
        trials.append(_trial(generator, examples, changes, config))
        click.echo(_line(trials[-1], name))
    best = max(trials, key=lambda trial: trial.main_figure)
    click.echo(f"Best: {_line(best, name)}")


def combinations(grids: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Every combination of the values in `search.key=a,b` texts, as `search.key=value` texts.

    Raises:
        UsageError: a text without values, or more combinations than anyone waits for.
    """
    choices = []
    for grid in grids:
        key, equals, values = grid.partition("=")
        if not equals or not all(value.strip() for value in values.split(",")):
            raise UsageError(f"--try {grid}: write search.key=value,value; for instance --try search.beam_size=1,5.")
        choices.append([f"{key}={value.strip()}" for value in values.split(",")])
    found = list(itertools.product(*choices))
    if len(found) > MOST_SETTINGS:
        raise UsageError(f"{len(found)} combinations are more than {MOST_SETTINGS}; try fewer values at a time.")
    yield from found


def _trial(generator: Generator, examples: Sequence[Example], changes: tuple[str, ...], config: SearchConfig) -> Trial:
    from nlp.metrics import main_figure, score_system
    from nlp.text import script_language

    started = time.perf_counter()
    generations = generator.generate([turns for turns, _ in examples], config)
    seconds = time.perf_counter() - started
    outputs = [each.candidates[0].text if each.candidates else "" for each in generations]
    references = [reference for _, reference in examples]
    language = script_language(" ".join(references))
    figures = score_system(outputs, references, language).figures
    main = figures[main_figure(language) if generator.task == "headlines" else "chrf"].value
    length, distinct, commonest = (
        figures[name].value for name in ("mean_length", "distinct_2", "most_frequent_output")
    )
    return Trial(changes, 100 * main, length, 100 * distinct, 100 * commonest, len(examples) / seconds)


def _line(trial: Trial, name: str) -> str:
    return (
        f"{name} {trial.main_figure:5.2f}  length {trial.mean_length:4.1f}  distinct-2 {trial.distinct_2:4.1f} %  "
        f"commonest {trial.most_frequent:4.1f} %  "
        f"{trial.per_second:5.0f}/s  {' '.join(trial.changes)}"
    )
