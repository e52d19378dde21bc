"""The bot as a process while Telegram is in trouble: every message is answered, once and in the order of its chat."""

import itertools

from bot.desk import UNSURE
from tests.bot.bot_scenes import scene, somebody

RETRY_AFTER_SECONDS = 1


def everybody_writes(server, people, each):
    """What so many new people say, taking turns."""
    speakers = [somebody(server) for _ in range(people)]
    return [person.says(f"Good morning, I am number {number}") for number in range(each) for person in speakers]


async def assert_answered(server, bot, said):
    """Wait until all is answered; each chat must show one reply to each message, in the order of the messages."""
    for message in said:
        assert await bot.finished(message.update_id) == ("answered", "")
    for chat in {message.chat_id for message in said}:
        shown = [message.id for message in server.messages(chat)]
        replies = "SELECT reply_message_id, message_id FROM replies JOIN exchanges USING (exchange)"
        found = bot.rows(f"{replies} WHERE replies.chat_id = ? ORDER BY reply_message_id", chat)
        assert [reply for reply, _ in found] == shown
        assert [asked for _, asked in found] == [message.id for message in said if message.chat_id == chat]


@scene
async def test_a_storm_of_429_is_sat_out_and_each_pause_obeyed(server, bot):
    before = len(server.calls("sendMessage"))
    storm = server.faults.fail("sendMessage", 429, times=10, retry_after=RETRY_AFTER_SECONDS)
    said = everybody_writes(server, people=4, each=3)
    await assert_answered(server, bot, said)
    calls = server.calls("sendMessage")[before:]
    assert storm.met == 10 == sum(call.status == 429 for call in calls)
    for chat in {message.chat_id for message in said}:
        mine = [call for call in calls if call.get("chat_id") == chat]
        for refused, following in itertools.pairwise(mine):
            if refused.status == 429:
                assert following.arrived_at - refused.answered_at >= RETRY_AFTER_SECONDS
                assert following.parameters == refused.parameters


@scene
async def test_a_proxy_that_answers_502_is_waited_out_in_both_directions(server, bot):
    sending = server.faults.fail("sendMessage", 502, times=6, body=b"<html>Bad Gateway</html>")
    polling = server.faults.fail("getUpdates", 502, times=2, body=b"<html>Bad Gateway</html>")
    said = everybody_writes(server, people=3, each=2)
    await assert_answered(server, bot, said)
    await server.until(lambda: polling.met == 2)
    assert sending.met == 6
    await assert_answered(server, bot, everybody_writes(server, people=1, each=1))
    assert bot.events("Telegram could not be asked for updates (NetworkError); again in a moment")


@scene
async def test_an_answer_that_cannot_be_read_is_not_logged_and_its_message_not_sent_twice(server, bot):
    page = server.faults.garble("sendMessage", b"<html>Good morning</html>")
    ada = somebody(server)
    said = ada.says("Good morning, I am here")
    assert await bot.finished(said.update_id) == ("answered", UNSURE)
    assert page.met == 1 and len(server.messages(ada)) == 1
    later = ada.says("/settings")
    (_, shown) = await server.replies(ada, 2)
    await bot.finished(later.update_id)
    edits = server.faults.garble("editMessageText", b'{"ok": true, "result": {"text": "Good mor', times=2)
    pressed = server.press(shown.buttons[0], ada)
    assert await bot.finished(pressed.update_id) == ("answered", "") and edits.met == 2
    assert "Good mor" not in bot.log.read_text()


@scene
async def test_a_poll_that_is_cut_half_way_or_lost_brings_its_updates_again(server, bot):
    faults = [server.faults.cut("getUpdates"), server.faults.lose("getUpdates"), server.faults.drop("getUpdates")]
    first = everybody_writes(server, people=1, each=1)  # for the poll that waits already
    await server.until(lambda: faults[0].met)
    said = first + everybody_writes(server, people=3, each=3)
    await assert_answered(server, bot, said)
    assert [fault.met for fault in faults] == [1, 1, 1]


@scene
async def test_an_update_that_comes_twice_is_answered_once(server, bot):
    ada = somebody(server)
    twice = ada.says("Good morning, how are you?")
    server.repeat(twice.update_id)  # in the same answer, where it has not been fetched yet
    await bot.finished(twice.update_id)
    server.repeat(twice.update_id)
    later = ada.says("And what will you do today?")
    await assert_answered(server, bot, [twice, later])


@scene
async def test_updates_that_nobody_can_read_hold_up_nobody_between_them(server, bot):
    said, broken = [], []
    ada, bo = somebody(server), somebody(server)
    for number in range(3):
        said += [person.says(f"Good morning, I am number {number}") for person in (ada, bo)]
        broken += [server.send_unparsable(ada.id), server.send_raw({"message": {"text": "no sender, no chat"}})]
    server.send_raw({"update_id": -1, "message": None})
    await assert_answered(server, bot, said)
    assert {(await bot.finished(number))[0] for number in broken} == {"dead"}
