"""Scenes of what stands under pictures and files: commands, albums, edits; danger before all; the person's language."""

import pytest

from nlp.companion.wording import fixed_texts, foreign_texts
from nlp.text import has_han
from tests.bot.bot_process import BotProcess
from tests.bot.bot_scenes import NEWS, asked, scene, somebody
from tests.bot.fake_telegram.fake_bot_api import FakeBotApi
from tests.bot.fake_telegram.fake_bot_api_scenarios import scenario

ADMIN = 1
CARE = {language: fixed_texts(language)["self"] for language in ("en", "zh")}


async def said_to(bot, person, sends):
    """What the bot says to what a person sends, text by text, and how that ended."""
    before = len(bot.server.messages(person))
    sent = sends()
    state = await bot.finished(sent.update_id)
    return bot.server.messages(person)[before:], state


@scene
async def test_of_an_album_only_what_has_a_text_is_answered(server, bot):
    ada, channel = somebody(server), server.channel()
    parts = [ada.sends_photo(caption, album=f"{ada.id}1", forwarded_from=channel) for caption in ("", NEWS, "", "", "")]
    states = [await bot.finished(part.update_id) for part in parts]
    assert [message.button("Headlines").text for message in server.messages(ada)] == ["Headlines"]
    assert states == [("answered", "" if part is parts[1] else "part of an album") for part in parts]


@pytest.mark.parametrize("kind", ["photo", "paper"])
def test_an_album_without_a_text_is_spoken_about_once(shared_bot, kind):
    async def scene(server, bot):
        ada = somebody(server)
        album = f"{ada.id}2"
        for part in [
            ada.sends_photo(album=album) if kind == "photo" else ada.sends_document("a.pdf", b"%PDF", album=album)
            for _ in range(4)
        ]:
            await bot.finished(part.update_id)
        assert len(server.messages(ada)) == 1

    shared_bot.run(scene)


@scene
async def test_a_command_under_a_picture_is_a_command(server, bot):
    ada, group = somebody(server), server.group(-1000000000700)
    (answer,), _ = await said_to(bot, ada, lambda: ada.sends_photo("/headline " + NEWS))
    assert answer.text.startswith("1. ") and len(answer.rows[0]) == 3
    (answer,), _ = await said_to(bot, ada, lambda: ada.sends_photo("/help"))
    assert "/settings" in answer.text
    ada.sends_photo("/headline@kuaizui_bot " + NEWS, group)
    (answer,) = await server.replies(group, 1, timeout=60)
    assert answer.text.startswith("1. ")


@scene
async def test_a_file_under_which_headlines_are_asked_for_is_read(server, bot):
    ada = somebody(server)
    (answer,), state = await said_to(bot, ada, lambda: ada.sends_document("n.txt", NEWS.encode(), "/headline"))
    assert answer.file_id and state == ("answered", "a document of 1 records")


@scene
async def test_who_edits_the_caption_of_a_file_starts_no_chat(server, bot):
    ada = somebody(server)
    sent = ada.sends_document("n.txt", NEWS.encode(), "the news of today")
    await bot.finished(sent.update_id)
    server.edit(sent, "the news of yesterday")
    assert await bot.finished(sent.update_id) == ("refused", "the caption of a document was edited")
    assert [bool(message.file_id) for message in server.messages(ada)] == [True]


@scene
async def test_whoever_is_in_danger_is_answered_before_any_command_or_file(server, bot):
    ada = somebody(server)
    for text, language in (
        ("/headline 我不想活了", "zh"),
        ("/headline I want to kill myself", "en"),
        ("/reset I want to die", "en"),
        ("/nonsense 我想自杀", "zh"),
    ):
        assert (await asked(bot, ada, text)).text in CARE[language], text
    group = server.group(-1000000000701)
    assert (await asked(bot, ada, "/arena 我不想活了", group)).text in CARE["zh"]
    assert (await asked(bot, ada, "/arena 我不想活了")).text in CARE["zh"]
    for name, content in (("a.pdf", b"%PDF"), ("a.txt", NEWS.encode())):
        answers, _ = await said_to(bot, ada, lambda file=(name, content): ada.sends_document(*file, "我想自杀"))
        assert [answer.text in CARE["zh"] for answer in answers] == [True]
    (answer,), _ = await said_to(bot, ada, lambda: ada.sends_photo("/headline 我想自杀"))
    assert answer.text in CARE["zh"]


@scene
async def test_headlines_for_news_of_danger_to_others_are_written(server, bot):
    text = "Police said on Monday that a house is on fire in the old town and that two people were hurt as they fled."
    assert (await asked(bot, somebody(server), "/headline " + text)).text.startswith("1. ")


@scene
async def test_grief_and_emoji_are_talked_about_and_other_languages_told_kindly(server, bot):
    ada = somebody(server)
    grief = "My dog died this morning. I had her for fourteen years. " * 5
    for text in (grief, "😀" * 1000):
        assert "looks like news" not in (await asked(bot, ada, text)).text
    assert (await asked(bot, ada, "今日はとても天気がいいですね")).text in foreign_texts()["unknown"]
    assert (await asked(bot, ada, "自殺したい")).text in foreign_texts()["self"]


@scene
async def test_a_command_is_answered_in_the_language_that_the_person_wrote_last(server, bot):
    ada = somebody(server)
    await asked(bot, ada, "你今天过得怎么样？")
    assert has_han((await asked(bot, ada, "/help")).text)
    assert has_han((await asked(bot, ada, "/settings now please")).text)
    (answer,), _ = await said_to(bot, ada, lambda: ada.sends_document("n.txt", (NEWS + "\n\n").encode(), "/headline"))
    assert "拟好的标题：1 条" in answer.text and "n.txt 第 2 行：正文是空的" in answer.text
    refused, _ = await said_to(bot, ada, lambda: ada.sends_document("n.csv", b"title,body\n1,2\n"))
    assert "没有名为 'text' 的列" in refused[0].text
    await asked(bot, ada, "Good evening, how was your day?")
    assert not has_han((await asked(bot, ada, "/privacy")).text)


@scene
async def test_what_is_cancelled_before_it_is_read_has_no_numbers(server, bot):
    ada = somebody(server)
    fault = server.faults.hold("(download)")
    sent = ada.sends_document("news.txt", NEWS.encode())
    (progress,) = await server.replies(ada, 1)
    server.press(progress.button("Cancel"))
    await bot.finished(sent.update_id)
    fault.release()
    await server.until(lambda: progress.text == "Cancelled.")


@scene
async def test_files_arrive_in_the_topic_that_they_were_asked_for_in(server, bot):
    ada = somebody(server)
    sent = ada.sends_document("n.txt", NEWS.encode(), thread=5)
    await bot.finished(sent.update_id)
    await asked(bot, ada, "/export", thread=5)
    assert [(bool(message.file_id), message.thread_id) for message in server.messages(ada)] == [(True, 5), (True, 5)]


@scenario
async def test_an_admin_is_answered_in_chinese_and_the_caption_names_the_bot(bot_models, tmp_path):
    settings = {"admins": [ADMIN], "retraining_folder": tmp_path / "retraining"}
    async with FakeBotApi() as server, BotProcess(server, tmp_path, **settings, **bot_models) as bot:
        await server.called("getUpdates", timeout=60)
        fang = server.user(ADMIN, language="zh-hans")
        for caption in ("/retrain@kuaizui_bot NAME", "/Retrain NAME"):
            (answer,), _ = await said_to(bot, fang, lambda said=caption: fang.sends_document("a.tsv", b"a\tb\n", said))
            assert answer.text.startswith("可以再训练的模型")
        assert "可以再训练的模型" in (await asked(bot, fang, "/retrain NAME feedback")).text
        assert "已回答：" in (await asked(bot, fang, "/stats")).text.replace(": ", "：")
