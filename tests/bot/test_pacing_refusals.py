"""The rate limiter and 429s; typing; requests without a chat; and the real bot class on top of it."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from telegram.error import RetryAfter
from telegram.ext import ExtBot

from bot.pacing import REFUSAL_MARGIN_SECONDS, Pacing, sending_in
from bot.turns import Lane, Limits
from bot.windows import Limit
from tests.bot.offline_api import OfflineApi
from tests.bot.pacing_scenes import CHATS, NO_LIMITS, SMALL, WIDE, Call, Server, assert_limits_kept, play, send
from tests.bot.virtual_time import run_virtual

# python-telegram-bot warns of a coming change whenever a RetryAfter is made.
pytestmark = pytest.mark.filterwarnings("ignore:.*retry_after.*")

PATIENTLY = settings(max_examples=60, deadline=None)
ANY_CHAT = st.sampled_from(CHATS)


@PATIENTLY
@given(
    st.lists(st.builds(Call, chat=ANY_CHAT, lane=st.sampled_from(Lane), lasts=st.just(0.05)), max_size=12),
    st.dictionaries(st.integers(0, 11), st.lists(st.sampled_from([1, 5, 30]), min_size=1, max_size=2), max_size=4),
)
def test_a_refusal_is_obeyed_and_nothing_is_lost_or_out_of_order(calls, refusals):
    server = play(calls, refusals=refusals)
    assert_limits_kept(server, SMALL)
    for chat in {call.chat for call in calls}:
        mine = [call for call in calls if call.chat == chat]
        for one in (one for call in mine for one in call.tries if one.refused_for):
            pause = (one.end, one.end + one.refused_for)
            assert not [other for call in mine for other in call.tries if pause[0] <= other.begin < pause[1]]
        for lane in Lane:
            ends = [call.tries[-1].end for call in sorted(mine, key=lambda call: call.place) if call.lane is lane]
            assert ends == sorted(ends), "a later message overtook a refused one"


def test_a_refused_message_keeps_its_place_in_the_line():
    calls = [Call(1, lasts=0.1) for _ in range(3)]
    server = play(calls, NO_LIMITS, refusals={0: [5]})
    assert [one.call.number for one in server.tries] == [0, 0, 1, 2]


@pytest.mark.parametrize("refusals", [{0: [30], 1: [5]}, {0: [5], 1: [30]}])
def test_the_longest_pause_counts(refusals):
    """Two calls under way are refused, one after the other: to the same chat, and to nobody in particular."""
    calls = [Call(1, lasts=0.5), Call(1, Lane.COMMAND, lasts=0.6), Call(1, at=1.0)]
    play(calls, NO_LIMITS, refusals)
    assert calls[2].began >= 30.5
    overall = [Call(0, lasts=0.5, number=0), Call(0, lasts=0.6, number=1)]

    async def scene():
        pacing, server = Pacing(NO_LIMITS), Server(refusals)
        await asyncio.gather(*(freely(pacing, server, call) for call in overall))

    run_virtual(scene())
    assert min(call.began for call in overall) >= 30.5


def test_one_refused_chat_does_not_hold_the_others():
    refused, others = Call(1), [Call(chat, at=0.5) for chat in (2, 3)]
    play([refused, *others], NO_LIMITS, refusals={0: [30]})
    assert [one.begin for one in refused.tries] == pytest.approx([0, 30 + REFUSAL_MARGIN_SECONDS])
    assert [call.began for call in others] == pytest.approx([0.5, 0.5])


def test_a_second_refused_chat_means_the_bot():
    """Nothing was let through between the two; so not even a command goes before the pause is over."""
    calls = [Call(1), Call(2, at=0.5), Call(3, at=1.0), Call(4, Lane.COMMAND, at=1.0)]
    play(calls, NO_LIMITS, refusals={0: [10], 1: [20]})
    assert [call.began for call in calls] == pytest.approx([20.5 + REFUSAL_MARGIN_SECONDS] * 4)


def test_two_refused_chats_with_a_success_between_them_mean_those_chats():
    calls = [Call(1), Call(2, at=0.5), Call(3, at=1.0), Call(4, at=1.5)]
    play(calls, NO_LIMITS, refusals={0: [10], 2: [20]})
    assert calls[3].began == pytest.approx(1.5)


def test_a_success_under_way_at_the_first_refusal_shows_nothing():
    """It began before the refusal, so it does not tell that the bot may send again."""
    calls = [Call(1), Call(2, lasts=0.4), Call(3, at=0.5), Call(4, at=1.0)]
    play(calls, NO_LIMITS, refusals={0: [10], 2: [20]})
    assert calls[3].began >= 20.5


def test_a_pause_beyond_the_patience_is_told_to_who_waits():
    """To the refused one, to those in line behind it, and to those who come during the pause; not to other chats."""
    told, answered = [], []

    async def asking(pacing, server, call):
        await asyncio.sleep(call.at)
        try:
            answered.append(await send(pacing, server, call))
        except RetryAfter as refusal:
            told.append((call.number, server.now(), refusal._retry_after.total_seconds()))

    async def scene():
        pacing, server = Pacing(NO_LIMITS, patience_seconds=60), Server({1: [100]})
        calls = [Call(1, lasts=0.5, number=1), Call(1, number=2), Call(1, at=10.0, number=3), Call(2, number=4)]
        late = Call(1, at=50.0, number=5)
        await asyncio.gather(*(asking(pacing, server, call) for call in (*calls, late)))
        assert pacing.waiting == 0
        return late

    late = run_virtual(scene())
    assert [number for number, _, _ in told] == [2, 1, 3] or [number for number, _, _ in told] == [1, 2, 3]
    assert [at for _, at, _ in told] == pytest.approx([0.5, 0.5, 10.0])
    assert told[-1][2] == 91
    assert answered == [{"number": 4}, {"number": 5}]
    assert late.began == pytest.approx(100.5 + REFUSAL_MARGIN_SECONDS)


def test_other_errors_are_handed_on_and_free_the_place():
    async def broken():
        raise OSError("the line is dead")

    async def scene():
        pacing, server = Pacing(SMALL), Server()
        with pytest.raises(OSError, match="dead"):
            await pacing.process_request(broken, (), {}, "sendMessage", {"chat_id": 1}, None)
        await send(pacing, server, Call(1))
        return server.now()

    assert run_virtual(scene()) == pytest.approx(1.0), "the failed call counts, for the server may have seen it"


async def freely(pacing, server, call):
    return await pacing.process_request(server, (call,), {}, "answerCallbackQuery", {"callback_query_id": 1}, None)


async def act(pacing, server, chat, number=0, **faults):
    call = Call(chat, number=number, **faults)
    answer = await send(pacing, server, call, endpoint="sendChatAction")
    assert answer in (True, {"number": number})
    return bool(call.tries)


def test_typing_takes_nothing_from_the_messages_of_a_chat_and_does_not_wait_with_them():
    async def scene():
        pacing, server = Pacing(Limits(WIDE, Limit(1, 1.0), WIDE)), Server()
        assert await act(pacing, server, 1)
        await send(pacing, server, Call(1))
        assert server.now() == pytest.approx(0)
        waiting = asyncio.create_task(send(pacing, server, Call(1)))
        await asyncio.sleep(0.5)
        assert not await act(pacing, server, 1)
        assert server.now() == pytest.approx(0.5)
        await waiting

    run_virtual(scene())


def test_typing_leaves_half_of_the_overall_limit_to_messages():
    async def scene():
        pacing, server = Pacing(Limits(Limit(4, 1.0), WIDE, WIDE, reserved=0)), Server()
        typed = [await act(pacing, server, chat) for chat in range(4)]
        await asyncio.gather(*(send(pacing, server, Call(chat)) for chat in range(2)))
        assert server.now() == pytest.approx(0)
        await asyncio.sleep(5.0)
        await asyncio.gather(*(send(pacing, server, Call(chat)) for chat in range(4)))
        return typed, server.now()

    assert run_virtual(scene()) == ([True, True, False, False], pytest.approx(5.0))


def test_typing_does_not_go_while_a_message_is_on_its_way_or_the_chat_is_paused():
    async def scene():
        pacing, server = Pacing(NO_LIMITS), Server({7: [20]})
        sending = asyncio.create_task(send(pacing, server, Call(1, lasts=0.5)))
        await asyncio.sleep(0.1)
        seen = [await act(pacing, server, 1)]
        await sending
        seen += [await act(pacing, server, 1, number=7), await act(pacing, server, 1), await act(pacing, server, 2)]
        await send(pacing, server, Call(1))
        return [*seen, server.now()]

    assert run_virtual(scene()) == [False, True, False, True, pytest.approx(20.5 + REFUSAL_MARGIN_SECONDS)]


def test_what_only_reads_takes_nothing():
    async def scene():
        pacing, server = Pacing(SMALL), Server()
        for number in range(20):
            await send(pacing, server, Call(1, number=number), endpoint="getChat")
        return server.now()

    assert run_virtual(scene()) == 0


def test_requests_without_a_chat_wait_for_nothing_but_a_pause_of_everything():
    async def scene():
        pacing, server = Pacing(SMALL, patience_seconds=60), Server({99: [10], 100: [200]})
        await asyncio.gather(*(freely(pacing, server, Call(0, number=number)) for number in range(50)))
        assert server.now() == pytest.approx(0)
        refused = Call(0, number=99)
        await asyncio.gather(freely(pacing, server, refused), send(pacing, server, Call(1, at=1.0)))
        await freely(pacing, server, Call(0))
        with pytest.raises(RetryAfter):
            await freely(pacing, server, Call(0, number=100))
        with pytest.raises(RetryAfter):
            await freely(pacing, server, Call(0))
        return [one.begin for one in refused.tries]

    assert run_virtual(scene()) == pytest.approx([0, 10 + REFUSAL_MARGIN_SECONDS])


def test_under_the_real_bot():
    """A 429 becomes a pause; lanes arrive by context and by argument, which do not reach Telegram."""

    async def scene():
        api = OfflineApi({7: 3})
        bot = ExtBot("1:token", request=api, get_updates_request=OfflineApi(), rate_limiter=Pacing())
        async with bot:
            message = await bot.send_message(7, "hello")
            tasks = [asyncio.create_task(message.reply_text("reply"))]
            await asyncio.sleep(0)
            with sending_in(Lane.COMMAND):
                tasks.append(asyncio.create_task(bot.send_message(7, "help")))
            tasks.append(asyncio.create_task(bot.send_message(7, "start", rate_limit_args=Lane.COMMAND)))
            await asyncio.gather(*tasks)
        return api.seen

    seen = run_virtual(scene())
    assert [method for method, _, _, _ in seen] == ["getMe", *["sendMessage"] * 5]
    assert [text for _, _, text, _ in seen[1:]] == ["hello", "hello", "help", "start", "reply"]
    assert [at for _, _, _, at in seen[1:]] == pytest.approx([0, 3.1, 4.1, 5.1, 6.1])
