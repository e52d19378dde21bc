"""Scenes of inline mode: headlines in any chat, while somebody types."""

from nlp.text import has_han
from tests.bot.bot_scenes import CHINESE_NEWS, NEWS, asked, scene, somebody

GROUP = -1000000000500


def answers(server, queries):
    """The calls that answered these queries."""
    numbers = {query.id for query in queries}
    return [call for call in server.calls("answerInlineQuery") if call.get("inline_query_id") in numbers]


@scene
async def test_a_headline_is_chosen_among_three_and_sent_where_the_person_writes(server, bot):
    ada, group = somebody(server), server.group(GROUP)
    query = await ada.asks_inline(NEWS, "supergroup").answered()
    assert await bot.finished(query.update_id) == ("answered", "3 headlines inline")
    titles = [result["title"] for result in query.results]
    assert len(set(titles)) == 3 and all(NEWS.startswith(result["description"]) for result in query.results)
    assert query.answer["is_personal"] is True and "button" not in query.answer
    sent = ada.chooses(query, query.results[1]["id"], group)
    assert sent.text == titles[1]
    assert await bot.finished(sent.update_id) == ("refused", "not for the bot")
    own = ada.chooses(query, query.results[0]["id"])  # into the talk with the bot itself
    assert await bot.finished(own.update_id) == ("refused", "not for the bot")
    assert server.messages(group) == server.messages(ada) == []
    assert "inline_query" in server.world.updates.allowed
    assert "chosen_inline_result" not in server.world.updates.allowed


@scene
async def test_of_what_somebody_types_only_the_last_is_worked_on_and_all_the_rest_expires(server, bot):
    ada, bo = somebody(server), somebody(server)
    queries = [ada.asks_inline(NEWS[:length]) for length in range(40, 81, 10)]
    other = bo.asks_inline(CHINESE_NEWS)
    await queries[-1].answered()
    await other.answered()
    states = [await bot.finished(query.update_id) for query in queries]
    assert states == [("expired", "the person has typed on")] * 4 + [("answered", "3 headlines inline")]
    assert len(answers(server, [*queries, other])) == 2
    assert all(has_han(result["description"]) for result in other.results)


@scene
async def test_who_has_written_little_or_too_much_is_told_so_in_their_language(server, bot):
    ada, chen = somebody(server), somebody(server, language="zh-hans")
    empty = await ada.asks_inline("").answered()
    assert empty.results == [] and empty.answer["button"]["text"].startswith("Go on with a news text")
    assert has_han((await chen.asks_inline("").answered()).answer["button"]["text"])
    short = await ada.asks_inline("Rain").answered()
    assert short.results == [] and short.answer["button"]["text"].startswith("A little more")
    long = await ada.asks_inline(NEWS * 9).answered()
    button = long.answer["button"]
    assert len(long.results) == 3 and "256" in button["text"]
    told = await asked(bot, ada, f"/start {button['start_parameter']}")
    assert told.text.startswith("Send me the whole news text")
    assert has_han((await asked(bot, chen, f"/start {button['start_parameter']}")).text)
    assert "I am Kuaizui" in (await asked(bot, ada, "/start")).text


@scene
async def test_the_language_that_a_person_has_set_holds_for_hints(server, bot):
    ada = somebody(server)
    settings = await asked(bot, ada, "/settings")
    query = server.press(settings.button("中文"))
    await bot.finished(query.update_id)
    assert has_han((await ada.asks_inline("Rain").answered()).answer["button"]["text"])


@scene
async def test_a_query_that_telegram_has_given_up_expires_and_is_no_fault(server, bot):
    ada = somebody(server)
    query = ada.asks_inline(NEWS)
    query.expire()
    assert await bot.finished(query.update_id) == ("expired", "too late for an answer")
    assert query.answer is None and len(answers(server, [query])) == 1
    assert not bot.rows("SELECT 1 FROM updates WHERE update_id = ? AND raw IS NOT NULL", query.update_id)


@scene
async def test_a_person_who_types_on_and_on_still_chats(server, bot):
    ada = somebody(server)
    queries = [ada.asks_inline(NEWS + "x" * length) for length in range(8)]
    answer = await asked(bot, ada, "Good morning, how are you today?")
    assert answer.text and await queries[-1].answered()
    assert (await bot.finished(queries[0].update_id))[0] == "expired"
