"""Where an update comes from: chat, thread and person; and which command it gives."""

from dataclasses import dataclass

from telegram import Message, MessageEntity, Update


@dataclass(frozen=True)
class Place:
    """Where an update comes from, as far as it says."""

    chat: int | None = None
    thread: int | None = None
    """The forum topic; the reply threads of ordinary groups do not count."""
    person: int | None = None
    """The user; None where nobody speaks, or somebody in the name of a chat: Telegram shows one user for all those."""


def place_of(update: object) -> Place:
    """Where an update comes from; nowhere, if it is none of Telegram's."""
    if not isinstance(update, Update):
        return Place()
    chat, person = update.effective_chat, update.effective_user
    message = _message_of(update)
    thread = message.message_thread_id if message and message.is_topic_message else None
    if message and message.sender_chat and not update.callback_query:
        person = None
    return Place(chat.id if chat else None, thread, person.id if person else None)


def command_of(update: object) -> str:
    """The command that a message begins with, in lower case, without "/" and "@botname"; empty if there is none."""
    message = _message_of(update) if isinstance(update, Update) and not update.callback_query else None
    return typed_command(message)[1:].partition("@")[0].lower() if message else ""


def typed_command(message: Message) -> str:
    """The command with which a message begins, or what stands under its picture or file, as typed; empty without."""
    text = message.text or message.caption or ""
    for entity in (*message.entities, *message.caption_entities):
        if entity.type == MessageEntity.BOT_COMMAND and entity.offset == 0:
            return text[: entity.length]
    return ""


def _message_of(update: Update) -> Message | None:
    """The update's message. For a button on one that is out of reach, `effective_message` would warn: there is none."""
    if update.callback_query:
        message = update.callback_query.message
        return message if isinstance(message, Message) else None
    return update.effective_message
