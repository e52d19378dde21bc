"""A Telegram of a few lines inside the process: PTB's real classes talk to it through httpx, without a socket.

For what the bot says to people use `fake_telegram`; this one only numbers, delivers and takes what is acknowledged.
"""

import asyncio
import json
from urllib.parse import parse_qsl

import httpx
from telegram.ext import Application, ApplicationBuilder, MessageHandler, filters
from telegram.request import HTTPXRequest

from bot.polling import StoringRequest

TOKEN = "123:not-a-real-token"


def answer(result, status=200, **more):
    return httpx.Response(status, json={"ok": status == 200, "result": result, **more})


class LoopbackTelegram:
    """Delivers `updates` until they are acknowledged, and keeps what is sent; `faults` are answered first."""

    batch = 100

    def __init__(self, updates=(), faults=()):
        self.updates, self.faults = list(updates), list(faults)
        self.offsets, self.sent = [], []

    @property
    def transport(self):
        return {"transport": httpx.MockTransport(self.respond)}

    async def respond(self, request):
        parameters = dict(parse_qsl(request.content.decode()))
        match request.url.path.rsplit("/")[-1]:
            case "getUpdates":
                return await self.deliver(int(parameters.get("offset", 0)))
            case "getMe":
                return answer({"id": 123, "is_bot": True, "first_name": "Kuaizui", "username": "kuaizui_bot"})
            case "sendMessage":
                self.note_sent(parameters)
                chat = {"id": int(parameters["chat_id"]), "type": "private"}
                return answer({"message_id": 5000 + len(self.sent), "date": 1, "chat": chat, "text": "x"})
            case _:
                return answer(True)

    async def deliver(self, offset):
        self.acknowledge(offset)
        if self.faults:
            return self.faults.pop(0)
        if not self.updates:
            await asyncio.sleep(0.01)
        return answer(self.updates[: self.batch])

    def acknowledge(self, offset):
        self.offsets.append(offset)
        self.updates = [update for update in self.updates if update["update_id"] >= offset]

    def note_sent(self, parameters):
        self.sent.append(json.loads(parameters["reply_parameters"])["message_id"])


def echo_bot(arrivals, telegram):
    """An application that answers each message with a reply, one door in and one door out."""

    async def reply(update, _):
        if await arrivals.begin(update.update_id):
            await update.effective_message.reply_text("hello", do_quote=True)
            await arrivals.finish(update.update_id, "answered")

    application: Application = (
        ApplicationBuilder()
        .token(TOKEN)
        .update_queue(arrivals)
        .get_updates_request(StoringRequest(arrivals, httpx_kwargs=telegram.transport))
        .request(HTTPXRequest(httpx_kwargs=telegram.transport))
        .concurrent_updates(8)
        .job_queue(None)
        .build()
    )
    arrivals.bot = application.bot
    application.add_handler(MessageHandler(filters.TEXT, reply))
    return application


async def serve_until(application, arrivals, done):
    """Run an application from start to stop, until `done()` holds."""
    async with application:
        await arrivals.replay()
        await application.start()
        await application.updater.start_polling()
        while not done():
            await asyncio.sleep(0.01)
        await application.updater.stop()
        await application.stop()
