"""`kuaizui bot`: the Telegram bot."""

import asyncio
import os
from pathlib import Path

import click

from bot.settings import CONFIG_VARIABLE, PREFIX, TOKEN_VARIABLE
from bot.token import masked
from nlp.errors import KuaizuiError

_config_option = click.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=f"Settings in TOML. Default: the file that {CONFIG_VARIABLE} names, if any.",
)


class _Discreet(click.Group):
    """Shows no token in what it says of mistakes, wherever somebody has put one."""

    def invoke(self, ctx: click.Context) -> object:
        """As click does. Raises: KuaizuiError, with what has the shape of a token masked."""
        try:
            return super().invoke(ctx)
        except KuaizuiError as error:
            error.args = (masked(str(error)),)
            raise


@click.group(
    "bot",
    cls=_Discreet,
    invoke_without_command=True,
    epilog=f"The token is in {TOKEN_VARIABLE}, or in the file that token_file names; all else is in the environment "
    f"({PREFIX}...) or in a TOML file.",
)
@click.option(
    "--check", "only_check", is_flag=True, help="Look at settings, models and store, and stop; without a network."
)
@_config_option
@click.pass_context
def command(context: click.Context, only_check: bool, config: Path | None) -> None:
    """Chat and write headlines on Telegram, until SIGTERM or Ctrl-C; or take out what people think of the replies."""
    if context.invoked_subcommand is not None:
        context.obj = config
    elif only_check:
        _check(config)
    else:
        _serve(config)


@command.command("export-feedback")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where to write; an earlier file is replaced whole. Default: standard output.",
)
@click.option("--model", metavar="NAME", help="Only what is about this model.")
@_config_option
@click.pass_obj
def export_feedback(before: Path | None, output: Path | None, model: str | None, config: Path | None) -> None:
    """Write what people think of the replies, one JSON object a line, for `kuaizui retrain --corpus`.

    The bot may run meanwhile. Who judged is not in it, but what people wrote is: keep it as you keep the store.
    """
    from bot.feedback_file import feedback_lines, write_lines
    from bot.settings import read_settings_without_token, store_path

    store = store_path(read_settings_without_token(os.environ, config or before))
    lines = feedback_lines(store, model)
    if output is None:
        for line in lines:
            click.echo(line)
        return
    number = write_lines(lines, output, store)
    click.echo(f"{output}: {number} judged {'reply' if number == 1 else 'replies'}", err=True)


def _check(config: Path | None) -> None:
    from bot.check import check

    wrong = None
    for name, found, error in check(os.environ, config):
        click.echo(f"{name}: {'wrong' if error else f'fine ({found})'}")
        if error:
            click.echo(f"kuaizui: error: {error}", err=True)
            wrong = wrong or error
    if wrong:
        raise click.exceptions.Exit(wrong.exit_code)


def _serve(config: Path | None) -> None:
    from bot.logs import set_up_logs
    from bot.settings import read_settings

    settings, token = read_settings(os.environ, config)
    set_up_logs(token)
    os.environ.setdefault("PTB_TIMEDELTA", "1")  # else python-telegram-bot warns of each 429 that it meets
    from bot.app import BotProcess  # after the settings: a mistake in them is told at once

    async def run() -> None:
        await BotProcess(settings, token).run()

    asyncio.run(run())
