"""What handlers work with: the desk, which all share, and a case, which is one update at work."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from telegram import Bot, CallbackQuery, InlineKeyboardMarkup, Message, Update
from telegram.error import TelegramError

from bot.addressing import is_private, words_for_bot
from bot.albums import Albums
from bot.answers import STYLES, Style
from bot.arrivals import Arrivals
from bot.buttons import HIDDEN, SHOWN, Press, read_press
from bot.document_work import Documents
from bot.inference import InferenceQueue, Job
from bot.models import Models
from bot.newest import Newest
from bot.pacing import Pacing
from bot.places import Place, command_of, place_of
from bot.retraining import Retraining
from bot.sending import Gone, Unsure, delete_messages, edit_text, send_text
from bot.settings import Settings
from bot.store import NO_THREAD, Exchange, State, Store
from bot.store.background import BackgroundStore
from bot.texts import Texts, texts_of
from nlp.companion.languages import LANGUAGES, message_language
from nlp.config import Language

P = ParamSpec("P")
T = TypeVar("T")
Item = TypeVar("Item")

INLINE_AT_ONCE = 4
"""Inline queries that the models are asked for at once: a few, so that whoever chats does not wait behind many."""

UNSURE = "no answer came to the request, or none that can be read; the reply may not have arrived"


_COMMANDS_WITH_WORDS = ("", "headline", "arena")
"""Behind which people write in a language; "" is no command."""
_LOOKED_BACK = 3


@dataclass(frozen=True)
class Outcome:
    """How a case ends; see `bot.store.State`."""

    state: State = "answered"
    detail: str = ""
    """Why, in a few words, never with what a person wrote."""
    exchange: Exchange | None = None
    """What was said, to be remembered."""


@dataclass(eq=False)
class Desk:
    """What all handlers share."""

    settings: Settings
    bot: Bot
    store: BackgroundStore
    arrivals: Arrivals
    inference: InferenceQueue
    models: Models
    """Those in use; `bot.switching` puts others here, so take them once for what belongs together."""
    pacing: Pacing
    drawing: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while a picture is drawn: one at a time is enough for the machine."""
    switching: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while another model is loaded."""
    retraining: Retraining = field(init=False)
    documents: Documents = field(default_factory=Documents)
    albums: Albums = field(default_factory=Albums)
    newest: Newest = field(default_factory=lambda: Newest(INLINE_AT_ONCE))
    """Inline queries, of which each person's newest counts."""

    def __post_init__(self) -> None:
        self.retraining = Retraining(self.settings.retraining_folder, self.settings.retraining_command)

    async def ask(self, run: Callable[[list[Item]], Sequence[T]], item: Item) -> T:
        """What the models answer. Raises: as `InferenceQueue.ask`."""
        return await self.inference.ask(Job(run, item))

    async def recall(self, method: Callable[Concatenate[Store, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What the store answers. Raises: StoreError."""
        return await self.store.run(method, *args, **kwargs)


@dataclass(eq=False)
class Case:
    """One update at work: who speaks, where, in what language, and how to answer."""

    desk: Desk
    update: Update
    place: Place
    language: Language
    """Of the bot's own words."""
    preferences: dict[str, Any]
    """What the chat has set."""
    message: Message | None
    """What was written; for a press, the bot's message with the button. None where that is out of reach."""
    text: str = ""
    """What is meant for the bot."""
    press: Press | None = None
    earlier: Exchange | None = None
    """For an edited message: what was said when it was written."""
    wrote: tuple[str, ...] = ()
    """What this person wrote here before, newest last, where the language of what they write now cannot be told."""
    unsure: bool = False
    """Something that was sent may not have arrived."""

    @property
    def texts(self) -> Texts:
        """What the bot says in this language."""
        return texts_of(self.language)

    @property
    def chat(self) -> int:
        """The chat's number."""
        assert self.place.chat is not None
        return self.place.chat

    @property
    def thread(self) -> int:
        """The topic, as the store names it."""
        return self.place.thread or NO_THREAD

    @property
    def style(self) -> Style:
        """The style that the chat has set."""
        style = self.preferences.get("style")
        return cast(Style, style) if style in STYLES else "balanced"

    @property
    def shows_ratings(self) -> bool:
        """Whether replies have 👍 and 👎: as the chat has set it, else in private only."""
        chosen = self.preferences.get("ratings")
        return chosen == SHOWN or (chosen != HIDDEN and self.chat > 0)

    @property
    def is_edit(self) -> bool:
        """Whether a message was changed."""
        return self.update.edited_message is not None

    @property
    def quoted(self) -> int | None:
        """The message to be quoted in a reply, if any: where several people speak, it says who is answered."""
        if self.message is None:
            return None
        quotes = self.desk.settings.quote == "always" or not is_private(self.message)
        return self.message.message_id if quotes else None

    async def say(
        self, text: str, keyboard: InlineKeyboardMarkup | None = None, *, anew: bool = False, quotes: bool = False
    ) -> list[int]:
        """Reply, and answer the numbers of the messages; an earlier reply is edited, unless it is gone or `anew`.

        With `quotes` it quotes the message that it is about, wherever that is.
        Raises: Unwelcome, BadRequest.
        """
        earlier = self.earlier.reply_message_ids if self.earlier and not anew else ()
        if earlier:
            try:
                await edit_text(self.desk.bot, self.place, earlier[0], text, keyboard)
            except Gone:
                pass
            else:
                await delete_messages(self.desk.bot, self.place, earlier[1:])
                return [earlier[0]]
        try:
            quoted = self.message.message_id if quotes and self.message else self.quoted
            return await send_text(self.desk.bot, self.place, text, quoted=quoted, keyboard=keyboard)
        except Unsure:
            self.unsure = True
            return []

    async def edit(self, text: str, keyboard: InlineKeyboardMarkup | None = None) -> None:
        """Put another text in the place of the message whose button was pressed; nothing, where it is gone."""
        if self.message is not None:
            try:
                await edit_text(self.desk.bot, self.place, self.message.message_id, text, keyboard)
            except Gone:
                await self.say(text, keyboard, anew=True)

    async def answer_press(self, text: str = "") -> None:
        """Tell Telegram that a press was noticed, with a word for the person; too late is too late."""
        query = self.update.callback_query
        try:
            await cast(CallbackQuery, query).answer(text or None)
        except TelegramError:
            return

    def exchange(
        self, text: str, reply: str, messages: Sequence[int], *, kind: str = "chat", model: str = ""
    ) -> Exchange:
        """What was said, to be remembered; what a press goes on with stays an exchange about the same message."""
        message = self.message.message_id if self.message else 0
        made = Exchange(self.chat, message, text, reply, tuple(messages), self.thread, self.place.person, kind, model)
        if self.press is None or self.earlier is None:
            return made
        return replace(made, message_id=self.earlier.message_id, user_id=self.earlier.user_id)


async def open_case(desk: Desk, update: Update) -> Case:
    """A case for an update from some chat. Raises: StoreError."""
    place = place_of(update)
    # Outside of any chat, a person's settings are those of their private chat, which has their number.
    preferences = await desk.recall(Store.chat_settings, place.chat or place.person or 0)
    message, press = update.effective_message if not update.callback_query else None, None
    if query := update.callback_query:
        message = query.message if isinstance(query.message, Message) else None
        press = read_press(query.data)
    text = words_for_bot(message, desk.bot) if message and not query else ""
    if inline := update.inline_query:
        text = inline.query
    case = Case(desk, update, place, LANGUAGES[0], preferences, message, text, press)
    if not press and place.chat is not None and _language_of(case, "en") != _language_of(case, "zh"):
        case.wrote = await _written_before(case)
    case.language = chosen_language(case)
    if case.is_edit and message:
        case.earlier = await desk.recall(Store.exchange_about, case.chat, message.message_id)
    elif query and message:
        case.earlier = await desk.recall(Store.exchange_of_reply, case.chat, message.message_id)
    return case


def chosen_language(case: Case) -> Language:
    """The language of the bot's own words: as set, else as the person writes, else as their Telegram is set."""
    chosen = case.preferences.get("language")
    if chosen in LANGUAGES:
        return cast(Language, chosen)
    if case.press is not None:
        return case.press.language
    person = case.update.effective_user
    code = (person.language_code or "") if person else ""
    return _language_of(case, "zh" if code.lower().startswith("zh") else "en")


def _language_of(case: Case, default: Language) -> Language:
    """The language that the person writes, or wrote last; what stands behind most commands is in no language."""
    said = case.text if command_of(case.update) in _COMMANDS_WITH_WORDS else ""
    return message_language((*case.wrote, said), default)


async def _written_before(case: Case) -> tuple[str, ...]:
    """What this person wrote in this chat and thread, newest last; what they talked about tells more than news."""
    latest = await case.desk.recall(Store.latest, case.chat, case.thread)
    talk = await case.desk.recall(Store.history, case.chat, case.thread, _LOOKED_BACK)
    found = [*([latest] if latest else []), *talk]
    return tuple(exchange.text for exchange in found if exchange.user_id == case.place.person)
