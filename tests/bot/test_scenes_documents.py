"""Scenes of documents: news in, headlines out, in the format that came; what is refused; what is cancelled."""

import csv
import io
import json

import pytest

from scripts.headlines import HeadlinesRequest, run_headlines
from tests.bot.bot_process import BotProcess
from tests.bot.bot_scenes import CHINESE_NEWS, NEWS, asked, scene, somebody
from tests.bot.fake_telegram.fake_bot_api import FakeBotApi
from tests.bot.fake_telegram.fake_bot_api_scenarios import scenario

MIXED = {"a": NEWS, "b": "", "c": CHINESE_NEWS, "d": "Rain and wind hit the coast on Sunday."}
LONG = "".join(f"On day {number} the council met again and closed another bridge.\n" for number in range(2000)).encode()


def table(separator_writer):
    content = io.StringIO()
    separator_writer(content).writerows([("id", "text"), *MIXED.items()])
    return content.getvalue().encode()


CONTENTS = {
    ".txt": "\n".join(MIXED.values()).encode(),
    ".csv": table(csv.writer),
    ".tsv": "\n".join(MIXED.values()).encode(),
    ".jsonl": "\n".join(json.dumps({"text": text}) for text in MIXED.values()).encode(),
}


async def answered(bot, person, name, content, **more):
    """What the bot says to a document, once it is finished, and its final state."""
    chat = len(bot.server.messages(person))
    sent = person.sends_document(name, content, **more)
    state = await bot.finished(sent.update_id)
    return (await bot.server.replies(person, chat + 1))[-1], state


def sent_name(bot, person):
    """The name of the last document that the bot sent to a person."""
    return bot.server.world.files[bot.server.messages(person)[-1].file_id].name


@pytest.mark.parametrize("ending", CONTENTS)
def test_a_document_comes_back_with_what_kuaizui_headlines_writes(shared_bot, bot_models, tmp_path, ending):
    async def scene(server, bot):
        ada = somebody(server)
        answer, state = await answered(bot, ada, f"News{ending}", CONTENTS[ending])
        assert state == ("answered", "a document of 4 records")
        assert "Headlines: 3." in answer.text and f"News{ending}, line {3 if ending == '.csv' else 2}" in answer.text
        assert sent_name(bot, ada) == f"News-headlines{'.csv' if ending == '.tsv' else ending}"
        return server.file(answer)

    written = shared_bot.run(scene)
    assert written == by_command_line(bot_models, tmp_path, ending)


def by_command_line(models, folder, ending):
    from nlp.generator import TextGenerator

    english, chinese = models["headline_models"]
    loaded = {"headlines-en": TextGenerator.load(english), "headlines-zh": TextGenerator.load(chinese)}
    name, output = folder / f"News{ending}", folder / f"out{'.csv' if ending == '.tsv' else ending}"
    name.write_bytes(CONTENTS[ending])
    from scripts.search_options import SearchChoices

    run_headlines(HeadlinesRequest(str(name), output, choices=SearchChoices(faithful=True)), loaded.__getitem__)
    return output.read_bytes().replace(str(name).encode(), name.name.encode())


@scene
async def test_gb18030_is_read_and_a_table_of_it_comes_back_marked_as_utf8(server, bot):
    ada = somebody(server)
    answer, _ = await answered(bot, ada, "旧闻.csv", f"text\n{CHINESE_NEWS}\n".encode("gb18030"))
    assert server.file(answer).startswith(b"\xef\xbb\xbfid,headline")
    assert sent_name(bot, ada) == "旧闻-headlines.csv"


@pytest.mark.parametrize(
    ("name", "content", "words", "detail"),
    [
        ("news.pdf", b"%PDF", "files of this kind", "unknown kind"),
        ("news", b"no ending", "files of this kind", "unknown kind"),
        ("news.txt", b"x" * (5 * 1024 * 1024 + 1), "5 MB are the most", "too large"),
        ("news.txt", b"rain\n" * 2001, "2,000 are the most", "too many records"),
        ("news.txt", b"\x89PNG\0\0\0", "not text", "not text"),
        ("news.txt", b"\xff\xfe\xff\xff\n" * 9, "not text", "not text"),
        ("news.csv", b"title,body\n1,2\n", "no column 'text'; there are: 'title', 'body'", "no column"),
        ("news.jsonl", b'{"title": "x"}\n', "line 1: no field 'text'", "empty"),
        ("news.txt", b"\n \n", "no article", "empty"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(shared_bot, name, content, words, detail):
    async def scene(server, bot):
        ada = somebody(server)
        answer, state = await answered(bot, ada, name, content)
        assert words in answer.text and answer.file_id is None and state == ("refused", detail)

    shared_bot.run(scene)


@scene
async def test_what_is_too_large_is_not_even_fetched(server, bot):
    before = len(server.calls("getFile"))
    await answered(bot, somebody(server), "news.txt", b"x" * (5 * 1024 * 1024 + 1))
    assert len(server.calls("getFile")) == before


@scene
async def test_progress_is_shown_and_the_button_cancels_at_once(server, bot):
    ada = somebody(server)
    sent = ada.sends_document("long.txt", LONG)
    (progress,) = await server.replies(ada, 1)
    await server.until(lambda: progress.text.endswith("of 2,000"))
    query = server.press(progress.button("Cancel"))
    assert (await query.answered()).text == "Cancelled."
    state, detail = await bot.finished(sent.update_id)
    assert state == "answered" and detail.startswith("a document, cancelled after ") and "of 2000" in detail
    assert progress.text.startswith("Cancelled after ") and not progress.buttons
    assert server.messages(ada) == [progress]
    texts = [version["text"] for version in progress.versions]
    assert len(set(texts)) == len(texts)  # never edited into what it was
    answer, state = await answered(bot, ada, "short.txt", NEWS.encode())  # there is room again
    assert answer.file_id and state[0] == "answered"


@scene
async def test_one_document_of_a_person_at_a_time_and_talk_goes_on_beside_it(server, bot):
    ada, bo = somebody(server), somebody(server)
    first = ada.sends_document("long.txt", LONG)
    (progress,) = await server.replies(ada, 1)
    second = ada.sends_document("other.txt", NEWS.encode())
    assert await bot.finished(second.update_id) == ("busy", "documents: another one of theirs")
    answer, _ = await answered(bot, bo, "others.txt", NEWS.encode())
    assert answer.file_id
    said = await asked(bot, ada, "What do you like to do at home?")
    assert said.text and bot.rows("SELECT state FROM updates WHERE update_id = ?", first.update_id) == [("waiting",)]
    server.press(progress.button("Cancel"))
    await bot.finished(first.update_id)
    texts = [message.text for message in server.messages(ada)]
    assert any("still at work on your other file" in text for text in texts)


@scene
async def test_a_button_of_a_document_that_is_done_says_so(server, bot):
    ada = somebody(server)
    fault = server.faults.hold("(download)")
    sent = ada.sends_document("news.txt", NEWS.encode())
    (progress,) = await server.replies(ada, 1)
    assert progress.text.startswith("Reading")
    button = progress.button("Cancel")
    server.press(button)
    await bot.finished(sent.update_id)
    fault.release()
    await server.press(button).answered()
    await server.until(lambda: progress.text.startswith("This file is not"))


@scene
async def test_forgetting_ends_a_document_and_leaves_nothing(server, bot):
    ada = somebody(server)
    sent = ada.sends_document("long.txt", LONG)
    await server.replies(ada, 1)
    question = await asked(bot, ada, "/forget")
    query = server.press(question.button("Delete it all"))
    assert (await bot.finished(query.update_id))[0] == "answered"
    assert (await bot.finished(sent.update_id)) == ("refused", "forgotten")
    await server.until(lambda: server.messages(ada)[0].text.startswith("Cancelled"))
    assert bot.rows("SELECT COUNT(*) FROM chats WHERE chat_id = ?", ada.id) == [(0,)]
    assert not [message for message in server.messages(ada) if message.file_id]


@scene
async def test_a_download_that_fails_is_tried_again_and_then_refused(server, bot):
    ada = somebody(server)
    server.faults.fail("(download)", 404, times=2)
    answer, _ = await answered(bot, ada, "news.txt", NEWS.encode())
    assert answer.file_id
    server.faults.fail("getFile", 400, description="Bad Request: wrong file_id or the file is temporarily unavailable")
    answer, state = await answered(bot, ada, "news.txt", NEWS.encode())
    assert "could not fetch" in answer.text and state == ("refused", "gone")


@scene
async def test_captions_of_what_is_forwarded_are_news(server, bot):
    ada, channel = somebody(server), server.channel()
    ada.sends_photo(NEWS, forwarded_from=channel)
    (offer,) = await server.replies(ada, 1)
    server.press(offer.button("Headlines"))
    await server.until(lambda: offer.text.startswith("1. "))
    post = await asked(bot, ada, CHINESE_NEWS * 2, forwarded_from=channel)
    server.press(post.button("拟标题"))
    await server.until(lambda: post.text.startswith("1. "))
    paper = ada.sends_document("paper.pdf", b"%PDF", NEWS, forwarded_from=channel)
    assert (await bot.finished(paper.update_id))[0] == "answered"
    assert server.messages(ada)[-1].button("Headlines")


@pytest.mark.parametrize("end", ["kill", "stop"])
@scenario
async def test_a_document_broken_off_by_a_restart_is_done_again(bot_models, tmp_path, end):
    async with FakeBotApi() as server:
        bot = BotProcess(server, tmp_path, **bot_models)
        await bot.start()
        ada = somebody(server)
        fault = server.faults.hold("(download)")
        sent = ada.sends_document("news.txt", NEWS.encode())
        (progress,) = await server.replies(ada, 1, timeout=60)
        await server.until(lambda: bot.rows("SELECT settings FROM chats WHERE settings LIKE '%document%'"))
        await (bot.kill() if end == "kill" else bot.stop())
        assert bot.states()["waiting"] == 1 and progress.button("Cancel")
        fault.release()
        async with bot:
            assert (await bot.finished(sent.update_id))[0] == "answered"
        (answer,) = server.messages(ada)
        assert answer.file_id and progress.deleted
        assert bot.rows("SELECT settings FROM chats") == [("{}",)]
