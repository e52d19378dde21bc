"""`kuaizui models` and `kuaizui show`: which models there are, what one is, and which of them a name stands for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nlp.errors import BundleError, UsageError

if TYPE_CHECKING:
    from nlp.bundle import BundleInfo


def shipped_models() -> Sequence[BundleInfo]:
    """The models that come with Kuaizui."""
    from nlp.bundle import list_pretrained

    return list_pretrained()


def model_table(bundles: Sequence[BundleInfo], styles: Sequence[Sequence[str]]) -> list[str]:
    """One line for each model with its styles, columns aligned, under a header."""
    rows = [("name", "task", "language", "parameters", "size", "styles")]
    for bundle, own in zip(bundles, styles, strict=True):
        size = f"{bundle.bytes / 1e6:.1f} MB"
        rows.append((bundle.name, bundle.task, bundle.language, f"{bundle.parameters:,}", size, ", ".join(own)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def find_bundle(bundle: str) -> Path:
    """The folder of a shipped model given by its name, or of any by its folder.

    Raises:
        UsageError: no name.
        BundleError: neither; near names are suggested.
    """
    from nlp.bundle import read_info, resolve

    if not bundle.strip():
        raise UsageError("the name is empty: give that of a model (`kuaizui models` lists them) or its folder.")
    return read_info(resolve(bundle)).path


def card_lines(folder: Path) -> Iterator[str]:
    """The card of the model in `folder`, then its measurements, one a line.

    Raises:
        BundleError: a card or measurements that cannot be read.
    """
    card, metrics = _text(folder / "README.md"), _text(folder / "metrics.json")
    yield card.rstrip() if card is not None else f"{folder.name}: this model has no card (README.md)."
    if metrics is None:
        return
    try:
        values = json.loads(metrics)
    except ValueError as error:
        raise BundleError(f"{folder / 'metrics.json'}: broken JSON ({error}).") from None
    yield ""
    yield "Measurements (metrics.json):"
    for name, value in _flat("", values):
        yield f"  {name}: {value}"


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise BundleError(f"{path}: not UTF-8; the model folder is damaged.") from None


def _flat(name: str, value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(f"{name}.{key}" if name else str(key), inner)
    elif isinstance(value, list) and any(isinstance(inner, dict | list) for inner in value):
        for number, inner in enumerate(value, start=1):
            yield from _flat(f"{name}.{number}", inner)
    else:
        yield name, f"{value:.4g}" if isinstance(value, float) else value


@click.group("models", invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """List the models that come with Kuaizui, and the names that were switched to another model."""
    if context.invoked_subcommand is None:
        _list()


def _list() -> None:
    from nlp.registry import promotions

    bundles = shipped_models()
    if not bundles:
        click.echo("kuaizui: no models are shipped with this version; train one with kuaizui train.", err=True)
        return
    from nlp.bundle import read_bundle_config

    for line in model_table(bundles, [read_bundle_config(bundle.path).model.styles for bundle in bundles]):
        click.echo(line)
    for name, folders in sorted(promotions().items()):
        click.echo(f"{name} stands for {folders[-1]} (take it back: kuaizui models rollback {name})")


@command.command("promote")
@click.argument("bundle", metavar="RUN|BUNDLE", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--name", metavar="NAME", help="The name it shall stand for; default that of the model it began with.")
@click.option("--force", is_flag=True, help="Even if its scoreboard shows that old skill was lost.")
def promote_command(bundle: Path, name: str | None, force: bool) -> None:
    """Let a NAME stand for a model of one's own: headlines, chat, generate and the bot use it from now on."""
    from scripts.promotion import promote_bundle

    for line in promote_bundle(bundle, name, force=force):
        click.echo(line)


@command.command("rollback")
@click.argument("name")
def rollback_command(name: str) -> None:
    """Let NAME stand for what it stood for before its last promotion."""
    from nlp.registry import roll_back

    folder = roll_back(name)
    click.echo(f"{name} stands for {folder or 'the model that comes with Kuaizui'} again.")


@click.command("show")
@click.argument("bundle", metavar="BUNDLE")
def show(bundle: str) -> None:
    """Print the card and the measurements of BUNDLE, a model's name or folder."""
    for line in card_lines(find_bundle(bundle)):
        click.echo(line)
