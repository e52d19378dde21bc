"""Methods that change a message of the bot in place."""

import time

from tests.bot.fake_telegram.fake_bot_api_errors import NOT_MODIFIED, bad_request
from tests.bot.fake_telegram.fake_bot_api_sending import caption_fields, checked_markup, text_fields


def edit_message_text(world, call):
    """editMessageText: without a keyboard of its own, the old one goes."""
    message = _target(world, call)
    if "text" not in message.json:
        raise bad_request("there is no text in the message to edit")
    return _change(world, call, message, {"entities": None} | text_fields(call, "MESSAGE_TOO_LONG"))


def edit_message_caption(world, call):
    """editMessageCaption."""
    message = _target(world, call)
    if message.file_id is None:
        raise bad_request("there is no caption in the message to edit")
    return _change(world, call, message, {"caption": None, "caption_entities": None} | caption_fields(call))


def edit_message_reply_markup(world, call):
    """editMessageReplyMarkup: the keyboard alone."""
    return _change(world, call, _target(world, call), {})


def _target(world, call):
    if inline_id := call.get("inline_message_id"):
        if inline_id not in world.inline_messages:
            raise bad_request("MESSAGE_ID_INVALID")
        return world.inline_messages[inline_id]
    chat = world.chat_to_write_in(call.need("chat_id", (int, str)))
    message = world.message(chat, call.need("message_id", int))
    if message is None:
        raise bad_request("message to edit not found")
    if not message.from_bot:
        raise bad_request("message can't be edited")
    return message


def _change(world, call, message, fields):
    fields = fields | {"reply_markup": checked_markup(call.get("reply_markup"))}
    if all(message.json.get(name) == value for name, value in fields.items()):
        raise bad_request(NOT_MODIFIED)
    message.change(**fields, edit_date=int(time.time()))
    world.transcript.sent(message, world.bot["first_name"], " (edits)")
    world.changes.notify()
    return True if message.inline_message_id else message.json
