"""A port for plain HTTP: each connection has its talk, and no end of one, however it comes, harms another."""

import asyncio
import contextlib

import h11
import pytest

from bot import listening
from bot.listening import Listener, next_event


class Talks:
    """Reads requests to their end, and notes how each talk ended."""

    def __init__(self):
        self.ends, self.begun = [], asyncio.Event()

    async def talk(self, connection, reader, writer):
        self.begun.set()
        try:
            while not isinstance(await next_event(connection, reader), h11.EndOfMessage):
                pass
        except BaseException as error:
            self.ends.append(type(error))
            raise
        self.ends.append(None)


def listening_to(test):
    """Run a coroutine function of a listener, its talks and a way to connect; nothing may be left to the loop."""

    def run():
        async def scene():
            unhandled = []
            asyncio.get_running_loop().set_exception_handler(lambda _, context: unhandled.append(context))
            talks = Talks()
            listener = Listener(talks.talk)
            port = await listener.start("127.0.0.1", 0)
            try:
                await test(listener, talks, lambda: asyncio.open_connection("127.0.0.1", port))
            finally:
                await listener.stop()
            assert unhandled == []

        asyncio.run(scene())

    return run


async def said(connect, words, *, hangs_up=False):
    """Say something over a new connection, and read until it is closed."""
    reader, writer = await connect()
    writer.write(words)
    if hangs_up:
        writer.write_eof()
    answer = await asyncio.wait_for(reader.read(), 30)
    writer.close()
    return answer


@listening_to
async def test_a_talk_that_ends_closes_its_connection(listener, talks, connect):
    assert await said(connect, b"GET / HTTP/1.1\r\nhost: here\r\n\r\n") == b""
    assert talks.ends == [None]


@listening_to
async def test_who_speaks_no_http_or_hangs_up_ends_their_own_talk_alone(listener, talks, connect):
    assert await said(connect, b"hello there\r\n\r\n") == b""
    assert await said(connect, b"POST / HTTP/1.1\r\ncontent-le", hangs_up=True) == b""
    assert talks.ends == [h11.RemoteProtocolError] * 2 and listener.is_open
    assert await said(connect, b"GET / HTTP/1.1\r\nhost: here\r\n\r\n") == b""
    assert talks.ends[2:] == [None]


def test_who_falls_silent_is_hung_up_on(monkeypatch):
    monkeypatch.setattr(listening, "IDLE_SECONDS", 0.01)

    @listening_to
    async def scene(listener, talks, connect):
        assert await said(connect, b"GET / HTTP/1.1\r\n") == b""
        assert talks.ends == [TimeoutError]

    scene()


@listening_to
async def test_stopping_breaks_off_what_is_under_way_and_lets_nobody_in(listener, talks, connect):
    reader, writer = await connect()
    await talks.begun.wait()
    await listener.stop()
    assert talks.ends == [asyncio.CancelledError] and not listener.is_open
    with contextlib.suppress(ConnectionResetError):
        assert await asyncio.wait_for(reader.read(), 30) == b""
    writer.close()
    with pytest.raises(OSError):
        await connect()


def test_one_that_never_listened_is_not_open_and_can_be_stopped():
    async def scene():
        listener = Listener(Talks().talk)
        assert not listener.is_open
        await listener.stop()

    asyncio.run(scene())
