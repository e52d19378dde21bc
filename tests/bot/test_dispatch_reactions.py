"""A reaction is finished without a word, whatever becomes of it: nobody waits for an answer to one."""

import asyncio
from types import SimpleNamespace

import pytest
from telegram import Update

from bot.dispatch import Dispatch
from bot.settings import Settings

CHANGE = {
    "chat": {"id": -5, "type": "supergroup", "title": "desk"},
    "message_id": 50,
    "date": 1_700_000_000,
    "user": {"id": 7, "is_bot": False, "first_name": "Ada"},
    "old_reaction": [],
    "new_reaction": [{"type": "emoji", "emoji": "👎"}],
}


class Silent:
    """A desk whose store fails and whose bot must not be asked for anything."""

    settings = Settings()

    def __init__(self):
        self.states = []
        self.arrivals = SimpleNamespace(begin=self.begin, finish=self.finish, is_stale=lambda number: False)

    async def begin(self, number):
        return True

    async def finish(self, number, state, detail, exchange):
        self.states.append(state)
        return True

    async def recall(self, method, *arguments):
        raise ValueError("a defect")


@pytest.mark.parametrize(("work", "state"), [("busy", "busy"), ("handle", "dead")])
def test_a_reaction_that_cannot_be_worked_on_is_silent(work, state):
    desk = Silent()
    update = Update.de_json({"update_id": 1, "message_reaction": CHANGE}, None)
    asyncio.run(getattr(Dispatch(desk), work)(update))
    assert desk.states == [state]
