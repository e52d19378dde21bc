"""Which groups are on the allow-list after they moved, and what is handled however much waits."""

import asyncio
from types import SimpleNamespace

import pytest

from bot.desk import INLINE_AT_ONCE
from bot.dispatch import Dispatch
from bot.newest import Newest
from bot.settings import Settings
from tests.bot.some_updates import message, update_of

OLD, NEW, STRANGER = -5, -1005, -9
MOVED = {"migrate_to_chat_id": NEW}
QUERY = {"id": "1", "from": {"id": 4, "is_bot": False, "first_name": "Ada"}, "query": "", "offset": ""}


class Desk:
    """A desk whose store knows one group that moved; it notes how updates end, and what was moved."""

    bot = SimpleNamespace(id=999, username="kuaizui_bot")

    def __init__(self, *allowed):
        self.settings, self.newest = Settings(allowed=allowed), Newest(INLINE_AT_ONCE)
        self.ends, self.moved, self.answered, self.said = [], [], [], []
        self.arrivals = SimpleNamespace(
            begin=self.begin, finish=self.finish, is_stale=lambda number: False, attempts=lambda number: None
        )
        about = {"answer_inline_query": self.answer, "send_message": self.say}
        self.bot = SimpleNamespace(id=999, username="kuaizui_bot", **about)

    async def begin(self, number):
        return True

    async def finish(self, number, state, detail, exchange):
        self.ends.append((state, detail))
        return True

    async def answer(self, number, results, **about):
        self.answered.append(number)

    async def say(self, **about):
        self.said.append(about)
        return SimpleNamespace(message_id=1)

    async def recall(self, method, *arguments):
        match method.__name__:
            case "former_chat":
                return OLD if arguments == (NEW,) else None
            case "move_chat":
                self.moved.append(arguments)
                return True
        return {}


def ends_of(desk, update, work="handle"):
    dispatch = Dispatch(desk)
    asyncio.run(getattr(dispatch, work)(update))
    return desk.ends


@pytest.mark.parametrize(
    ("chat", "allowed", "detail"),
    [
        (NEW, (OLD,), "not for the bot"),
        (NEW, (NEW,), "not for the bot"),
        (NEW, (STRANGER,), "not on the allow-list"),
        (STRANGER, (OLD,), "not on the allow-list"),
        (STRANGER, (), "not for the bot"),
        (STRANGER, (1,), "not for the bot"),  # the person is on it
    ],
)
def test_a_group_that_moved_is_on_the_list_under_its_old_number_too(chat, allowed, detail):
    assert ends_of(Desk(*allowed), message("said to others", chat=chat, person=1)) == [("refused", detail)]


@pytest.mark.parametrize("work", ["handle", "busy"])
def test_a_move_is_noted_whoever_is_on_the_list_and_however_much_waits(work):
    desk = Desk(STRANGER)
    assert ends_of(desk, message("", chat=OLD, **MOVED), work) == [("answered", "the group has another number")]
    assert ends_of(desk, message("", chat=NEW, migrate_from_chat_id=OLD), work)[1][0] == "answered"
    assert desk.moved == [(OLD, NEW), (OLD, NEW)]


def test_the_newest_inline_query_is_not_refused_for_those_before_it():
    desk = Desk()
    assert ends_of(desk, update_of(QUERY, "inline_query"), "busy")[0][0] == "answered" and desk.answered == ["1"]


@pytest.mark.parametrize("work", ["handle", "busy"])
@pytest.mark.parametrize("text", ["hello", "/start", "/help"])
def test_what_another_bot_writes_is_not_answered(work, text):
    robot = {"id": 77, "is_bot": True, "first_name": "Robot"}
    for desk in (Desk(), Desk(STRANGER)):
        update = message(text, **{"from": robot})
        assert ends_of(desk, update, work) == [("refused", "written by a bot")] and desk.said == []


def test_an_admin_who_speaks_in_the_name_of_the_group_is_no_bot():
    anonymous = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
    chat = {"id": NEW, "type": "supergroup"}
    update = message("/start@other", chat=NEW, sender_chat=chat, **{"from": anonymous})
    assert ends_of(Desk(), update) == [("refused", "not for the bot")]


def test_an_inline_query_of_somebody_who_is_not_on_the_list_is_not_answered():
    desk = Desk(STRANGER)
    assert ends_of(desk, update_of(QUERY, "inline_query")) == [("refused", "not on the allow-list")]
    assert desk.answered == []
