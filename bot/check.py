"""`kuaizui bot --check`: whether the bot could start, without a network, and without a change on the disk."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from bot.answers import ChatReplies
from bot.menu import menu
from bot.models import find_models
from bot.retraining import find_command
from bot.settings import Settings, read_settings, store_path
from bot.store.inspection import inspect_store, why_not_writable
from bot.texts import all_texts
from bot.token import Token
from nlp.errors import KuaizuiError, UsageError

Finding = tuple[str, str, KuaizuiError | None]
"""What was looked at, what was found, and what is wrong with it."""


def check(environment: Mapping[str, str], config: Path | None = None) -> Iterator[Finding]:
    """Look at everything, and say of each what was found; without settings there is no more to look at.

    No finding shows a token.
    """
    try:
        settings, token = read_settings(environment, config)
    except KuaizuiError as error:
        yield "settings", "", error
        return
    way = f"webhook at {settings.webhook_url}" if settings.webhook_url else "polling"
    yield "settings", token.masked(f"bot {token.bot_id}, {way}"), None
    looks: dict[str, _Look] = {"texts": _texts, "models": _models, "store": _store}
    if settings.retraining_folder or settings.retraining_command != Settings.retraining_command:
        looks["retraining"] = _retraining
    for name, look in looks.items():
        yield _found(name, look, settings, token)


_Look = Callable[[Settings, Token], str]


def _found(name: str, look: _Look, settings: Settings, token: Token) -> Finding:
    try:
        return name, token.masked(look(settings, token)), None
    except KuaizuiError as error:
        error.args = (token.masked(str(error)),)
        return name, "", error


def _texts(_: Settings, __: Token) -> str:
    texts = all_texts()
    return ", ".join(f"{language}: {len(menu(each))} commands" for language, each in texts.items())


def _models(settings: Settings, _: Token) -> str:
    models = find_models(settings)
    models.load_all()
    ChatReplies(models)([("hello",)])
    return ", ".join(
        f"{task} {language}: {generators.name(language)}"
        for task, generators in (("dialogue", models.dialogue), ("headlines", models.headlines))
        for language in generators
    )


def _store(settings: Settings, token: Token) -> str:
    return inspect_store(store_path(settings), token.bot_id)


def _retraining(settings: Settings, _: Token) -> str:
    command = find_command(settings.retraining_command)
    if not settings.retraining_folder:
        return f"{command}, but there is no retraining_folder: off"
    folder = Path(settings.retraining_folder).expanduser()
    if why := why_not_writable(folder):
        raise UsageError(f"retraining_folder = {settings.retraining_folder!r}: {why}")
    return f"{command} in {folder}"
