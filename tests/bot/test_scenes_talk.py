"""Scenes of talking: two languages, memory, edits, groups, and what is no text."""

import json

from nlp.companion.wording import fixed_texts
from nlp.text import has_han
from tests.bot.bot_scenes import CHINESE_NEWS, NEWS, asked, first_words, scene, somebody

GROUP = -1000000000100


def remembered(bot, chat):
    """What the store has of a chat: text, reply, kind, model, oldest first."""
    return bot.rows("SELECT text, reply, kind, model FROM exchanges WHERE chat_id = ? ORDER BY message_id", chat.id)


@scene
async def test_a_talk_in_two_languages_is_remembered_as_it_was_said(server, bot):
    ada = somebody(server)
    hello = await asked(bot, ada, "Good morning, how are you today?")
    nihao = await asked(bot, ada, "你今天过得怎么样？")
    first, second = remembered(bot, ada)
    assert first[:3] == ("Good morning, how are you today?", hello.text, "chat")
    assert second[1] == nihao.text
    assert {first[3], second[3]} <= {"dialogue-en", "dialogue-zh", ""} and first[3] != "dialogue-zh"
    assert hello.reply_to is None and [button.text for button in hello.buttons] == ["👍", "👎"]


@scene
async def test_danger_is_answered_by_a_text_written_by_hand(server, bot):
    ada = somebody(server)
    answer = await asked(bot, ada, "I want to kill myself")
    assert answer.text in fixed_texts("en")["self"]
    why = await asked(bot, ada, "/why")
    assert why.text.startswith("No model wrote this")
    long = await asked(bot, somebody(server), "It has been a hard year. " * 12 + "I want to kill myself.")
    assert long.text in fixed_texts("en")["self"]  # and no offer of headlines


@scene
async def test_an_edited_message_has_its_reply_edited(server, bot):
    ada = somebody(server)
    answer = await asked(bot, ada, "What do you like to do at home?")
    question = first_words(bot, ada)
    server.edit(question, "I want to kill myself")
    await server.until(lambda: answer.text in fixed_texts("en")["self"])
    assert await bot.finished(question.update_id) == ("answered", "")
    assert len(server.messages(ada)) == 1
    assert [text for text, *_ in remembered(bot, ada)] == ["I want to kill myself"]


@scene
async def test_an_edited_message_is_answered_anew_if_its_reply_is_gone(server, bot):
    ada = somebody(server)
    answer = await asked(bot, ada, "What do you like to do at home?")
    question = first_words(bot, ada)
    answer.deleted = True
    server.edit(question, "I want to kill myself")
    (anew,) = await server.replies(ada, 1)
    assert anew.id != answer.id and anew.text in fixed_texts("en")["self"]


@scene
async def test_news_is_offered_headlines_and_talked_about_if_that_is_wanted(server, bot):
    ada = somebody(server)
    offer = await asked(bot, ada, NEWS * 4)
    assert "headlines" in offer.text and [button.text for button in offer.buttons] == ["Headlines", "Just chat"]
    query = server.press(offer.button("Headlines"))
    await server.until(lambda: offer.text.startswith("1. "))
    await bot.finished(query.update_id)
    assert remembered(bot, ada)[0][0] == (NEWS * 4).strip()
    forwarded = await asked(bot, ada, CHINESE_NEWS * 2, forwarded_from="记者")
    assert has_han(forwarded.text) and forwarded.buttons
    server.press(forwarded.button("只是聊聊"))
    await server.until(lambda: [button.text for button in forwarded.buttons] == ["👍", "👎"])
    assert len(server.messages(ada)) == 2


@scene
async def test_in_a_group_only_those_who_speak_to_the_bot_are_answered(server, bot):
    group, ada, bo = server.group(GROUP, admin=True), somebody(server), somebody(server)
    unheard = ada.says("Good morning everybody", group)
    answer = await asked(bot, ada, "@kuaizui_bot Good morning, how are you?", group)
    again = await asked(bot, bo, "And what do you think?", group, reply_to=answer)
    mention, reply = answer.reply_to, again.reply_to
    said = {message.id: message.text for message in group.messages.values()}
    assert said[mention].startswith("@kuaizui_bot") and said[reply] == "And what do you think?"
    help_text = await asked(bot, bo, "/help@kuaizui_bot", group)
    assert "/headline" in help_text.text
    foreign = bo.says("/help@other_bot", group)
    assert await bot.finished(foreign.update_id) == ("refused", "not for the bot")
    assert await bot.finished(unheard.update_id) == ("refused", "not for the bot")
    assert len(server.messages(group)) == 3
    assert [text for text, *_ in remembered(bot, group)] == ["Good morning, how are you?", "And what do you think?"]


@scene
async def test_topics_of_a_forum_are_talks_of_their_own(server, bot):
    group, ada = server.group(GROUP - 1, kind="supergroup", forum=True, admin=True), somebody(server)
    answer = await asked(bot, ada, "@kuaizui_bot hello, how are you?", group, thread=7)
    assert answer.thread_id == 7
    await asked(bot, ada, "/reset@kuaizui_bot", group, thread=8)
    assert bot.rows("SELECT thread_id FROM exchanges WHERE chat_id = ?", group.id) == [(7,)]


@scene
async def test_what_is_no_text_is_answered_kindly_and_its_caption_read(server, bot):
    ada = somebody(server)
    before = len(server.messages(ada))
    ada.sends_photo()
    (answer,) = (await server.replies(ada, before + 1))[-1:]
    assert answer.text.startswith("I can read text only")
    ada.sends_photo("Look at my garden, isn't it nice?")
    assert len(await server.replies(ada, before + 2)) == 2


@scene
async def test_an_update_that_nobody_can_read_becomes_a_dead_letter_and_holds_nothing_up(server, bot):
    ada = somebody(server)
    number = server.send_unparsable(ada.id)
    await asked(bot, ada, "/help")
    assert (await bot.finished(number))[0] == "dead"


@scene
async def test_the_log_holds_neither_what_people_write_nor_the_token(server, bot):
    ada = somebody(server)
    await asked(bot, ada, "a very peculiar sentence about zebras")
    log = bot.log.read_text()
    assert "zebra" not in log and server.token.partition(":")[2] not in log
    assert all(json.loads(line) for line in log.splitlines())
