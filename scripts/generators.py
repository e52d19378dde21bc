"""What the subcommands need of a text generator, and how they come by one.

The subcommands take a `LoadGenerator` as an argument, so a test (or another program) can hand in its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Protocol

import click

from nlp.config import SearchConfig, read_config
from nlp.errors import UsageError
from scripts.changes import apply_change
from scripts.progress import how_many
from scripts.search_options import DRAWING, SearchChoices

if TYPE_CHECKING:
    from nlp.generation import Generation
    from nlp.generator import TextGenerator

THREADS_PER_CORE = 4
"""More of them than this are refused."""


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
"""From the name of a shipped model, or a model folder, to a generator. For worker processes it must be something that
can be sent to them: a function of a module, or an object such as `TextGenerators`."""


@dataclass(frozen=True)
class TextGenerators:
    """The loader of real models; an object and not a closure, so that worker processes can be given it."""

    threads: int = 0
    """Of each generator; 0 leaves their number to the machine."""

    def __call__(self, model: str) -> Generator:
        """Load a model by its name or folder.

        Raises:
            UsageError: no name.
            BundleError: there is no such model, or it is damaged.
        """
        if not model.strip():
            raise UsageError("--model is empty: give the name of a model (`kuaizui models` lists them) or its folder.")
        from nlp.generator import TextGenerator  # here, so that a wrong argument is answered without loading it

        return TextGenerator.load(model, threads=self.threads)


def text_generator(generator: Generator) -> TextGenerator:
    """The same generator as one whose model can be looked into.

    Raises:
        UsageError: it is of another kind, from a program's own loader.
    """
    from nlp.generator import TextGenerator  # here, as above

    if not isinstance(generator, TextGenerator):
        raise UsageError(f"Only a model of Kuaizui's own can be explained; this is a {type(generator).__name__}.")
    return generator


def chosen_loader(threads: int, workers: int = 1) -> LoadGenerator:
    """The loader that this command line was run with (see `scripts.cli.run`), else that of real models.

    `threads` of 0 shares the cores among several `workers`, and leaves the number to the machine where there is one.

    Raises:
        UsageError: so many threads that they would only hinder each other.
    """
    most = THREADS_PER_CORE * (os.cpu_count() or 1)
    if threads > most:
        raise UsageError(
            f"--threads {threads}: this machine has {how_many(os.cpu_count() or 1, 'core')}, and more than {most} "
            "threads would only slow each other down; leave it out, and the machine's number is taken."
        )
    given: LoadGenerator | None = click.get_current_context().obj
    if not threads and workers > 1:
        threads = max(1, available_cores() // workers)
    return given or TextGenerators(threads)


def available_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def search_config(generator: Generator, choices: SearchChoices) -> SearchConfig:
    """The generator's own search settings with the person's choices put in.

    A beam that was not chosen is wide enough for `n_best`; blocked words are added to the model's own.

    Raises:
        ConfigError: a value out of range, or more outputs wanted than the beam given can hold.
        UsageError: a change that is not of the form `search.key=value`, or sampling options without sampling.
    """
    values = {"search": asdict(generator.search)}
    for change in choices.changes:
        apply_change(values, change, ["search"])
    search = read_config(SearchConfig, values["search"], "--set")
    if choices.sample:
        search = replace(search, strategy="sampling")
    if search.strategy != "sampling":
        for name in DRAWING:
            if getattr(choices, name) is not None:
                raise UsageError(f"--{name.replace('_', '-')} is for drawing at random: add --sample, or leave it out.")
    n_best = search.n_best if choices.n_best is None else choices.n_best
    beam_size = max(search.beam_size, n_best) if choices.beam_size is None else choices.beam_size
    chosen = {
        "min_characters": choices.min_chars,
        "max_characters": choices.max_chars,
        "required_word": choices.must_have,
        "seed": choices.seed,
        "faithful": choices.faithful,
        "style": choices.style,
        **{name: getattr(choices, name) for name in DRAWING},
    }
    return replace(
        search,
        beam_size=beam_size,
        n_best=n_best,
        blocked_words=tuple(dict.fromkeys((*search.blocked_words, *choices.blocked_words))),
        **{name: value for name, value in chosen.items() if value is not None},
    )
