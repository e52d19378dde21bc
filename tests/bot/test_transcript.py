"""The session that is put down for the documentation: it goes to its end, with tiny models, and the page is of it."""

import asyncio

from tests.bot.transcript import COMMAND, PAGE, SCENES, played

SEEN = {
    "The first words": "Kuaizui: 你好，我是快嘴",
    "Chat": "Ada: Hello! How are you today?\nKuaizui: ",
    "An edited message": "Bo (edits): /privacy\nKuaizui: I keep what you write",
    "Headlines": "Ada: (presses) More\nKuaizui: 1. ",
    "Why this answer": "Kuaizui: [photo]\n    What I looked at",
    "Settings": "[balanced] [✓ playful]",
    "A judgement, and the better answer": "Kuaizui: Thank you, I have noted that as the better answer.",
    "Two answers, and you choose": "Kuaizui: (to the press) Thank you, counted.\nKuaizui (edits): A (dialogue-en, ",
    "A file of news": "(in news-headlines.csv):\n    id,headline",
    "Inline, in any chat": "Ada (chooses): ",
    "In a group": "Bo: Oh dear. Is everybody all right?\nBo: @kuaizui_bot Good morning!",
    "What is kept": "Ada: /privacy\nKuaizui: I keep what you write",
    "A copy of all that is kept": "Kuaizui: [document kuaizui-export.json]\n",
    "A fresh start": "Kuaizui: Our talk is forgotten.",
    "For admins": "Answers: median ... s, 95 % within ... s (the last",
    "Forgetting it": "Kuaizui (edits): Deleted.",
}


def parts_of(page):
    """What stands above all headings, and what under each."""
    above, *parts = page.split("\n## ")
    return above, dict(part.split("\n", 1) for part in parts)


def test_the_session_goes_to_its_end_and_every_scene_is_on_the_page(tmp_path, bot_models):
    above, parts = parts_of(asyncio.run(played(tmp_path, ["one", "two"], **bot_models)))
    assert COMMAND in above and "one, two" in above
    assert list(parts) == list(SCENES) == list(SEEN)
    for heading, words in SEEN.items():
        assert words in parts[heading], parts[heading]
    assert max(map(len, "".join(parts.values()).splitlines())) <= 120


def test_the_page_in_the_documentation_is_of_these_scenes():
    above, parts = parts_of(PAGE.read_text(encoding="utf-8"))
    assert COMMAND in above and list(parts) == list(SCENES)
