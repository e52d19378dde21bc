"""The search options of the command line: one set, the same for every subcommand that takes them."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import click

from nlp.errors import UsageError
from scripts.progress import how_many

DRAWING = ("temperature", "top_k", "top_p")


@dataclass(frozen=True)
class SearchChoices:
    """What the person asked of the search; None, empty and False leave a setting as the model ships it."""

    beam_size: int | None = None
    n_best: int | None = None
    min_chars: float | None = None
    max_chars: float | None = None
    blocked_words: tuple[str, ...] = ()
    must_have: str | None = None
    sample: bool = False
    temperature: float | None = None
    top_k: int | None = None
    top_p: float | None = None
    seed: int | None = None
    faithful: bool | None = None
    style: str | None = None
    changes: tuple[str, ...] = ()
    """`search.key=value` texts; what has an option of its own wins over them."""

    def check(self) -> None:
        """Refuse what cannot work whatever the model.

        Raises:
            UsageError: naming the options.
        """
        if self.beam_size is not None and self.n_best is not None and self.n_best > self.beam_size:
            raise UsageError(
                f"--n-best {self.n_best} wants more headlines than --beam {self.beam_size} can hold; raise --beam."
            )
        if self.must_have is not None and not self.must_have.strip():
            raise UsageError("--must-have is empty; give a word, or leave the option out.")
        if self.must_have and self.must_have.casefold() in (word.casefold() for word in self.blocked_words):
            raise UsageError(
                f"{self.must_have!r} is asked for by --must-have and forbidden by --block; drop one of them."
            )
        if self.min_chars is not None and self.max_chars and self.min_chars > self.max_chars:
            raise UsageError(f"--min-chars {self.min_chars:g} is more than --max-chars {self.max_chars:g}.")

    def run_values(self) -> dict[str, str]:
        """Every choice by the name of its option, for the fingerprint of a run that may be resumed."""
        digest = hashlib.sha256("\n".join(self.blocked_words).encode("utf-8", "surrogatepass")).hexdigest()
        return {
            "--beam": _shown(self.beam_size),
            "--n-best": _shown(self.n_best),
            "--min-chars": _shown(self.min_chars),
            "--max-chars": _shown(self.max_chars),
            "--block": f"{how_many(len(self.blocked_words), 'word')} {digest[:16]}"
            if self.blocked_words
            else _shown(None),
            "--must-have": _shown(self.must_have),
            "--sample": "yes" if self.sample else _shown(None),
            "--temperature": _shown(self.temperature),
            "--top-k": _shown(self.top_k),
            "--top-p": _shown(self.top_p),
            "--seed": _shown(self.seed),
            "--faithful": _shown(self.faithful),
            "--style": _shown(self.style),
            "--set": " ".join(self.changes) or _shown(None),
        }


def _shown(value: object) -> str:
    return "the model's" if value is None else str(value)


SET = click.option(
    "--set", "changes", multiple=True, metavar="search.KEY=VALUE", help="Change a search setting; may be repeated."
)
SEED = click.option(
    "--seed", type=click.IntRange(0), metavar="N", help="The same seed samples the same outputs. Default: the model's."
)
OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--beam",
        "beam_size",
        type=click.IntRange(1, 100),
        metavar="N",
        help="Outputs kept (with --sample: drawn) per text; 1 is fastest, greedy without --sample. Default: the "
        "model's.",
    ),
    click.option(
        "--min-chars",
        type=click.FloatRange(0),
        metavar="N",
        help="Least width of an output: a full-width character counts 1, a half-width one (Latin letters, digits, "
        "spaces) 0.5.",
    ),
    click.option(
        "--max-chars",
        type=click.FloatRange(0),
        metavar="N",
        help="Most width of an output: a full-width character counts 1, a half-width one 0.5; 0 is no limit.",
    ),
    click.option(
        "--block",
        "block_files",
        type=click.Path(path_type=Path),
        multiple=True,
        metavar="FILE",
        help="Words that must not appear, one a line, besides the model's own; may be repeated.",
    ),
    click.option("--must-have", metavar="WORD", help="A word or phrase that must appear."),
    click.option("--sample", is_flag=True, help="Draw outputs at random instead of taking the likeliest."),
    click.option(
        "--temperature",
        type=click.FloatRange(0, min_open=True),
        metavar="T",
        help="With --sample: below 1 is more careful, above 1 more daring.",
    ),
    click.option(
        "--top-k", type=click.IntRange(0), metavar="K", help="With --sample: draw among the K likeliest; 0 is all."
    ),
    click.option(
        "--top-p",
        type=click.FloatRange(0, 1, min_open=True),
        metavar="P",
        help="With --sample: draw among the likeliest that together reach probability P.",
    ),
    SEED,
    click.option(
        "--faithful/--no-faithful",
        default=None,
        help="Prefer outputs whose numbers, names and quotations stand in the article; where none is such, take a "
        "piece of the article and say so. Default: the model's; for `headlines`, yes.",
    ),
    click.option(
        "--style",
        metavar="NAME",
        help="Register of the output, one of those that the model was trained on (`kuaizui models` names them). "
        "Default: the model's.",
    ),
    SET,
)


def search_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a click command all search options; its function receives them as one argument, `choices`."""
    names = {field.name for field in fields(SearchChoices)} - {"n_best", "blocked_words"}

    @functools.wraps(command)
    def with_choices(*arguments: Any, block_files: tuple[Path, ...], **options: Any) -> Any:
        chosen = {name: options.pop(name) for name in names}
        choices = SearchChoices(**chosen, blocked_words=blocked_words(block_files))
        choices.check()
        return command(*arguments, choices=choices, **options)

    for option in reversed(OPTIONS):
        with_choices = option(with_choices)
    return with_choices


def blocked_words(files: tuple[Path, ...]) -> tuple[str, ...]:
    """The words of blocklist files, each once, in order.

    Raises:
        UsageError: a file that cannot be read.
    """
    if not files:
        return ()
    from nlp.blocklists import read_blocklist

    return tuple(dict.fromkeys(word for file in files for word in read_blocklist(file)))
