"""The HTTP requests of the bot: commands have connections of their own, so that they never queue behind replies."""

import asyncio
from typing import Any

from telegram.request import HTTPXRequest, RequestData

from bot.pacing import current_lane
from bot.turns import Lane

REPLY_CONNECTIONS, COMMAND_CONNECTIONS = 24, 8
"""Ample for what Telegram allows, 30 messages a second. httpcore looks at every connection for every request that waits
in its pool: 256 took a third of the processor's time under load. So there are few, and requests wait outside."""


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
        """Make the request. Raises: NetworkError, as the library does."""
        if current_lane() is Lane.COMMAND:
            async with self._command_room:
                return await self._for_commands.do_request(url, method, request_data, *timeouts, **named)
        async with self._reply_room:
            return await super().do_request(url, method, request_data, *timeouts, **named)
