"""/why: what the model looked at when it wrote something, as a picture, or as text where none can be drawn."""

import asyncio
from functools import partial
from typing import TypedDict

from telegram import Message
from telegram.error import BadRequest

from bot.answers import Explanations, Written
from bot.desk import Case, Outcome
from bot.handlers.talk import turns_before
from bot.presence import typing
from bot.rating import first_headline
from bot.sending import Unsure, deliver
from bot.store import Exchange, Store
from nlp.errors import UsageError
from nlp.explanation import Explanation

PICTURE_FILE = "why.png"
LINE_WIDTH = 60
"""Of the explanation as text: what a telephone shows in a line or two."""
_MOST_QUOTED = 200


async def why(case: Case) -> Outcome:
    """The last answer, or the one that the command replies to, or that was given to the message it replies to."""
    replied = case.message.reply_to_message if case.message else None
    if replied is None:
        return await _explain(case, await case.desk.recall(Store.latest, case.chat, case.thread), None)
    answer = await case.desk.recall(Store.exchange_of_reply, case.chat, replied.message_id)
    exchange = answer or await case.desk.recall(Store.exchange_about, case.chat, replied.message_id)
    if exchange is None:
        await case.say(case.texts.why_reply, anew=True)
        return Outcome(detail="nothing was said about it")
    return await _explain(case, exchange, replied if answer else None)


async def why_pressed(case: Case) -> Outcome:
    """The headlines whose button was pressed."""
    await case.answer_press()
    return await _explain(case, case.earlier, case.message)


async def _explain(case: Case, exchange: Exchange | None, answer: Message | None) -> Outcome:
    if exchange is None or exchange.kind in ("offer", "match"):
        await case.say(case.texts.why_nothing, anew=True)
        return Outcome(detail="nothing to explain")
    if not exchange.model:
        await case.say(case.texts.why_rule, anew=True)
        return Outcome(detail="a rule spoke")
    async with typing(case.desk.bot, case.place):
        written = await _written(case, exchange, answer)
        explanation = await case.desk.ask(Explanations(case.desk.models), written)
        if explanation is None:
            await case.say(case.texts.why_unknown_model, anew=True)
            return Outcome(detail="cannot be explained")
        picture = await _picture(case, explanation)
    if picture is None:
        await case.say("\n".join(explanation.lines(LINE_WIDTH)), anew=True)
    else:
        await _send(case, picture, case.texts.why_caption.format(text=written.text[:_MOST_QUOTED]))
    return Outcome()


async def _written(case: Case, exchange: Exchange, answer: Message | None) -> Written:
    if exchange.kind == "headline":
        headline = first_headline(exchange, answer.message_id if answer else 0)
        return Written(exchange.model, (exchange.text,), headline)
    before = await turns_before(case, exchange.message_id)
    return Written(exchange.model, (*before, exchange.text), exchange.reply)


async def _picture(case: Case, explanation: Explanation) -> bytes | None:
    """The picture as PNG; None where this machine cannot draw it."""
    from nlp.heatmap import heatmap_png  # here: few ask

    try:
        async with case.desk.drawing:
            return await asyncio.to_thread(heatmap_png, explanation)
    except UsageError:
        return None


class _About(TypedDict):
    """What goes with a picture, however it is sent."""

    caption: str
    message_thread_id: int | None


async def _send(case: Case, picture: bytes, caption: str) -> None:
    bot, about = case.desk.bot, _About(caption=caption, message_thread_id=case.place.thread)
    try:
        try:
            await deliver(case.place, partial(bot.send_photo, photo=picture, **about), quoted=case.quoted)
        except BadRequest:  # a long text makes a picture of a shape that Telegram does not show
            document = partial(bot.send_document, document=picture, filename=PICTURE_FILE, **about)
            await deliver(case.place, document, quoted=case.quoted)
    except Unsure:
        case.unsure = True
