"""What happened in the chats of the fake, as text for the documentation and for failing tests."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """Something that was done: `who` did `what` in the chat `chat_id` (None outside of any)."""

    chat_id: int | None
    who: str
    what: str


class Transcript:
    """Lines in the order in which things happened."""

    def __init__(self):
        self.lines: list[Line] = []

    def add(self, chat_id, who, what):
        """Note that `who` did `what`."""
        self.lines.append(Line(chat_id, who, what))

    def sent(self, message, who, how=""):
        """Note a message, with its file and its buttons."""
        self.add(message.chat_id, f"{who}{how}", described(message))

    def text(self, chat_id=None):
        """All lines, or those of one chat: the speaker, then what was said, further lines of it indented."""
        wanted = [line for line in self.lines if chat_id is None or line.chat_id == chat_id]
        return "".join(f"{line.who}: " + line.what.replace("\n", "\n    ") + "\n" for line in wanted)


def described(message):
    """Text, file and buttons of a message on as many lines as they need."""
    parts = []
    if "document" in message.json:
        document = message.json["document"]
        parts.append(f"[document {document['file_name']}, {document['file_size']} bytes]")
    if "photo" in message.json:
        parts.append("[photo]")
    if message.text:
        parts.append(message.text)
    parts += [" ".join(f"[{button.text}]" for button in row) for row in message.rows]
    return "\n".join(parts)
