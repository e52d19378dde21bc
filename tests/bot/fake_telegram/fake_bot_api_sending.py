"""Methods that put something into a chat: texts, documents, pictures, copies, and the signs of typing."""

from tests.bot.fake_telegram.fake_bot_api_errors import ApiError, bad_request
from tests.bot.fake_telegram.fake_bot_api_rules import CHAT_ACTIONS, utf16_length
from tests.bot.fake_telegram.fake_bot_api_text import entities_of, read_text

MAX_TEXT, MAX_CAPTION = 4096, 1024
MAX_CALLBACK_BYTES, MAX_COPIED_TEXT = 64, 256
MAX_UPLOAD_BYTES = 50 * 1024 * 1024
BUTTON_LOOKS = {"text", "icon_custom_emoji_id", "style"}


def send_message(world, call):
    """sendMessage."""
    return _send(world, call, text_fields(call)).json


def send_document(world, call):
    """sendDocument: a file sent along, or one that Telegram knows, by its id."""
    return _send(world, call, {"document": _file(world, call, "document").document()} | caption_fields(call)).json


def send_photo(world, call):
    """sendPhoto."""
    return _send(world, call, {"photo": [_file(world, call, "photo").photo_size()]} | caption_fields(call)).json


def send_chat_action(world, call):
    """sendChatAction: remembered among the calls only."""
    world.chat_to_write_in(call.need("chat_id", (int, str)))
    if call.get("action") not in CHAT_ACTIONS:
        raise bad_request("wrong parameter action in request")
    return True


def send_message_draft(world, call):
    """sendMessageDraft: a preview in a private chat, gone by itself."""
    if not world.chat_to_write_in(call.need("chat_id", int)).is_private:
        raise bad_request("drafts can be sent to private chats only")
    if utf16_length(call.get("text", "")) > MAX_TEXT:
        raise bad_request("message is too long")
    return True


def copy_message(world, call):
    """copyMessage: the content of a message again, without its origin."""
    source = _source(world, call)
    fields = {name: source.json[name] for name in CONTENT if name in source.json}
    if "caption" in call.raw:
        fields |= caption_fields(call)
    return {"message_id": _send(world, call, fields).id}


def forward_message(world, call):
    """forwardMessage: the content of a message again, with its origin."""
    source = _source(world, call)
    origin = {"type": "user", "date": source.json["date"], "sender_user": source.json.get("from", world.bot_user)}
    fields = {name: source.json[name] for name in CONTENT if name in source.json}
    return _send(world, call, fields | {"forward_origin": source.json.get("forward_origin", origin)}).json


def delete_message(world, call):
    """deleteMessage."""
    chat = world.chat_to_write_in(call.need("chat_id", (int, str)))
    message = world.message(chat, call.need("message_id", int))
    if message is None:
        raise bad_request("message to delete not found")
    message.deleted = True
    world.transcript.add(chat.id, world.bot["first_name"], f"(deletes) {message.text}")
    world.changes.notify()
    return True


def delete_messages(world, call):
    """deleteMessages: those that are not there are passed over."""
    chat = world.chat_to_write_in(call.need("chat_id", (int, str)))
    for message_id in call.need("message_ids", list):
        if message := world.message(chat, message_id):
            message.deleted = True
    world.changes.notify()
    return True


def set_message_reaction(world, call):
    """setMessageReaction: at most one, as bots without Premium may give."""
    chat = world.chat_to_write_in(call.need("chat_id", (int, str)))
    message = world.message(chat, call.need("message_id", int))
    if message is None:
        raise bad_request("message to react not found")
    message.reactions[world.bot["id"]] = call.get("reaction", [])[:1]
    world.changes.notify()
    return True


CONTENT = ("text", "entities", "document", "photo", "caption", "caption_entities")


def _send(world, call, fields):
    chat = world.chat_to_write_in(call.need("chat_id", (int, str)))
    markup = checked_markup(call.get("reply_markup"))
    if "inline_keyboard" in (markup or {}):
        fields = fields | {"reply_markup": markup}
    reply_to = _replied(world, chat, call.get("reply_parameters"))
    sender = None if chat.json["type"] == "channel" else world.bot_user
    message = world.write(chat, sender, fields, reply_to=reply_to, thread_id=call.get("message_thread_id"))
    message.from_bot = True
    world.transcript.sent(message, world.bot["first_name"])
    world.changes.notify()
    return message


def _replied(world, chat, parameters):
    if not parameters:
        return None
    found = world.message(chat, parameters.get("message_id"))
    if found is None and not parameters.get("allow_sending_without_reply"):
        raise bad_request("message to be replied not found")
    return found


def _source(world, call):
    found = world.message(world.chat(call.need("from_chat_id", (int, str))), call.need("message_id", int))
    if found is None:
        raise bad_request("message to copy not found")
    return found


def _file(world, call, name):
    if upload := call.file(name):
        if len(upload[1]) > MAX_UPLOAD_BYTES:
            raise ApiError(413, "Request Entity Too Large")
        if not upload[1]:
            raise bad_request("file must be non-empty")
        return world.store_file(*upload)
    if call.get(name) in world.files:
        return world.files[call.get(name)]
    raise bad_request(
        "wrong file identifier/HTTP URL specified" if call.get(name) else f"there is no {name} in the request"
    )


def text_fields(call, too_long="message is too long"):
    """`text` and `entities` of a call, checked.

    Raises:
        ApiError: 400 for text that is empty, too long, or marked up wrongly.
    """
    text, entities = read_text(call.get("text", ""), call.get("parse_mode"), call.get("entities"))
    if not text:
        raise bad_request("message text is empty")
    if utf16_length(text) > MAX_TEXT:
        raise bad_request(too_long)
    return {"text": text} | ({"entities": entities} if entities else {})


def caption_fields(call):
    """`caption` and `caption_entities` of a call, checked; none without a caption.

    Raises:
        ApiError: 400 for a caption that is too long or marked up wrongly.
    """
    caption, entities = read_text(call.get("caption", ""), call.get("parse_mode"), call.get("caption_entities"))
    if utf16_length(caption) > MAX_CAPTION:
        raise bad_request("message caption is too long")
    return ({"caption": caption} if caption else {}) | ({"caption_entities": entities} if entities else {})


def checked_markup(markup):
    """An inline keyboard as it was given, None if it has no buttons; other keyboards as they are.

    Raises:
        ApiError: 400 for buttons that Telegram refuses.
    """
    if not markup or "inline_keyboard" not in markup:
        return markup
    for button in (each for row in markup["inline_keyboard"] for each in row):
        if not button.get("text"):
            raise bad_request("can't parse inline keyboard button: Text of the button is empty")
        if len(button.keys() - BUTTON_LOOKS) != 1:
            raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
        if not 1 <= len(button.get("callback_data", "-").encode()) <= MAX_CALLBACK_BYTES:
            raise bad_request("BUTTON_DATA_INVALID")
        if not 1 <= utf16_length(button.get("copy_text", {}).get("text", "-")) <= MAX_COPIED_TEXT:
            raise bad_request("BUTTON_COPY_TEXT_INVALID")
    return markup if any(markup["inline_keyboard"]) else None


def inline_text(content):
    """`text` and `entities` of the content that an inline result writes."""
    text, entities = read_text(content.get("message_text", ""), content.get("parse_mode"), content.get("entities"))
    return {"text": text} | ({"entities": entities or entities_of(text)} if entities else {})
