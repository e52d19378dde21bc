"""`kuaizui benchmark`: speed and memory on this machine, each figure beside something it can be compared with.

Machines are noisy: read ratios within one run, not seconds from two.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nlp.bundle import read_info, resolve

if TYPE_CHECKING:
    from scripts.benchmark_rows import Row


@click.group(name="benchmark")
def command() -> None:
    """Measure speed and memory on this machine."""


@command.command()
@click.option("--model", default="headlines-en", show_default=True, metavar="NAME|DIR")
@click.option("--threads", type=click.IntRange(0), default=0, show_default=True, help="Cores to use; 0 is all.")
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True, help="Repetitions; the median counts.")
@click.option("--classic/--no-classic", default=True, help="Also decode the classic tutorial's way (train extra).")
@click.option(
    "--memory-lines",
    default="1000,10000",
    show_default=True,
    metavar="N,N",
    callback=lambda _, __, v: _counts(v),
    help="Lines of the files whose peak memory is compared; empty for none.",
)
@click.option("--memory-beam", type=click.IntRange(1), default=5, show_default=True, help="Beam of the memory runs.")
@click.option(
    "--worker-lines",
    type=click.IntRange(0),
    default=2000,
    show_default=True,
    metavar="N",
    help="Lines of the file that one and two workers write headlines for; 0 for none.",
)
@click.option("--json", "as_json_text", is_flag=True, help="Print JSON instead of a table.")
def serve(
    model: str,
    threads: int,
    rounds: int,
    classic: bool,
    memory_lines: list[int],
    memory_beam: int,
    worker_lines: int,
    as_json_text: bool,
) -> None:
    """Start-up, one chat reply, throughput beside its bound, int8 beside float32, workers and peak memory of a model.

    Texts have 50 tokens where nothing else is said. Machines are noisy: compare the ratios within one run.
    """
    from scripts.benchmark_rows import as_json

    path = resolve(model)
    rows = list(_serve_rows(path, threads, rounds, classic, memory_lines, memory_beam, worker_lines))
    if as_json_text:
        click.echo(json.dumps({"model": read_info(path).name, **as_json(rows)}, indent=2))
        return
    _print_table(rows, f"kuaizui benchmark serve --model {model}")


@command.command()
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True, help="Processes of each side, in turn.")
@click.option("--steps", type=click.IntRange(1), default=30, show_default=True, help="Batches that a process learns.")
@click.option(
    "--yardstick",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Python program to compare with instead of plain Keras; takes STEPS, prints `yardstick N pairs/s`.",
)
@click.option(
    "--corpus",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="File of headlines whose lengths show the padding; without it they are made up.",
)
@click.option(
    "--memory-pairs",
    default="10000,100000",
    show_default=True,
    metavar="N,N",
    callback=lambda _, __, v: _counts(v),
    help="Pairs of the made-up corpora whose peak memory is compared; empty for none.",
)
@click.option("--json", "as_json_text", is_flag=True, help="Print JSON instead of a table.")
def train(
    rounds: int, steps: int, yardstick: Path | None, corpus: Path | None, memory_pairs: list[int], as_json_text: bool
) -> None:
    """Training speed beside a plain Keras program's, where a step's time goes, padding, and peak memory.

    Machines are noisy: compare the ratios within one run. The memory of a million pairs takes a quarter of an hour.
    """
    from scripts.benchmark_rows import as_json
    from scripts.training_libraries import require_training_libraries

    require_training_libraries("Measuring a training")
    rows = list(_train_rows(rounds, steps, yardstick, corpus, memory_pairs))
    if as_json_text:
        click.echo(json.dumps(as_json(rows), indent=2))
        return
    _print_table(rows, "kuaizui benchmark train")


@command.command()
@click.option(
    "--model", "models", multiple=True, metavar="NAME|DIR", help="Instead of those that come along; repeat it."
)
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True, help="Repetitions; the median counts.")
@click.option("--json", "as_json_text", is_flag=True, help="Print JSON instead of a table.")
def bot(models: tuple[str, ...], rounds: int, as_json_text: bool) -> None:
    """Start-up of the Telegram bot until it asks for messages, and its memory with all models at work.

    No network and no token: it talks with a stand-in for Telegram on this machine.
    """
    from scripts.benchmark_bot import measure_bot
    from scripts.benchmark_rows import as_json

    rows = list(measure_bot([read_info(resolve(model)) for model in models], rounds))
    if as_json_text:
        click.echo(json.dumps(as_json(rows), indent=2))
        return
    _print_table(rows, "kuaizui benchmark bot")


def _train_rows(
    rounds: int, steps: int, yardstick: Path | None, corpus: Path | None, memory_pairs: list[int]
) -> Iterator[Row]:
    from scripts.benchmark_train import measure_padding, measure_profile, measure_speed
    from scripts.benchmark_train_memory import measure_training_memory

    yield from measure_speed(rounds, steps, yardstick)
    yield from measure_profile(steps)
    yield from measure_padding(steps, corpus)
    if memory_pairs:
        yield from measure_training_memory(memory_pairs)


def _print_table(rows: Iterable[Row], title: str) -> None:
    from rich.console import Console

    from scripts.benchmark_rows import as_table

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 120
    console.print(as_table(rows, title))


def _serve_rows(
    path: Path, threads: int, rounds: int, classic: bool, memory_lines: list[int], memory_beam: int, worker_lines: int
) -> Iterator[Row]:
    from scripts.benchmark_classic import measure_classic
    from scripts.benchmark_memory import measure_memory
    from scripts.benchmark_precision import measure_precision
    from scripts.benchmark_serve import measure_reply, measure_throughput
    from scripts.benchmark_startup import measure_startup
    from scripts.benchmark_workers import measure_workers

    writes_headlines = read_info(path).task == "headlines"
    if writes_headlines:
        yield from measure_startup(path, rounds)
    yield from measure_reply(path, rounds)
    yield from measure_throughput(path, threads, rounds)
    yield from measure_precision(path, rounds)
    if classic:
        yield measure_classic(path)
    if writes_headlines and worker_lines:
        yield from measure_workers(path, worker_lines, rounds)
    if writes_headlines and memory_lines:
        yield from measure_memory(path, memory_lines, memory_beam)


def _counts(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",") if part.strip()]
    except ValueError:
        raise click.BadParameter("write numbers, such as 1000,100000") from None
