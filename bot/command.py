"""`kuaizui bot`: the Telegram bot."""

import asyncio
import os
from pathlib import Path

import click

from bot.settings import CONFIG_VARIABLE, PREFIX, TOKEN_VARIABLE


@click.command(
    "bot",
    epilog=f"The token is in {TOKEN_VARIABLE}, or in the file that token_file names; all else is in the environment "
    f"({PREFIX}...) or in a TOML file.",
)
@click.option("--check", "only_check", is_flag=True, help="Look at settings, models and store, and stop. No network.")
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=f"Settings in TOML. Default: the file that {CONFIG_VARIABLE} names, if any.",
)
def command(only_check: bool, config: Path | None) -> None:
    """Chat and write headlines on Telegram, until SIGTERM or Ctrl-C."""
    if only_check:
        _check(config)
    else:
        _serve(config)


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
