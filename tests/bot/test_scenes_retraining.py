"""Scenes of a retraining that an admin starts, watches, cancels and decides on, while the bot goes on answering."""

import asyncio
import sys

import pytest

from bot.retraining import AtWork, Retraining
from nlp.errors import UsageError
from nlp.registry import promotions
from tests.bot.bot_process import BotProcess
from tests.bot.bot_scenes import asked
from tests.bot.fake_telegram.fake_bot_api import FakeBotApi
from tests.conftest import ROOT

ADMIN = 1


@pytest.fixture
def command(tmp_path, monkeypatch):
    """The fake as a command, and a home for what is promoted."""
    file = tmp_path / "kuaizui"
    file.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m tests.bot.fake_retraining "$@"\n')
    file.chmod(0o755)
    monkeypatch.setenv("KUAIZUI_HOME", str(tmp_path / "home"))
    return str(file)


def names(message):
    return [button.text for button in message.buttons]


async def pressed(bot, message, name):
    """What the bot says for a moment to a press of an admin."""
    query = await bot.server.press(message.button(name), bot.server.user(ADMIN)).answered()
    await bot.finished(query.update_id)
    return query.text


async def stepped(bot, message, name):
    """The message that shows the step which an admin begins by a press."""
    before = len(bot.server.messages(ADMIN))
    await pressed(bot, message, name)
    return (await bot.server.replies(ADMIN, before + 1, timeout=60))[-1]


async def sent(bot, person, content, caption):
    """The bot's answer to a document with this caption."""
    before = len(bot.server.messages(person))
    person.sends_document("news.tsv", content.encode(), caption)
    return (await bot.server.replies(person, before + 1, timeout=60))[-1]


async def retraining(bot):
    """From the corpus to the new model, with a cancellation on the way."""
    server, admin, ada = bot.server, bot.server.user(ADMIN), bot.server.user(60)
    usage = await asked(bot, admin, "/retrain")
    assert usage.text.startswith("Send me a corpus") and "dialogue-en, dialogue-zh, headlines-en" in usage.text
    assert (await asked(bot, admin, "/retrain dialogue-en feedback")).text == "Nobody has judged anything yet."
    assert "Models that can be retrained" in (await sent(bot, admin, "slow\tx\n", "/retrain ../elsewhere")).text
    assert "I do not know this command" in (await sent(bot, ada, "slow\tx\n", "/retrain dialogue-en")).text

    shown = await sent(bot, admin, "slow\tx\n", "/retrain dialogue-en")
    await server.until(lambda: names(shown) == ["Begin", "Discard"], 60)
    assert shown.text == "niceness 19, token False\nPairs to learn from: 2 new."
    training = await stepped(bot, shown, "Begin")
    await server.until(lambda: "of 10,000" in training.text, 60)
    assert training.text.startswith("Training, while I go on answering.") and names(training) == ["Cancel"]
    await asked(bot, ada, "Good morning, how are you today?")
    assert "one at a time" in await pressed(bot, shown, "Begin")
    assert "one at a time" in (await sent(bot, admin, "other\tx\n", "/retrain dialogue-en")).text
    assert await pressed(bot, training, "Cancel") == "It stops as soon as it has saved what it has."
    await server.until(lambda: names(training) == ["Begin", "Discard"], 60)
    assert training.text.endswith("Stopped; saved at step 5.\n\nCancelled.")

    standing = await asked(bot, admin, "/retrain")
    assert standing.text.startswith("The training of dialogue-en was begun and is not at its end.")
    done = await stepped(bot, standing, "Begin")
    await server.until(lambda: names(done) == ["Promote", "Discard"], 60)
    assert "keep the new model." in done.text
    promoted = await stepped(bot, done, "Promote")
    await server.until(lambda: "from now on" in promoted.text, 60)
    (folder,) = promotions()["dialogue-en"]
    assert promoted.text == f"dialogue-en stands for {folder.name} from now on, and I use it. /models takes it back."
    await asked(bot, ada, "And what do you like to eat?")
    models = [model for (model,) in bot.rows("SELECT model FROM exchanges WHERE user_id = 60 ORDER BY exchange")]
    assert models[0] == "dialogue-en" and models[1].startswith("dialogue-en-20")


async def retrainings_one_after_another(bot, folder):
    """Each has messages whose buttons stay when it is over."""
    server, admin, over = bot.server, bot.server.user(ADMIN), "This button is about another retraining"
    failed = await sent(bot, admin, "bad\tx\n", "/retrain dialogue-en")
    await server.until(lambda: names(failed) == ["Begin", "Discard"], 60)
    shown = await sent(bot, admin, "new\tx\n", "/retrain dialogue-en")
    await server.until(lambda: names(shown) == ["Begin", "Discard"], 60)
    for name in ("Begin", "Discard"):
        assert (await pressed(bot, failed, name)).startswith(over)
    done = await stepped(bot, shown, "Begin")
    await server.until(lambda: names(done) == ["Promote", "Discard"], 60)
    kept = sorted(folder.rglob("*"))
    for name in ("Begin", "Discard"):
        assert (await pressed(bot, failed, name)).startswith(over)
    assert sorted(folder.rglob("*")) == kept and names(done) == ["Promote", "Discard"]

    standing = await asked(bot, admin, "/retrain")
    await pressed(bot, done, "Discard")
    again = await sent(bot, admin, "new\tx\n", "/retrain dialogue-en")
    await server.until(lambda: names(again) == ["Begin", "Discard"], 60)
    await server.until(lambda: names(done) == [], 60)
    done = await stepped(bot, again, "Begin")
    await server.until(lambda: names(done) == ["Promote", "Discard"], 60)
    before = len(server.messages(ADMIN))
    for name in ("Promote", "Discard"):
        assert (await pressed(bot, standing, name)).startswith(over)
    assert len(server.messages(ADMIN)) == before and promotions() == {}
    await pressed(bot, done, "Discard")
    await server.until(lambda: done.text == "Discarded.", 60)
    assert (await pressed(bot, again, "Discard")).startswith(over)


def played(scene, tmp_path, bot_models, command):
    """A scene with a bot that may retrain; nothing is left in its folder."""
    settings = {"admins": [ADMIN], "retraining_folder": tmp_path / "retraining", "retraining_command": command}

    async def run():
        async with FakeBotApi() as server:
            bot = BotProcess(server, tmp_path, **settings, **bot_models)
            bot.environment["KUAIZUI_HOME"] = str(tmp_path / "home")
            async with bot:
                await scene(bot)
        assert [each.name for each in (tmp_path / "retraining").iterdir()] == []

    asyncio.run(run())


def test_a_model_is_retrained_from_telegram_and_promoted(tmp_path, bot_models, command):
    played(retraining, tmp_path, bot_models, command)


def test_a_button_of_an_earlier_retraining_touches_nothing_of_a_later_one(tmp_path, bot_models, command):
    played(lambda bot: retrainings_one_after_another(bot, tmp_path / "retraining"), tmp_path, bot_models, command)


def begun(folder, command, corpus=b"new\ttexts\n"):
    work = Retraining(str(folder / "work"), command)
    work.take("dialogue-en", folder / "parent", corpus, ".tsv")
    return work


def test_what_fails_is_told_and_can_be_discarded(tmp_path, command):
    async def scene():
        work = begun(tmp_path, command, b"bad")
        assert work.stage == "asked"
        assert await work.rehearse() != 0 and work.lines[-1] == "kuaizui: error: corpus.tsv: line 1: no tab."
        assert not work.cancel()
        work.discard()
        assert work.stage == "nothing" and not list((tmp_path / "work").iterdir())
        with pytest.raises(UsageError, match="cannot be read"):
            await work.rehearse()

    asyncio.run(scene())


def test_one_step_at_a_time_and_what_was_begun_is_not_overwritten(tmp_path, command):
    async def scene():
        work = begun(tmp_path, command, b"slow")
        training = asyncio.create_task(work.train())
        while not any("of 10,000" in line for line in work.lines):
            assert not training.done(), training.result()
            await asyncio.sleep(0.01)
        for call in (work.rehearse, work.promote):
            with pytest.raises(AtWork):
                await call()
        with pytest.raises(AtWork):
            work.discard()
        await work.close()
        assert await training != 0 and work.cancelled
        again = Retraining(str(tmp_path / "work"), command)
        assert again.stage == "begun"
        with pytest.raises(UsageError, match="waits to be decided on"):
            again.take("dialogue-en", tmp_path, b"", ".tsv")

    asyncio.run(scene())


def test_a_command_that_is_not_there_is_told(tmp_path):
    work = begun(tmp_path, "no-such-command")
    with pytest.raises(UsageError, match="retraining_command = 'no-such-command'"):
        asyncio.run(work.rehearse())
