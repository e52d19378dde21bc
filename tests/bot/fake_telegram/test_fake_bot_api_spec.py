"""The checker finds mistakes seeded into requests, answers and updates, and leaves right ones alone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bot.fake_telegram.fake_bot_api import FakeBotApi
from tests.bot.fake_telegram.fake_bot_api_methods import METHODS
from tests.bot.fake_telegram.fake_bot_api_rules import Rules, measured, rules_of, utf16_length
from tests.bot.fake_telegram.fake_bot_api_scenarios import needs_spec, scenario
from tests.bot.fake_telegram.fake_bot_api_spec import Spec
from tests.bot.fake_telegram.fake_bot_api_text import entities_of
from tests.bot.fake_telegram.ptb_client import bot_of

CHAT = {"id": 1, "type": "private"}
MESSAGE = {"message_id": 1, "date": 1, "chat": CHAT}
USER = {"id": 1, "is_bot": False, "first_name": "Ada"}


def keyboard(*buttons):
    return {"chat_id": 1, "text": "x", "reply_markup": {"inline_keyboard": [list(buttons)]}}


def article(**fields):
    result = {"type": "article", "id": "1", "title": "t", "input_message_content": {"message_text": "m"}} | fields
    return {"inline_query_id": "1", "results": [result]}


def many_articles(count):
    return [article(id=str(number))["results"][0] for number in range(count)]


MISTAKEN_REQUESTS = [
    ("sendMessages", {}, (), "sendMessages: no such method"),
    ("sendMessage", {"text": "x"}, (), "sendMessage.chat_id: missing"),
    ("sendMessage", {"chat_id": "1", "text": "x", "txt": "y"}, (), "sendMessage.txt: no such parameter"),
    ("sendMessage", {"chat_id": "1", "text": ""}, (), "sendMessage.text: 0 characters, 1 to 4096 allowed"),
    ("sendMessage", {"chat_id": "1", "text": "😀" * 2049}, (), "sendMessage.text: 4098 characters, 1 to 4096 allowed"),
    ("sendMessage", {"chat_id": 1.5, "text": "x"}, (), "sendMessage.chat_id: 1.5 is no"),
    ("sendMessage", {"chat_id": 1, "text": 5}, (), "sendMessage.text: 5 is no String"),
    ("sendMessage", {"chat_id": 1, "text": "x", "protect_content": "yes"}, (), "protect_content: 'yes' is no Boolean"),
    (
        "sendMessage",
        {"chat_id": 1, "text": "x", "parse_mode": "MarkDown"},
        (),
        "parse_mode: 'MarkDown' is none of HTML",
    ),
    ("sendMessage", {"chat_id": 1, "text": "x", "reply_parameters": "{}"}, (), "ReplyParameters needs it"),
    (
        "sendMessage",
        {"chat_id": 1, "text": "x", "reply_markup": {"keyboard": [[{"text": "a"}, 1]]}},
        (),
        "keyboard[0][1]: 1 is no KeyboardButton",
    ),
    ("sendMessage", keyboard({"callback_data": "y"}), (), "InlineKeyboardButton needs it"),
    ("sendMessage", keyboard({"text": "a", "callback_data": "é" * 33}), (), "callback_data: 66 bytes, 1 to 64 allowed"),
    ("sendMessage", keyboard({"text": "a", "copy_text": {"text": "x" * 257}}), (), "257 characters, 1 to 256 allowed"),
    ("sendMessage", keyboard({"text": "a", "style": "red", "url": "u"}), (), "style: 'red' is none of danger"),
    ("sendMessage", keyboard({"text": "a", "url": "u", "pay": True}), (), "a button does exactly one thing"),
    ("sendMessage", keyboard({"text": "a", "data": "d"}), (), "InlineKeyboardButton has no such field"),
    ("sendDocument", {"chat_id": 1}, (), "sendDocument.document: missing"),
    ("sendDocument", {"chat_id": 1, "document": "attach://a"}, (), "attach://a names no file of the request"),
    ("sendDocument", {"chat_id": 1, "document": "x"}, ("other",), "nothing names the file 'other'"),
    ("sendDocument", {"chat_id": 1, "document": "x", "caption": "x" * 1025}, (), "1025 characters, 0 to 1024 allowed"),
    ("sendChatAction", {"chat_id": 1, "action": "thinking"}, (), "action: 'thinking' is none of"),
    ("answerCallbackQuery", {"callback_query_id": "1", "text": "x" * 201}, (), "201 characters, 0 to 200 allowed"),
    ("answerInlineQuery", article(type="artikel"), (), "type: 'artikel' instead of"),
    ("answerInlineQuery", article(id="x" * 65), (), "id: 65 bytes, 1 to 64 allowed"),
    ("answerInlineQuery", article(input_message_content={"message_text": ""}), (), "0 characters, 1 to 4096 allowed"),
    ("answerInlineQuery", {"inline_query_id": "1", "results": many_articles(51)}, (), "51 items, 0 to 50 allowed"),
    ("editMessageText", {"text": "x", "chat_id": 1}, (), "editMessageText.message_id: missing"),
    ("editMessageText", {"text": "x", "message_id": 1}, (), "editMessageText.chat_id: missing"),
    ("getUpdates", {"limit": "101"}, (), "limit: 101 given, 1 to 100 allowed"),
    ("getUpdates", {"timeout": "soon"}, (), "timeout: 'soon' is no Integer"),
    ("getUpdates", {"allowed_updates": '["message", "messages"]'}, (), "no such kind: messages"),
    ("deleteMessages", {"chat_id": 1, "message_ids": []}, (), "message_ids: 0 items, 1 to 100 allowed"),
    ("setMyCommands", {"commands": [{"command": "x" * 33, "description": "y"}]}, (), "33 characters, 1 to 32 allowed"),
    (
        "setMessageReaction",
        {"chat_id": 1, "message_id": 1, "reaction": [{"type": "emoji", "emoji": "x"}]},
        (),
        "none of",
    ),
]


@needs_spec
@pytest.mark.parametrize(("method", "raw", "parts", "problem"), MISTAKEN_REQUESTS)
def test_a_mistake_in_a_request_is_found(method, raw, parts, problem):
    found = Spec.find().request(method, raw, parts)
    assert len(found) == 1, found
    assert problem in found[0]


@needs_spec
def test_mistakes_are_told_of_the_type_that_an_object_says_it_is():
    result = {"type": "article", "id": "1", "photo_url": "u", "thumbnail_url": "t"}
    found = Spec.find().request("answerInlineQuery", {"inline_query_id": "1", "results": [result]})
    assert sorted(found) == [
        "answerInlineQuery.results[0].input_message_content: InlineQueryResultArticle needs it",
        "answerInlineQuery.results[0].photo_url: InlineQueryResultArticle has no such field",
        "answerInlineQuery.results[0].title: InlineQueryResultArticle needs it",
    ]


@needs_spec
@pytest.mark.parametrize(
    ("method", "raw", "parts"),
    [
        ("sendMessage", {"chat_id": "1", "text": "42", "disable_notification": "true"}, ()),
        ("sendMessage", {"chat_id": "@channel", "text": "😀" * 2048}, ()),
        ("sendMessage", {"chat_id": 1, "text": "<b>" + "x" * 4096 + "</b>", "parse_mode": "HTML"}, ()),
        ("sendMessage", keyboard({"text": "a", "callback_data": "b"}, {"text": "c", "copy_text": {"text": "d"}}), ()),
        ("sendMessage", {"chat_id": 1, "text": "x", "reply_markup": '{"remove_keyboard": true}'}, ()),
        ("sendDocument", {"chat_id": 1}, ("document",)),
        ("sendDocument", {"chat_id": 1, "document": "attach://a"}, ("a",)),
        (
            "sendMediaGroup",
            {"chat_id": 1, "media": [{"type": "photo", "media": f"attach://{n}"} for n in "ab"]},
            ("a", "b"),
        ),
        ("answerInlineQuery", article(), ()),
        ("editMessageText", {"text": "x", "inline_message_id": "1"}, ()),
        ("getUpdates", {"offset": "-1", "limit": "100", "allowed_updates": '["message_reaction"]'}, ()),
        (
            "setMyCommands",
            {"commands": [{"command": "a", "description": "b"}], "scope": {"type": "chat", "chat_id": 1}},
            (),
        ),
    ],
)
def test_a_right_request_is_left_alone(method, raw, parts):
    assert Spec.find().request(method, raw, parts) == []


@needs_spec
@pytest.mark.parametrize(
    ("update", "problem"),
    [
        ({"message": MESSAGE}, "Update.update_id: Update needs it"),
        ({"update_id": "1"}, "update_id: '1' is no Integer"),
        ({"update_id": 1, "message": {"message_id": 1, "date": 1}}, "Update.message.chat: Message needs it"),
        ({"update_id": 1, "message": MESSAGE | {"txt": "x"}}, "txt: Message has no such field"),
        ({"update_id": 1, "message": MESSAGE | {"chat": CHAT | {"type": "talk"}}}, "'talk' is none of channel"),
        (
            {"update_id": 1, "message": MESSAGE | {"forward_origin": {"type": "friend", "date": 1}}},
            "'friend' instead of",
        ),
        ({"update_id": 1, "message": MESSAGE, "edited_message": MESSAGE}, "edited_message and message at once"),
        ({"update_id": 1, "callback_query": {"id": "1", "from": USER}}, "chat_instance: CallbackQuery needs it"),
        ({"update_id": 1, "message": MESSAGE | {"from": USER | {"is_bot": 0}}}, "is_bot: 0 is no Boolean"),
        ({"update_id": 1, "message": MESSAGE | {"entities": {}}}, "entities: {} is no list"),
    ],
)
def test_a_mistake_in_an_update_is_found(update, problem):
    found = Spec.find().update(update)
    assert any(problem in each for each in found), found


@needs_spec
@pytest.mark.parametrize(
    ("method", "result", "problem"),
    [
        ("getMe", {"id": 1, "is_bot": True}, "answer of getMe.first_name: User needs it"),
        ("sendMessage", True, "answer of sendMessage: True is no Message"),
        ("editMessageText", "done", "'done' is no"),
        ("getUpdates", {}, "{} is no list"),
        ("getChatMember", {"status": "owner", "user": USER}, "'owner' instead of"),
    ],
)
def test_a_mistake_in_an_answer_is_found(method, result, problem):
    found = Spec.find().answer(method, result)
    assert any(problem in each for each in found), found


@needs_spec
def test_a_mistake_in_a_refusal_is_found():
    spec = Spec.find()
    assert spec.failure({"ok": False, "error_code": 429, "description": "x", "parameters": {"retry_after": 1}}) == []
    assert spec.failure({"ok": False, "error_code": 429, "description": "x", "parameters": {"retry": 1}})
    assert spec.failure({"ok": True, "error_code": "429"}) == [
        "failure.ok: must be false",
        "failure.error_code: '429' is no Integer",
        "failure.description: None is no String",
    ]


@needs_spec
def test_right_answers_and_updates_are_left_alone():
    spec = Spec.find()
    assert spec.answer("editMessageText", True) == spec.answer("editMessageText", MESSAGE) == []
    query = {"id": "1", "from": USER, "chat_instance": "1", "data": "x", "message": MESSAGE}
    assert spec.update({"update_id": 1, "callback_query": query}) == []
    assert spec.update({"update_id": 1, "callback_query": query | {"message": MESSAGE | {"date": 0}}}) == []


@needs_spec
def test_the_fake_knows_only_methods_that_exist_and_rules_are_read_from_most_descriptions():
    spec = Spec.find()
    assert METHODS.keys() <= spec.methods.keys()
    rules = [
        rules_of(name, field["name"], tuple(field["types"]), field["description"])
        for part in (spec.methods, spec.types)
        for name, about in part.items()
        for field in about.get("fields", [])
    ]
    counted = [
        sum(kind)
        for kind in zip(*((r.high is not None, bool(r.constant), bool(r.choices)) for r in rules), strict=True)
    ]
    print(f"{counted} lengths and ranges, constants, closed sets, among {len(rules)} fields")
    assert counted[0] > 120 and counted[1] > 80 and counted[2] > 25


@needs_spec
@scenario
async def test_slips_of_a_real_client_are_seen_by_the_server():
    async with FakeBotApi(check=False) as server, bot_of(server) as bot:
        server.user(1).says("hi")
        await bot.send_message(1, "x", api_kwargs={"colour": "red"})
        await bot.send_message(1, "y")
        assert server.violations == ["sendMessage.colour: no such parameter"]
        with pytest.raises(AssertionError, match=r"not as the Bot API says:\nsendMessage\.colour"):
            server.assert_as_specified()


@scenario
async def test_without_a_specification_the_fake_works_and_says_that_it_did_not_check(capsys):
    async with FakeBotApi(spec=None) as server, bot_of(server) as bot:
        server.user(1).says("hi")
        assert (await bot.send_message(1, "42", api_kwargs={"colour": "red"})).text == "42"
    assert "were not checked" in capsys.readouterr().out


@settings(deadline=None)
@given(st.text(max_size=30), st.integers(0, 5), st.integers(0, 40))
def test_a_length_is_a_slip_exactly_outside_its_bounds(text, low, high):
    slips = list(Rules(low=low, high=high, unit="characters").problems(text, "x"))
    length = sum(2 if ord(character) > 0xFFFF else 1 for character in text)
    assert bool(slips) == (not low <= length <= high)
    assert measured(text, "characters") == length == utf16_length(text)


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(["/help", "/help@a_bot", "@someone", "word", "😀", " ", "https://a.org", "#tag", "\n"]))
)
def test_entities_lie_where_their_text_lies(words):
    text = " ".join(words)
    units = text.encode("utf-16-le")
    found = [units[2 * e["offset"] : 2 * (e["offset"] + e["length"])].decode("utf-16-le") for e in entities_of(text)]
    assert found == [word for word in words if word[0] in "/@h#"]
