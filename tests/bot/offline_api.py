"""The Bot API without a network or a server: for tests of what sits right on top of the bot class."""

import asyncio
import json

from telegram.request import BaseRequest


class OfflineApi(BaseRequest):
    """Answers `getMe` and `sendMessage`, notes method, chat, text and time; refuses by 429 as `refusals` says.

    `refusals`: for a chat, the `retry_after` of its first message.
    """

    read_timeout = 5.0

    def __init__(self, refusals=()):
        self.refusals, self.seen = dict(refusals), []
        self.start = asyncio.get_running_loop().time()

    async def initialize(self):
        """Nothing to open."""

    async def shutdown(self):
        """Nothing to close."""

    async def do_request(self, url, method, request_data=None, **timeouts):
        name, given = url.rsplit("/", 1)[1], request_data.parameters if request_data else {}
        chat, text = given.get("chat_id"), given.get("text")
        self.seen.append((name, chat, text, asyncio.get_running_loop().time() - self.start))
        if chat in self.refusals:
            wait = {"retry_after": self.refusals.pop(chat)}
            refusal = {"ok": False, "error_code": 429, "description": "Too Many Requests", "parameters": wait}
            return 429, json.dumps(refusal).encode()
        result = {"id": 1, "is_bot": True, "first_name": "Kuaizui", "username": "kuaizui_bot"}
        if name == "sendMessage":
            place = {"id": chat, "type": "private"}
            result = {"message_id": len(self.seen), "date": 0, "chat": place, "text": text}
        return 200, json.dumps({"ok": True, "result": result}).encode()
