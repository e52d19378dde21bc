"""People in the chats of the fake: what they write, edit, press, send and choose becomes updates for the bot."""

import time

from tests.bot.fake_telegram.fake_bot_api_errors import forbidden
from tests.bot.fake_telegram.fake_bot_api_messages import Chat
from tests.bot.fake_telegram.fake_bot_api_methods import member
from tests.bot.fake_telegram.fake_bot_api_queries import Query
from tests.bot.fake_telegram.fake_bot_api_rules import utf16_length
from tests.bot.fake_telegram.fake_bot_api_sending import MAX_TEXT, inline_text
from tests.bot.fake_telegram.fake_bot_api_text import entities_of

BLOCKED = forbidden("bot was blocked by the user")
MAX_INLINE_QUERY = 256
LONG_AGO = 1_600_000_000


class Person:
    """A user of Telegram. Writes into the private chat with the bot unless a `Chat` is named."""

    def __init__(self, world, user):
        self.world, self.json = world, user
        own = {name: user[name] for name in ("first_name", "username") if name in user}
        self.chat = world.chats.setdefault(self.id, Chat({"id": self.id, "type": "private", **own}))

    @property
    def id(self):
        """The user id, which is the id of the private chat as well."""
        return self.json["id"]

    @property
    def name(self):
        """How the transcript calls this person."""
        return self.json["first_name"]

    def says(self, text, chat=None, *, reply_to=None, thread=None, forwarded_from=None):
        """Write a text, perhaps as a reply to a `Message`, or forwarded from a `Person`, a channel or a hidden name."""
        if utf16_length(text) > MAX_TEXT:
            raise ValueError(
                f"nobody can send {utf16_length(text)} UTF-16 units in one message; {MAX_TEXT} are the most"
            )
        entities = entities_of(text)
        fields = {"text": text} | ({"entities": entities} if entities else {})
        return self._write(fields, chat, reply_to, thread, forwarded_from)

    def sends_document(
        self, name, content, caption="", chat=None, *, reply_to=None, thread=None, forwarded_from=None, album=""
    ):
        """Send a file of these bytes; those of one `album` go together."""
        fields = {"document": self.world.store_file(name, content).document()} | captioned(caption, album)
        return self._write(fields, chat, reply_to, thread, forwarded_from)

    def sends_photo(self, caption="", chat=None, *, reply_to=None, thread=None, forwarded_from=None, album=""):
        """Send a picture, which is a few bytes that nobody looks at; those of one `album` go together."""
        fields = {"photo": [self.world.store_file("photo.jpg", b"no picture").photo_size()]} | captioned(caption, album)
        return self._write(fields, chat, reply_to, thread, forwarded_from)

    def _write(self, fields, chat, reply_to, thread, forwarded_from):
        chat = chat or self.chat
        if forwarded_from is not None:
            fields = fields | {"forward_origin": origin(forwarded_from)}
        chat.members.add(self.id)
        message = self.world.write(chat, self.json, fields, reply_to=reply_to, thread_id=thread)
        how = "" if forwarded_from is None else " (forwards)"
        self.world.transcript.sent(message, self.name, how if reply_to is None else " (replies)")
        self._tell("message", message)
        return message

    def _tell(self, kind, message):
        chat = self.world.chats[message.chat_id]
        if self.world.reaches_bot(chat, message):
            message.update_id = self.world.updates.add(kind, dict(message.json))

    def edits(self, message, text):
        """Change what was written."""
        name = "text" if "text" in message.json else "caption"
        found = "entities" if name == "text" else "caption_entities"
        message.change(**{name: text, found: entities_of(text) or None, "edit_date": int(time.time())})
        self.world.transcript.sent(message, self.name, " (edits)")
        self._tell("edited_message", message)
        return message

    def presses(self, button):
        """Press a button of an inline keyboard; a copying one copies, and its text is answered."""
        message = button.message
        self.world.transcript.add(message.chat_id, self.name, f"(presses) {button.text}")
        if "copy_text" in button.json:
            return button.json["copy_text"]["text"]
        if button.data is None:
            raise LookupError(f"the button {button.text!r} sends nothing to the bot: {button.json}")
        asked = {"id": self.world.new_query_id(), "from": self.json, "chat_instance": f"instance{message.chat_id}"}
        at = (
            {"inline_message_id": message.inline_message_id}
            if message.inline_message_id
            else {"message": dict(message.json)}
        )
        return self._ask("callback_query", asked | {"data": button.data} | at)

    def asks_inline(self, text, chat_type="sender"):
        """Type @bot and `text` into the message field of some chat; what is too long is cut off, as clients do."""
        while utf16_length(text) > MAX_INLINE_QUERY:
            text = text[:-1]
        self.world.transcript.add(None, self.name, f"@{self.world.bot['username']} {text}")
        asked = {
            "id": self.world.new_query_id(),
            "from": self.json,
            "query": text,
            "offset": "",
            "chat_type": chat_type,
        }
        return self._ask("inline_query", asked)

    def _ask(self, kind, asked):
        query = self.world.queries[asked["id"]] = Query(self.world, asked)
        query.update_id = self.world.updates.add(kind, asked)
        return query

    def chooses(self, query, result_id, chat=None):
        """Send a result of an inline query that the bot has answered."""
        result = next(each for each in query.results if each["id"] == result_id)
        markup = {"reply_markup": result["reply_markup"]} if "reply_markup" in result else {}
        content = inline_text(result["input_message_content"]) | {"via_bot": self.world.bot_user} | markup
        message = self.world.write(chat or self.chat, self.json, content)
        message.inline_message_id = f"inline{query.id}-{result_id}"
        self.world.inline_messages[message.inline_message_id] = message
        self.world.transcript.sent(message, self.name, " (chooses)")
        chosen = {"result_id": result_id, "from": self.json, "query": query.json["query"]}
        self.world.updates.add("chosen_inline_result", chosen | {"inline_message_id": message.inline_message_id})
        self._tell("message", message)
        return message

    def reacts(self, message, *emoji):
        """Put reactions under a message; a bot learns it only where it is an administrator, and if it asked to."""
        chat = self.world.chats[message.chat_id]
        before, now = message.reactions.get(self.id, []), [{"type": "emoji", "emoji": each} for each in emoji]
        message.reactions[self.id] = now
        self.world.transcript.add(chat.id, self.name, f"(reacts) {' '.join(emoji)}")
        if chat.bot_is_admin:
            change = {"chat": chat.json, "message_id": message.id, "user": self.json, "date": int(time.time())}
            self.world.updates.add("message_reaction", change | {"old_reaction": before, "new_reaction": now})

    def blocks(self):
        """Block the bot: what it sends is refused with 403 from now on."""
        self.chat.refusal = (BLOCKED.code, BLOCKED.description)
        self._membership("member", "kicked")

    def unblocks(self):
        """Let the bot write again."""
        self.chat.refusal = None
        self._membership("kicked", "member")

    def _membership(self, before, now):
        self.world.transcript.add(self.id, self.name, "(blocks the bot)" if now == "kicked" else "(unblocks the bot)")
        change = {"chat": self.chat.json, "from": self.json, "date": int(time.time())}
        change |= {"old_chat_member": member(self.world.bot_user, before)}
        self.world.updates.add("my_chat_member", change | {"new_chat_member": member(self.world.bot_user, now)})


def captioned(caption, album=""):
    """`caption` and the album's number as fields of a message, none if they are empty."""
    entities = entities_of(caption)
    return (
        ({"media_group_id": album} if album else {})
        | ({"caption": caption} if caption else {})
        | ({"caption_entities": entities} if entities else {})
    )


def origin(source):
    """The MessageOrigin of a forward from a `Person`, a channel's `Chat`, or a name that hides the account."""
    if isinstance(source, Chat):
        return {"type": "channel", "date": LONG_AGO, "chat": source.json, "message_id": 1}
    if isinstance(source, Person):
        return {"type": "user", "date": LONG_AGO, "sender_user": source.json}
    return {"type": "hidden_user", "date": LONG_AGO, "sender_user_name": source}
