"""An echo bot on a Bot API server that nobody here wrote, and on the fake: it must fare the same on both.

`lo-bot-api-emulator` comes from PyPI; where it is not installed the test is skipped.
"""

import asyncio
import contextlib
import importlib.util
import json
import socket
import sys
from types import SimpleNamespace

import aiohttp
import pytest
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from tests.bot.fake_telegram.fake_bot_api import FakeBotApi
from tests.bot.fake_telegram.fake_bot_api_scenarios import scenario
from tests.bot.fake_telegram.fake_bot_api_world import TOKEN
from tests.bot.fake_telegram.ptb_client import application_of

EMULATOR = [sys.executable, "-c", "import sys, lo_bot_api_emulator; sys.exit(lo_bot_api_emulator.main())"]
PERSON = {"id": 1, "is_bot": False, "first_name": "Ada"}
WANTED = ("sendMessage", "editMessageText", "answerCallbackQuery")

emulator_installed = pytest.mark.skipif(
    importlib.util.find_spec("lo_bot_api_emulator") is None, reason="lo-bot-api-emulator is not installed"
)


async def echo(update, bot):
    """Answer a message with a button under it; when that is pressed, edit the message."""
    if update.message:
        button = InlineKeyboardButton("shout", callback_data="shout")
        await bot.send_message(1, update.message.text, reply_markup=InlineKeyboardMarkup([[button]]))
    elif update.callback_query:
        await update.callback_query.answer("louder")
        await bot.edit_message_text(
            update.callback_query.message.text.upper(), 1, update.callback_query.message.message_id
        )


@contextlib.asynccontextmanager
async def emulator(journal):
    """The emulator in a process of its own."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    options = ["--port", str(port), "--enable-control", "--journal", str(journal)]
    process = await asyncio.create_subprocess_exec(*EMULATOR, *options)
    url = f"http://127.0.0.1:{port}"
    try:
        async with aiohttp.ClientSession() as session:
            while True:
                with contextlib.suppress(aiohttp.ClientError):
                    await session.get(url)
                    break
                await asyncio.sleep(0.05)
            yield SimpleNamespace(token=TOKEN, url=url, base_url=f"{url}/bot", base_file_url=f"{url}/file/bot"), session
    finally:
        process.terminate()
        await process.wait()


async def feed(server, session, update):
    """Give the emulator an update."""
    answer = await session.post(f"{server.url}/__fixture/updates", json={"token": server.token, "update": update})
    assert (await answer.json())["ok"], await answer.text()


async def succeeded(journal, method):
    """Wait until the emulator has journalled a call of `method` that went well."""
    while not any(entry_of(line, method) for line in journal.read_text(encoding="utf-8").splitlines()):
        await asyncio.sleep(0.05)


def entry_of(line, method):
    entry = json.loads(line)
    return entry.get("method") == method and entry.get("status") == 200


@emulator_installed
@scenario
async def test_an_echo_bot_fares_well_on_a_server_that_nobody_here_wrote(tmp_path):
    journal = tmp_path / "journal.jsonl"
    chat = {"id": 1, "type": "private", "first_name": "Ada"}
    message = {"message_id": 1, "date": 1_700_000_000, "chat": chat, "from": PERSON, "text": "hello"}
    pressed = {"id": "7", "from": PERSON, "chat_instance": "1", "data": "shout", "message": message | {"message_id": 2}}
    async with emulator(journal) as (server, session), application_of(server, echo):
        await feed(server, session, {"message": message})
        await succeeded(journal, "sendMessage")
        await feed(server, session, {"callback_query": pressed})
        await succeeded(journal, "editMessageText")
    required = [word for method in WANTED for word in ("--require-method", method)]
    # As it stops, the library cancels its poll and sends another at once: the emulator refuses that one with 409 as
    # long as it has not noticed that the first is gone, where Telegram would end the first.
    required += ["--allow-refusal", "getUpdates:409"]
    verdict = await asyncio.create_subprocess_exec(*EMULATOR, "verdict", str(journal), "--require-response", *required)
    assert await verdict.wait() == 0


@scenario
async def test_the_same_echo_bot_fares_well_on_the_fake():
    async with FakeBotApi() as server, application_of(server, echo):
        server.user(1).says("hello")
        (answer,) = await server.replies(1)
        assert (await server.press(answer.button("shout")).answered()).text == "louder"
        await server.until(lambda: answer.text == "HELLO")
        assert {call.method for call in server.calls() if call.status == 200} >= set(WANTED)
