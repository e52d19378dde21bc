"""How updates reach the bot: long polling, acknowledgement, kinds, privacy mode, webhooks."""

import asyncio
import socket

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st
from telegram.error import BadRequest, Conflict

from tests.bot.fake_telegram.fake_bot_api import FakeBotApi
from tests.bot.fake_telegram.fake_bot_api_changes import Changes
from tests.bot.fake_telegram.fake_bot_api_scenarios import scenario
from tests.bot.fake_telegram.fake_bot_api_updates import Updates
from tests.bot.fake_telegram.fake_bot_api_webhook import SECRET_HEADER
from tests.bot.fake_telegram.ptb_client import application_of, bot_of, build


def texts(updates):
    return [update.message.text for update in updates]


@scenario
async def test_updates_stay_until_a_higher_offset_acknowledges_them():
    async with FakeBotApi() as server, bot_of(server) as bot:
        for word in ("one", "two", "three"):
            server.user(1).says(word)
        first = await bot.get_updates(timeout=0, limit=2)
        assert texts(first) == ["one", "two"]
        assert texts(await bot.get_updates(timeout=0)) == ["one", "two", "three"]
        assert texts(await bot.get_updates(offset=first[0].update_id + 1, timeout=0)) == ["two", "three"]
        assert texts(await bot.get_updates(offset=-1, timeout=0)) == ["three"]
        assert texts(await bot.get_updates(timeout=0)) == ["three"]


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.integers(-4, 12)), max_size=20))
def test_acknowledgement_agrees_with_a_plain_list(steps):
    async def run():
        updates, waiting, number = Updates(Changes(), first_id=1), [], 0
        for offset in steps:
            if offset is None:
                number = updates.add("message", {})
                waiting.append(number)
                continue
            got = await updates.poll(offset, 3, 0)
            waiting = waiting[offset:] if offset < 0 else [each for each in waiting if each >= offset]
            assert [each["update_id"] for each in got] == waiting[:3]

    asyncio.run(run())


@scenario
async def test_a_poll_waits_for_what_comes():
    async with FakeBotApi() as server, bot_of(server) as bot:
        poll = asyncio.create_task(bot.get_updates(timeout=50))
        await server.until(lambda: server.world.updates.is_polled)
        assert not poll.done()
        server.user(1).says("here")
        assert texts(await poll) == ["here"]


@scenario
async def test_a_second_poller_ends_the_first():
    async with FakeBotApi() as server, bot_of(server) as bot:
        first = asyncio.create_task(bot.get_updates(timeout=50))
        await server.until(lambda: server.world.updates.is_polled)
        second = asyncio.create_task(bot.get_updates(timeout=50))
        with pytest.raises(Conflict, match="terminated by other getUpdates request"):
            await first
        server.user(1).says("for the second")
        assert texts(await second) == ["for the second"]


@scenario
async def test_a_bot_gets_the_kinds_it_asked_for():
    async with FakeBotApi() as server, bot_of(server) as bot:
        group, person = server.group(admin=True), server.user(1)
        said = person.says("one", chat=group)
        person.reacts(said, "👍")
        assert len(await bot.get_updates(timeout=0)) == 1, "reactions only on request"
        await bot.get_updates(timeout=0, allowed_updates=["message_reaction", "edited_message"])
        person.reacts(said, "👎")
        person.reacts(person.says("elsewhere"), "😁")
        person.says("two", chat=group)
        person.edits(said, "one and a half")
        updates = await bot.get_updates(timeout=0)
        assert [update.message.text for update in updates if update.message] == ["one"], "queued before the filter"
        assert [update.message_reaction.new_reaction[0].emoji for update in updates if update.message_reaction] == [
            "👎"
        ]
        assert [update.edited_message.text for update in updates if update.edited_message] == ["one and a half"]
        await bot.get_updates(timeout=0, allowed_updates=[])
        person.says("three", chat=group)
        assert (await bot.get_updates(timeout=0))[-1].message.text == "three"


@scenario
async def test_privacy_mode_hides_what_is_not_meant_for_the_bot():
    async with FakeBotApi() as server, bot_of(server) as bot:
        group, person = server.group(), server.user(1)
        other = server.user(2).says("talk among people", chat=group)
        person.says("/help", chat=group)
        ours = await bot.send_message(group.id, "the bot was here")
        person.says("talk to each other", chat=group, reply_to=other)
        person.says("/help@another_bot", chat=group)
        person.says("mail me@kuaizui_bot.org and a/path", chat=group)
        person.says("/start@Kuaizui_Bot now", chat=group, thread=5)
        person.says("what says 😀 @kuaizui_bot to this", chat=group)
        person.says("a reply", chat=group, reply_to=server.messages(group)[0])
        person.sends_document("a.txt", b"x", caption="for @kuaizui_bot", chat=group)
        person.sends_document("b.txt", b"x", caption="for nobody", chat=group)
        updates = await bot.get_updates(timeout=0)
        assert [(update.message.text or update.message.caption) for update in updates] == [
            "/help",
            "/start@Kuaizui_Bot now",
            "what says 😀 @kuaizui_bot to this",
            "a reply",
            "for @kuaizui_bot",
        ]
        assert [update.message.message_thread_id for update in updates][:2] == [None, 5]
        assert updates[3].message.reply_to_message.message_id == ours.message_id
        server.group(admin=True)
        person.says("an administrator sees all", chat=group)
        assert texts(await bot.get_updates(offset=-1, timeout=0)) == ["an administrator sees all"]


@scenario
async def test_channel_posts_and_forwards_of_every_origin_arrive():
    async with FakeBotApi() as server, bot_of(server) as bot:
        channel = server.channel()
        server.posts(channel, "news of the day")
        for source in (channel, server.user(2), "A hidden name"):
            server.user(1).says("forwarded", forwarded_from=source)
        server.user(1).sends_photo("a caption", forwarded_from=channel)
        post, *forwards = await bot.get_updates(timeout=0)
        assert post.channel_post.text == "news of the day"
        origins = ["channel", "user", "hidden_user", "channel"]
        assert [each.message.forward_origin.type for each in forwards] == origins
        await bot.send_message(channel.id, "from the bot")
        assert [message.text for message in server.messages(channel)] == ["from the bot"]


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@scenario
async def test_a_webhook_with_a_secret_gets_every_update_once():
    seen = []

    async def handle(update, bot):
        seen.append(update.message.text)
        await update.message.reply_text(f"got {update.message.text}")

    async with FakeBotApi() as server, bot_of(server) as other:
        application, port = build(server, handle), free_port()
        address = f"http://127.0.0.1:{port}/hook"
        async with application:
            await application.start()
            server.user(1).says("before")
            options = {"listen": "127.0.0.1", "port": port, "url_path": "hook", "webhook_url": address}
            await application.updater.start_webhook(**options, secret_token="a_secret-1")
            server.user(1).says("after")
            await server.replies(1, count=2)
            assert sorted(seen) == ["after", "before"]
            assert server.world.updates.pending == {}
            with pytest.raises(Conflict, match="webhook is active"):
                await other.get_updates(timeout=0)
            async with aiohttp.ClientSession() as stranger:
                answer = await stranger.post(address, json={"update_id": 1}, headers={SECRET_HEADER: "wrong"})
                assert answer.status == 403
            await application.updater.stop()
            await application.stop()
        await other.delete_webhook()
        server.user(1).says("polled again")
        assert texts(await other.get_updates(timeout=0)) == ["polled again"]


@scenario
async def test_a_webhook_is_tried_until_it_takes_the_update():
    secrets, port = [], free_port()

    async def answer(request):
        secrets.append(request.headers.get(SECRET_HEADER))
        return web.Response(status=500 if len(secrets) < 3 else 200)

    async with FakeBotApi() as server, bot_of(server) as bot:
        await bot.set_webhook(f"http://127.0.0.1:{port}/", secret_token="abc")
        server.user(1).says("take it")
        (update_id,) = server.world.updates.pending
        await server.until(lambda: server.webhook.attempts)
        assert server.webhook.attempts[0] == (update_id, None)
        application = web.Application()
        application.router.add_post("/", answer)
        runner = web.AppRunner(application, shutdown_timeout=0)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        await server.until(lambda: not server.world.updates.pending)
        assert [status for _, status in server.webhook.attempts if status] == [500, 500, 200]
        assert secrets == ["abc"] * 3
        assert "500" in (await bot.get_webhook_info()).last_error_message
        server.repeat(update_id)
        await server.until(lambda: len(secrets) == 4)
        await runner.cleanup()


@pytest.mark.parametrize(
    ("url", "secret", "error"),
    [
        ("http://example.org/hook", "x", "an https url must be provided"),
        ("https://example.org/hook", "no spaces", "unallowed characters"),
    ],
)
@scenario
async def test_webhooks_that_telegram_refuses(url, secret, error):
    async with FakeBotApi() as server, bot_of(server) as bot:
        with pytest.raises(BadRequest, match=error):
            await bot.set_webhook(url, secret_token=secret)
        assert server.world.webhook == {}


@scenario
async def test_dropping_what_waits_leaves_only_what_comes():
    seen = []

    async def handle(update, bot):
        seen.append(update.message.text)

    async with FakeBotApi() as server:
        server.user(1).says("old")
        async with application_of(server, handle, drop_pending_updates=True):
            server.user(1).says("new")
            await server.until(lambda: seen)
        assert seen == ["new"]
