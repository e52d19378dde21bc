"""An update of which not even the route can be found ends as a dead letter, and so does not wait for ever."""

import asyncio
from types import SimpleNamespace

from bot.addressing import is_for_bot, words_for_bot
from bot.dispatch import Dispatch
from bot.lanes import Work
from bot.settings import Settings
from tests.bot.some_updates import message, message_json, update_of


class Arrivals:
    """Notes how updates end."""

    def __init__(self):
        self.ends = []

    async def begin(self, update_id):
        return True

    async def finish(self, update_id, state, detail, exchange):
        self.ends.append((update_id, state))
        return True

    def is_stale(self, update_id):
        return False


async def recall(method, *arguments):
    return {}


def test_an_update_whose_route_cannot_be_found_becomes_a_dead_letter():
    nobody = object()  # a bot without anything that is asked of it
    desk = SimpleNamespace(settings=Settings(), bot=nobody, arrivals=Arrivals(), recall=recall)
    dispatch, update = Dispatch(desk), message("@kuaizui_bot /start", number=7)
    commanding = message("/start@kuaizui_bot", number=8)
    for each in (update, commanding):
        assert isinstance(dispatch.work_of(each), Work)
        asyncio.run(dispatch.handle(each))
    asyncio.run(dispatch.busy(commanding))
    assert desk.arrivals.ends == [(7, "dead"), (8, "dead"), (8, "busy")]


def test_a_bot_without_a_user_name_is_spoken_to_all_the_same():
    nameless = SimpleNamespace(id=999, username=None)
    assert is_for_bot(message("/start").message, nameless) and not is_for_bot(message("/start@other").message, nameless)
    mention = {"type": "mention", "offset": 0, "length": 5}
    assert not is_for_bot(update_of(message_json("@none hi", chat=-5, entities=[mention])).message, nameless)
    assert words_for_bot(message("mail @ada, please ").message, nameless) == "mail @ada, please"
