"""`python -m bot`: the same as `kuaizui bot`."""

import sys

import click

from bot.command import command
from nlp.errors import KuaizuiError

if __name__ == "__main__":
    try:
        command(prog_name="python -m bot")
    except KuaizuiError as error:
        click.echo(f"kuaizui: error: {error}", err=True)
        sys.exit(error.exit_code)
