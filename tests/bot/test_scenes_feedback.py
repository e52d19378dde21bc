"""Scenes of feedback: 👍 and 👎 as buttons and reactions, the better answer, and what becomes of them."""

import json

from nlp.companion.wording import fixed_texts
from nlp.text import has_han
from scripts.cli import run
from tests.bot.bot_scenes import CHINESE_NEWS, NEWS, asked, first_words, pressed, scene, somebody

GROUP = -1000000000300
QUESTION = "What would have been a better answer?"


def judgements(bot, chat):
    """Rating, correction, prompt and reply of all that was judged in a chat, the oldest first."""
    query = "SELECT rating, correction, prompt, reply FROM feedback WHERE chat_id = ? ORDER BY feedback"
    return bot.rows(query, chat.id)


async def tapped(bot, button, by=None):
    """What the bot says to a tap, shown for a moment and not written into the chat, once that is finished."""
    query = await bot.server.press(button, by).answered()
    assert (await bot.finished(query.update_id))[0] == "answered"
    return query.text


async def corrected(bot, person, question, text, chat=None):
    """What the bot says to a better answer."""
    return (await asked(bot, person, text, chat, reply_to=question)).text


@scene
async def test_a_reply_is_judged_judged_again_and_the_judgement_taken_back(server, bot):
    ada = somebody(server)
    answer = await asked(bot, ada, "What do you like to do at home?")
    told = ("What do you like to do at home?", answer.text)
    assert await tapped(bot, answer.button("👍")) == "Thank you, noted."
    assert judgements(bot, ada) == [(1, "", *told)]
    assert [button.text for button in answer.buttons] == ["✓ 👍", "👎"]
    assert await tapped(bot, answer.buttons[1]) == "Noted. Thank you for telling me."
    assert judgements(bot, ada) == [(-1, "", *told)]
    assert [button.text for button in answer.buttons] == ["👍", "✓ 👎"]
    assert await tapped(bot, answer.button("✓ 👎")) == "Taken back."
    assert judgements(bot, ada) == [(0, "", "", "")]
    assert [button.text for button in answer.buttons] == ["👍", "👎"]


@scene
async def test_the_better_answer_is_asked_for_once_stored_and_not_talked_about(server, bot):
    ada = somebody(server)
    await asked(bot, ada, "Good morning, how are you today?")
    answer = await asked(bot, ada, "What do you like to do at home?")
    question = await pressed(bot, answer.button("👎"))
    assert question.text.startswith(QUESTION) and question.reply_to == answer.id
    assert server.calls("sendMessage")[-1].get("reply_markup")["force_reply"] is True
    said = "I read, and I cook with friends."
    assert (await corrected(bot, ada, question, said)).startswith("Thank you")
    assert judgements(bot, ada)[0][:2] == (-1, said)
    assert bot.rows("SELECT COUNT(*) FROM exchanges WHERE chat_id = ?", ada.id) == [(2,)]
    for button in ("✓ 👎", "👎"):
        await tapped(bot, answer.button(button))
    assert judgements(bot, ada)[0][:2] == (-1, "") and len(server.messages(ada)) == 4, "not asked again"
    assert (await corrected(bot, ada, question, "I sleep.")).startswith("Thank you")
    assert judgements(bot, ada)[0][:2] == (-1, "I sleep.")
    await asked(bot, ada, "What else?")
    assert bot.rows("SELECT COUNT(*) FROM exchanges WHERE chat_id = ?", ada.id) == [(3,)]


@scene
async def test_an_edited_better_answer_takes_the_place_of_the_first(server, bot):
    ada = somebody(server)
    answer = await asked(bot, ada, "What do you like to do at home?")
    question = await pressed(bot, answer.button("👎"))
    await corrected(bot, ada, question, "I raed.")
    written = next(each for each in ada.chat.messages.values() if each.text == "I raed.")
    server.edit(written, "I read.")
    await server.replies(ada, 4)
    await bot.finished(written.update_id)
    assert judgements(bot, ada)[0][1] == "I read."
    server.edit(written, "I read.")
    assert await bot.finished(written.update_id) == ("answered", "a better answer: same")
    assert len(server.messages(ada)) == 4


@scene
async def test_an_edited_message_has_its_new_reply_judged_anew(server, bot):
    ada = somebody(server)
    answer = await asked(bot, ada, "What do you like to do at home?")
    await tapped(bot, answer.button("👍"))
    server.edit(first_words(bot, ada), "And where do you live, if I may ask?")
    await server.until(lambda: [button.text for button in answer.buttons] == ["👍", "👎"])
    await bot.finished(first_words(bot, ada).update_id)
    await tapped(bot, answer.button("👍"))
    assert judgements(bot, ada) == [(1, "", "And where do you live, if I may ask?", answer.text)]


@scene
async def test_in_danger_nobody_is_asked_for_thumbs_nor_taken_for_a_better_answer(server, bot):
    ada = somebody(server)
    ada.chat.bot_is_admin = True
    care = await asked(bot, ada, "I want to kill myself")
    assert not care.buttons
    ada.reacts(care, "👎")
    assert len(fixed_texts("en")["after"]) > 0 and not (await asked(bot, ada, "What do you like to eat?")).buttons
    answer = await asked(bot, ada, "What do you like to do at home?")
    question = await pressed(bot, answer.button("👎"))
    assert await corrected(bot, ada, question, "I want to kill myself") in fixed_texts("en")["self"]
    assert [correction for _, correction, prompt, _ in judgements(bot, ada)] == [""]


@scene
async def test_headlines_are_judged_message_by_message_and_can_be_bettered(server, bot):
    fang = somebody(server, language="zh")
    answer = await asked(bot, fang, "/headline " + CHINESE_NEWS)
    first = answer.text.splitlines()[0].partition(". ")[2]
    more = await pressed(bot, answer.button("再来几个"))
    fourth = more.text.splitlines()[0].partition(". ")[2]
    assert "第一个标题" in await tapped(bot, answer.button("👍"))
    assert [button.text for button in answer.buttons] == [
        "复制 1",
        "复制 2",
        "复制 3",
        "再来几个",
        "为什么？",
        "✓ 👍",
        "👎",
    ]
    question = await pressed(bot, more.button("👎"))
    assert question.text.startswith("什么标题更好")
    assert has_han(await corrected(bot, fang, question, "旧桥关闭维修"))
    news = CHINESE_NEWS.strip()
    assert judgements(bot, fang) == [(1, "", news, first), (-1, "旧桥关闭维修", news, fourth)]


@scene
async def test_reactions_count_as_buttons_do(server, bot):
    group, ada = server.group(GROUP, admin=True), somebody(server)
    answer = await asked(bot, ada, "@kuaizui_bot What do you like to do at home?", group)

    async def reacted(*emoji):
        before = len(server.world.updates.all)
        ada.reacts(answer, *emoji)
        (number,) = list(server.world.updates.all)[before:]
        return await bot.finished(number)

    assert await reacted("👍") == ("answered", "a reaction")
    assert judgements(bot, group) == [(1, "", "What do you like to do at home?", answer.text)]
    assert await reacted("🔥") == ("answered", "a reaction") and judgements(bot, group)[0][0] == 0
    assert await reacted("👎") == ("answered", "a reaction") and judgements(bot, group)[0][0] == -1
    assert await reacted("👎", "🔥") == ("refused", "not for the bot")
    assert len(server.messages(group)) == 1, "nobody is asked where there are no buttons"
    ada.reacts(next(each for each in group.messages.values() if not each.from_bot), "👍")
    assert await bot.finished(list(server.world.updates.all)[-1]) == ("refused", "no reply that can be judged")


@scene
async def test_groups_have_no_buttons_until_they_are_set_and_then_each_has_a_vote(server, bot):
    group, ada, bo = server.group(GROUP - 1, admin=True), somebody(server), somebody(server)
    first = await asked(bot, ada, "@kuaizui_bot Good morning, how are you today?", group)
    assert not first.buttons
    settings = await asked(bot, ada, "/settings", group)
    assert "✓ without 👍 👎" in [button.text for button in settings.buttons]
    assert await tapped(bot, settings.button("with 👍 👎"), by=ada) == "Saved."
    answer = await asked(bot, ada, "@kuaizui_bot What do you like to do at home?", group)
    assert await tapped(bot, answer.button("👍"), by=ada) == "Thank you, noted."
    question = await pressed(bot, answer.button("👎"), by=bo)
    assert question.text.startswith(f"{bo.name}: {QUESTION}") and question.reply_to == answer.id
    assert [button.text for button in answer.buttons] == ["👍", "👎"], "everybody sees the same buttons"
    wrong = await asked(bot, ada, "I would say something else.", group, reply_to=question)
    assert "I do not have that reply" in wrong.text
    assert (await corrected(bot, bo, question, "I read.", group)).startswith("Thank you")
    assert [row[:2] for row in judgements(bot, group)] == [(1, ""), (-1, "I read.")]


@scene
async def test_a_question_in_a_topic_is_asked_there_also_after_a_reaction(server, bot):
    group = server.group(GROUP - 2, kind="supergroup", forum=True, admin=True)
    fang = somebody(server, language="en")
    settings = await asked(bot, fang, "/settings", group)
    await tapped(bot, settings.button("with 👍 👎"), by=fang)
    answer = await asked(bot, fang, "@kuaizui_bot 你今天过得怎么样？", group, thread=7)
    fang.reacts(answer, "👎")
    question = (await server.replies(group, 3))[-1]
    assert question.thread_id == 7 and "怎样回答更好" in question.text


@scene
async def test_buttons_can_be_switched_off_and_those_there_still_work(server, bot):
    ada = somebody(server)
    answer = await asked(bot, ada, "Good morning, how are you today?")
    settings = await asked(bot, ada, "/settings")
    await tapped(bot, settings.button("without 👍 👎"))
    await server.until(lambda: "✓ without 👍 👎" in [button.text for button in settings.buttons])
    assert not (await asked(bot, ada, "What do you like to do at home?")).buttons
    headlines = await asked(bot, ada, "/headline " + NEWS)
    assert [button.text for button in headlines.buttons if button.data] == ["More", "Why?"]
    await tapped(bot, answer.button("👎"))
    assert judgements(bot, ada)[0][0] == -1 and len(server.messages(ada)) == 4


@scene
async def test_what_is_forgotten_can_neither_be_judged_nor_bettered(server, bot):
    ada = somebody(server)
    answer = await asked(bot, ada, "What do you like to do at home?")
    question = await pressed(bot, answer.button("👎"))
    document = await asked(bot, ada, "/export")
    (stored,) = json.loads(server.file(document))["feedback"]
    assert (stored["rating"], stored["prompt"], stored["reply"]) == (-1, "What do you like to do at home?", answer.text)
    sure = await asked(bot, ada, "/forget")
    server.press(sure.button("Delete it all"))
    await server.until(lambda: sure.text.startswith("Deleted"))
    assert judgements(bot, ada) == []
    gone = "I do not have that reply any more, so I cannot note this."
    assert await tapped(bot, answer.button("👍")) == gone
    assert await corrected(bot, ada, question, "I read.") == gone
    assert judgements(bot, ada) == []


@scene
async def test_a_talk_that_is_reset_leaves_what_was_judged(server, bot):
    ada = somebody(server)
    answer, other = [await asked(bot, ada, text) for text in ("What do you like to eat?", "And where do you live?")]
    await tapped(bot, answer.button("👍"))
    await asked(bot, ada, "/reset")
    assert (await tapped(bot, other.button("👍"))).startswith("I do not have")
    assert await tapped(bot, answer.button("✓ 👍")) == "Taken back."


@scene
async def test_what_was_judged_is_taken_out_while_the_bot_runs(server, bot):
    ada = somebody(server)
    answer = await asked(bot, ada, "What do you like to do on a very peculiar evening?")
    question = await pressed(bot, answer.button("👎"))
    await corrected(bot, ada, question, "I count zebras.")
    config, file = bot.store.with_name("bot.toml"), bot.store.with_name("feedback.jsonl")
    config.write_text(f"store = '{bot.store}'\n")
    assert run(["bot", "--config", str(config), "export-feedback", "-o", str(file)]) == 0
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    (line,) = [line for line in lines if line["correction"] == "I count zebras."]
    assert line["prompt"].endswith("peculiar evening?") and line["reply"] == answer.text
    assert line["model"] == "dialogue-en"
    assert str(ada.id) not in [str(value) for value in line.values()] and "zebras" not in bot.log.read_text()


@scene
async def test_the_bot_asks_telegram_for_reactions(server, bot):
    assert "message_reaction" in server.calls("getUpdates")[-1].get("allowed_updates")
