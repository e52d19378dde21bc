"""A session with the bot, put down as it goes, with the models that come along: it makes docs/bot-transcript.md.

    python -m tests.bot.transcript

The bot is the real one, in a process of its own; Telegram is the fake of these tests. What people say is written here,
what the bot says is not: run it again whenever models or texts have changed.
"""

import asyncio
import csv
import io
import json
import re
import tempfile
import textwrap
from dataclasses import dataclass
from pathlib import Path

from nlp.bundle import list_pretrained
from tests.bot.bot_process import BotProcess
from tests.bot.bot_scenes import asked, pressed
from tests.bot.fake_telegram.fake_bot_api import FakeBotApi
from tests.bot.fake_telegram.fake_bot_api_messages import Chat
from tests.bot.fake_telegram.fake_bot_api_people import Person
from tests.conftest import ROOT

PAGE = ROOT / "docs" / "bot-transcript.md"
ADMIN = 4
WIDTH = 110
"""Of what was said, in characters."""
COMMAND = ".venv/bin/python -m tests.bot.transcript"
INTRODUCTION = (
    "The bot is the real one, in a process of its own, with these models: {models}. Telegram is the fake that the tests"
    " use, and the people are made up. Buttons stand in brackets. [bot.md](bot.md) says how it all works."
)
BRIDGE = (
    "The city council voted on Monday to close the old bridge over the river until spring. Engineers had found cracks"
    " in two of its pillars. Buses will take another way, and a small ferry will carry walkers and bicycles for free."
)
LIBRARY = "市图书馆周五宣布，从下月起将开放时间延长到晚上十点。馆长说，许多学生和上班族希望下班以后也能来读书。"
CHANGING = (r"(median )[\d.]+( s, 95 % within )", r"(95 % within )[\d.]+( s)", r"(Memory: )[\d,]+( MB)")
"""What depends on the machine and the moment is left out; so is the size of files, for an export holds times."""
STORM = "A storm pulled down hundreds of trees along the coast on Sunday night, and many villages were without power."


@dataclass(frozen=True)
class Session:
    """Who takes part: two people who write English, one who writes Chinese, a group of the three, and an admin."""

    server: FakeBotApi
    bot: BotProcess
    ada: Person
    bo: Person
    chen: Person
    dora: Person
    group: Chat

    def shows(self, person, name, content):
        """Put down what is in a file that was sent to a person or by them."""
        self.server.world.transcript.add(person.id, f"(in {name})", "\n" + content.strip())

    async def taps(self, button):
        """Press a button that brings no message of its own."""
        await self.bot.finished(self.server.press(button).update_id)


async def begin(session):
    """Who the bot is, in the language of the person's Telegram."""
    await asked(session.bot, session.ada, "/start")
    await asked(session.bot, session.chen, "/start")
    await asked(session.bot, session.bo, "/help")


async def chat(session):
    """Each language has its model."""
    for text in ("Hello! How are you today?", "What do you like to do when it rains?", "Do you ever get tired?"):
        await asked(session.bot, session.ada, text)
    for text in ("你好，今天过得怎么样？", "下雨天你喜欢做什么？", "你会累吗？"):
        await asked(session.bot, session.chen, text)


async def edit(session):
    """The reply is edited with it. What is edited into a command has that answered, and its reply taken away."""
    await asked(session.bot, session.bo, "What is your favourite season?")
    message = max((each for each in session.bo.chat.messages.values() if not each.from_bot), key=lambda each: each.id)
    for text in ("What is your favourite food?", "/privacy"):
        session.bo.edits(message, text)
        await session.bot.finished(message.update_id)


async def headlines(session):
    """On command, and for a text that is forwarded."""
    answer = await asked(session.bot, session.ada, f"/headline {BRIDGE}")
    await pressed(session.bot, answer.button("More"))
    await session.taps(answer.button("👍"))
    offer = await asked(session.bot, session.chen, LIBRARY, forwarded_from="Daily news")
    await session.taps(offer.rows[0][0])


async def why(session):
    """A picture of the last answer."""
    await asked(session.bot, session.ada, "/why")


async def settings(session):
    """Each chat has its own."""
    answer = await asked(session.bot, session.ada, "/settings")
    await session.taps(answer.button("playful"))


async def judge(session):
    """What people think of a reply; where no model has spoken there is nothing to judge."""
    for person, text, better in (
        (session.ada, "Which season do you like best?", "Autumn: the leaves change and the air is clear."),
        (session.chen, "你最喜欢哪个季节？", "秋天，叶子变色，天气也凉快。"),
    ):
        answer = await asked(session.bot, person, text)
        if "👎" in [button.text for button in answer.buttons]:
            question = await pressed(session.bot, answer.button("👎"))
            await asked(session.bot, person, better, reply_to=question)


async def arena(session):
    """Nothing says who wrote which, until one is chosen; the order is drawn, here too."""
    await asked(session.bot, session.bo, "/arena")
    answer = await asked(session.bot, session.bo, "What do you do on a rainy Sunday?")
    if "A" in [button.text for button in answer.buttons]:  # else both have said the same
        await session.taps(answer.button("A"))


async def document(session):
    """A file comes, and a file goes back; where that takes longer than a second, the bot says how far it is."""
    table, ada, server = io.StringIO(), session.ada, session.server
    csv.writer(table, lineterminator="\n").writerows([["text"], [BRIDGE], [LIBRARY], [STORM]])
    hold, before = server.faults.hold("getFile"), len(server.messages(ada))
    sent = ada.sends_document("news.csv", table.getvalue().encode())
    session.shows(ada, "news.csv", table.getvalue())
    await server.replies(ada, before + 1, timeout=60)  # so the page is the same on a fast machine and on a slow one
    hold.release()
    await session.bot.finished(sent.update_id)
    answer = server.messages(ada)[-1]
    name = answer.json["document"]["file_name"]
    session.shows(ada, name, server.file(answer).decode("utf-8-sig").replace("\r\n", "\n"))


async def inline(session):
    """In a chat of people, where the bot need not be."""
    query = await session.ada.asks_inline(STORM, "supergroup").answered()
    await session.bot.finished(query.update_id)
    if query.results:
        chosen = session.ada.chooses(query, query.results[0]["id"], session.group)
        await session.bot.finished(chosen.update_id)


async def group(session):
    """Who does not speak to the bot is not answered."""
    session.bo.says("Oh dear. Is everybody all right?", session.group)
    answer = await asked(session.bot, session.bo, "@kuaizui_bot Good morning! What are you up to?", session.group)
    await asked(session.bot, session.ada, "That sounds nice.", session.group, reply_to=answer)
    news = session.bo.says(BRIDGE, session.group)
    await asked(session.bot, session.ada, "/headline", session.group, reply_to=news)


async def privacy(session):
    """What is stored, in the bot's words."""
    await asked(session.bot, session.ada, "/privacy")


async def export(session):
    """How much there is, by kind; the file holds it all."""
    answer = await asked(session.bot, session.ada, "/export")
    stored = json.loads(session.server.file(answer))
    counts = ", ".join(f"{kind}: {len(rows)}" for kind, rows in stored.items())
    session.shows(session.ada, answer.json["document"]["file_name"], counts)


async def reset(session):
    """The talk is forgotten, and nothing else is."""
    await asked(session.bot, session.ada, "/reset")


async def admins(session):
    """How it fares, which models are in use, and how one is taught; to others these commands do not exist."""
    await asked(session.bot, session.dora, "/stats")
    models = await asked(session.bot, session.dora, "/models")
    await session.taps(models.rows[0][0])
    await asked(session.bot, session.dora, "/retrain")
    await asked(session.bot, session.bo, "/stats")


async def forget(session):
    """Asked once more, and then done."""
    question = await asked(session.bot, session.ada, "/forget")
    await session.taps(question.button("Delete it all"))


SCENES = {
    "The first words": begin,
    "Chat": chat,
    "An edited message": edit,
    "Headlines": headlines,
    "Why this answer": why,
    "Settings": settings,
    "A judgement, and the better answer": judge,
    "Two answers, and you choose": arena,
    "A file of news": document,
    "Inline, in any chat": inline,
    "In a group": group,
    "What is kept": privacy,
    "A copy of all that is kept": export,
    "A fresh start": reset,
    "For admins": admins,
    "Forgetting it": forget,
}


async def played(folder, models, **settings):
    """The page: every scene with what was said in it; store and log of the bot lie in `folder`."""
    settings = {"admins": [ADMIN], "retraining_folder": folder / "retraining", **settings}
    async with FakeBotApi() as server, BotProcess(server, folder, **settings) as bot:
        ada, bo, chen, dora = server.user(1), server.user(2), server.user(3, language="zh-hans"), server.user(ADMIN)
        session = Session(server, bot, ada, bo, chen, dora, server.group(title="The three of us"))
        session.group.members.update((ada.id, bo.id, chen.id))
        await server.called("getUpdates", timeout=60)
        parts, lines = [beginning(models)], server.world.transcript.lines
        for heading, scene in SCENES.items():
            first = len(lines)
            await scene(session)
            parts.append(f"## {heading}\n\n{scene.__doc__}\n\n```text\n{said(lines[first:])}```\n")
    return "\n".join(parts)


def beginning(models):
    """The top of the page, which says how it was made."""
    introduction = textwrap.fill(INTRODUCTION.format(models=", ".join(models)), 120)
    return f"# A session with the bot\n\nMade by a command:\n\n    {COMMAND}\n\n{introduction}\n"


def said(lines):
    """Lines of a transcript as text: each speaker on a new line, all else indented, nothing too wide to read."""
    wrapped = []
    for line in lines:
        begun, *others = f"{line.who}: {line.what}".split("\n")
        wrapped += folded(begun, "")
        for other in others:
            wrapped += folded(other, "    ")
    text = "\n".join(wrapped) + "\n"
    for changing in CHANGING:
        text = re.sub(changing, r"\1...\2", text)
    return re.sub(r"(\[document [^\]]+), \d+ bytes\]", r"\1]", text)


def folded(line, indent):
    """A line as a few that are not too wide."""
    return textwrap.wrap(line, WIDTH, initial_indent=indent, subsequent_indent="    ") or [""]


def main():
    """Play the session, and write the page."""
    with tempfile.TemporaryDirectory() as folder:
        page = asyncio.run(played(Path(folder), sorted(bundle.name for bundle in list_pretrained())))
    PAGE.write_text(page, encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)} is written")


if __name__ == "__main__":
    main()
