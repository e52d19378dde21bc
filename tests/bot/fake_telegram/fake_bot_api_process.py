"""The fake in a process of its own: `python -m tests.bot.fake_telegram.fake_bot_api_process`, or `RemoteFakeBotApi`.

The process reads orders as JSON lines and answers each with a line: {"result": ...} or {"error": "..."}. Its first line
tells url and token. It ends with its input. An order is the name of one of ORDERS and its arguments:
{"order": "says", "user": 1, "text": "hi"}.
"""

import asyncio
import contextlib
import json
import subprocess
import sys
from pathlib import Path

from tests.bot.fake_telegram.fake_bot_api import FakeBotApi

ROOT = Path(__file__).parents[3]


def shown(message):
    """A message as JSON for the other process."""
    buttons = [{"text": button.text, "data": button.data} for button in message.buttons]
    about = {"id": message.id, "chat": message.chat_id, "text": message.text, "reply_to": message.reply_to}
    return about | {"buttons": buttons, "edits": len(message.versions)}


async def says(server, user, text, chat=None):
    """A person writes; the message is answered."""
    return shown(server.user(user).says(text, chat=chat and server.world.chats[chat]))


async def edit(server, chat, message, text):
    """A person edits a message of theirs."""
    return shown(server.edit(server.world.chats[chat].messages[message], text))


async def press(server, chat, message, button):
    """A button is pressed; what the bot answers is waited for."""
    query = server.press(server.world.chats[chat].messages[message].button(button))
    return query if isinstance(query, str) else (await query.answered()).text


async def replies(server, chat, count=1, timeout=30.0):
    """Messages of the bot in a chat, once there are enough."""
    return [shown(message) for message in await server.replies(chat, count, timeout)]


async def calls(server, method=None):
    """Calls of one method or of all."""
    found = server.calls(*[method] if method else [])
    return [{"method": call.method, "parameters": call.parameters, "status": call.status} for call in found]


async def called(server, method, count=1, timeout=30.0):
    """How many calls of a method there were, once there are enough."""
    return len(await server.called(method, count, timeout))


async def fail(server, method, code, chat=None, times=1, retry_after=None):
    """Refuse calls."""
    server.faults.fail(method, code, chat=chat, times=times, retry_after=retry_after)


async def slow(server, seconds, method=None):
    """Let calls take their time."""
    server.faults.slow(seconds, method)


async def group(server, chat, title="News desk", kind="supergroup", admin=False):
    """Make a group."""
    return server.group(chat, title, kind=kind, admin=admin).json


async def transcript(server, chat=None):
    """What was said and done."""
    return server.transcript(chat)


async def violations(server):
    """What was not as the specification says; None if there is none to check with."""
    return server.violations if server.spec else None


ORDERS = {
    order.__name__: order
    for order in (says, edit, press, replies, calls, called, fail, slow, group, transcript, violations)
}


async def carry_out(server, line):
    """The answer to one order."""
    try:
        order = json.loads(line)
        return {"result": await ORDERS[order.pop("order")](server, **order)}
    except Exception as error:  # whatever it is, the other process has to hear of it
        return {"error": f"{type(error).__name__}: {error}"}


async def serve():
    """Carry out orders from standard input until it ends."""
    async with FakeBotApi(check=False) as server:
        print(json.dumps({"url": server.url, "token": server.token}), flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            print(json.dumps(await carry_out(server, line)), flush=True)


class RemoteFakeBotApi:
    """A fake in a process of its own, driven by plain calls: `remote("says", user=1, text="hi")`."""

    def __enter__(self):
        command = [sys.executable, "-m", "tests.bot.fake_telegram.fake_bot_api_process"]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        about = json.loads(self._process.stdout.readline())
        self.url, self.token = about["url"], about["token"]
        self.base_url, self.base_file_url = self.url + "/bot", self.url + "/file/bot"
        return self

    def __exit__(self, *error):
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait(timeout=60)
        self._process.stdout.close()

    def __call__(self, order, **arguments):
        """Carry out an order in the other process.

        Raises:
            AssertionError: if it failed there.
        """
        self._process.stdin.write(json.dumps({"order": order} | arguments) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert "error" not in answer, answer["error"]
        return answer["result"]


if __name__ == "__main__":
    asyncio.run(serve())
