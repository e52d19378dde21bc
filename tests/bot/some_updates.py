"""Updates as Telegram sends them, for tests that need no server."""

from telegram import Update


def message_json(text="hello", chat=1, person=1, number=1, **more):
    kind = "private" if chat > 0 else "supergroup"
    sender = {"id": person, "is_bot": False, "first_name": "Ada"}
    commands = [{"type": "bot_command", "offset": 0, "length": len(text.split()[0])}] if text.startswith("/") else []
    content = {"message_id": number, "date": 0, "text": text, "entities": commands, "from": sender}
    return {**content, "chat": {"id": chat, "type": kind}, **more}


def update_of(content, kind="message", number=1, bot=None):
    return Update.de_json({"update_id": number, kind: content}, bot)


def message(text="hello", chat=1, person=1, number=1, bot=None, **more):
    """The update that brings this message."""
    return update_of(message_json(text, chat, person, number, **more), number=number, bot=bot)


def button(chat=1, person=1, on=None):
    """The update that brings the press of a button on a message."""
    presser = {"id": person, "is_bot": False, "first_name": "Ada"}
    pressed = {"id": "7", "from": presser, "chat_instance": "1", "data": "x"}
    return update_of({**pressed, "message": on or message_json("choose", chat, person=999)}, "callback_query")
