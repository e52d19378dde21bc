"""The port on which machines ask how the bot fares: `/healthz` for those that restart it, `/metrics` for Prometheus.

It is off by default, and bound to loopback: it tells no secrets, and it is nobody else's business all the same.
"""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING

import h11

from bot.listening import Listener, next_event, reason_of
from bot.store import Store, StoreError
from bot.store.background import BackgroundStore
from nlp.errors import UsageError

if TYPE_CHECKING:
    from bot.metrics import Metrics

HOST = "127.0.0.1"
PATIENCE_SECONDS = 5.0
"""A store that does not answer for so long counts as dead."""
_TEXT = "text/plain; charset=utf-8"

Answer = tuple[HTTPStatus, str, bytes]
"""Status, type of content, content."""


def write_sign_of_life(store: Store) -> None:
    """Write something, since a full disk can still be read. Raises: StoreError."""
    with store.transaction() as connection:
        connection.execute(
            "INSERT INTO meta VALUES ('checked_at', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (f"{store.clock():.0f}",),
        )


class Health:
    """Answers on a port; with port 0 there is none, and `start` and `stop` do nothing."""

    def __init__(
        self, port: int, store: BackgroundStore, takes_updates: Callable[[], bool], metrics: "Callable[[], Metrics]"
    ) -> None:
        """`takes_updates` says whether updates still get in; `metrics` is called if there is a port."""
        self._port, self._store, self._takes_updates, self._metrics = port, store, takes_updates, metrics
        self._told: Metrics | None = None
        self._checking = asyncio.Lock()
        self._listener = Listener(self._talk)

    async def start(self) -> None:
        """Listen, if there is a port. Raises: UsageError where that is taken."""
        if not self._port:
            return
        self._told = self._metrics()
        try:
            await self._listener.start(HOST, self._port)
        except OSError as error:
            raise UsageError(
                f"metrics_port = {self._port}: the bot cannot listen there ({reason_of(error)}). Choose another."
            ) from None

    async def stop(self) -> None:
        """Listen no more."""
        await self._listener.stop()

    async def _talk(
        self, connection: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """One request, and its answer; who wants to know more connects again."""
        request = await next_event(connection, reader)
        if not isinstance(request, h11.Request):
            return
        status, kind, content = await self._answer(request)
        length = str(len(content))
        headers = [("content-type", kind), ("content-length", length), ("connection", "close")]
        writer.write(connection.send(h11.Response(status_code=status, headers=headers)) or b"")
        body = b"" if request.method == b"HEAD" else content
        writer.write(connection.send(h11.Data(data=body)) or b"")
        writer.write(connection.send(h11.EndOfMessage()) or b"")
        await writer.drain()

    async def _answer(self, request: h11.Request) -> Answer:
        path = request.target.partition(b"?")[0]
        if request.method not in (b"GET", b"HEAD"):
            return HTTPStatus.METHOD_NOT_ALLOWED, _TEXT, b"only GET\n"
        if path == b"/healthz":
            dead = await self._dead_parts()
            told = "".join(f"{part}\n" for part in dead) or "fine\n"
            return HTTPStatus.SERVICE_UNAVAILABLE if dead else HTTPStatus.OK, _TEXT, told.encode()
        if path == b"/metrics" and self._told is not None:
            from bot.metrics import CONTENT_TYPE

            return HTTPStatus.OK, CONTENT_TYPE, self._told.text()
        return HTTPStatus.NOT_FOUND, _TEXT, b"there are /healthz and /metrics\n"

    async def _dead_parts(self) -> list[str]:
        """What does not work, in words."""
        dead = [] if self._takes_updates() else ["poller: no updates are taken in any more"]
        try:
            async with asyncio.timeout(PATIENCE_SECONDS), self._checking:
                await self._store.run(write_sign_of_life)
        except StoreError:
            dead.append("store: cannot be written; the log says why")
        except TimeoutError:
            dead.append(f"store: no answer within {PATIENCE_SECONDS:g} seconds")
        return dead
