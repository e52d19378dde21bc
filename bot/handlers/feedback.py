"""What people think of replies: 👍 and 👎 as buttons or reactions, and the better answer that they reply with."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from functools import partial

from telegram import ForceReply, Message, MessageReactionUpdated, ReactionType, ReactionTypeEmoji
from telegram.error import BadRequest

from bot.answers import Findings
from bot.buttons import SIGNS, rating_of, with_rating
from bot.desk import Case, Outcome
from bot.handlers.talk import REMEMBERED_EXCHANGES, talk
from bot.rating import rated_of
from bot.sending import Unsure, persistently, send_text
from bot.store import Store
from bot.store.feedback import DOWN, NONE, UP, Rating, Tap, Vote
from bot.texts import Texts, all_texts
from nlp.companion.languages import LANGUAGES, message_language


async def rate(case: Case) -> Outcome:
    """👍 or 👎 was pressed."""
    query = case.update.callback_query
    assert query is not None and query.message is not None and case.press is not None
    rating = rating_of(case.press)
    if rating == NONE or case.place.person is None:
        await case.answer_press(case.texts.old_button)
        return Outcome(detail="an unknown button")
    message = query.message.message_id
    vote = await _vote(case, message, rating, toggles=True)
    if vote is None:
        await case.answer_press(case.texts.rating_gone)
        return Outcome(detail="the reply is gone")
    await case.answer_press(_thanks(case.texts, vote))
    await _mark(case, vote)
    await _ask_for_better(case, vote, message)
    return Outcome()


async def react(case: Case) -> Outcome:
    """Somebody changed their reactions to a message, perhaps one of the bot's."""
    change = case.update.message_reaction
    rating = judgement_of(change) if change else None
    if change is None or rating is None or case.place.person is None:
        return Outcome("refused", "nobody's judgement")
    vote = await _vote(case, change.message_id, rating, toggles=False)
    if vote is None:
        return Outcome("refused", "no reply that can be judged")
    if case.preferences.get("language") not in LANGUAGES:
        case.language = message_language((vote.prompt,), case.language)
    await _ask_for_better(case, vote, change.message_id)
    return Outcome(detail="a reaction")


async def correct_or_talk(case: Case) -> Outcome:
    """A message: the better answer, where it replies to the question for one; else it is talked about."""
    replied, person = case.message.reply_to_message if case.message else None, case.place.person
    if replied is None or person is None or not _is_of_bot(case, replied) or not case.text:
        return await talk(case)
    number = await case.desk.recall(Store.question, case.chat, replied.message_id, person)
    if number is None and not _asks_for_better(replied):
        return await talk(case)
    if await case.desk.ask(Findings(), case.text):  # somebody in danger is answered, and abuse is not learned
        return await talk(case)
    became = None if number is None else await case.desk.recall(Store.correct, number, case.text)
    texts = case.texts
    answers = {"kept": texts.correction_kept, "withdrawn": texts.correction_withdrawn, None: texts.rating_gone}
    if became != "same":
        await case.say(answers[became])
    return Outcome(detail=f"a better answer: {became or 'too late'}")


def judgement_of(change: MessageReactionUpdated) -> Rating | None:
    """What a change of reactions says of the message: the judgement that came, or none any more where one went.

    None where neither came nor went. Of two that came at once, nobody knows.
    """
    before, now = _ratings(change.old_reaction), _ratings(change.new_reaction)
    if before == now:
        return None
    came = now - before or now
    return next(iter(came), NONE) if len(came) < 2 else None


def _ratings(reactions: Iterable[ReactionType]) -> frozenset[Rating]:
    emoji = {each.emoji for each in reactions if isinstance(each, ReactionTypeEmoji)}
    return frozenset(rating for rating, sign in SIGNS.items() if sign in emoji)


async def _vote(case: Case, message: int, rating: Rating, *, toggles: bool) -> Vote | None:
    assert case.place.person is not None
    place = (case.chat, message, case.place.person)
    tap = Tap(*place, rating, case.update.update_id, toggles=toggles, may_ask=case.shows_ratings)
    return await case.desk.recall(Store.vote, tap, partial(rated_of, case.desk.models), REMEMBERED_EXCHANGES)


def _thanks(texts: Texts, vote: Vote) -> str:
    if vote.rating == UP:
        return texts.rated_up_headline if vote.kind == "headline" else texts.rated_up
    return texts.rated_down if vote.rating == DOWN else texts.rating_taken_back


async def _mark(case: Case, vote: Vote) -> None:
    """Show the judgement on the button; not in groups, where each has their own."""
    message = case.message
    if case.chat < 0 or message is None or message.reply_markup is None:
        return
    keyboard = with_rating(message.reply_markup, vote.rating)
    with suppress(Unsure, BadRequest):  # it is stored; the message may be gone, or look so already
        await persistently(
            lambda: case.desk.bot.edit_message_reply_markup(case.chat, message.message_id, reply_markup=keyboard)
        )


async def _ask_for_better(case: Case, vote: Vote, message: int) -> None:
    """Ask for a better answer, once for each reply that was judged."""
    if not vote.asks:
        return
    texts, person = case.texts, case.update.effective_user
    question = texts.ask_better_headline if vote.kind == "headline" else texts.ask_better_reply
    field = ForceReply(input_field_placeholder=texts.better_placeholder) if case.chat > 0 else None
    said = question if field or person is None else f"{person.first_name}: {question}"
    place = case.place if vote.thread_id == case.thread else replace(case.place, thread=vote.thread_id or None)
    try:
        sent = await send_text(case.desk.bot, place, said, quoted=message, keyboard=field)
    except Unsure:
        case.unsure = True
        return
    await case.desk.recall(Store.asked, vote.number, sent[-1])


def _is_of_bot(case: Case, message: Message) -> bool:
    return message.from_user is not None and message.from_user.id == case.desk.bot.id


def _asks_for_better(message: Message) -> bool:
    """Whether a message of the bot looks like the question for a better answer."""
    questions = [each for texts in all_texts().values() for each in (texts.ask_better_reply, texts.ask_better_headline)]
    return (message.text or "").endswith(tuple(questions))
