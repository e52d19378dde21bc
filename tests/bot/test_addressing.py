"""Whom a message is for, and what of it is read."""

from types import SimpleNamespace

import pytest

from bot.addressing import is_for_bot, words_for_bot
from tests.bot.some_updates import message, message_json, update_of

BOT = SimpleNamespace(id=999, username="kuaizui_bot")
GROUP = -5


def said(text, chat=GROUP, **more):
    return message(text, chat=chat, **more).message


def entities(kind, offset, length, **more):
    return [{"type": kind, "offset": offset, "length": length, **more}]


def test_in_private_everything_is_for_the_bot_but_commands_for_others():
    assert is_for_bot(said("hi", chat=1), BOT) and is_for_bot(said("/help", chat=1), BOT)
    assert not is_for_bot(said("/help@other_bot", chat=1), BOT)


@pytest.mark.parametrize(
    ("text", "entity", "expected"),
    [
        ("hi there", None, False),
        ("@kuaizui_bot hi", ("mention", 0, 12), True),
        ("😀 @Kuaizui_Bot", ("mention", 3, 12), True),  # Telegram counts UTF-16 units, and no case
        ("@other_bot hi", ("mention", 0, 10), False),
        ("/help", ("bot_command", 0, 5), True),
        ("/help@Kuaizui_bot", ("bot_command", 0, 17), True),
        ("/help@other_bot", ("bot_command", 0, 15), False),
        ("try /help", ("bot_command", 4, 5), False),
    ],
)
def test_in_groups_the_bot_is_spoken_to_by_mention_or_command(text, entity, expected):
    assert is_for_bot(said(text, entities=entities(*entity) if entity else []), BOT) is expected


def test_in_groups_a_reply_to_the_bot_or_its_name_in_a_link_is_for_it():
    own = {"id": 999, "is_bot": True, "first_name": "Kuaizui"}
    assert is_for_bot(said("and you?", reply_to_message=message_json("hi", GROUP, 999)), BOT)
    assert not is_for_bot(said("and you?", reply_to_message=message_json("hi", GROUP, 2)), BOT)
    assert is_for_bot(said("Kuaizui", entities=entities("text_mention", 0, 7, user=own)), BOT)
    assert not is_for_bot(said("@kuaizui_bot", entities=entities("mention", 0, 12), via_bot=own), BOT)


def test_a_mention_under_a_picture_counts_and_is_not_read():
    picture = [{"file_id": "1", "file_unique_id": "1", "width": 9, "height": 9}]
    content = {**message_json("", GROUP), "photo": picture, "caption": "😀 @Kuaizui_bot look!"}
    unheard = update_of({**content, "text": None}).message
    heard = update_of({**content, "text": None, "caption_entities": entities("mention", 3, 12)}).message
    assert not is_for_bot(unheard, BOT) and is_for_bot(heard, BOT)
    assert words_for_bot(heard, BOT) == "😀 look!"


def test_what_the_bot_wrote_and_somebody_chose_inline_is_not_said_to_it():
    own, other = ({"id": number, "is_bot": True, "first_name": "Bot"} for number in (999, 998))
    assert not is_for_bot(said("Bridge shut", chat=1, via_bot=own), BOT)
    assert is_for_bot(said("look", chat=1, via_bot=other), BOT)


@pytest.mark.parametrize(
    ("text", "entity", "words"),
    [
        ("/headline  rain falls\nagain", ("bot_command", 0, 9), "rain falls\nagain"),
        ("/headline\nrain", ("bot_command", 0, 9), "rain"),
        ("/headline@kuaizui_bot rain", ("bot_command", 0, 21), "rain"),
        ("/why", ("bot_command", 0, 4), ""),
        ("@kuaizui_bot, hello", ("mention", 0, 12), "hello"),
        ("hello @Kuaizui_bot !", ("mention", 6, 12), "hello !"),
        ("@kuaizui_bots hello", ("mention", 0, 13), "@kuaizui_bots hello"),
        ("plain", None, "plain"),
    ],
)
def test_command_and_mention_are_not_read(text, entity, words):
    assert words_for_bot(said(text, entities=entities(*entity) if entity else []), BOT) == words


def test_a_command_under_a_picture_is_one():
    picture = [{"file_id": "1", "file_unique_id": "1", "width": 9, "height": 9}]
    for caption, length, words in (
        ("/headline rain falls", 9, "rain falls"),
        ("/headline@kuaizui_bot rain", 21, "rain"),
    ):
        found = entities("bot_command", 0, length)
        content = {**message_json("", GROUP), "text": None, "photo": picture, "caption": caption}
        under = update_of({**content, "caption_entities": found}).message
        assert is_for_bot(under, BOT) and words_for_bot(under, BOT) == words
    other = update_of({**content, "caption": "/help@other_bot", "caption_entities": entities("bot_command", 0, 15)})
    assert not is_for_bot(other.message, BOT)
