"""Where updates come from, and the commands they give."""

import pytest

from bot.places import Place, command_of, place_of
from tests.bot.some_updates import button, message, message_json, update_of

IN_TOPIC = {"message_thread_id": 9, "is_topic_message": True}
SENT_BY_CHAT = {"sender_chat": {"id": -5, "type": "supergroup"}}
OUT_OF_REACH = {"chat": {"id": -5, "type": "supergroup"}, "message_id": 3, "date": 0}
CHANNEL_POST = {"message_id": 3, "date": 0, "chat": {"id": -7, "type": "channel"}, "text": "news"}
INLINE = {"id": "3", "from": {"id": 4, "is_bot": False, "first_name": "Ada"}, "query": "news", "offset": ""}


def captioned(caption, length, offset=0):
    found = [{"type": "bot_command", "offset": offset, "length": length}]
    return update_of({**message_json(""), "text": None, "caption": caption, "caption_entities": found})


@pytest.mark.parametrize(
    ("update", "place"),
    [
        (message(chat=3, person=3), Place(3, None, 3)),
        (message(chat=-5, person=3, **IN_TOPIC), Place(-5, 9, 3)),
        (message(chat=-5, person=3, message_thread_id=9), Place(-5, None, 3)),
        (message(chat=-5, person=1087968824, **SENT_BY_CHAT), Place(-5, None, None)),
        (update_of(message_json(chat=3, person=3), "edited_message"), Place(3, None, 3)),
        (button(chat=3, person=3), Place(3, None, 3)),
        (button(person=3, on=message_json(chat=-5, person=999, **IN_TOPIC, **SENT_BY_CHAT)), Place(-5, 9, 3)),
        (button(person=3, on=OUT_OF_REACH), Place(-5, None, 3)),
        (update_of(CHANNEL_POST, "channel_post"), Place(-7, None, None)),
        (update_of(INLINE, "inline_query"), Place(None, None, 4)),
        (object(), Place()),
    ],
)
def test_the_place_of_an_update(update, place):
    assert place_of(update) == place


@pytest.mark.parametrize(
    ("update", "command"),
    [
        (message("/help"), "help"),
        (message("/Help@kuaizui_bot me"), "help"),
        (message("help"), ""),
        (captioned("/Retrain@kuaizui_bot dialogue-en", 20), "retrain"),
        (captioned("see /retrain", 8, offset=4), ""),
        (message("see /help", entities=[{"type": "bot_command", "offset": 4, "length": 5}]), ""),
        (message("bold", entities=[{"type": "bold", "offset": 0, "length": 4}]), ""),
        (button(on=message_json("/help")), ""),
        (button(person=3, on=OUT_OF_REACH), ""),
        (update_of(INLINE, "inline_query"), ""),
        (object(), ""),
    ],
)
def test_the_command_of_an_update(update, command):
    assert command_of(update) == command
