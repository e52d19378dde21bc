"""Scenes of commands and buttons."""

import json

from nlp.text import has_han
from tests.bot.bot_scenes import CHINESE_NEWS, NEWS, asked, first_words, pressed, scene, somebody

GROUP = -1000000000200


def exchanges(bot, chat):
    return bot.rows("SELECT text, reply, kind FROM exchanges WHERE chat_id = ? ORDER BY message_id", chat.id)


@scene
async def test_the_bot_presents_itself_in_the_language_of_the_person(server, bot):
    ada, fang = somebody(server), somebody(server, language="zh-hans")
    assert (await asked(bot, ada, "/start")).text.startswith("Hi, I am Kuaizui")
    assert has_han((await asked(bot, fang, "/help")).text)
    assert "My name with @" in (await asked(bot, ada, "/help")).text  # as getMe has said
    assert "30 days" in (await asked(bot, ada, "/privacy")).text
    assert "/help" in (await asked(bot, ada, "/nonsense")).text


@scene
async def test_the_menu_of_commands_is_set_in_both_languages(server, bot):
    calls = await server.called("setMyCommands", 3)
    menus = {call.get("language_code", ""): call.get("commands") for call in calls}
    assert menus.keys() == {"", "en", "zh"}
    assert [command["command"] for command in menus[""]] == [command["command"] for command in menus["zh"]]
    assert has_han(menus["zh"][0]["description"]) and not has_han(menus[""][0]["description"])


@scene
async def test_three_headlines_with_buttons_that_copy_and_more_that_differ(server, bot):
    ada = somebody(server)
    answer = await asked(bot, ada, "/headline " + NEWS)
    headlines = [line.partition(". ")[2] for line in answer.text.splitlines()]
    assert len(set(headlines)) == 3
    assert [server.press(button) for button in answer.rows[0]] == headlines
    more = await pressed(bot, answer.button("More"))
    others = [line.partition(". ")[2] for line in more.text.splitlines()]
    assert len(set(headlines + others)) == 6
    last = await pressed(bot, more.button("More"))
    assert [button.text for button in last.buttons if button.data] == ["Why?", "👍", "👎"]  # nine are enough
    ((article, everything, kind),) = exchanges(bot, ada)
    assert (article, kind) == (NEWS.strip(), "headline")
    assert everything.split("\n")[:6] == headlines + others and len(set(everything.split("\n"))) == 9


@scene
async def test_headlines_for_a_message_that_the_command_replies_to(server, bot):
    group, ada = server.group(GROUP), somebody(server)
    news = ada.says(CHINESE_NEWS, group)
    answer = await asked(bot, ada, "/headline", group, reply_to=news)
    assert answer.text.startswith("1. ") and len(answer.rows[0]) == 3
    usage = await asked(bot, ada, "/headline", group)
    assert "/headline" in usage.text and not usage.buttons


@scene
async def test_an_edited_headline_command_has_its_headlines_edited(server, bot):
    ada = somebody(server)
    answer = await asked(bot, ada, "/headline " + NEWS)
    before = answer.text
    command = first_words(bot, ada)
    server.edit(command, "/headline Rain and wind hit the coast on Sunday and many trees fell on the roads.")
    await server.until(lambda: answer.text != before)
    assert len(answer.buttons) == 7 and len(server.messages(ada)) == 1


@scene
async def test_why_shows_a_picture_of_the_last_answer_or_of_the_one_asked_about(server, bot):
    ada = somebody(server)
    assert (await asked(bot, ada, "/why")).text.startswith("There is no answer yet")
    headlines = await asked(bot, ada, "/headline " + NEWS)
    first = headlines.text.splitlines()[0].partition(". ")[2]
    picture = await pressed(bot, headlines.button("Why?"))
    assert server.file(picture).startswith(b"\x89PNG") and first in picture.text
    await asked(bot, ada, "/settings")
    asked_about = await asked(bot, ada, "/why", reply_to=headlines)
    assert asked_about.file_id and first in asked_about.text


@scene
async def test_why_as_a_reply_to_ones_own_message_is_about_its_answer(server, bot):
    ada = somebody(server)
    await asked(bot, ada, "/headline " + NEWS)
    news = first_words(bot, ada)
    await asked(bot, ada, "What do you like to do at home?")
    picture = await asked(bot, ada, "/why", reply_to=news)
    assert picture.file_id and picture.text.split("“")[1][:10] in server.messages(ada)[0].text
    unknown = ada.says("/settings")
    await bot.finished(unknown.update_id)
    said = await asked(bot, ada, "/why", reply_to=unknown)
    assert said.text.startswith("I know no answer about this message")


@scene
async def test_a_message_edited_into_a_command_has_that_command_answered_and_its_reply_taken_away(server, bot):
    ada = somebody(server)
    answer = await asked(bot, ada, "hello, how are you?")
    message = first_words(bot, ada)
    server.edit(message, "/help")
    assert (await bot.finished(message.update_id)) == ("answered", "")
    assert answer.deleted and [each.text[:10] for each in server.messages(ada)] == ["Just write"]
    assert exchanges(bot, ada) == []
    server.edit(message, "/help please")
    assert (await bot.finished(message.update_id)) == ("refused", "an edited command")
    server.edit(message, "/nonsense")
    assert (await bot.finished(message.update_id))[0] == "refused" and len(server.messages(ada)) == 1


@scene
async def test_settings_are_buttons_and_are_kept(server, bot):
    ada = somebody(server)
    settings = await asked(bot, ada, "/settings")
    assert "✓ balanced" in [button.text for button in settings.buttons]
    query = await server.press(settings.button("playful")).answered()
    assert query.text == "Saved."
    await server.until(lambda: "✓ playful" in [button.text for button in settings.buttons])
    await server.press(settings.button("中文")).answered()
    await server.until(lambda: has_han(settings.text.splitlines()[0]))
    assert json.loads(bot.rows("SELECT settings FROM chats WHERE chat_id = ?", ada.id)[0][0]) == {
        "style": "playful",
        "language": "zh",
    }
    assert has_han((await asked(bot, ada, "/help")).text)
    assert (await asked(bot, ada, "Good evening, how was your day?")).text  # drawn, not searched
    server.press(settings.rows[1][0])
    await server.until(lambda: settings.rows[1][0].text.startswith("✓"))


@scene
async def test_reset_forgets_the_talk(server, bot):
    ada = somebody(server)
    await asked(bot, ada, "What do you like to do at home?")
    assert (await asked(bot, ada, "/reset")).text.startswith("Our talk is forgotten")
    assert exchanges(bot, ada) == []


@scene
async def test_a_person_gets_a_copy_of_all_about_them(server, bot):
    group, ada = server.group(GROUP - 1), somebody(server)
    await asked(bot, ada, "@kuaizui_bot hello, how are you?", group)
    assert "private" in (await asked(bot, ada, "/export", group)).text
    await asked(bot, ada, "What do you like to do at home?")
    document = await asked(bot, ada, "/export")
    stored = json.loads(server.file(document))
    assert {each["text"] for each in stored["exchanges"]} == {"hello, how are you?", "What do you like to do at home?"}


@scene
async def test_forget_deletes_all_about_a_person_and_nobody_else(server, bot):
    group, ada, bo = server.group(GROUP - 2), somebody(server), somebody(server)
    await asked(bot, ada, "@kuaizui_bot hello, how are you?", group)
    kept = await asked(bot, bo, "@kuaizui_bot and how are you today?", group)
    question = await asked(bot, ada, "/forget", group)
    wrong = await server.press(question.button("Delete it all"), by=bo).answered()
    assert "for the person who asked" in wrong.text and question.buttons
    server.press(question.button("Keep it"), by=ada)
    await server.until(lambda: not question.buttons)
    assert len(exchanges(bot, group)) == 2
    again = await asked(bot, ada, "/forget", group)
    query = server.press(again.button("Delete it all"), by=ada)
    await server.until(lambda: again.text.startswith("Deleted"))
    assert (await bot.finished(query.update_id))[0] == "answered"
    assert [(text, reply) for text, reply, _ in exchanges(bot, group)] == [("and how are you today?", kept.text)]
    assert bot.rows("SELECT COUNT(*) FROM updates WHERE user_id = ?", ada.id) == [(0,)]


@scene
async def test_who_blocks_the_bot_is_marked_and_let_back_in(server, bot):
    def inactive_since():
        return bot.rows("SELECT inactive_since FROM chats WHERE chat_id = ?", ada.id)[0][0]

    ada = somebody(server)
    settings = await asked(bot, ada, "/settings")
    ada.chat.refusal = (403, "Forbidden: bot was blocked by the user")
    query = server.press(settings.button("playful"))
    assert (await bot.finished(query.update_id))[0] == "refused"
    assert inactive_since() > 0
    ada.unblocks()
    await asked(bot, ada, "/help")
    assert inactive_since() is None


@scene
async def test_a_button_of_an_older_version_is_answered(server, bot):
    ada = somebody(server)
    settings = await asked(bot, ada, "/settings")
    settings.json["reply_markup"]["inline_keyboard"][0][0]["callback_data"] = "old"
    query = await server.press(settings.buttons[0]).answered()
    assert query.text == "This button is too old."
