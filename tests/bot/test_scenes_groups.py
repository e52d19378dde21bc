"""Scenes of groups: who is answered, in which topic, and what happens to the group itself."""

import itertools
import time

import pytest

from tests.bot.bot_scenes import asked, pressed, scene, somebody
from tests.bot.fake_telegram.fake_bot_api_methods import member

_groups, _supergroups = itertools.count(-400, -1), itertools.count(-1000000000400, -1)
HELLO = "@kuaizui_bot Good morning, how are you?"


def small_group(server):
    """A group as it is before it becomes a supergroup."""
    return server.group(next(_groups), kind="group", admin=True)


def supergroup(server, **about):
    return server.group(next(_supergroups), **about)


def exchanges(bot, chat_id):
    """Number and text of what was said in a chat, oldest first."""
    return bot.rows("SELECT message_id, text FROM exchanges WHERE chat_id = ? ORDER BY message_id", chat_id)


def announced(server, group, new, *, new_chat_first=False):
    """Tell the bot in both chats that a group is a supergroup now; the numbers of the updates."""
    sender = next(iter(server.world.users.values()))
    told = [(group, {"migrate_to_chat_id": new.id}), (new, {"migrate_from_chat_id": group.id})]
    group.migrated_to = new.id
    return [
        server.world.updates.add("message", dict(server.world.write(chat, sender, fields).json))
        for chat, fields in (reversed(told) if new_chat_first else told)
    ]


def changed_membership(server, group, person, before, now):
    """Somebody adds the bot to a group, or removes it; the number of the update."""
    change = {"chat": group.json, "from": person.json, "date": int(time.time())}
    change |= {"old_chat_member": member(server.world.bot_user, before)}
    return server.world.updates.add("my_chat_member", change | {"new_chat_member": member(server.world.bot_user, now)})


def is_inactive(bot, group):
    return bool(bot.rows("SELECT 1 FROM chats WHERE chat_id = ? AND inactive_since IS NOT NULL", group.id))


@scene
async def test_with_privacy_mode_only_what_is_for_the_bot_arrives_and_all_of_that_is_answered(server, bot):
    group, ada, bo = supergroup(server), somebody(server), somebody(server)
    assert not hasattr(ada.says("Good morning everybody", group), "update_id")  # Telegram keeps it to itself
    answer = await asked(bot, ada, HELLO, group)
    reply = await asked(bot, bo, "And what do you think?", group, reply_to=answer)
    help_text = await asked(bot, bo, "/help", group)
    assert reply.reply_to and "/headline" in help_text.text
    assert [text for _, text in exchanges(bot, group.id)] == ["Good morning, how are you?", "And what do you think?"]


@scene
async def test_without_privacy_mode_what_is_for_others_is_not_answered(server, bot):
    group, ada, bo = supergroup(server, admin=True), somebody(server), somebody(server)
    to_bo = bo.says("Good morning Ada", group)
    for said in (
        ada.says("Good morning Bo", group, reply_to=to_bo),
        ada.says("ask @other_bot, not me", group),
        ada.says("/help@other_bot", group),
        ada.says("mail me at ada@kuaizui_bot.example", group),
    ):
        assert await bot.finished(said.update_id) == ("refused", "not for the bot")
    assert server.messages(group) == []


@scene
async def test_a_mention_under_a_picture_counts_and_is_not_read(server, bot):
    group, ada = supergroup(server, admin=True), somebody(server)
    unheard = ada.sends_photo("Look at my garden", group)
    heard = ada.sends_photo("@Kuaizui_Bot: look at my garden, isn't it nice?", group)
    assert (await bot.finished(unheard.update_id))[0] == "refused"
    assert (await bot.finished(heard.update_id))[0] == "answered"
    assert [text for _, text in exchanges(bot, group.id)] == ["look at my garden, isn't it nice?"]


@scene
async def test_a_mention_and_nothing_else_is_answered(server, bot):
    group, ada = supergroup(server), somebody(server)
    assert (await asked(bot, ada, "@kuaizui_bot", group)).text


@scene
async def test_each_topic_has_a_history_of_its_own(server, bot):
    group, ada = supergroup(server, forum=True, admin=True), somebody(server)
    for thread, text in ((7, "hello in seven"), (8, "hello in eight"), (7, "again in seven")):
        assert (await asked(bot, ada, f"@kuaizui_bot {text}", group, thread=thread)).thread_id == thread
    await asked(bot, ada, "/reset@kuaizui_bot", group, thread=8)
    found = bot.rows("SELECT thread_id, text FROM exchanges WHERE chat_id = ? ORDER BY exchange", group.id)
    assert found == [(7, "hello in seven"), (7, "again in seven")]


@scene
async def test_a_closed_topic_is_no_fault_and_says_nothing_of_the_rest_of_the_group(server, bot):
    group, ada = supergroup(server, forum=True, admin=True), somebody(server)
    server.faults.fail("sendMessage", 400, chat=group, description="Bad Request: TOPIC_CLOSED")
    said = ada.says(HELLO, group, thread=9)
    assert await bot.finished(said.update_id) == ("refused", "the bot may not write to this topic")
    assert not is_inactive(bot, group)


@scene
async def test_a_group_that_does_not_let_the_bot_write_is_noted_until_it_does(server, bot):
    group, ada = supergroup(server), somebody(server)
    kicked = "Forbidden: bot was kicked from the supergroup chat"
    server.faults.fail("sendMessage", 403, chat=group, description=kicked)
    said = ada.says(HELLO, group)
    assert await bot.finished(said.update_id) == ("refused", "the bot may not write to this chat")
    assert is_inactive(bot, group) and exchanges(bot, group.id) == []
    back = changed_membership(server, group, ada, "left", "member")
    assert await bot.finished(back) == ("answered", "in") and not is_inactive(bot, group)
    assert await asked(bot, ada, HELLO, group)
    out = changed_membership(server, group, ada, "member", "kicked")
    assert await bot.finished(out) == ("answered", "out") and is_inactive(bot, group)
    assert len(server.messages(group)) == 1  # neither coming nor going is talked about


@pytest.mark.parametrize("new_chat_first", [False, True], ids=["old chat first", "new chat first"])
def test_all_that_is_known_of_a_group_follows_it(shared_bot, new_chat_first):
    async def act(server, bot):
        group, new, ada = small_group(server), supergroup(server, admin=True), somebody(server)
        answer = await asked(bot, ada, HELLO, group)
        ada.reacts(answer, "👎")
        settings = await asked(bot, ada, "/settings", group)
        await bot.finished(server.press(settings.button("playful"), ada).update_id)
        before = len(server.messages(group))
        updates = announced(server, group, new, new_chat_first=new_chat_first)
        details = [await bot.finished(update) for update in updates]
        assert details == [
            ("answered", "the group has another number"),
            ("answered", "the group's other number was known"),
        ]
        assert exchanges(bot, group.id) == [] and len(exchanges(bot, new.id)) == 1
        assert bot.rows("SELECT user_id, rating FROM feedback WHERE chat_id = ?", new.id) == [(ada.id, -1)]
        assert bot.rows("SELECT settings FROM chats WHERE chat_id = ?", new.id) == [('{"style": "playful"}',)]
        why = await asked(bot, ada, "/why@kuaizui_bot", new)
        assert not why.text.startswith("There is no answer yet")
        await asked(bot, ada, "@kuaizui_bot And what will you do?", new)
        assert [text for _, text in exchanges(bot, new.id)] == ["Good morning, how are you?", "And what will you do?"]
        assert len(server.messages(group)) == before

    shared_bot.run(act)


@scene
async def test_what_was_asked_just_before_the_group_moved_is_answered_in_the_new_chat(server, bot):
    group, new, ada = small_group(server), supergroup(server, admin=True), somebody(server)
    said = [ada.says(f"@kuaizui_bot Good morning, number {number}", group) for number in range(3)]
    updates = announced(server, group, new)
    for update in (*(message.update_id for message in said), *updates):
        assert (await bot.finished(update))[0] == "answered"
    replies = server.messages(new)
    assert len(replies) == 3 and all(reply.reply_to is None for reply in replies) and not server.messages(group)
    assert exchanges(bot, group.id) == []
    assert [text for _, text in exchanges(bot, new.id)] == [f"Good morning, number {number}" for number in range(3)]
    found = bot.rows("SELECT reply_message_id FROM replies WHERE chat_id = ? ORDER BY reply_message_id", new.id)
    assert found == [(reply.id,) for reply in replies]
    ada.reacts(replies[0], "👍")
    assert await asked(bot, ada, "/why", new, reply_to=replies[1])
    assert bot.rows("SELECT rating FROM feedback WHERE chat_id = ?", new.id) == [(1,)]


@scene
async def test_a_button_of_the_old_chat_that_is_pressed_late_works_in_the_new(server, bot):
    group, new, ada = small_group(server), supergroup(server, admin=True), somebody(server)
    headlines = await asked(bot, ada, "/headline The city council voted to close the old bridge until spring.", group)
    for update in announced(server, group, new):
        await bot.finished(update)
    query = server.press(headlines.button("More"), ada)
    (more,) = await server.replies(new, 1)
    assert (await bot.finished(query.update_id))[0] == "answered" and more.text.startswith("1. ")
    found = bot.rows("SELECT reply_message_id FROM replies WHERE chat_id = ? ORDER BY part", new.id)
    assert len(found) == 2 and found[0][0] < 0 and found[1] == (more.id,)
    assert (await pressed(bot, more.button("Why?"), ada)).id != more.id
