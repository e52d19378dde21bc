"""The bot on a Bot API server that nobody here wrote: PyPI's `lo-bot-api-emulator`, as a smoke test."""

import asyncio

from tests.bot.bot_process import BotProcess
from tests.bot.fake_telegram.fake_bot_api_scenarios import scenario
from tests.bot.fake_telegram.test_bot_api_emulator import EMULATOR, PERSON, emulator, emulator_installed, entry_of, feed

CHAT = {"id": PERSON["id"], "type": "private", "first_name": PERSON["first_name"]}
WANTED = ("getMe", "getUpdates", "setMyCommands", "sendMessage")


def message(number, text):
    """The update that brings it."""
    commands = [{"type": "bot_command", "offset": 0, "length": len(text)}] if text.startswith("/") else []
    content = {"message_id": number, "date": 1_700_000_000, "chat": CHAT, "from": PERSON, "text": text}
    return {"message": {**content, "entities": commands}}


async def calls(journal, method, count):
    """Wait until the emulator has journalled so many calls of a method that went well."""
    while sum(entry_of(line, method) for line in journal.read_text(encoding="utf-8").splitlines()) < count:
        await asyncio.sleep(0.05)


@emulator_installed
@scenario
async def test_start_and_a_message_are_answered_on_a_server_that_nobody_here_wrote(tmp_path, bot_models):
    journal = tmp_path / "journal.jsonl"
    async with emulator(journal) as (server, session), BotProcess(server, tmp_path, **bot_models) as bot:
        await feed(server, session, message(1, "/start"))
        await calls(journal, "sendMessage", 1)
        await feed(server, session, message(2, "Good morning, how are you today?"))
        await calls(journal, "sendMessage", 2)
        await calls(journal, "setMyCommands", 3)
        async with asyncio.timeout(60):
            while bot.states() != {"answered": 2}:
                await asyncio.sleep(0.05)
        assert bot.rows("SELECT text FROM exchanges") == [("Good morning, how are you today?",)]
    required = [word for method in WANTED for word in ("--require-method", method)]
    # The library's last poll, as it stops; see the echo bot's test.
    required += ["--allow-refusal", "getUpdates:409"]
    verdict = await asyncio.create_subprocess_exec(*EMULATOR, "verdict", str(journal), "--require-response", *required)
    assert await verdict.wait() == 0
