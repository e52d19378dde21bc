"""Commands have connections of their own."""

import asyncio

import httpx
import pytest
from telegram.error import NetworkError, TelegramError, TimedOut

from bot.pacing import sending_in
from bot.requests import COMMAND_CONNECTIONS, REPLY_CONNECTIONS, LanedRequest
from bot.turns import Lane

ANSWER = b'{"result": true}'


class SlowServer(httpx.AsyncBaseTransport):
    """Answers once it may, and says how many requests wait for that."""

    def __init__(self):
        self.waiting, self.may = 0, asyncio.Event()

    async def handle_async_request(self, request):
        self.waiting += 1
        await self.may.wait()
        return httpx.Response(200, content=ANSWER)


@pytest.mark.parametrize("lane", [Lane.REPLY, Lane.COMMAND])
def test_each_lane_opens_its_connections_with_the_request_and_closes_them(lane):
    async def scene():
        server = SlowServer()
        server.may.set()
        request = LanedRequest(httpx_kwargs={"transport": server})
        await request.initialize()
        with sending_in(lane):
            assert await request.do_request("http://telegram.invalid/x", "POST") == (200, ANSWER)
            await request.shutdown()
            with pytest.raises(RuntimeError):
                await request.do_request("http://telegram.invalid/x", "POST")

    asyncio.run(scene())


BROKEN = (
    b"<html>private words</html>",
    b'{"ok": true, "result": {"text": "private wo',
    b'["private words"]',
    b"",
    b"{}",
)
UNREADABLE = BROKEN[:2]


def answered(path, status, content, method="POST"):
    """What comes of a request that is answered so."""

    async def scene():
        transport = httpx.MockTransport(lambda _: httpx.Response(status, content=content))
        async with LanedRequest(httpx_kwargs={"transport": transport}) as request:
            url = f"http://telegram.invalid/bot42:x/{path}"
            return await (request.post(url) if method == "POST" else request.retrieve(url))

    return asyncio.run(scene())


@pytest.mark.parametrize("content", [*BROKEN, b"[" * 100_000])
@pytest.mark.parametrize("sends", ["sendMessage", "sendDocument", "copyMessage"])
def test_a_broken_answer_to_what_sends_counts_as_none(content, sends, caplog):
    with pytest.raises(TimedOut):
        answered(sends, 200, content)
    assert "private" not in caplog.text and f"the answer to {sends} cannot be read" in caplog.text


@pytest.mark.parametrize("content", BROKEN)
@pytest.mark.parametrize("harmless", ["editMessageText", "getMe", "setWebhook", "answerInlineQuery"])
def test_a_broken_answer_to_what_can_be_repeated_is_an_outage(content, harmless, caplog):
    with pytest.raises(NetworkError) as caught:
        answered(harmless, 200, content)
    assert not isinstance(caught.value, TimedOut) and "private" not in caplog.text + str(caught.value)


@pytest.mark.parametrize("content", UNREADABLE)
@pytest.mark.parametrize("status", [400, 403, 404, 429, 502])
def test_a_refusal_that_cannot_be_read_is_not_logged(content, status, caplog):
    with pytest.raises(TelegramError) as caught:
        answered("sendMessage", status, content)
    assert "private" not in caplog.text + str(caught.value)


def test_a_file_is_taken_as_it_is():
    assert answered("file.txt", 200, b"<html>", "GET") == b"<html>"


def test_a_command_finds_a_connection_while_replies_hold_all_of_theirs():
    async def scene():
        held = asyncio.Event()

        async def answer(reader, writer):
            path = (await reader.readuntil(b"\r\n\r\n")).split()[1]
            if path == b"/reply":
                await held.wait()
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 16\r\nconnection: close\r\n\r\n" + ANSWER)
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        patience = dict.fromkeys(("read_timeout", "connect_timeout", "pool_timeout"), 60.0)
        request = LanedRequest(**patience)
        await request.initialize()
        replies = [
            asyncio.create_task(request.do_request(f"{url}/reply", "POST"))
            for _ in range(REPLY_CONNECTIONS + COMMAND_CONNECTIONS)
        ]
        await asyncio.sleep(0.1)
        with sending_in(Lane.COMMAND):
            assert (await request.do_request(f"{url}/command", "POST"))[0] == 200
        assert not any(reply.done() for reply in replies)
        held.set()
        await asyncio.gather(*replies)
        await request.shutdown()
        server.close()

    asyncio.run(scene())
