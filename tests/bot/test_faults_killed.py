"""The bot as a process, killed at each point of its way: what was stored is answered, and as little as can be twice."""

from tests.bot.fake_telegram.fake_bot_api import FakeBotApi
from tests.bot.fake_telegram.fake_bot_api_scenarios import scenario
from tests.bot.faulty_lives import DoomedBot, everybody_says, repeated

PEOPLE, EACH = 3, 2
NEW = PEOPLE * EACH
DEATHS = (
    ("in the first migration", 1, 0, NEW),
    ("a row of a batch", 2 * NEW - 1, 0, 2 * NEW),
    ("after add", 1, 3 * NEW, 3 * NEW),  # stored, not acknowledged
    ("after begin", 2, None, None),  # at work on what was replayed, once the models are loaded
    ("before finish", 4, None, None),  # sent, not marked
)
"""Where five processes in a row die, the how manieth time they pass there; how many updates are stored then, and how
many Telegram still has, where that is certain. Before each start everybody has written `EACH` messages more."""


@scenario
async def test_a_bot_killed_at_every_point_answers_everything_in_order(tmp_path, bot_models):
    async with FakeBotApi() as server:
        bot, said = DoomedBot(server, tmp_path, **bot_models, quote="always", open_per_person=1000), []
        for point, number, stored, pending in DEATHS:
            said += everybody_says(server, PEOPLE, EACH)
            await bot.start(point, number)
            await bot.dies()
            if stored is not None:
                assert (count(bot), len(server.world.updates.pending)) == (stored, pending), point
        async with bot:
            await bot.answered(said)
        again = repeated(server, said, deaths=len(DEATHS))
        print(f"{len(said)} messages, {len(DEATHS)} kills: none lost, {again} replies sent twice")
        assert bot.rows("SELECT COUNT(*) FROM exchanges") == [(len(said),)]


def count(bot):
    """How many updates are stored, by a process that is dead."""
    if not bot.rows("SELECT name FROM sqlite_schema WHERE name = 'updates'"):
        return 0
    return bot.rows("SELECT COUNT(*) FROM updates")[0][0]


@scenario
async def test_between_sending_and_marking_one_reply_is_repeated_and_no_other(tmp_path, bot_models):
    async with FakeBotApi() as server:
        bot = DoomedBot(server, tmp_path, **bot_models, quote="always")
        first, second, third = said = everybody_says(server, 1, 3)
        await bot.start("before finish", 2)
        await bot.dies()
        assert [answer.reply_to for answer in server.messages(1)] == [first.id, second.id]
        async with bot:
            await bot.answered(said)
        assert [answer.reply_to for answer in server.messages(1)] == [first.id, second.id, second.id, third.id]
        assert bot.rows("SELECT message_id FROM exchanges ORDER BY message_id") == [(each.id,) for each in said]


@scenario
async def test_a_newer_bot_killed_in_its_migration_migrates_again_and_answers_what_the_older_left(tmp_path, bot_models):
    async with FakeBotApi() as server:
        bot = DoomedBot(server, tmp_path, **bot_models, quote="always")
        said = everybody_says(server, PEOPLE, EACH)
        await bot.start("before finish", 1)
        await bot.dies()
        before = bot.rows("SELECT update_id, state, detail FROM updates"), version(bot)
        await bot.start("in a later migration", 1)
        await bot.dies()
        assert (bot.rows("SELECT update_id, state, detail FROM updates"), version(bot)) == before
        assert not bot.rows("SELECT name FROM sqlite_schema WHERE name = 'later'")
        await bot.start("in a later migration", 2)  # it passes there once
        try:
            await bot.answered(said)
        finally:
            code = await bot.stop()
        assert code == 0 and version(bot) == before[1] + 1
        repeated(server, said, deaths=1)


def version(bot):
    """Of the schema."""
    return bot.rows("PRAGMA user_version")[0][0]
