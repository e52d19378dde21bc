"""Updates as Telegram sends them, and a store's files, for tests of the store and of what fills it."""

import contextlib
from unittest.mock import patch

from bot.store import Exchange, database

DAY = 86_400
"""In seconds."""
_PAGE_BYTES = 4096


@contextlib.contextmanager
def without_flushing():
    """Stores opened within this do not wait for the disk; only a power cut would show the difference."""
    quick = tuple(pragma.replace("FULL", "OFF") for pragma in database._PRAGMAS)
    assert quick != database._PRAGMAS
    with patch.object(database, "_PRAGMAS", quick):
        yield


def message(update_id, text="hello", chat=7, user=7, **more):
    """A message of a person in a private chat (or in the group `chat`), as raw JSON."""
    return {
        "update_id": update_id,
        "message": {
            "message_id": update_id + 1000,
            "date": 1_700_000_000,
            "chat": {"id": chat, "type": "private" if chat == user else "supergroup", "first_name": "Ada"},
            "from": {"id": user, "is_bot": False, "first_name": "Ada"},
            "text": text,
            **more,
        },
    }


def press(update_id, user=7, chat=7):
    """A pressed button under a message of the bot, as raw JSON."""
    return {
        "update_id": update_id,
        "callback_query": {
            "id": str(update_id),
            "from": {"id": user, "is_bot": False, "first_name": "Ada"},
            "chat_instance": "1",
            "data": "style:playful",
            "message": {
                **message(update_id, chat=chat, user=user)["message"],
                "from": {"id": 99, "is_bot": True, "first_name": "Kuaizui"},
            },
        },
    }


def exchange(message_id=1001, text="hello", reply="hi there", chat=7, user=7, **more):
    """What was said about one message."""
    return Exchange(chat_id=chat, message_id=message_id, text=text, reply=reply, user_id=user, **more)


def bytes_on_disk(store):
    """All that lies in the folder of a store."""
    return b"".join(path.read_bytes() for path in store.path.parent.iterdir())


def overwrite(path, start, data):
    """Put other bytes into a file, from `start` on."""
    with path.open("r+b") as file:
        file.seek(start)
        file.write(data)


def damage_a_page(path):
    """Spoil a page in the middle of a store's file."""
    overwrite(path, path.stat().st_size // 2 // _PAGE_BYTES * _PAGE_BYTES, b"\xa5" * _PAGE_BYTES)


class Clock:
    """A clock that stands still until it is moved; Unix seconds."""

    def __init__(self):
        self.now = 1_700_000_000.0

    def __call__(self):
        return self.now
