"""Where Telegram delivers updates, if it is to call the bot: a listener that answers once they are stored.

It speaks plain HTTP, for a proxy beside it that speaks HTTPS. PTB's own is not used: it logs what people wrote where it
cannot read it, and refuses it, so that Telegram brings it again and again.
"""

import asyncio
import hmac
import json
import logging

import h11

from bot.arrivals import Arrivals
from bot.listening import Listener, next_event, reason_of
from nlp.errors import ConfigError

SECRET_HEADER = b"x-telegram-bot-api-secret-token"
MOST_BYTES = 2**20
"""Of one update; Telegram's are far smaller."""
_LOGGER = logging.getLogger(__name__)


class Webhook:
    """Takes updates from whoever knows the secret."""

    def __init__(self, arrivals: Arrivals, secret: str) -> None:
        self._arrivals, self._secret = arrivals, secret.encode()
        self._listener = Listener(self._talk)

    async def start(self, host: str, port: int) -> int:
        """Listen, and answer the port (for 0, a free one). Raises: ConfigError where the bot cannot listen there."""
        try:
            return await self._listener.start(host, port)
        except (OSError, UnicodeError) as error:
            raise ConfigError(
                f"webhook_listen = {host!r}, webhook_port = {port}: the bot cannot listen there ({reason_of(error)}). "
                "Choose another port, or an address of this machine."
            ) from None

    @property
    def is_open(self) -> bool:
        """Whether it listens."""
        return self._listener.is_open

    async def stop(self) -> None:
        """Listen no more; what came is stored and answered first."""
        await self._listener.stop()

    async def _talk(
        self, connection: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Requests and answers over one connection."""
        while True:
            request = await next_event(connection, reader)
            if not isinstance(request, h11.Request):
                return
            if connection.they_are_waiting_for_100_continue:
                writer.write(connection.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")
            body = bytearray()
            while isinstance(data := await next_event(connection, reader), h11.Data) and len(body) <= MOST_BYTES:
                body += data.data
            # Once a body is here, stopping must not lose the answer to it.
            status = await asyncio.shield(self._answer(request, bytes(body)))
            headers = [(b"content-length", b"0")]
            writer.write(connection.send(h11.Response(status_code=status, headers=headers)) or b"")
            writer.write(connection.send(h11.EndOfMessage()) or b"")
            await writer.drain()
            if connection.our_state is not h11.DONE or connection.their_state is not h11.DONE:
                return
            connection.start_next_cycle()

    async def _answer(self, request: h11.Request, body: bytes) -> int:
        """Store the update, and answer the status."""
        if request.method != b"POST":
            return 405
        shown = next((value for name, value in request.headers if name == SECRET_HEADER), b"")
        if not hmac.compare_digest(shown, self._secret):
            _LOGGER.warning("a request to the webhook did not show the secret")
            return 403
        if len(body) > MOST_BYTES:
            return 413
        try:
            update = json.loads(body)
        except (ValueError, RecursionError):
            # Refused, it would come again for ever.
            _LOGGER.error("the webhook got %d bytes that are no JSON; they were passed over", len(body))
            return 200
        await self._arrivals.accept([update])
        return 200
