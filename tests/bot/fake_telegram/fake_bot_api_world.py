"""The state behind the fake Bot API: who there is, what was written, what waits, what the bot has set."""

import itertools
import mimetypes
import time

from tests.bot.fake_telegram.fake_bot_api_changes import Changes
from tests.bot.fake_telegram.fake_bot_api_errors import ApiError, bad_request, forbidden
from tests.bot.fake_telegram.fake_bot_api_messages import Chat, Message, StoredFile
from tests.bot.fake_telegram.fake_bot_api_transcript import Transcript
from tests.bot.fake_telegram.fake_bot_api_updates import Updates

TOKEN = "4200000042:fake-token-of-no-real-bot_0123456789"


class World:
    """All state of one fake server with one bot. Methods of the API and people both act on it."""

    def __init__(self, username="kuaizui_bot", token=TOKEN):
        self.token = token
        self.bot = {
            **{"id": int(token.partition(":")[0]), "is_bot": True, "first_name": "Kuaizui", "username": username},
            **{"can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": True},
        }
        self.changes = Changes()
        self.updates = Updates(self.changes)
        self.transcript = Transcript()
        self.users: dict[int, dict] = {}
        self.chats: dict[int, Chat] = {}
        self.files: dict[str, StoredFile] = {}
        self.queries: dict[str, object] = {}
        self.inline_messages: dict[str, Message] = {}
        self.webhook: dict = {}
        self.settings: dict = {}
        """What the bot has set about itself, by method, scope and language."""
        self._message_ids, self._file_ids, self._query_ids = (itertools.count(start) for start in (1, 1, 7000))

    @property
    def bot_user(self):
        """The User object of the bot as others see it, without what only getMe tells."""
        return {name: self.bot[name] for name in ("id", "is_bot", "first_name", "username")}

    def new_query_id(self):
        """An id that no query had before."""
        return str(next(self._query_ids))

    def store_file(self, name, content, mime_type=None):
        """Keep a file that somebody sent."""
        mime_type = mime_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
        file = StoredFile(f"file{next(self._file_ids)}", name, content, mime_type)
        self.files[file.id] = file
        return file

    def chat(self, chat_id):
        """A chat that exists; LookupError if not."""
        if isinstance(chat_id, str):
            names = {f"@{chat.json.get('username')}": chat for chat in self.chats.values()}
            return names[chat_id]
        return self.chats[chat_id]

    def chat_to_write_in(self, chat_id):
        """The chat that the bot names.

        Raises:
            ApiError: if there is none, or the bot may not write there.
        """
        try:
            chat = self.chat(chat_id)
        except LookupError:
            raise bad_request("chat not found") from None
        if chat.migrated_to:
            what = "Bad Request: group chat was upgraded to a supergroup chat"
            raise ApiError(400, what, {"migrate_to_chat_id": chat.migrated_to})
        if chat.refusal:
            raise ApiError(*chat.refusal)
        if chat.is_private and not chat.messages:
            raise forbidden("bot can't initiate conversation with a user")
        return chat

    def write(self, chat, sender, fields, *, reply_to=None, thread_id=None):
        """Store a message of `sender`, a User object or None in a channel, and answer it."""
        content = {"message_id": next(self._message_ids), "date": int(time.time()), "chat": chat.json}
        content |= {"sender_chat": chat.json} if sender is None else {"from": sender}
        if thread_id is not None:
            content |= {"message_thread_id": thread_id, "is_topic_message": True}
        if reply_to is not None:
            content["reply_to_message"] = reply_to.quoted()
        message = Message(content | fields, from_bot=sender is not None and sender["id"] == self.bot["id"])
        chat.messages[message.id] = message
        self.changes.notify()
        return message

    def message(self, chat, message_id):
        """The message of this id, or None if there is none or it was deleted."""
        found = chat.messages.get(message_id)
        return None if found is None or found.deleted else found

    def reaches_bot(self, chat, message):
        """Whether the bot gets to see a message of a person: in groups, privacy mode hides most."""
        if chat.refusal:
            return False
        if chat.json["type"] in ("private", "channel") or chat.bot_is_admin or self.bot["can_read_all_group_messages"]:
            return True
        if message.json.get("reply_to_message", {}).get("from", {}).get("id") == self.bot["id"]:
            return True
        return "via_bot" in message.json or addresses(message, self.bot["username"])


def addresses(message, username):
    """Whether a message mentions @`username` or holds a command that is not for another bot."""
    entities = message.json.get("entities", message.json.get("caption_entities", []))
    units = message.text.encode("utf-16-le")
    for entity in entities:
        start = 2 * entity["offset"]
        name = units[start : start + 2 * entity["length"]].decode("utf-16-le").lower()
        command, _, receiver = name.partition("@")
        if entity["type"] == "bot_command" and receiver in ("", username.lower()):
            return True
        if entity["type"] == "mention" and not command and receiver == username.lower():
            return True
    return False
