"""What the subcommands need of a text generator, and how they come by one.

The subcommands take a `LoadGenerator` as an argument, so a test (or another program) can hand in its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Protocol

import click

from nlp.config import SearchConfig, read_config
from scripts.changes import apply_change

if TYPE_CHECKING:
    from nlp.generator import Generation


class Generator(Protocol):
    """The part of `nlp.generator.TextGenerator` that the command line uses."""

    @property
    def task(self) -> str:
        """`headlines` or `dialogue`."""
        ...

    @property
    def search(self) -> SearchConfig:
        """The settings the model was shipped with."""
        ...

    def generate(self, sources: Sequence[Sequence[str]], search: SearchConfig | None = None) -> list[Generation]:
        """One generation for each source (its turns, oldest first), in the same order."""
        ...


LoadGenerator = Callable[[str], Generator]
"""From the name of a shipped model, or a model folder, to a generator."""


def chosen_loader(threads: int) -> LoadGenerator:
    """The loader that this command line was run with (see `scripts.cli.run`), else that of real models.

    `threads` of 0 leaves their number to the machine.
    """
    given: LoadGenerator | None = click.get_current_context().obj
    return given or text_generators(threads)


def text_generators(threads: int) -> LoadGenerator:
    """The loader of real models."""

    def load(model: str) -> Generator:
        from nlp.generator import TextGenerator  # here, so that a wrong argument is answered without loading it

        return TextGenerator.load(model, threads=threads)

    return load


def search_config(
    generator: Generator, beam_size: int | None, n_best: int | None, changes: Sequence[str] = ()
) -> SearchConfig:
    """The generator's own search settings with those given put in; a beam not given is wide enough for `n_best`.

    `changes` are `search.key=value` texts; they come first, so that what has an option of its own wins.

    Raises:
        ConfigError: a value out of range, or more outputs wanted than the beam given can hold.
        UsageError: a change that is not of that form.
    """
    values = {"search": asdict(generator.search)}
    for change in changes:
        apply_change(values, change, ["search"])
    search = read_config(SearchConfig, values["search"], "--set")
    n_best = search.n_best if n_best is None else n_best
    beam_size = max(search.beam_size, n_best) if beam_size is None else beam_size
    return replace(search, beam_size=beam_size, n_best=n_best)
