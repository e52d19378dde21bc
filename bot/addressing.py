"""Whether a message is for the bot, and what of it is meant to be read."""

import re

from telegram import Bot, Message, MessageEntity
from telegram.constants import ChatType

from bot.places import typed_command


def text_of(message: Message) -> str:
    """What a message says: its text, or what stands under its picture or file."""
    return message.text or message.caption or ""


def is_private(message: Message) -> bool:
    """Whether this is a talk with one person."""
    return message.chat.type == ChatType.PRIVATE


def is_of_bot(message: Message) -> bool:
    """Whether a bot wrote a message: if two of them answered each other, they would not come to an end.

    Who speaks in the name of a chat has a bot for a sender, too: Telegram puts one there.
    """
    return message.from_user is not None and message.from_user.is_bot and message.sender_chat is None


def is_for_bot(message: Message, bot: Bot) -> bool:
    """Whether the bot is spoken to: in groups by a command, a mention or a reply to it; in private unless a command
    names another bot. What it wrote itself, and somebody chose inline, is nowhere for it."""
    if message.via_bot and message.via_bot.id == bot.id:
        return False
    receiver = _receiver_of_command(message)
    if receiver is not None:
        return receiver in ("", _name_of(bot))
    if is_private(message):
        return True
    if message.chat.type == ChatType.CHANNEL or message.via_bot:
        return False
    replied = message.reply_to_message
    if replied is not None and replied.from_user is not None and replied.from_user.id == bot.id:
        return True
    return any(_mentions(message, entity, bot) for entity in (*message.entities, *message.caption_entities))


def words_for_bot(message: Message, bot: Bot) -> str:
    """What the person says to the bot: without the command, or without the mention that only calls it."""
    text = text_of(message)
    if _receiver_of_command(message) is not None:
        return "".join(re.split(r"\s+", text, maxsplit=1)[1:]).strip()
    if not (name := _name_of(bot)):
        return text.strip()
    return re.sub(rf"\s*@{re.escape(name)}\b\s*[,:，：]?", " ", text, flags=re.IGNORECASE).strip()


def _receiver_of_command(message: Message) -> str | None:
    """The bot that a command names, "" where it names none; None where the message gives no command."""
    command = typed_command(message)
    return command.partition("@")[2].lower() if command else None


def _mentions(message: Message, entity: MessageEntity, bot: Bot) -> bool:
    if entity.type == MessageEntity.TEXT_MENTION:
        return entity.user is not None and entity.user.id == bot.id
    if entity.type != MessageEntity.MENTION:
        return False
    named = message.parse_entity(entity) if message.text else message.parse_caption_entity(entity)
    return bool(_name_of(bot)) and named.lower() == f"@{_name_of(bot)}"


def _name_of(bot: Bot) -> str:
    """The bot's user name in small letters; "" where it has none, which Telegram's documents allow."""
    return (bot.username or "").lower()
