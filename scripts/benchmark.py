"""`kuaizui benchmark`: speed and memory on this machine, each figure beside something it can be compared with.

Machines are noisy: read ratios within one run, not seconds from two.
"""

from __future__ import annotations

import json
from pathlib import Path

import click

from nlp.bundle import resolve


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
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def serve(
    model: str, threads: int, rounds: int, classic: bool, memory_lines: list[int], memory_beam: int, as_json: bool
) -> None:
    """Start-up, speed and memory of a model in service, on texts of 50 tokens."""
    from scripts.benchmark_memory import measure_memory
    from scripts.benchmark_serve import measure_classic, measure_speed
    from scripts.benchmark_startup import measure_startup

    path = resolve(model)
    figures = {"model": Path(path).name, **measure_startup(path, rounds), **measure_speed(path, threads, rounds)}
    if classic:
        figures |= measure_classic(path)
    if memory_lines:
        figures |= measure_memory(path, memory_lines, memory_beam)
    if as_json:
        click.echo(json.dumps(figures, indent=2))
        return
    width = max(map(len, figures))
    for name, value in figures.items():
        shown = (
            f"{value:,.3g}"
            if isinstance(value, float) and value < 1000
            else f"{value:,.0f}"
            if isinstance(value, float)
            else value
        )
        click.echo(f"{name.replace('_', ' '):<{width}}  {shown}")


def _counts(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",") if part.strip()]
    except ValueError:
        raise click.BadParameter("write numbers of lines, such as 1000,100000") from None
