"""The menu of commands that Telegram shows beside the field to write in."""

from telegram import Bot, BotCommand

from bot.texts import Texts, all_texts

COMMANDS = ("headline", "why", "arena", "settings", "reset", "help", "privacy", "export", "forget", "start")
"""In the order of the menu; what is for admins is not shown."""


def menu(texts: Texts) -> list[BotCommand]:
    """The commands with what stands beside them."""
    return [BotCommand(name, getattr(texts, f"command_{name}")) for name in COMMANDS]


async def set_menu(bot: Bot) -> None:
    """Give Telegram the menu: in English for everybody, and in the other languages for those who use them.

    Raises: TelegramError.
    """
    languages = all_texts()
    await bot.set_my_commands(menu(languages["en"]))
    for language, texts in languages.items():
        await bot.set_my_commands(menu(texts), language_code=language)
