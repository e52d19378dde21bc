"""The `kuaizui` command: finds the subcommand, and turns every error into a message and an exit code.

Exit codes: 0 fine (warnings included), 1 some records carry errors, 2 usage, 3 model or bundle, 70 a defect in Kuaizui,
130 interrupted, 141 the reader of standard output went away (what any Unix tool in a pipe reports, as SIGPIPE would).

Only click and the standard library are imported here; a subcommand's module is imported when it is called, so that
`kuaizui headlines` pays nothing for training.
"""

from __future__ import annotations

import contextlib
import difflib
import importlib
import io
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

import click

from nlp.errors import how_to_install

if TYPE_CHECKING:
    from scripts.generators import LoadGenerator

USAGE_EXIT, DEFECT_EXIT, INTERRUPTED_EXIT, CLOSED_PIPE_EXIT = 2, 70, 130, 141
EXTRAS = {
    "tensorflow": "train",
    "keras": "train",
    "onnx": "train",
    "jax": "train",
    "sacrebleu": "evaluate",
    "rouge_score": "evaluate",
}
"""Packages that the serving installation lacks, and the extra that brings each."""


@dataclass(frozen=True)
class Subcommand:
    """Where a subcommand's click command stands, and its line in the list of commands."""

    target: str
    """`module:attribute`."""
    help: str


SUBCOMMANDS: Mapping[str, Subcommand] = {
    "headlines": Subcommand("scripts.headlines:command", "Write a headline for each article of a file or folder."),
    "chat": Subcommand("scripts.chat:command", "Chat with a dialogue model in the console."),
    "generate": Subcommand("scripts.generate:command", "Any model: one text a line in, one output a line out."),
    "bot": Subcommand("bot.command:command", "Chat and write headlines on Telegram."),
    "train": Subcommand("scripts.train:command", "Train a model from a recipe."),
    "retrain": Subcommand("scripts.retrain:command", "Teach a model new texts, and keep its old skill."),
    "export": Subcommand("scripts.export:command", "Turn a training checkpoint into a model folder."),
    "evaluate": Subcommand("scripts.evaluate:command", "Measure a model on a corpus."),
    "tune": Subcommand("scripts.tune:command", "Compare search settings on validation data."),
    "reading": Subcommand("scripts.reading:command", "Have outputs read blind, and count what readers say."),
    "benchmark": Subcommand("scripts.benchmark:command", "Measure speed and memory on this machine."),
    "models": Subcommand("scripts.models:command", "List the models, and choose which one a name stands for."),
    "show": Subcommand("scripts.models:show", "Print a model's card and measurements."),
}


class LazyGroup(click.Group):
    """A group that knows its subcommands by name and imports one only when it is called."""

    def __init__(self, subcommands: Mapping[str, Subcommand], **settings: object) -> None:
        super().__init__(**settings)  # type: ignore[arg-type]  # click's own keywords, passed through
        self.subcommands = subcommands

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order of the table: the everyday ones first."""
        return list(self.subcommands)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command, or None for an unknown name."""
        if cmd_name not in self.subcommands:
            return None
        module, attribute = self.subcommands[cmd_name].target.split(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, but an unknown name is answered with near ones.

        Raises:
            click.UsageError: no such subcommand.
        """
        name = args[0]
        if name in self.subcommands or name.startswith("-"):
            return super().resolve_command(ctx, args)
        near = difflib.get_close_matches(name, self.subcommands, n=3, cutoff=0.5)
        hint = f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(self.subcommands)}."
        raise click.UsageError(f"no command named {name!r}. {hint}", ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table, without importing one."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, subcommand.help) for name, subcommand in self.subcommands.items()])


def _print_version(context: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        from importlib.metadata import PackageNotFoundError, version

        try:
            click.echo(f"kuaizui {version('kuaizui')}")
        except PackageNotFoundError:
            click.echo("kuaizui, not installed as a package: running from its sources")
        context.exit()


@click.pass_context
def _print_help(context: click.Context) -> None:
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


group = LazyGroup(
    SUBCOMMANDS,
    callback=_print_help,
    invoke_without_command=True,
    name="kuaizui",
    help="Kuaizui (快嘴): chats, and writes news headlines, in Chinese and English, on an ordinary CPU.",
    epilog="`kuaizui COMMAND --help` explains one command.",
    context_settings={"help_option_names": ["-h", "--help"]},
    params=[
        click.Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_print_version,
            help="Print the version and stop.",
        )
    ],
)


def main() -> NoReturn:
    """Run the command line of this process and leave with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str], load_generator: LoadGenerator | None = None) -> int:
    """Run one command line and return its exit code; every error ends as a message on standard error.

    `load_generator` replaces the loader of real models, for tests and for programs with models of their own.

    An exception that carries an integer `exit_code` (all of `nlp.errors` and `corpora.errors` do) is the person's to
    read; any other is a defect, whose traceback is shown only where KUAIZUI_DEBUG is set.
    """
    if None in (sys.stdin, sys.stdout, sys.stderr):
        from scripts.closed_streams import stand_in

        stand_in()
    _speak_utf8()
    try:
        with group.make_context("kuaizui", list(arguments), obj=load_generator) as context:
            group.invoke(context)
        sys.stdout.flush()
        return 0
    except click.exceptions.Exit as stop:
        return _flushed(stop.exit_code)
    except (KeyboardInterrupt, click.Abort):
        _say("interrupted.")
        return INTERRUPTED_EXIT
    except Exception as error:
        code = _report(error)
        _abandon_standard_output()
        return code


def _report(error: Exception) -> int:
    if isinstance(error, BrokenPipeError):
        return CLOSED_PIPE_EXIT
    if os.environ.get("KUAIZUI_DEBUG"):
        traceback.print_exception(error)
    if isinstance(error, click.ClickException):
        return _report_click(error)
    if isinstance(exit_code := getattr(error, "exit_code", None), int):
        _say(f"error: {error}")
        return exit_code
    if isinstance(error, OSError) and (message := _system_message(error)):
        _say(f"error: {message}")
        return USAGE_EXIT
    if isinstance(error, ModuleNotFoundError) and (extra := EXTRAS.get((error.name or "").split(".")[0])):
        _say(f"error: this needs the package {error.name}, which is not installed. {how_to_install(extra)}")
        return USAGE_EXIT
    _say(
        f"defect in Kuaizui, not in your input: {type(error).__name__}: {_one_line(error)}. Please report it on the "
        "project's issue tracker (CONTRIBUTING.md says how), with what KUAIZUI_DEBUG=1 prints before this line."
    )
    return DEFECT_EXIT


def _report_click(error: click.ClickException) -> int:
    context = getattr(error, "ctx", None)
    where = context.command_path if context is not None else "kuaizui"
    _say(f"error: {error.format_message()}\nTry '{where} --help'.")
    return error.exit_code


def _system_message(error: OSError) -> str | None:
    """What a failed system call means to the person; None where it names nothing that they could act upon."""
    from scripts.outputs import DISK_FULL

    place = repr(error.filename) if error.filename is not None else None
    if error.errno in DISK_FULL:
        return (
            f"no space left on the device while writing {place or 'standard output'}. "
            "Free some space, then run the command again; it begins anew, so what > has saved until now is replaced."
        )
    return f"{place}: {error.strerror}" if place else None


def _one_line(error: Exception) -> str:
    lines = str(error).splitlines()
    return lines[0] if lines else "(no message)"


def _say(message: str) -> None:
    with contextlib.suppress(OSError):  # where nobody listens on standard error either, the exit code still speaks
        click.echo(f"kuaizui: {message}", err=True)


def _flushed(exit_code: int) -> int:
    try:
        sys.stdout.flush()
    except OSError as error:
        exit_code = _report(error)
        _abandon_standard_output()
    return exit_code


def _abandon_standard_output() -> None:
    """Keep the interpreter's last flush from failing a second time on a pipe or disk that has already failed."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _speak_utf8() -> None:
    """Files and pipes are UTF-8 whatever the locale says; a terminal keeps the encoding it was set up with."""
    for stream in (sys.stdin, sys.stdout):
        if isinstance(stream, io.TextIOWrapper) and not stream.isatty():
            stream.reconfigure(encoding="utf-8", errors="replace")
