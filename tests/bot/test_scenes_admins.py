"""Scenes of those who run the bot: figures, and other models while people write."""

import asyncio

import pytest

from bot.switching import candidates
from nlp.registry import promote, promotions
from tests.bot.bot_process import BotProcess, renamed
from tests.bot.bot_scenes import asked, scene, somebody
from tests.bot.fake_telegram.fake_bot_api import FakeBotApi

ADMIN = 1


@pytest.fixture
def promoted(tmp_path, bot_models, monkeypatch):
    """A home where "dialogue-en" stood for a sound model, and stands for a damaged one now."""
    home = tmp_path / "home"
    monkeypatch.setenv("KUAIZUI_HOME", str(home))
    for number, name in enumerate(("mine", "broken")):
        bundle = renamed(bot_models["dialogue_models"][0], tmp_path / "runs" / name, "dialogue", "en")
        copy = promote("dialogue-en", bundle, str(number) * 64)
    (copy / "encoder.onnx").write_bytes(b"no graph")
    return home


async def tapped(bot, message, text):
    """Press a button, and answer what its message says once that is finished."""
    query = bot.server.press(message.button(text), bot.server.user(ADMIN))
    assert (await bot.finished(query.update_id))[0] == "answered"
    return message.text


async def models_of(bot, person):
    """The names of the models that replied to a person, in order."""
    return [
        model for (model,) in bot.rows("SELECT model FROM exchanges WHERE user_id = ? ORDER BY exchange", person.id)
    ]


async def switching(bot, home):
    """All that an admin does with models, in one life of the bot."""
    server, admin = bot.server, bot.server.user(ADMIN)
    overview = await asked(bot, admin, "/models")
    assert "Chat, English: dialogue-en, " in overview.text and "Headlines, 中文: headlines-zh, " in overview.text
    choices = overview
    assert (await tapped(bot, choices, "Chat, English")).startswith("Chat, English: ✓ is in use")
    names = [button.text for button in choices.buttons]
    broken, mine = (f"{name} (dialogue-en-{digit * 16})" for name, digit in (("broken", "1"), ("mine", "0")))
    assert {"✓ dialogue-en", f"{broken} ★", mine, "‹ All models"} <= set(names)

    said = await tapped(bot, choices, f"{broken} ★")
    assert said.startswith(f"{broken} cannot be used, so nothing has changed. ") and "encoder.onnx" in said
    assert "✓ dialogue-en" in [button.text for button in choices.buttons]
    people = [server.user(number) for number in range(20, 32)]
    for person in people:
        person.says("Good morning, how are you today?")
    said = tapped(bot, choices, mine)
    for person in people:
        person.says("And what do you like to eat?")
    assert (await said).startswith(f"{mine} is in use from now on")
    for person in people:
        await server.replies(person, 2, timeout=60)
        person.says("And where do you live, if I may ask?")
        await server.replies(person, 3, timeout=60)
    await server.until(lambda: set(bot.states()) == {"answered"})
    for person in people:
        assert len(server.messages(person)) == 3
        first, *_, last = await models_of(bot, person)
        assert (first, last) == ("dialogue-en", "mine")
    assert f"✓ {mine}" in [button.text for button in choices.buttons]

    said = await tapped(bot, choices, "Take the promotion of dialogue-en back")
    assert said.startswith(f"dialogue-en stands for dialogue-en-{'0' * 16} again")
    assert [folders[-1].name for folders in promotions().values()] == [f"dialogue-en-{'0' * 16}"]
    assert f"✓ {mine} ★" in [button.text for button in choices.buttons]
    assert "Chat, English: mine (" in await tapped(bot, choices, "‹ All models")


def test_a_model_is_switched_while_people_write_and_stays_after_a_restart(tmp_path, bot_models, promoted):
    async def scene():
        async with FakeBotApi() as server, BotProcess(server, tmp_path, admins=[ADMIN], **bot_models) as bot:
            bot.environment["KUAIZUI_HOME"] = str(promoted)
            await bot.stop()
            await bot.start()
            await switching(bot, promoted)
            await bot.stop()
            await bot.start()
            ada = server.user(40)
            await asked(bot, ada, "Good morning, how are you today?")
            assert await models_of(bot, ada) == ["mine"]

    asyncio.run(scene())


def test_figures_are_for_admins_and_count_judgements_by_model(tmp_path, bot_models):
    async def scene():
        async with FakeBotApi() as server, BotProcess(server, tmp_path, admins=[ADMIN], **bot_models) as bot:
            admin, ada = server.user(ADMIN), server.user(50)
            assert "Answers: none yet" in (await asked(bot, admin, "/stats")).text
            judged = []
            for text, thumb in (("Good morning, how are you?", "👍"), ("What do you like to eat?", "👎")):
                answer = await asked(bot, ada, text)
                judged.append(answer)
                await bot.finished(server.press(answer.button(thumb), ada).update_id)
            said = (await asked(bot, admin, "/stats")).text
            assert "answered: 5" in said and "waiting: 1" in said and "(the last 5)" in said
            assert "dialogue-en: 50% [9%, 91%] (1 / 2)" in said
            for command in ("/stats", "/models"):
                assert "I do not know this command" in (await asked(bot, ada, command)).text

    asyncio.run(scene())


@scene
async def test_buttons_of_an_admin_are_of_no_use_to_others(server, bot):
    ada = somebody(server)
    settings = await asked(bot, ada, "/settings")
    button = settings.buttons[0]
    button.json["callback_data"] = "en:models:dialogue.en.12345678"
    query = await server.press(button, ada).answered()
    assert query.text == "This button is for the person who asked."
    assert (await bot.finished(query.update_id))[0] == "refused"


def test_a_damaged_list_of_promotions_is_told(tmp_path, monkeypatch):
    from bot.models import LoadedGenerators, Models
    from nlp.errors import BundleError

    monkeypatch.setenv("KUAIZUI_HOME", str(tmp_path))
    (tmp_path / "models.json").write_text("[")
    nothing = Models(LoadedGenerators({}, 1), LoadedGenerators({}, 1))
    with pytest.raises(BundleError, match="the list of promoted models is damaged"):
        candidates(nothing, nothing, "dialogue", "en")
