"""Commands have connections of their own."""

import asyncio

import httpx
import pytest

from bot.pacing import sending_in
from bot.requests import COMMAND_CONNECTIONS, REPLY_CONNECTIONS, LanedRequest
from bot.turns import Lane


class SlowServer(httpx.AsyncBaseTransport):
    """Answers once it may, and says how many requests wait for that."""

    def __init__(self):
        self.waiting, self.may = 0, asyncio.Event()

    async def handle_async_request(self, request):
        self.waiting += 1
        await self.may.wait()
        return httpx.Response(200, content=b"{}")


@pytest.mark.parametrize("lane", [Lane.REPLY, Lane.COMMAND])
def test_each_lane_opens_its_connections_with_the_request_and_closes_them(lane):
    async def scene():
        server = SlowServer()
        server.may.set()
        request = LanedRequest(httpx_kwargs={"transport": server})
        await request.initialize()
        with sending_in(lane):
            assert await request.do_request("http://telegram.invalid/x", "POST") == (200, b"{}")
            await request.shutdown()
            with pytest.raises(RuntimeError):
                await request.do_request("http://telegram.invalid/x", "POST")

    asyncio.run(scene())


def test_a_command_finds_a_connection_while_replies_hold_all_of_theirs():
    async def scene():
        held = asyncio.Event()

        async def answer(reader, writer):
            path = (await reader.readuntil(b"\r\n\r\n")).split()[1]
            if path == b"/reply":
                await held.wait()
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}")
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
