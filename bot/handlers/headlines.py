"""Headlines: three that differ for a news text, each with a button that copies it, and more on demand."""

from collections.abc import Sequence

from bot.addressing import text_of
from bot.answers import HEADLINES_AT_ONCE, MOST_HEADLINES, Headlines
from bot.buttons import headline_buttons
from bot.desk import Case, Outcome
from bot.presence import typing
from nlp.generation import TRUNCATED, UNREADABLE, Generation
from nlp.text import script_language

_CUT, _UNREADABLE = (template.partition(":")[0] + ":" for template in (TRUNCATED, UNREADABLE))


async def headline(case: Case) -> Outcome:
    """/headline with a text, or as a reply to one."""
    replied = case.message.reply_to_message if case.message else None
    article = case.text or (text_of(replied) if replied else "")
    if not article.strip():
        await case.say(case.texts.headline_usage)
        return Outcome(detail="no text")
    return await _write(case, article, ())


async def headline_after_offer(case: Case) -> Outcome:
    """Headlines for a text that they were offered for; the offer becomes them."""
    await case.answer_press()
    if case.earlier is None:
        await case.edit(case.texts.headline_gone)
        return Outcome(detail="the text is gone")
    return await _write(case, case.earlier.text, ())


async def more_headlines(case: Case) -> Outcome:
    """Three that were not among those before, in a message of their own."""
    await case.answer_press()
    if case.earlier is None:
        await case.say(case.texts.headline_gone)
        return Outcome(detail="the text is gone")
    return await _write(case, case.earlier.text, case.earlier.reply.split("\n"))


def new_headlines(generation: Generation, shown: Sequence[str] = ()) -> list[str]:
    """The best headlines of a generation that are not among those `shown` before, as many as are shown at once."""
    # One that holds a line break could not be told from two when more are asked for; models write none.
    found = dict.fromkeys(" ".join(candidate.text.split()) for candidate in generation.candidates)
    return [text for text in found if text and text not in shown][:HEADLINES_AT_ONCE]


async def _write(case: Case, article: str, shown: Sequence[str]) -> Outcome:
    language, models = script_language(article), case.desk.models
    if language not in models.headlines:
        await case.say(case.texts.no_headline_model)
        return Outcome(detail="no model for this language")
    count = min(MOST_HEADLINES, len(shown) + HEADLINES_AT_ONCE)
    async with typing(case.desk.bot, case.place):
        generation = await case.desk.ask(Headlines(models, language, count), article)
    new = new_headlines(generation, shown)
    if not new:
        await case.say(case.texts.headline_no_more if shown else case.texts.headline_none, anew=bool(shown))
        return Outcome(detail="no headlines")
    everything = (*shown, *new)
    more = len(everything) < MOST_HEADLINES
    keyboard = headline_buttons(new, case.texts, case.language, more=more, judged=case.shows_ratings)
    sent = await case.say(_listed(case, new, generation), keyboard, anew=bool(shown))
    before = case.earlier.reply_message_ids if case.earlier and shown else ()
    exchange = case.exchange(
        article, "\n".join(everything), (*before, *sent), kind="headline", model=models.headlines.name(language)
    )
    return Outcome(exchange=exchange)


def _listed(case: Case, headlines: Sequence[str], generation: Generation) -> str:
    lines = [f"{number}. {headline}" for number, headline in enumerate(headlines, 1)]
    notes = []
    if any(warning.startswith(_CUT) for warning in generation.warnings):
        notes.append(case.texts.headline_cut)
    if any(warning.startswith(_UNREADABLE) for warning in generation.warnings):
        notes.append(case.texts.headline_unreadable)
    return "\n".join([*lines, *([""] if notes else []), *notes])
