"""Requests that must get through: what is repeated, what is not, and what refusals become."""

import asyncio
from types import SimpleNamespace

import httpx
import pytest
from telegram.error import BadRequest, ChatMigrated, Forbidden, NetworkError, RetryAfter, TimedOut

from bot.places import Place
from bot.sending import Gone, TopicClosed, Unsure, Unwelcome, edit_text, persistently, send_text
from bot.store.migration import seen_from_old
from tests.bot.virtual_time import run_virtual

PLACE = Place(1, None, 1)


class ScriptedBot:
    """Meets each request with the next of `outcomes`: an error is raised, anything else is fine."""

    def __init__(self, *outcomes):
        self.outcomes, self.sent = list(outcomes), []

    async def meet(self, *arguments, **more):
        self.sent.append((arguments, more))
        outcome = self.outcomes.pop(0) if self.outcomes else None
        if isinstance(outcome, Exception):
            raise outcome
        return SimpleNamespace(message_id=len(self.sent))

    send_message = edit_message_text = meet

    @property
    def texts(self):
        return [more.get("text") or next(each for each in given if isinstance(each, str)) for given, more in self.sent]


def caused(error, cause):
    error.__cause__ = cause
    return error


def meeting(bot):
    return run_virtual(persistently(lambda: bot.send_message("x")))


@pytest.mark.parametrize(
    "error",
    [
        NetworkError("httpx.ReadError: "),
        NetworkError("Bad Gateway"),
        caused(TimedOut(), httpx.ConnectTimeout("")),
        caused(TimedOut(), httpx.PoolTimeout("")),
        RetryAfter(7),
    ],
)
def test_an_outage_is_waited_out(error):
    bot = ScriptedBot(*[error] * 12)
    meeting(bot)
    assert len(bot.sent) == 13


def test_what_timed_out_is_not_repeated():
    bot = ScriptedBot(caused(TimedOut(), httpx.ReadTimeout("")))
    with pytest.raises(Unsure):
        meeting(bot)
    assert len(bot.sent) == 1


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (Forbidden("bot was blocked by the user"), Unwelcome),
        (BadRequest("Not enough rights to send text messages to the chat"), Unwelcome),
        (BadRequest("Chat not found"), Unwelcome),
        (BadRequest("have no rights to send a message"), Unwelcome),
        (BadRequest("TOPIC_CLOSED"), TopicClosed),
        (BadRequest("Message thread not found"), TopicClosed),
        (BadRequest("Message is too long"), BadRequest),
    ],
)
def test_a_refusal_is_final(error, kind):
    bot = ScriptedBot(error)
    with pytest.raises(kind):
        meeting(bot)
    assert len(bot.sent) == 1


def test_a_long_text_is_sent_in_parts_of_which_the_first_quotes_and_the_last_has_the_buttons():
    bot = ScriptedBot()
    assert asyncio.run(send_text(bot, PLACE, "a" * 4096 + " b", quoted=9, keyboard="buttons")) == [1, 2]
    assert bot.texts == ["a" * 4096, "b"]
    (_, first), (_, last) = bot.sent
    assert first["reply_parameters"].message_id == 9 and first["reply_markup"] is None
    assert last["reply_parameters"] is None and last["reply_markup"] == "buttons"


def test_a_part_that_timed_out_does_not_hold_back_the_others():
    bot = ScriptedBot(None, caused(TimedOut(), httpx.ReadTimeout("")))
    assert asyncio.run(send_text(bot, PLACE, ("a" * 4096 + " ") * 3)) == [1, 3]


def test_a_group_with_a_new_number_gets_the_message_there():
    bot = ScriptedBot(ChatMigrated(-1007))
    assert asyncio.run(send_text(bot, PLACE, "hello", quoted=9)) == [seen_from_old(2)]
    assert [more["chat_id"] for _, more in bot.sent] == [1, -1007]
    assert [bool(more["reply_parameters"]) for _, more in bot.sent] == [True, False]  # other numbers there


def test_an_edit_to_the_same_text_is_fine_and_one_of_nothing_is_told():
    asyncio.run(edit_text(ScriptedBot(BadRequest("Message is not modified: ...")), PLACE, 5, "x"))
    asyncio.run(edit_text(ScriptedBot(caused(TimedOut(), httpx.ReadTimeout(""))), PLACE, 5, "x"))
    for outcome in (BadRequest("Message to edit not found"), BadRequest("message can't be edited"), ChatMigrated(-7)):
        with pytest.raises(Gone):
            asyncio.run(edit_text(ScriptedBot(outcome), PLACE, 5, "x"))
    bot = ScriptedBot()
    with pytest.raises(Gone):
        asyncio.run(edit_text(bot, PLACE, 5, "a" * 5000))
    assert bot.sent == []
