"""The listener for Telegram: stores before it answers, keeps strangers out, and lets nothing come again for ever."""

import asyncio
import socket

import httpx
import pytest

from bot.webhook import MOST_BYTES, SECRET_HEADER, Webhook
from nlp.errors import ConfigError

SECRET = "shown-by-telegram"


class Taken:
    """Stands for `Arrivals`: keeps what is accepted, once it may."""

    def __init__(self):
        self.updates, self.may = [], asyncio.Event()
        self.may.set()

    async def accept(self, updates):
        await self.may.wait()
        self.updates += updates


def listening(test):
    """Run a coroutine function of the listener, what it takes, and a client of it."""

    def run():
        async def scene():
            taken = Taken()
            webhook = Webhook(taken, SECRET)
            port = await webhook.start("127.0.0.1", 0)
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
                await test(webhook, taken, client)
            await webhook.stop()

        asyncio.run(scene())

    return run


def post(client, content, secret=SECRET):
    return client.post("/hook", content=content, headers={SECRET_HEADER.decode(): secret} if secret else {})


@listening
async def test_updates_are_taken_one_after_the_other_over_one_connection(webhook, taken, client):
    for number in range(3):
        assert (await post(client, f'{{"update_id": {number}}}')).status_code == 200
    assert taken.updates == [{"update_id": 0}, {"update_id": 1}, {"update_id": 2}]


@listening
async def test_the_answer_comes_once_the_update_is_stored(webhook, taken, client):
    taken.may.clear()
    request = asyncio.create_task(post(client, '{"update_id": 1}'))
    await asyncio.sleep(0.05)
    assert not request.done()
    taken.may.set()
    assert (await request).status_code == 200


@pytest.mark.parametrize("secret", ["", "wrong", SECRET + "x"])
def test_who_does_not_know_the_secret_is_kept_out(secret):
    @listening
    async def scene(webhook, taken, client):
        assert (await post(client, '{"update_id": 1}', secret)).status_code == 403
        assert taken.updates == []

    scene()


@listening
async def test_what_is_no_json_is_passed_over_and_does_not_come_again(webhook, taken, client):
    assert (await post(client, b"\xff{")).status_code == 200
    assert (await post(client, "[" * 100_000)).status_code == 200
    assert taken.updates == []


@listening
async def test_what_is_too_large_or_no_post_is_refused(webhook, taken, client):
    assert (await client.get("/hook")).status_code == 405
    assert (await post(client, b" " * (MOST_BYTES + 100_000))).status_code == 413
    assert taken.updates == []


def test_where_it_cannot_listen_is_told_with_what_to_do():
    async def scene(host, port):
        await Webhook(Taken(), SECRET).start(host, port)

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=rf"webhook_port = {port}: .*already in use.*Choose another") as caught:
            asyncio.run(scene("127.0.0.1", port))
        assert caught.value.exit_code == 2
    for host in ("no-such-host.invalid", f"{'x' * 70}.invalid", "203.0.113.7"):
        with pytest.raises(ConfigError, match=f"webhook_listen = '{host}', webhook_port = 0: "):
            asyncio.run(scene(host, 0))


@listening
async def test_one_who_speaks_no_http_or_hangs_up_does_no_harm(webhook, taken, client):
    for words in (b"hello there\r\n\r\n", b"POST /hook HTTP/1.1\r\ncontent-le", b""):
        reader, writer = await asyncio.open_connection("127.0.0.1", client.base_url.port)
        writer.write(words)
        writer.write_eof()
        await reader.read()
        writer.close()
    assert (await post(client, '{"update_id": 1}')).status_code == 200
