"""Scenes of the arena: two answers, blind; one tap counts, and then the names are told."""

import asyncio
import json

from nlp.companion.wording import fixed_texts
from tests.bot.bot_process import BotProcess, renamed
from tests.bot.bot_scenes import asked, first_words, pressed, scene, somebody
from tests.bot.fake_telegram.fake_bot_api import FakeBotApi
from tests.conftest import write_random_bundle

MATCHES = (
    "SELECT prompt, first_setting, second_setting, first_reply, second_reply, verdict FROM arena WHERE user_id = ?"
)


async def tapped(bot, message, name, by=None):
    """What the bot says for a moment to a tap, once that is finished."""
    query = await bot.server.press(message.button(name), by).answered()
    assert (await bot.finished(query.update_id))[0] == "answered"
    return query.text


def shown(first, second):
    return f"A:\n{first}\n\nB:\n{second}\n\nWhich is better? Your tap shows who they are."


@scene
async def test_the_next_message_is_answered_twice_and_one_tap_counts(server, bot):
    ada = somebody(server)
    said = await asked(bot, ada, "/arena")
    assert said.text.startswith("I shall answer your next message twice") and not said.buttons
    match = await asked(bot, ada, "What do you like to do at home?")
    ((prompt, first, second, one, other, verdict),) = bot.rows(MATCHES, ada.id)
    assert (prompt, verdict, {first, second}) == ("What do you like to do at home?", "", {"precise", "playful"})
    assert match.text == shown(one, other) and "dialogue" not in match.text and "precise" not in match.text
    assert [button.text for button in match.buttons] == ["A", "Equal", "B"]
    b = match.button("B")
    assert await tapped(bot, match, "B") == "Thank you, counted."
    assert f"A (dialogue-en, {first}):\n{one}" in match.text and "You found B better." in match.text
    assert not match.buttons
    again = await bot.server.press(b, ada).answered()
    assert again.text == "Your first tap counts."
    assert [row[-1] for row in bot.rows(MATCHES, ada.id)] == ["second"]
    query = "SELECT reply, model, kind FROM exchanges WHERE user_id = ?"
    assert bot.rows(query, ada.id) == [(other, "dialogue-en", "chat")]
    assert [button.text for button in (await asked(bot, ada, "And what else?")).buttons] == ["👍", "👎"], "only once"


@scene
async def test_the_command_may_bring_the_message_or_take_the_last(server, bot):
    fang = somebody(server, language="zh")
    match = await asked(bot, fang, "/arena 你今天过得怎么样？")
    assert match.text.startswith("A：") and [button.text for button in match.buttons] == ["A", "一样好", "B"]
    await tapped(bot, match, "一样好")
    assert "你觉得两个一样好。" in match.text and "dialogue-zh" in match.text
    ada = somebody(server)
    answer = await asked(bot, ada, "Where do you live, if I may ask?")
    question = await asked(bot, ada, "/arena")
    match = await pressed(bot, question.button("Take my last message"))
    assert match.text.startswith("A:")
    await tapped(bot, match, "A")
    assert bot.rows("SELECT reply FROM exchanges WHERE user_id = ?", ada.id) == [(answer.text,)]
    judged = await pressed(bot, question.button("Take my last message"))
    assert judged.text == "You have compared the answers to this message before."


async def edited(bot, message, text):
    """How the edit of a message ends."""
    bot.server.edit(message, text)
    return await bot.finished(message.update_id)


@scene
async def test_an_edited_message_has_both_answers_edited_and_the_verdict_is_about_them(server, bot):
    for begin in ("/arena ", ""):
        ada = somebody(server)
        if not begin:
            await asked(bot, ada, "/arena")
        match = await asked(bot, ada, f"{begin}What do you like to do at home?")
        message = next(each for each in ada.chat.messages.values() if each.text.endswith("at home?"))
        before, old = len(server.messages(ada)), match.button("A")
        assert (await edited(bot, message, message.text)) == ("answered", "edited, but not its text")
        assert (await edited(bot, message, f"{begin}Where do you live, if I may ask?"))[0] == "answered"
        ((prompt, *_, one, other, _),) = bot.rows(MATCHES, ada.id)
        assert prompt == "Where do you live, if I may ask?" and match.text == shown(one, other)
        assert len(server.messages(ada)) == before
        assert (await bot.server.press(old, ada).answered()).text == "I do not have that any more."
        await tapped(bot, match, "B")
        query = "SELECT text, reply, kind FROM exchanges WHERE user_id = ?"
        assert bot.rows(query, ada.id) == [("Where do you live, if I may ask?", other, "chat")]
        await edited(bot, message, "And what do you like to eat?")
        assert len(server.messages(ada)) == before and [each.text for each in match.buttons] == ["👍", "👎"]


@scene
async def test_a_message_that_is_edited_into_one_for_the_arena_has_its_reply_become_the_question(server, bot):
    ada = somebody(server)
    answer = await asked(bot, ada, "What do you like to do at home?")
    await edited(bot, first_words(bot, ada), "/arena What do you like to do at home?")
    assert answer.text.startswith("A:") and len(server.messages(ada)) == 1
    await tapped(bot, answer, "A")
    ((*_, one, _, verdict),) = bot.rows(MATCHES, ada.id)
    assert verdict == "first" and bot.rows("SELECT reply FROM exchanges WHERE user_id = ?", ada.id) == [(one,)]


@scene
async def test_an_edit_into_words_of_danger_leaves_nothing_to_choose(server, bot):
    ada = somebody(server)
    match = await asked(bot, ada, "/arena What do you like to do at home?")
    await edited(bot, first_words(bot, ada), "/arena I want to kill myself")
    assert match.text in fixed_texts("en")["self"] and not match.buttons and len(server.messages(ada)) == 1
    assert bot.rows(MATCHES, ada.id) == []


@scene
async def test_a_reset_forgets_that_the_arena_waits(server, bot):
    ada = somebody(server)
    await asked(bot, ada, "/arena")
    await asked(bot, ada, "/reset")
    assert [each.text for each in (await asked(bot, ada, "What do you like to eat?")).buttons] == ["👍", "👎"]


@scene
async def test_a_forged_number_of_a_match_is_an_old_button(server, bot):
    ada = somebody(server)
    match = await asked(bot, ada, "/arena What do you like to do at home?")
    for forged in ("9" * 23, "9" * 18, "²", "-1"):
        match.json["reply_markup"]["inline_keyboard"][0][0]["callback_data"] = f"en:arena:{forged}.first"
        query = await bot.server.press(match.buttons[0], ada).answered()
        assert query.text in ("This button is too old.", "I do not have that any more.")
        assert (await bot.finished(query.update_id))[0] == "answered"


@scene
async def test_somebody_in_danger_gets_one_answer(server, bot):
    ada = somebody(server)
    await asked(bot, ada, "/arena")
    care = await asked(bot, ada, "I want to kill myself")
    assert care.text in fixed_texts("en")["self"] and not care.buttons
    assert bot.rows(MATCHES, ada.id) == []


@scene
async def test_groups_have_no_arena_and_nobody_judges_for_another(server, bot):
    group, ada, bo = server.group(-1000000000600), somebody(server), somebody(server)
    said = await asked(bot, ada, "/arena@kuaizui_bot hello", group)
    assert said.text.startswith("Ask me that in our private chat")
    match = await asked(bot, ada, "/arena What do you like to do at home?")
    assert await tapped(bot, match, "A", by=bo) == "I do not have that any more."
    assert [row[-1] for row in bot.rows(MATCHES, ada.id)] == [""]


@scene
async def test_what_was_compared_is_exported_and_forgotten(server, bot):
    ada = somebody(server)
    match = await asked(bot, ada, "/arena What do you like to do at home?")
    a = match.button("A")
    (stored,) = json.loads(server.file(await asked(bot, ada, "/export")))["arena"]
    assert stored["prompt"] == "What do you like to do at home?" and stored["first_model"] == "dialogue-en"
    sure = await asked(bot, ada, "/forget")
    server.press(sure.button("Delete it all"))
    await server.until(lambda: sure.text.startswith("Deleted"))
    assert bot.rows(MATCHES, ada.id) == []
    gone = await bot.server.press(a, ada).answered()
    assert gone.text == "I do not have that any more."


def test_where_both_say_the_same_one_answer_comes_with_the_reason(tmp_path, bot_models):
    twin = renamed(bot_models["dialogue_models"][0], tmp_path / "twin", "dialogue", "en")

    async def scene():
        async with FakeBotApi() as server, BotProcess(server, tmp_path, arena_models=twin, **bot_models) as bot:
            ada = server.user(1)
            message = ada.says("/arena What do you like to do at home?")
            answer, reason = await server.replies(ada, 2, timeout=60)
            await bot.finished(message.update_id)
            assert [button.text for button in answer.buttons] == ["👍", "👎"]
            assert reason.text == "There is nothing to choose: both would say the same." and not reason.buttons
            assert bot.rows("SELECT reply, kind FROM exchanges") == [(answer.text, "chat")]
            assert bot.rows("SELECT 1 FROM arena") == []

    asyncio.run(scene())


def test_a_second_model_that_is_set_is_compared_and_the_standing_is_told(tmp_path, bot_models):
    other = write_random_bundle(tmp_path / "other", task="dialogue", encoder_units=32, decoder_units=32)  # other words
    rival = renamed(other, tmp_path / "rival", "dialogue", "en")

    async def scene():
        settings = {"admins": [1], "arena_models": rival, **bot_models}
        async with FakeBotApi() as server, BotProcess(server, tmp_path, **settings) as bot:
            admin = server.user(1)
            match = await asked(bot, admin, "/arena What do you like to do at home?")
            query = "SELECT first_model, second_model, first_setting, second_setting FROM arena"
            ((first, second, *styles),) = bot.rows(query)
            assert {first, second} == {"dialogue-en", "rival"} and styles == ["balanced", "balanced"]
            await tapped(bot, match, "A" if first == "rival" else "B")
            said = (await asked(bot, admin, "/stats")).text
            assert "dialogue-en, balanced : rival, balanced: 0 : 1, equal 0; 0% [0%, 79%] (0 / 1)" in said
            assert bot.rows("SELECT model FROM exchanges") == [("rival",)]

    asyncio.run(scene())
