"""A port that speaks plain HTTP, for whoever calls the bot: Telegram's webhook, and what watches over the process."""

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable

import h11

IDLE_SECONDS = 300.0
"""Who says nothing for so long is hung up on."""
_READ_BYTES = 2**16

Talk = Callable[[h11.Connection, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
"""Requests and answers over one connection, which is closed when this returns. The other side may go away, fall silent
or speak no HTTP at any moment: the errors that this brings need not be caught."""


class Listener:
    """Takes connections, and has a talk over each of them."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self, host: str, port: int) -> int:
        """Listen, and answer the port (for 0, a free one).

        Raises:
            OSError: there is no such host here, or the port is taken.
            UnicodeError: the host cannot be the name of one.
        """
        self._server = await asyncio.start_server(self._accept, host, port)
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def is_open(self) -> bool:
        """Whether it listens."""
        return self._server is not None and self._server.is_serving()

    async def stop(self) -> None:
        """Listen no more, and break off what is under way; nothing happens where it never listened."""
        if self._server is not None:
            self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A task of its own: where `start_server` makes it, Python 3.11 logs an error when it is cancelled.
        task = asyncio.create_task(self._serve(reader, writer))
        self._connections.add(task)
        task.add_done_callback(lambda _: self._close(task, writer))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # The other side may go away, or speak no HTTP.
        with contextlib.suppress(OSError, TimeoutError, h11.RemoteProtocolError):
            await self._talk(h11.Connection(h11.SERVER), reader, writer)

    def _close(self, task: "asyncio.Task[None]", writer: asyncio.StreamWriter) -> None:
        self._connections.discard(task)
        with contextlib.suppress(OSError):
            writer.close()


async def next_event(connection: h11.Connection, reader: asyncio.StreamReader) -> object:
    """The next part of a request. Raises: TimeoutError if none comes for long; h11.RemoteProtocolError; OSError."""
    while (event := connection.next_event()) is h11.NEED_DATA:
        async with asyncio.timeout(IDLE_SECONDS):
            connection.receive_data(await reader.read(_READ_BYTES))
    return event


def reason_of(error: OSError | UnicodeError) -> str:
    """Why a port cannot be listened on, in the system's words."""
    if isinstance(error, UnicodeError):
        return "this is no name of a host"
    # asyncio words some of these itself; for names that are not known, the number is none of the system's.
    known = error.errno is not None and error.errno > 0
    return os.strerror(error.errno or 0) if known else error.strerror or str(error)
