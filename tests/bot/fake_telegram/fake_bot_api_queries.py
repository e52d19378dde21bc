"""Presses of buttons and inline queries: each is answered once, and in time, or not at all."""

from dataclasses import dataclass, field

from tests.bot.fake_telegram.fake_bot_api_errors import STALE_QUERY, bad_request
from tests.bot.fake_telegram.fake_bot_api_rules import MAX_INLINE_RESULTS, utf16_length
from tests.bot.fake_telegram.fake_bot_api_sending import checked_markup

MAX_CALLBACK_ANSWER = 200


@dataclass
class Query:
    """A press or an inline query of a person, and what the bot answered."""

    world: object
    json: dict
    """The CallbackQuery or InlineQuery object."""
    update_id: int | None = None
    answer: dict | None = None
    """Parameters of the answering call, None as long as there is none."""
    expired: bool = False
    chosen: list = field(default_factory=list)

    @property
    def id(self):
        """The id that the bot answers to."""
        return self.json["id"]

    @property
    def text(self):
        """What a press was answered, "" for an answer without words, None for no answer."""
        return None if self.answer is None else self.answer.get("text", "")

    @property
    def results(self):
        """Results of an inline query, None for no answer."""
        return None if self.answer is None else self.answer["results"]

    def expire(self):
        """Let the time run out in which it can be answered."""
        self.expired = True

    async def answered(self, timeout_seconds=30.0):
        """This query, once the bot has answered it.

        Raises:
            TimeoutError: if that did not happen in time.
        """
        await self.world.changes.until(lambda: self.answer is not None, timeout_seconds)
        return self


def answer_callback_query(world, call):
    """answerCallbackQuery: stops the clock on the button, perhaps with a word."""
    query = _open_query(world, call.get("callback_query_id"))
    if utf16_length(call.get("text", "")) > MAX_CALLBACK_ANSWER:
        raise bad_request("MESSAGE_TOO_LONG")
    if call.get("text"):
        chat = query.json.get("message", {}).get("chat", {}).get("id")
        world.transcript.add(chat, world.bot["first_name"], f"(to the press) {call.get('text')}")
    return _close(world, query, call)


def answer_inline_query(world, call):
    """answerInlineQuery: what the person can choose from."""
    query = _open_query(world, call.get("inline_query_id"))
    results = call.need("results", list)
    if len(results) > MAX_INLINE_RESULTS:
        raise bad_request("RESULTS_TOO_MUCH")
    ids = [result.get("id", "") for result in results]
    if not all(1 <= len(each.encode()) <= 64 for each in ids):
        raise bad_request("RESULT_ID_INVALID")
    if len(set(ids)) < len(ids):
        raise bad_request("RESULT_ID_DUPLICATE")
    for result in results:
        checked_markup(result.get("reply_markup"))
        content = result.get("input_message_content", {})
        if result.get("type") == "article" and not 1 <= utf16_length(content.get("message_text", "")) <= 4096:
            raise bad_request("MESSAGE_EMPTY" if not content.get("message_text") else "MESSAGE_TOO_LONG")
    titles = [result.get("title", "") for result in results]
    world.transcript.add(None, world.bot["first_name"], "\n".join(["(offers)", *titles]))
    return _close(world, query, call)


def _open_query(world, query_id):
    query = world.queries.get(str(query_id))
    if query is None or query.expired or query.answer is not None:
        raise bad_request(STALE_QUERY)
    return query


def _close(world, query, call):
    query.answer = dict(call.parameters)
    world.changes.notify()
    return True
