"""The rate limiter in virtual time: limits, lanes, order, fairness, cancellation, 429."""

import asyncio
import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.pacing import Pacing, chat_of, sending_in
from bot.turns import GROUP, OVERALL, PRIVATE, Lane, Limits, Turn, Turns
from bot.windows import Limit
from tests.bot.pacing_scenes import (
    CHATS,
    NO_LIMITS,
    SMALL,
    WIDE,
    Call,
    Server,
    assert_limits_kept,
    limit_of,
    play,
    send,
)
from tests.bot.virtual_time import run_virtual

PATIENTLY = settings(max_examples=60, deadline=None)
ANY_CHAT = st.sampled_from(CHATS)
TIMES = st.sampled_from([0.0, 0.0, 0.01, 0.3, 1.0, 1.5, 4.0])
CALLS = st.lists(
    st.builds(
        Call,
        chat=ANY_CHAT,
        lane=st.sampled_from(Lane),
        at=TIMES,
        lasts=st.sampled_from([0.0, 0.05, 0.7]),
        handled_after=st.floats(0, 1),
    ),
    max_size=25,
)
CANCELLED_AFTER = st.none() | st.sampled_from([0.0, 0.1, 1.0])
CANCELLED = st.lists(
    st.builds(Call, chat=ANY_CHAT, at=TIMES, lasts=st.just(0.2), cancelled_after=CANCELLED_AFTER), max_size=25
)


@PATIENTLY
@given(CALLS)
def test_every_call_is_answered_within_the_limits_and_in_order(calls):
    server = play(calls)
    assert sorted(one.call.number for one in server.tries) == list(range(len(calls)))
    assert_limits_kept(server, SMALL)
    for chat in {call.chat for call in calls}:
        for lane in Lane:
            mine = [one for one in server.tries if (one.call.chat, one.call.lane) == (chat, lane)]
            for before, after in pairwise(mine):
                assert before.call.place < after.call.place
                assert before.end <= after.begin, "a later message was under way together with an earlier one"


@PATIENTLY
@given(CALLS)
def test_no_reply_goes_before_a_command_that_could_have_gone(calls):
    tries = play(calls).tries
    for place, reply in enumerate(tries):
        if reply.call.lane is Lane.REPLY:
            for later in tries[place:]:
                waited = later.call.at < reply.begin - 1e-9 and later.begin > reply.begin + 1e-9
                if waited and later.call.lane is Lane.COMMAND:
                    assert is_held_by_its_chat(later.call, reply.begin, tries[:place])


def is_held_by_its_chat(command, now, before):
    """Whether the command had to wait for its own chat: its limit, or an earlier command that is under way."""
    mine = [one for one in before if one.call.chat == command.chat]
    limit = limit_of(command.chat, SMALL)
    full = sum(one.end + limit.seconds > now + 1e-9 for one in mine) >= limit.count
    return full or any(one.call.lane is Lane.COMMAND and one.end >= now for one in mine)


@PATIENTLY
@given(CANCELLED)
def test_cancellation_loses_nothing_and_takes_nothing(calls):
    """Who is cancelled while waiting sends nothing; the others are answered; no place of a limit is lost for good."""
    probes = [Call(1, at=100.0), Call(-1, at=100.0), Call(2, at=101.0), Call(-1, at=101.0), Call(-1, at=102.0)]
    server = play(calls + probes)
    for call in calls:
        assert call.cancelled or call.tries
        assert call.cancelled_after is not None or not call.cancelled
    assert_limits_kept(server, SMALL)
    assert [probe.began for probe in probes] == pytest.approx([100, 100, 101, 101, 105])


def test_cancelled_in_the_moment_its_turn_comes():
    """The turn is given back: it does not count, and the next one goes."""

    async def scene():
        pacing, server = Pacing(SMALL), Server()
        await send(pacing, server, Call(1))
        late = asyncio.create_task(send(pacing, server, Call(1)))
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_at(server.start + 1.0, late.cancel)
        next_one = Call(1, number=2)
        assert await send(pacing, server, next_one) == {"number": 2}
        assert late.cancelled()
        return next_one.began

    assert run_virtual(scene()) == pytest.approx(1.0)


def test_cancelled_in_the_moment_the_message_before_it_ends():
    async def scene():
        async def sends_and_cancels():
            late.cancel()
            return True

        pacing, server = Pacing(NO_LIMITS), Server()
        first = asyncio.create_task(
            pacing.process_request(sends_and_cancels, (), {}, "sendMessage", {"chat_id": 1}, None)
        )
        late = asyncio.create_task(send(pacing, server, Call(1)))
        assert await first is True
        return await send(pacing, server, Call(1, number=2)), late.cancelled()

    assert run_virtual(scene()) == ({"number": 2}, True)


@PATIENTLY
@given(st.dictionaries(st.integers(1, 8), st.integers(1, 12), min_size=2))
def test_chats_take_turns(backlogs):
    """While two chats both wait, neither comes more than one message ahead of the other."""
    limits = Limits(overall=Limit(2, 1.0), private=WIDE, group=WIDE, reserved=0)
    waiting = [Call(chat, at=0.5) for chat, size in backlogs.items() for _ in range(size)]
    server = play([Call(99), Call(99), *waiting], limits)
    sent = dict.fromkeys(backlogs, 0)
    for one in server.tries[2:]:
        sent[one.call.chat] += 1
        behind = [sent[chat] for chat, size in backlogs.items() if sent[chat] < size]
        assert not behind or sent[one.call.chat] <= min(behind) + 1


def test_a_newcomer_goes_before_the_backlog_of_another():
    limits = Limits(overall=Limit(1, 1.0), private=WIDE, group=WIDE, reserved=0)
    newcomer = Call(2, at=3.5)
    play([*(Call(1) for _ in range(50)), newcomer], limits)
    assert newcomer.began == pytest.approx(5.0)


def test_telegrams_limits_by_default():
    limits = Limits()
    assert (limits.overall, limits.private, limits.group) == (OVERALL, PRIVATE, GROUP)
    private, group = [Call(1) for _ in range(5)], [Call(-1) for _ in range(41)]
    assert_limits_kept(play(private + group, limits), limits)
    assert [call.began for call in private] == pytest.approx([0, 1, 2, 3, 4])
    assert [group[place].began for place in (0, 19, 20, 39, 40)] == pytest.approx([0, 0, 60, 60, 120])


def test_a_command_finds_a_place_at_once_behind_any_backlog():
    replies = [Call(chat) for chat in range(1, 301)]
    commands = [Call(1000 + number, Lane.COMMAND, at=2.0 + number) for number in range(5)]
    play(replies + commands, Limits())
    assert [call.began for call in commands] == pytest.approx([call.at for call in commands])
    assert max(call.began for call in replies) > 10


def test_a_command_overtakes_the_replies_of_its_own_chat():
    replies, command = [Call(1) for _ in range(5)], Call(1, Lane.COMMAND, at=1.5)
    server = play([*replies, command])
    assert [one.call for one in server.tries] == [*replies[:2], command, *replies[2:]]


def test_the_lane_of_an_update_is_that_of_all_its_messages():
    """Also of tasks that its handler starts; `rate_limit_args` has the last word."""

    async def scene():
        pacing, server = Pacing(SMALL), Server()
        await send(pacing, server, Call(1, None))

        async def reply(number, lane=None):
            await send(pacing, server, Call(1, lane, number=number))

        tasks = [asyncio.create_task(reply(1))]
        await asyncio.sleep(0)
        with sending_in(Lane.COMMAND):
            tasks += [asyncio.create_task(reply(2)), asyncio.create_task(reply(3, Lane.REPLY))]
        tasks.append(asyncio.create_task(reply(4)))
        await asyncio.gather(*tasks)
        return [one.call.number for one in server.tries]

    assert run_virtual(scene()) == [0, 2, 1, 3, 4]


def test_nothing_is_polled():
    """Ten minutes of waiting in a group cost a few steps of the loop for each message."""

    async def scene():
        pacing, server = Pacing(), Server()
        await asyncio.gather(*(send(pacing, server, Call(-1, number=number)) for number in range(200)))
        return asyncio.get_running_loop()

    loop = run_virtual(scene())
    assert loop.now - 1000 == pytest.approx(540)
    assert loop.rounds < 2000


@pytest.mark.parametrize(
    ("data", "chat"),
    [
        ({}, None),
        ({"chat_id": 5}, 5),
        ({"chat_id": "-100"}, -100),
        ({"chat_id": "@News"}, "@news"),
        ({"text": 1}, None),
    ],
)
def test_the_chat_of_a_request(data, chat):
    assert chat_of(data) == chat


@PATIENTLY
@given(st.integers(0, 29), st.integers(30, 60))
def test_a_reserve_is_what_replies_leave(reserved, number):
    limits = Limits(overall=Limit(30, 1.0), private=WIDE, group=WIDE, reserved=reserved)
    server = play([Call(chat) for chat in range(1, number + 1)], limits)
    assert sum(one.begin == 0.0 for one in server.tries) == min(number, 30 - reserved)


@pytest.mark.parametrize("reserved", [-1, 30, 31])
def test_a_reserve_that_leaves_nothing_is_refused(reserved):
    with pytest.raises(ValueError, match="replies need at least one"):
        Limits(reserved=reserved)


def test_chats_are_forgotten_when_nothing_holds_them_any_more():
    """Ten thousand chats leave little behind, but a limit in force is kept in mind."""
    turns, held = Turns(Limits(WIDE, Limit(1, 1.0), Limit(1, 1e9))), -1
    for number in range(10_000):
        turn = Turn(held if number == 0 else number, Lane.REPLY, math.inf, signal=None)
        turns.join(turn)
        assert turns.grant(float(number))[0] == [turn]
        turns.end(turn, float(number))
    assert len(turns._chats) <= 258
    turns.join(Turn(held, Lane.REPLY, math.inf, signal=None))
    assert turns.grant(10_000.0) == ([], 1e9)
