"""/arena: a message is answered twice, blind, and the person says which answer is the better one."""

import asyncio
import secrets
from typing import get_args

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.addressing import is_private
from bot.answers import ChatReplies, Findings, Style
from bot.buttons import Press, style_name
from bot.desk import Case, Outcome
from bot.handlers.feedback import correct_or_talk
from bot.handlers.talk import care_first, set_language, spoken, talk, turns_before
from bot.models import Models
from bot.presence import typing
from bot.store import Store
from bot.store.arena import Answer, Contender, Match, Verdict
from bot.texts import Texts
from nlp.companion.languages import message_language

NEXT = "arena"
"""Set for a chat whose next message is answered twice."""
_LONGEST_NUMBER = 18
"""Digits of a match's number; more, and SQLite's integers could not hold it. Buttons can be forged."""
_VERDICTS: tuple[Verdict, ...] = ("first", "tie", "second")


async def arena(case: Case) -> Outcome:
    """/arena with a text, or before the message that is to be answered twice."""
    if case.message is None or not is_private(case.message) or case.place.person is None:
        if care := await care_first(case):
            return care
        await case.say(case.texts.arena_only_private)
        return Outcome(detail="asked in a group")
    if case.text:
        return await _match(case, case.text, case.message.message_id)
    await case.desk.recall(Store.remember_settings, case.chat, {NEXT: True})
    last = await case.desk.recall(Store.history, case.chat, case.thread, 1)
    again = InlineKeyboardButton(case.texts.button_arena_last, callback_data=Press("again", "", case.language).data)
    await case.say(case.texts.arena_next, InlineKeyboardMarkup([[again]]) if last else None)
    return Outcome()


async def talk_twice_or_once(case: Case) -> Outcome:
    """A message: answered twice where /arena came before it, or where it was before it was edited."""
    if _is_open_match(case) and case.message is not None:
        return await _match(case, case.text, case.message.message_id)
    if not case.preferences.get(NEXT) or case.is_edit or not case.text or case.message is None:
        return await correct_or_talk(case)
    if case.message.reply_to_message is not None or case.place.person is None:
        return await correct_or_talk(case)
    return await _match(case, case.text, case.message.message_id)


async def last_again(case: Case) -> Outcome:
    """The last message is to be answered twice."""
    await case.answer_press()
    last = await case.desk.recall(Store.history, case.chat, case.thread, 1)
    if not last or case.place.person is None:
        await case.say(case.texts.arena_gone, anew=True)
        return Outcome(detail="nothing to answer")
    return await _match(case, last[0].text, last[0].message_id)


async def judge(case: Case) -> Outcome:
    """A verdict: counted once, and then the names are told."""
    number, _, verdict = (case.press.about if case.press else "").partition(".")
    is_number = number.isdecimal() and len(number) <= _LONGEST_NUMBER
    if not is_number or verdict not in _VERDICTS or case.place.person is None or case.message is None:
        await case.answer_press(case.texts.old_button)
        return Outcome(detail="an unknown button")
    judged = await case.desk.recall(Store.judge_match, int(number), case.place.person, verdict, case.message.message_id)
    if judged is None:
        await case.answer_press(case.texts.arena_gone)
        return Outcome(detail="the match is gone")
    match, counts = judged
    await case.answer_press(case.texts.arena_thanks if counts else case.texts.arena_counted)
    await case.edit(_revealed(case.texts, match))
    return Outcome(detail="a verdict" if counts else "a verdict was there before")


def _is_open_match(case: Case) -> bool:
    """Whether a message is edited to which two answers stand, none of them chosen."""
    return case.is_edit and case.earlier is not None and case.earlier.kind == "match"


async def _match(case: Case, text: str, message_id: int) -> Outcome:
    """Answer a message twice, unless a rule of the companion's is to answer it; edited, it has its question edited."""
    if _is_open_match(case) and case.earlier and case.earlier.text == text:
        return Outcome(detail="edited, but not its text")
    if not case.is_edit:
        await case.desk.recall(Store.remember_settings, case.chat, {NEXT: None})
    if await case.desk.ask(Findings(), text):
        return await _talk(case, text, message_id)
    async with typing(case.desk.bot, case.place):
        answers = await _answers(case, (*await turns_before(case, message_id), text))
    if answers[0].text == answers[1].text:
        outcome = await _talk(case, text, message_id)
        if case.press is None:
            await case.say(case.texts.arena_same, anew=True)
        return outcome
    if secrets.randbelow(2):
        answers.reverse()
    assert case.place.person is not None
    match = Match(case.chat, message_id, case.thread, case.place.person, text, answers[0], answers[1])
    number = await case.desk.recall(Store.open_match, match)
    if number is None:
        await case.say(case.texts.arena_judged, anew=True)
        return Outcome(detail="judged before")
    shown = case.texts.arena_question.format(a=answers[0].text, b=answers[1].text)
    asked_anew = case.press is not None
    sent = await case.say(shown, _verdict_buttons(case, number), anew=asked_anew)
    # Of a message that was answered before, that answer stays what the bot said.
    exchange = None if asked_anew else case.exchange(text, "", sent, kind="match")
    return Outcome(detail="a match", exchange=exchange)


async def _answers(case: Case, turns: tuple[str, ...]) -> list[Answer]:
    """What the two contenders say: two models where a second one is set, else one in two styles."""
    models, language = case.desk.models, message_language(turns[-1:], set_language(case))
    sides: tuple[tuple[Models, Style], ...] = ((models, "precise"), (models, "playful"))
    if language in models.rivals:
        sides = ((models, "balanced"), (models.with_rivals(), "balanced"))
    first = set_language(case)
    replies = await asyncio.gather(*(case.desk.ask(ChatReplies(each, style, first), turns) for each, style in sides))
    found = []
    for (each, style), reply in zip(sides, replies, strict=True):
        said, model = spoken(each, reply)
        if not model and reply.language in each.dialogue:
            model = each.dialogue.name(reply.language)  # it had nothing fit to say, which is an answer too
        found.append(Answer(Contender(model, style), said))
    return found


async def _talk(case: Case, text: str, message_id: int) -> Outcome:
    """There is nothing to choose, so the message is answered as always, unless it was before."""
    await case.desk.recall(Store.withdraw_match, case.chat, message_id)
    if case.press is not None:
        await case.say(case.texts.arena_same, anew=True)
        return Outcome(detail="nothing to choose")
    case.text = text
    return await talk(case)


def _verdict_buttons(case: Case, number: int) -> InlineKeyboardMarkup:
    names = ("A", case.texts.button_arena_tie, "B")
    return InlineKeyboardMarkup(
        [
            [
                InlineKeyboardButton(name, callback_data=Press("arena", f"{number}.{verdict}", case.language).data)
                for name, verdict in zip(names, _VERDICTS, strict=True)
            ]
        ]
    )


def _revealed(texts: Texts, match: Match) -> str:
    said = {"first": texts.arena_better.format(letter="A"), "second": texts.arena_better.format(letter="B")}
    return texts.arena_result.format(
        a=match.first.text,
        b=match.second.text,
        a_name=contender_name(texts, match.first.contender),
        b_name=contender_name(texts, match.second.contender),
        verdict=said.get(match.verdict, texts.arena_tie),
    )


def contender_name(texts: Texts, contender: Contender) -> str:
    """What people call a contender."""
    style = next((each for each in get_args(Style) if each == contender.setting), None)
    return f"{contender.model}, {style_name(texts, style) if style else contender.setting}"
