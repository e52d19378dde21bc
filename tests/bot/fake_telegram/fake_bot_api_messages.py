"""What the fake remembers of users, chats, messages and files, each with the JSON object that Telegram shows of it."""

from dataclasses import dataclass, field


@dataclass
class Button:
    """A button of an inline keyboard under `message`, as a person sees it."""

    message: "Message"
    json: dict

    @property
    def text(self):
        """What stands on it."""
        return self.json["text"]

    @property
    def data(self):
        """The callback data, None for a button of another kind."""
        return self.json.get("callback_data")


@dataclass
class Message:
    """A message of the fake, of a person or of the bot, in its present version."""

    json: dict
    from_bot: bool = False
    versions: list[dict] = field(default_factory=list)
    """Its JSON before each edit, oldest first."""
    deleted: bool = False
    inline_message_id: str | None = None
    """How the bot names it if a person sent it through an inline query."""
    reactions: dict = field(default_factory=dict)
    """Reactions by the id of the user who gave them."""

    @property
    def id(self):
        """The message_id."""
        return self.json["message_id"]

    @property
    def chat_id(self):
        """Of the chat that it stands in."""
        return self.json["chat"]["id"]

    @property
    def thread_id(self):
        """Of the topic that it stands in, or None."""
        return self.json.get("message_thread_id")

    @property
    def text(self):
        """The text, or the caption of a photo or document, or ""."""
        return self.json.get("text", self.json.get("caption", ""))

    @property
    def reply_to(self):
        """The id of the message that this one answers, or None."""
        return self.json.get("reply_to_message", {}).get("message_id")

    @property
    def rows(self):
        """Rows of `Button`, none if there is no inline keyboard."""
        keyboard = self.json.get("reply_markup", {}).get("inline_keyboard", [])
        return [[Button(self, each) for each in row] for row in keyboard]

    @property
    def buttons(self):
        """All buttons in one list."""
        return [button for row in self.rows for button in row]

    def button(self, name):
        """The button of this text or callback data; LookupError, naming those there are, if there is none."""
        for button in self.buttons:
            if name in (button.text, button.data):
                return button
        raise LookupError(f"no button {name!r} under {self.text!r}; there are {[each.text for each in self.buttons]}")

    @property
    def file_id(self):
        """Of the document or the largest size of the photo, or None."""
        if "document" in self.json:
            return self.json["document"]["file_id"]
        return self.json["photo"][-1]["file_id"] if "photo" in self.json else None

    def quoted(self):
        """The JSON that a message which replies to this one carries: without what this one replied to."""
        return {name: value for name, value in self.json.items() if name != "reply_to_message"}

    def change(self, **new):
        """Put new fields in the place of old ones; None takes a field away."""
        self.versions.append(dict(self.json))
        for name, value in new.items():
            self.json.pop(name, None)
            if value is not None:
                self.json[name] = value


@dataclass
class Chat:
    """A chat that the bot may be in, and why it is refused there, if it is."""

    json: dict
    messages: dict[int, Message] = field(default_factory=dict)
    members: set[int] = field(default_factory=set)
    bot_is_admin: bool = False
    refusal: tuple[int, str] | None = None
    """(status, description) of the answer to whatever the bot sends here."""
    migrated_to: int | None = None

    @property
    def id(self):
        """The chat_id."""
        return self.json["id"]

    @property
    def is_private(self):
        """Whether this is a talk with one person."""
        return self.json["type"] == "private"

    @property
    def from_the_bot(self):
        """Messages of the bot that stand here, oldest first."""
        return [each for each in self.messages.values() if each.from_bot and not each.deleted]


@dataclass(frozen=True)
class StoredFile:
    """A file that somebody sent, as `getFile` finds it."""

    id: str
    name: str
    content: bytes
    mime_type: str

    @property
    def path(self):
        """Under which it can be downloaded."""
        return f"documents/{self.id}/{self.name}"

    @property
    def unique_id(self):
        """The same for every bot and for ever, which the id itself is not."""
        return f"unique{self.id}"

    def document(self):
        """The Document object."""
        named = {"file_name": self.name, "mime_type": self.mime_type}
        return {"file_id": self.id, "file_unique_id": self.unique_id, "file_size": len(self.content), **named}

    def photo_size(self):
        """The PhotoSize object; the picture is not looked at."""
        size = {"width": 640, "height": 480, "file_size": len(self.content)}
        return {"file_id": self.id, "file_unique_id": self.unique_id, **size}
