"""What people and the bot do in the chats of the fake, with the real python-telegram-bot as its client."""

import pytest
from telegram import (
    BotCommand,
    CopyTextButton,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InputTextMessageContent,
    ReplyParameters,
)
from telegram.constants import ChatAction
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, NetworkError

from tests.bot.fake_telegram.fake_bot_api import FakeBotApi
from tests.bot.fake_telegram.fake_bot_api_scenarios import scenario
from tests.bot.fake_telegram.ptb_client import application_of, bot_of, call


@scenario
async def test_a_talk_with_buttons_edits_and_replies_reads_well():
    async def handle(update, bot):
        if update.message:
            keyboard = InlineKeyboardMarkup(
                [[InlineKeyboardButton("Good", callback_data="up"), InlineKeyboardButton("Bad", callback_data="down")]]
            )
            text = f"You said: {update.message.text}"
            await update.message.reply_text(text, reply_markup=keyboard, do_quote=True)
        elif update.edited_message:
            await bot.edit_message_text(f"Now: {update.edited_message.text}", 1, answer.id)
        elif update.callback_query:
            await update.callback_query.answer("Thanks!")
            await update.callback_query.edit_message_reply_markup(None)

    async with FakeBotApi() as server, application_of(server, handle):
        said = server.user(1).says("hello")
        (answer,) = await server.replies(1)
        assert (answer.text, answer.reply_to) == ("You said: hello", said.id)
        assert [button.data for button in answer.buttons] == ["up", "down"]

        query = await server.press(answer.button("Good")).answered()
        assert query.text == "Thanks!"
        await server.until(lambda: not answer.buttons)

        server.edit(said, "good\nevening")
        await server.until(lambda: answer.text == "Now: good\nevening")
        assert [version["text"] for version in answer.versions] == ["You said: hello"] * 2
        assert server.transcript(1) == (
            "Ada: hello\nKuaizui: You said: hello\n    [Good] [Bad]\n"
            "Ada: (presses) Good\nKuaizui: (to the press) Thanks!\nKuaizui (edits): You said: hello\n"
            "Ada (edits): good\n    evening\nKuaizui (edits): Now: good\n    evening\n"
        )
        assert server.transcript() == server.transcript(1)
        assert [call.parameters["text"] for call in server.calls("sendMessage")] == ["You said: hello"]


@scenario
async def test_texts_are_trimmed_measured_in_utf16_units_and_found_commands_in():
    async with FakeBotApi() as server, bot_of(server) as bot:
        server.user(1).says("hi")
        sent = await bot.send_message(1, "  😀 use /help or @someone \n")
        assert sent.text == "😀 use /help or @someone"
        assert [(each.type, sent.parse_entity(each)) for each in sent.entities] == [
            ("bot_command", "/help"),
            ("mention", "@someone"),
        ]
        assert (await bot.send_message(1, "😀" * 2048)).text == "😀" * 2048
        marked = await bot.send_message(1, "a <b>bold 😀</b> word", parse_mode="HTML")
        assert (marked.text, marked.parse_entity(marked.entities[0])) == ("a bold 😀 word", "bold 😀")
    assert server.messages(1)[-1].text == "a bold 😀 word"


@pytest.mark.parametrize(
    ("text", "options", "error"),
    [
        (" \n", {}, "Message text is empty"),
        ("x" * 4097, {}, "Message is too long"),
        ("😀" * 2049, {}, "Message is too long"),
        ("<b>never closed", {"parse_mode": "HTML"}, "end tag corresponding to start tag"),
        ("x", {"parse_mode": "Fancy"}, "Unsupported parse_mode"),
        ("x", {"reply_parameters": ReplyParameters(999)}, "Message to be replied not found"),
    ],
)
@scenario
async def test_texts_that_telegram_refuses(text, options, error):
    async with FakeBotApi(check=False) as server, bot_of(server) as bot:
        server.user(1).says("hi")
        with pytest.raises(BadRequest, match=error):
            await bot.send_message(1, text, **options)
        assert server.messages(1) == []
        assert [call.status for call in server.calls("sendMessage")] == [400]


@scenario
async def test_edits_that_telegram_refuses():
    async with FakeBotApi() as server, bot_of(server) as bot:
        theirs = server.user(1).says("mine")
        ours = await bot.send_message(1, "same")
        for message_id, text, error in (
            (ours.message_id, "same", "Message is not modified"),
            (999, "x", "Message to edit not found"),
            (theirs.id, "x", "Message can't be edited"),
        ):
            with pytest.raises(BadRequest, match=error):
                await bot.edit_message_text(text, 1, message_id)
        await bot.delete_message(1, ours.message_id)
        with pytest.raises(BadRequest, match="Message to edit not found"):
            await bot.edit_message_text("x", 1, ours.message_id)
        with pytest.raises(BadRequest, match="Message to delete not found"):
            await bot.delete_message(1, ours.message_id)
        assert server.messages(1) == []


@scenario
async def test_queries_are_answered_once_and_in_time():
    async with FakeBotApi() as server, bot_of(server) as bot:
        person = server.user(1)
        person.says("hi")
        await bot.send_message(
            1, "?", reply_markup=InlineKeyboardMarkup([[InlineKeyboardButton("a", callback_data="b")]])
        )
        first, late = (person.presses(server.messages(1)[0].button("b")) for _ in range(2))
        late.expire()
        await bot.answer_callback_query(first.id)
        assert (first.text, late.text) == ("", None)
        for query_id in (first.id, late.id, "1"):
            with pytest.raises(BadRequest, match="Query is too old"):
                await bot.answer_callback_query(query_id)


@scenario
async def test_buttons_that_copy_and_buttons_that_are_refused():
    async with FakeBotApi(check=False) as server, bot_of(server) as bot:
        server.user(1).says("hi")
        good = InlineKeyboardButton("copy", copy_text=CopyTextButton("x" * 256))
        await bot.send_message(1, "?", reply_markup=InlineKeyboardMarkup([[good]]))
        assert server.press(server.messages(1)[0].button("copy")) == "x" * 256
        assert len(server.world.updates.pending) == 1
        for button, error in (
            (InlineKeyboardButton("x", callback_data="é" * 33), "Button_data_invalid"),
            (InlineKeyboardButton("x", copy_text=CopyTextButton("x" * 257)), "Button_copy_text_invalid"),
            (InlineKeyboardButton("x"), "text buttons are unallowed"),
        ):
            with pytest.raises(BadRequest, match=error):
                await bot.send_message(1, "?", reply_markup=InlineKeyboardMarkup([[button]]))
        with pytest.raises(ValueError, match="4098 UTF-16 units"):
            server.user(1).says("😀" * 2049)
        with pytest.raises(LookupError, match=r"no button 'other' .*'copy'"):
            server.messages(1)[0].button("other")


@scenario
async def test_inline_queries_are_offered_chosen_and_edited():
    button = InlineKeyboardMarkup([[InlineKeyboardButton("more", callback_data="more")]])

    async def handle(update, bot):
        if update.inline_query:
            content = InputTextMessageContent(f"Headline of {update.inline_query.query}")
            articles = [InlineQueryResultArticle(str(n), f"Title {n}", content, reply_markup=button) for n in range(2)]
            await update.inline_query.answer(articles, cache_time=0, is_personal=True)
        elif update.callback_query:
            inline_id = update.callback_query.inline_message_id
            await bot.edit_message_text("Another", inline_message_id=inline_id, reply_markup=button)

    async with FakeBotApi() as server, application_of(server, handle):
        person = server.user(1)
        assert person.asks_inline("😀" * 129).json["query"] == "😀" * 128
        query = await person.asks_inline("some news").answered()
        assert [result["title"] for result in query.results] == ["Title 0", "Title 1"]
        assert (query.answer["cache_time"], query.answer["is_personal"]) == (0, True)
        chosen = person.chooses(query, "1")
        assert chosen.text == "Headline of some news"
        server.press(chosen.button("more"))
        await server.until(lambda: chosen.text == "Another")
        assert "Ada: @kuaizui_bot some news\nKuaizui: (offers)\n    Title 0\n    Title 1\n" in server.transcript()


@scenario
async def test_inline_results_that_telegram_refuses():
    async with FakeBotApi(check=False) as server, bot_of(server) as bot:
        query = server.user(1).asks_inline("news")

        def article(result_id, text="x"):
            return InlineQueryResultArticle(result_id, "Title", InputTextMessageContent(text))

        for results, error in (
            ([article("same"), article("same")], "Result_id_duplicate"),
            ([article("x" * 65)], "Result_id_invalid"),
            ([article("a", "x" * 4097)], "Message_too_long"),
        ):
            with pytest.raises(BadRequest, match=error):
                await bot.answer_inline_query(query.id, results)
        many = [article(str(n)).to_dict() for n in range(51)]
        refused = await call(server, "answerInlineQuery", inline_query_id=query.id, results=many)
        assert refused["description"] == "Bad Request: RESULTS_TOO_MUCH"
        await bot.answer_inline_query(query.id, [article("a")])
        assert len(query.results) == 1


@scenario
async def test_documents_come_up_and_go_down_unchanged():
    async def handle(update, bot):
        content = bytes(await (await update.message.document.get_file()).download_as_bytearray())
        await bot.send_document(1, content[::-1], caption=update.message.caption, filename="back.csv")

    content = bytes(range(256)) * 100
    async with FakeBotApi() as server, application_of(server, handle):
        server.user(1).sends_document("news.csv", content, caption="turn it")
        (answer,) = await server.replies(1)
        assert server.file(answer) == content[::-1]
        assert (answer.text, answer.json["document"]["file_name"]) == ("turn it", "back.csv")
        assert "Kuaizui: [document back.csv, 25600 bytes]\n    turn it\n" in server.transcript()


@scenario
async def test_files_that_telegram_refuses():
    async with FakeBotApi() as server, bot_of(server) as bot:
        large = server.user(1).sends_document("large.txt", bytes(20 * 1024 * 1024 + 1))
        with pytest.raises(BadRequest, match="File is too big"):
            await bot.get_file(large.file_id)
        with pytest.raises(BadRequest, match="Wrong file_id"):
            await bot.get_file("never seen")
        with pytest.raises(BadRequest, match="caption is too long"):
            await bot.send_document(1, large.file_id, caption="<b></b>" + "x" * 1025, parse_mode="HTML")
        assert (await bot.send_document(1, large.file_id)).document.file_size == 20 * 1024 * 1024 + 1
        with pytest.raises(NetworkError, match="Request Entity Too Large"):
            await bot.send_document(1, bytes(50 * 1024 * 1024 + 1))


@scenario
async def test_pictures_copies_forwards_actions_and_drafts():
    async with FakeBotApi() as server, bot_of(server) as bot:
        said = server.user(1).says("original")
        await bot.send_chat_action(1, ChatAction.TYPING)
        await bot.send_message_draft(1, 5, "half a sen")
        await bot.send_photo(1, b"bytes of a picture", caption="why")
        await bot.copy_message(1, 1, said.id)
        await bot.forward_message(1, 1, said.id)
        await bot.set_message_reaction(1, said.id, "👍")
        photo, copied, forwarded = server.messages(1)
        assert (server.file(photo), photo.text) == (b"bytes of a picture", "why")
        assert (copied.text, forwarded.text) == ("original", "original")
        assert forwarded.json["forward_origin"]["sender_user"]["first_name"] == "Ada"
        assert said.reactions[server.world.bot["id"]] == [{"type": "emoji", "emoji": "👍"}]
        refused = await call(server, "sendChatAction", chat_id=1, action="thinking")
        assert refused["description"] == "Bad Request: wrong parameter action in request"
        await bot.delete_messages(1, [photo.json["message_id"], copied.json["message_id"], 999])
        assert server.messages(1) == [forwarded]
        server.violations.clear()  # the action was no slip


@scenario
async def test_what_the_bot_says_about_itself_is_kept_by_language_and_scope():
    async with FakeBotApi() as server, bot_of(server) as bot:
        await bot.set_my_commands([BotCommand("help", "what I do")])
        await bot.set_my_commands([BotCommand("help", "帮助")], language_code="zh")
        assert (await bot.get_my_commands())[0].description == "what I do"
        assert (await bot.get_my_commands(language_code="zh"))[0].description == "帮助"
        assert (await bot.get_my_commands(language_code="de"))[0].description == "what I do"
        await bot.delete_my_commands()
        assert await bot.get_my_commands() == ()
        with pytest.raises(BadRequest, match="Bot_command_invalid"):
            await bot.set_my_commands([BotCommand("Help", "in capitals")])
        await bot.set_my_short_description("short")
        assert (await bot.get_my_short_description()).short_description == "short"
        assert (await bot.get_me()).username == "kuaizui_bot"


@scenario
async def test_chats_and_tokens_that_do_not_exist():
    async with FakeBotApi() as server, bot_of(server) as bot:
        with pytest.raises(BadRequest, match="Chat not found"):
            await bot.send_message(77, "hello?")
        server.user(77)
        with pytest.raises(Forbidden, match="can't initiate conversation"):
            await bot.send_message(77, "hello?")
        bot._base_url = bot._base_url.replace("fake", "wrong")
        with pytest.raises(InvalidToken):
            await bot.send_message(77, "hello?")


@scenario
async def test_a_group_that_becomes_a_supergroup_refuses_its_old_id():
    async with FakeBotApi() as server, bot_of(server) as bot:
        old = server.group(-7, "Desk", kind="group")
        server.user(1).says("/start@kuaizui_bot", chat=old)
        new = server.migrate(old)
        with pytest.raises(ChatMigrated) as moved:
            await bot.send_message(-7, "hello")
        assert moved.value.new_chat_id == new.id
        await bot.send_message(new.id, "hello")
        assert [message.text for message in server.messages(new)] == ["hello"]
        updates = await bot.get_updates(timeout=0)
        assert [update.message.migrate_to_chat_id for update in updates] == [None, new.id, None]
