"""Pictures or files that were sent together: Telegram delivers each as a message of its own, and one has the text."""

import asyncio
from collections import OrderedDict

from telegram import Message

PAUSE_SECONDS = 0.7
"""For the part with the text to arrive, too; Telegram sends the parts together, as far as they fit into one answer."""
MOST_KEPT = 1000


class Albums:
    """The albums of late, so that what is true of each part is said once at most. To be used from one event loop."""

    def __init__(self, pause_seconds: float = PAUSE_SECONDS) -> None:
        self._pause_seconds = pause_seconds
        self._spoken_of: OrderedDict[tuple[int, str], None] = OrderedDict()

    def note(self, message: Message) -> None:
        """A part of an album has a text that is going to be answered: no more is to be said about the other parts."""
        if message.media_group_id:
            self._claim(message)

    async def may_speak(self, message: Message) -> bool:
        """Whether something may be said about a message that has nothing to read: of an album once, and only where no
        part has a text; always about what is in no album."""
        if not message.media_group_id:
            return True
        await asyncio.sleep(self._pause_seconds)
        return self._claim(message)

    def _claim(self, message: Message) -> bool:
        key = (message.chat.id, message.media_group_id or "")
        if key in self._spoken_of:
            return False
        self._spoken_of[key] = None
        if len(self._spoken_of) > MOST_KEPT:
            self._spoken_of.popitem(last=False)
        return True
