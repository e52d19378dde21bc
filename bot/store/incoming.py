"""An update as Telegram sent it, read for what the store must know of it; lenient, since any JSON must be storable.

Source of the field names: core.telegram.org/bots/api#update
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_LARGEST = 2**63  # SQLite's integers have 64 bits


@dataclass(frozen=True)
class Incoming:
    """What the store knows of an update."""

    update_id: int
    kind: str
    """The field that the update carries, such as "message" or "callback_query"; empty if it carries none."""
    chat_id: int | None
    thread_id: int
    """The topic of a forum; 0 elsewhere, also in a thread of replies, which is no conversation of its own."""
    user_id: int | None
    """Who caused it."""
    raw: str
    """The update as JSON."""


def read_update(raw: object) -> Incoming | None:
    """What the store knows of an update, or None if it has no number by which to know it."""
    if not isinstance(raw, Mapping):
        return None
    update_id = _integer(raw.get("update_id"))
    if update_id is None or update_id < 0:
        return None
    kind = next((str(key) for key in raw if key != "update_id"), "")
    content = _mapping(raw.get(kind))
    # A callback carries the message whose button was pressed; that message's author is the bot.
    message = _mapping(content.get("message")) or content
    return Incoming(
        update_id=update_id,
        kind=storable(kind),
        chat_id=_integer(_mapping(message.get("chat")).get("id")),
        thread_id=(_integer(message.get("message_thread_id")) or 0) if message.get("is_topic_message") is True else 0,
        user_id=_integer(_mapping(content.get("from") or content.get("user")).get("id")),
        raw=json.dumps(raw),  # ASCII, so that a lone surrogate stays what it was
    )


def storable(text: str) -> str:
    """Text that UTF-8 can hold: lone surrogates, which JSON may carry, become question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _integer(value: Any) -> int | None:
    number = isinstance(value, int) and not isinstance(value, bool)
    return value if number and -_LARGEST <= value < _LARGEST else None
