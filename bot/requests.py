"""The HTTP requests of the bot: commands have connections of their own, so that they never queue behind replies.

An answer that is none of the Bot API's (a page of some proxy, half of a JSON object) never gets to python-telegram-bot,
which would log it, with all that people wrote.
"""

import asyncio
import json
import logging
from typing import Any

from telegram.error import NetworkError, TimedOut
from telegram.request import HTTPXRequest, RequestData

from bot.pacing import current_lane
from bot.turns import Lane

REPLY_CONNECTIONS, COMMAND_CONNECTIONS = 24, 8
"""Ample for what Telegram allows, 30 messages a second. httpcore looks at every connection for every request that waits
in its pool: 256 took a third of the processor's time under load. So there are few, and requests wait outside."""
SENDING = ("send", "copy", "forward")
"""How methods begin that say something again when they are repeated; repeating others does no harm."""
_LOGGER = logging.getLogger(__name__)


class LanedRequest(HTTPXRequest):
    """Sends what answers a command over connections that replies cannot take."""

    def __init__(self, **settings: Any) -> None:
        """`settings` are those of `telegram.request.HTTPXRequest`, but for the number of connections."""
        super().__init__(connection_pool_size=REPLY_CONNECTIONS, **settings)
        self._for_commands = HTTPXRequest(connection_pool_size=COMMAND_CONNECTIONS, **settings)
        self._reply_room = asyncio.Semaphore(REPLY_CONNECTIONS)
        self._command_room = asyncio.Semaphore(COMMAND_CONNECTIONS)

    async def initialize(self) -> None:
        """Open both."""
        await super().initialize()
        await self._for_commands.initialize()

    async def shutdown(self) -> None:
        """Close both."""
        await super().shutdown()
        await self._for_commands.shutdown()

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *timeouts: Any, **named: Any
    ) -> tuple[int, bytes]:
        """Make the request. Raises: NetworkError, as the library does, and where the answer cannot be read; TimedOut
        where that was to something that was sent, for it may have been."""
        if current_lane() is Lane.COMMAND:
            async with self._command_room:
                status, payload = await self._for_commands.do_request(url, method, request_data, *timeouts, **named)
        else:
            async with self._reply_room:
                status, payload = await super().do_request(url, method, request_data, *timeouts, **named)
        if not is_success(status):
            return status, readable_refusal(payload)
        if method == "POST":  # GET fetches a file
            _see_to_answer(url.rpartition("/")[2], payload)
        return status, payload


def is_success(status: int) -> bool:
    """Whether python-telegram-bot takes the payload for an answer, and not for a refusal."""
    return 200 <= status < 300


def readable_refusal(payload: bytes) -> bytes:
    """The payload of a refusal, or one without words where the library could not read it."""
    return b"{}" if _object(payload) is None else payload


def _see_to_answer(endpoint: str, payload: bytes) -> None:
    if "result" in (_object(payload) or {}):
        return
    said = f"the answer to {endpoint} cannot be read ({len(payload)} bytes)"
    _LOGGER.warning("%s", said)
    raise TimedOut(said) if endpoint.startswith(SENDING) else NetworkError(said)


def _object(payload: bytes) -> dict[str, Any] | None:
    """The JSON object of a payload, decoded as the library does it; None where there is none."""
    try:
        found = json.loads(payload.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
