"""Where too many jobs wait for the models, a new message is told so; what a former process accepted waits its turn."""

from types import SimpleNamespace

import pytest

from bot import dispatch
from bot.desk import Outcome
from bot.inference import Full
from bot.settings import Settings
from tests.bot.some_updates import message
from tests.bot.virtual_time import run_virtual


class Arrivals:
    """Notes how updates end; all of them were at work at so many deaths."""

    def __init__(self, attempts):
        self.attempts, self.ends = lambda update_id: attempts, []

    async def begin(self, update_id):
        return True

    async def finish(self, update_id, state, detail, exchange):
        self.ends.append(state)
        return True

    def is_stale(self, update_id):
        return False


async def recall(method, *arguments):
    return {}


@pytest.mark.parametrize(("attempts", "end", "tries"), [(None, "busy", 1), (0, "answered", 3), (2, "answered", 3)])
def test_only_what_is_new_is_told_that_there_is_no_room(monkeypatch, attempts, end, tries):
    async def crowded(case):
        tried.append(case)
        if len(tried) < 3:
            raise Full("no room")
        return Outcome()

    tried, bot = [], SimpleNamespace(id=999, username="kuaizui_bot")
    desk = SimpleNamespace(settings=Settings(), bot=bot, arrivals=Arrivals(attempts), recall=recall)
    monkeypatch.setattr(dispatch, "route_of", lambda desk, update: dispatch.Route(crowded))
    run_virtual(dispatch.Dispatch(desk).handle(message("hello")))
    assert desk.arrivals.ends == [end] and len(tried) == tries
