"""Everything that can go wrong on order, as python-telegram-bot meets it."""

import asyncio

import pytest
from telegram.error import Conflict, Forbidden, NetworkError, RetryAfter

from tests.bot.fake_telegram.fake_bot_api import FakeBotApi
from tests.bot.fake_telegram.fake_bot_api_calls import Call
from tests.bot.fake_telegram.fake_bot_api_errors import ApiError
from tests.bot.fake_telegram.fake_bot_api_faults import Faults, FloodLimits
from tests.bot.fake_telegram.fake_bot_api_messages import Chat
from tests.bot.fake_telegram.fake_bot_api_scenarios import scenario
from tests.bot.fake_telegram.ptb_client import application_of, bot_of, call, quiet

# python-telegram-bot 22 warns of itself whenever it reads `retry_after`.
pytestmark = pytest.mark.filterwarnings("ignore:.*retry_after.*")


@scenario
async def test_a_storm_of_429_passes_after_so_many_calls_in_the_chat_it_strikes():
    async with FakeBotApi() as server, bot_of(server) as bot:
        for number in (1, 2):
            server.user(number).says("hi")
        storm = server.faults.fail("sendMessage", 429, chat=1, times=2, retry_after=7)
        for _ in range(2):
            with pytest.raises(RetryAfter, match=r"Retry in (7 seconds|0:00:07)"):
                await bot.send_message(1, "x")
            await bot.send_message(2, "elsewhere")
        await bot.send_message(1, "at last")
        assert storm.met == 2
        assert [call.status for call in server.calls("sendMessage")] == [429, 200, 429, 200, 200]
        assert [message.text for message in server.messages(1)] == ["at last"]


@pytest.mark.parametrize("body", [None, b"<html>Bad Gateway</html>"])
@scenario
async def test_502_is_answered_as_telegram_or_as_its_proxy_would(body):
    async with FakeBotApi() as server, bot_of(server) as bot:
        server.user(1).says("hi")
        server.faults.fail("sendMessage", 502, body=body)
        with quiet(), pytest.raises(NetworkError, match="Bad Gateway"):
            await bot.send_message(1, "x")
        assert server.messages(1) == []
        await bot.send_message(1, "again")
        assert len(server.messages(1)) == 1


@scenario
async def test_a_person_who_blocks_the_bot_is_not_written_to_until_they_unblock_it():
    async with FakeBotApi() as server, bot_of(server) as bot:
        person = server.user(1)
        person.says("hi")
        person.blocks()
        with pytest.raises(Forbidden, match="bot was blocked by the user"):
            await bot.send_message(1, "x")
        person.unblocks()
        await bot.send_message(1, "welcome back")
        changes = [update.my_chat_member for update in await bot.get_updates(timeout=0) if update.my_chat_member]
        assert [change.new_chat_member.status for change in changes] == ["kicked", "member"]
        assert [message.text for message in server.messages(1)] == ["welcome back"]


@scenario
async def test_a_refusal_can_have_any_status_and_words():
    async with FakeBotApi() as server, bot_of(server) as bot:
        server.user(1).says("hi")
        server.faults.fail("sendMessage", 403, description="Forbidden: user is deactivated")
        with pytest.raises(Forbidden, match="user is deactivated"):
            await bot.send_message(1, "x")
        server.faults.fail("getUpdates", 409)
        with pytest.raises(Conflict, match="only one bot instance"):
            await bot.get_updates(timeout=0)


@pytest.mark.parametrize("how", ["cut", "lose", "drop", "conflict", "bad gateway"])
@scenario
async def test_updates_outlive_a_poll_that_fails(how):
    seen = []

    async def handle(update, bot):
        seen.append(update.message.text)

    async with FakeBotApi() as server:
        if how in ("cut", "lose", "drop"):
            fault = getattr(server.faults, how)("getUpdates")
        with quiet():
            async with application_of(server, handle):
                await server.until(lambda: server.world.updates.is_polled)
                if how == "conflict":
                    server.interrupt_poll()
                    await server.until(lambda: any(call.status == 409 for call in server.calls("getUpdates")))
                elif how == "bad gateway":
                    fault = server.faults.fail("getUpdates", 502)
                for word in ("one", "two"):
                    server.user(1).says(word)
                await server.until(lambda: len(seen) == 2 or not server.world.updates.pending)
                await server.until(lambda: not server.world.updates.pending)
                if how != "conflict":
                    server.user(1).says("three")
                    await server.until(lambda: fault.met == 1)
        assert seen[:2] == ["one", "two"]


@scenario
async def test_a_server_out_of_reach_comes_back_with_what_waited():
    async def handle(update, bot):
        await bot.send_message(1, f"got {update.message.text}")

    async with FakeBotApi() as server:
        with quiet():
            async with application_of(server, handle):
                url = server.url
                await server.until(lambda: server.world.updates.is_polled)
                await server.stop()
                server.user(1).says("meanwhile")
                await server.start()
                (answer,) = await server.replies(1)
        assert (server.url, answer.text) == (url, "got meanwhile")


@scenario
async def test_a_lost_answer_leaves_the_message_and_a_dropped_request_does_not():
    async with FakeBotApi() as server, bot_of(server) as bot:
        server.user(1).says("hi")
        for fault, text in ((server.faults.lose, "lost"), (server.faults.drop, "dropped"), (server.faults.cut, "cut")):
            fault("sendMessage")
            with pytest.raises(NetworkError):
                await bot.send_message(1, text)
        assert [message.text for message in server.messages(1)] == ["lost", "cut"]


@scenario
async def test_a_held_answer_comes_when_it_is_released():
    async with FakeBotApi() as server, bot_of(server) as bot:
        server.user(1).says("hi")
        held = server.faults.hold("sendMessage")
        sending = asyncio.create_task(bot.send_message(1, "sent, but the bot does not know"))
        await server.replies(1)
        await bot.get_me()
        await bot.get_me()
        assert not sending.done(), "other calls are answered meanwhile, this one is not"
        held.release()
        assert (await sending).message_id == server.messages(1)[0].id


@scenario
async def test_an_update_can_come_twice_even_after_it_was_acknowledged():
    async with FakeBotApi() as server, bot_of(server) as bot:
        said = server.user(1).says("one")
        await bot.get_updates(offset=said.update_id + 1, timeout=0)
        server.repeat(said.update_id)
        server.user(1).says("two")
        again = await bot.get_updates(offset=said.update_id + 1, timeout=0)
        assert [update.message.text for update in again] == ["one", "two"]
        after = await bot.get_updates(offset=said.update_id + 1, timeout=0)
        assert [update.message.text for update in after] == ["two"]
        server.repeat(said.update_id + 1)
        at_once = await bot.get_updates(timeout=0)
        assert [update.message.text for update in at_once] == ["two", "two"]


@scenario
async def test_an_unparsable_update_blocks_the_poll_as_long_as_nobody_passes_it_by():
    async with FakeBotApi() as server, bot_of(server) as bot:
        broken = server.send_unparsable()
        server.user(1).says("behind it")
        for _ in range(2):
            with pytest.raises(KeyError), quiet():
                await bot.get_updates(timeout=0)
        raw = await call(server, "getUpdates", timeout=0)
        assert [update["update_id"] for update in raw["result"]] == [broken, broken + 1]
        assert [update.message.text for update in await bot.get_updates(offset=broken + 1, timeout=0)] == ["behind it"]


@scenario
async def test_raw_updates_keep_their_id_and_are_not_held_against_the_fake():
    async with FakeBotApi() as server, bot_of(server) as bot:
        server.send_raw({"update_id": 5_000_000, "of_a_kind": {"still": "unknown"}})
        said = server.user(1).says("after it")
        updates = await bot.get_updates(timeout=0)
        assert [update.update_id for update in updates] == [5_000_000, 5_000_001]
        assert said.update_id == 5_000_001


@scenario
async def test_slow_calls_take_their_time_each_by_its_method():
    async with FakeBotApi() as server, bot_of(server) as bot:
        server.user(1).says("hi")
        server.faults.slow(0.05)
        server.faults.slow(0.15, "sendMessage")
        await bot.send_message(1, "x")
        await bot.send_chat_action(1, "typing")
        for method, least in (("sendMessage", 0.15), ("sendChatAction", 0.05)):
            (call,) = server.calls(method)
            assert call.answered_at - call.arrived_at >= least - 0.01


@scenario
async def test_floods_are_refused_in_one_chat_and_not_in_another():
    async with FakeBotApi() as server, bot_of(server) as bot:
        for number in (1, 2):
            server.user(number).says("hi")
        server.limit_floods()
        server.faults.clock = lambda: 100.0  # stands still, however busy the machine is
        await bot.send_message(1, "one")
        with pytest.raises(RetryAfter):
            await bot.send_message(1, "one too many")
        await bot.send_message(2, "elsewhere")
        await bot.send_chat_action(1, "typing")
        assert [message.text for message in server.messages(1)] == ["one"]


@pytest.mark.parametrize(("kind", "most", "seconds"), [("private", 1, 1), ("group", 20, 60), ("supergroup", 20, 60)])
def test_flood_limits_by_kind_of_chat(kind, most, seconds):
    now = [100.0]
    faults, chat, call = Faults(lambda: now[0]), Chat({"id": 1, "type": kind}), Call("sendMessage", {"chat_id": 1})
    faults.limits = FloodLimits()
    for _ in range(most):
        faults.count(call, chat)
    with pytest.raises(ApiError) as refused:
        faults.count(call, chat)
    assert refused.value.parameters == {"retry_after": seconds}
    now[0] += seconds - 0.5
    with pytest.raises(ApiError):
        faults.count(call, chat)
    now[0] += 0.6
    faults.count(call, chat)


def test_flood_limit_over_all_chats():
    faults = Faults(lambda: 100.0)
    faults.limits = FloodLimits()
    for number in range(30):
        faults.count(Call("sendMessage", {}), Chat({"id": number, "type": "private"}))
    with pytest.raises(ApiError, match="retry after 1"):
        faults.count(Call("sendMessage", {}), Chat({"id": 30, "type": "private"}))


@scenario
async def test_waiting_in_vain_says_what_was_waited_for_and_what_happened():
    async with FakeBotApi() as server:
        server.user(1).says("is anybody there?")
        with pytest.raises(AssertionError, match=r"(?s)1 messages of the bot in 1 did not happen.*is anybody there\?"):
            await server.replies(1, timeout=0.01)
