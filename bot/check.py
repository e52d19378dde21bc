"""`kuaizui bot --check`: whether the bot could start, without a network."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from bot.answers import ChatReplies
from bot.menu import menu
from bot.models import find_models
from bot.settings import Settings, read_settings, store_path
from bot.store import Store
from bot.texts import all_texts
from bot.token import Token
from nlp.errors import KuaizuiError

Finding = tuple[str, str, KuaizuiError | None]
"""What was looked at, what was found, and what is wrong with it."""


def check(environment: Mapping[str, str], config: Path | None = None) -> Iterator[Finding]:
    """Look at everything, and say of each what was found; without settings there is no more to look at."""
    try:
        settings, token = read_settings(environment, config)
    except KuaizuiError as error:
        yield "settings", "", error
        return
    way = f"webhook at {settings.webhook_url}" if settings.webhook_url else "polling"
    yield "settings", f"bot {token.bot_id}, {way}", None
    for name, look in (("texts", _texts), ("models", _models), ("store", _store)):
        yield _found(name, look, settings, token)


def _found(name: str, look: Callable[[Settings, Token], str], settings: Settings, token: Token) -> Finding:
    try:
        return name, look(settings, token), None
    except KuaizuiError as error:
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
    store = Store(store_path(settings), bot_id=token.bot_id)
    try:
        return f"{store.path}, {store.counts()['waiting']} updates wait"
    finally:
        store.close()
