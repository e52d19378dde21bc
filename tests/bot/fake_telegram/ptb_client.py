"""python-telegram-bot, as it comes, against the fake: the client that nobody here wrote."""

import contextlib
import logging

import aiohttp
from telegram import Bot, Update
from telegram.ext import Application, TypeHandler
from telegram.request import HTTPXRequest

PATIENCE_SECONDS = 60.0
"""Longer than the library waits by itself, for machines that are busy with other things."""


def requests():
    """Two request objects with long time limits, for polling and for everything else."""
    limits = dict.fromkeys(("read_timeout", "write_timeout", "connect_timeout", "pool_timeout"), PATIENCE_SECONDS)
    return [HTTPXRequest(**limits) for _ in range(2)]


@contextlib.asynccontextmanager
async def bot_of(server):
    """A `telegram.Bot` without any application around it."""
    polling, other = requests()
    async with Bot(
        server.token, server.base_url, server.base_file_url, request=other, get_updates_request=polling
    ) as bot:
        yield bot


@contextlib.asynccontextmanager
async def application_of(server, handle, **polling):
    """An application that polls, and hands every update to the coroutine function `handle(update, bot)`."""
    application = build(server, handle)
    async with application:
        await application.start()
        await application.updater.start_polling(poll_interval=0.0, **polling)
        try:
            yield application
        finally:
            await application.updater.stop()
            await application.stop()


def build(server, handle):
    """The application of `application_of`, not yet started."""
    polling, other = requests()
    builder = Application.builder().token(server.token).base_url(server.base_url).base_file_url(server.base_file_url)
    application = builder.request(other).get_updates_request(polling).build()

    async def callback(update, context):
        await handle(update, context.bot)

    application.add_handler(TypeHandler(Update, callback))
    return application


async def call(server, method, **parameters):
    """The answer to a call as JSON, past the library and what it refuses to send itself."""
    async with aiohttp.ClientSession() as session:
        answer = await session.post(f"{server.base_url}{server.token}/{method}", json=parameters)
        return await answer.json()


@contextlib.contextmanager
def quiet(name="telegram"):
    """Keep the library's own log of an expected error out of the output."""
    logger = logging.getLogger(name)
    before, logger.level = logger.level, logging.CRITICAL + 1
    try:
        yield
    finally:
        logger.level = before
