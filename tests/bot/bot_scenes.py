"""Scenes on the shared bot: tests that run where it runs, and what people say there."""

import functools
import itertools

_people = itertools.count(100)
NEWS = "The city council voted on Monday to close the old bridge for repairs until spring. "
CHINESE_NEWS = "市议会周一投票决定关闭旧桥进行维修，直到明年春天才重新开放。"


def scene(test):
    """Run a test that is a coroutine function of a server and a bot in the loop of the shared bot."""

    @functools.wraps(test)
    def run(shared_bot):
        shared_bot.run(test)

    del run.__wrapped__  # pytest would look for fixtures of the names of its arguments
    return run


def somebody(server, **about):
    """A person who has not spoken yet."""
    return server.user(next(_people), **about)


async def asked(bot, person, text, chat=None, **more):
    """What the bot says to what a person says, once that is finished."""
    before = len(bot.server.messages(chat or person))
    said = person.says(text, chat, **more)
    answers = await bot.server.replies(chat or person, before + 1, timeout=60)
    await bot.finished(said.update_id)
    return answers[-1]


async def pressed(bot, button, by=None):
    """What the bot says to the press of a button, in a message of its own, once that is finished."""
    chat = button.message.chat_id
    before = len(bot.server.messages(chat))
    query = bot.server.press(button, by)
    answers = await bot.server.replies(chat, before + 1, timeout=60)
    await bot.finished(query.update_id)
    return answers[-1]


def first_words(bot, person):
    """The first message of a person, to be edited."""
    return next(message for message in bot.server.world.chats[person.id].messages.values() if not message.from_bot)
