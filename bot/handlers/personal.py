"""A person's rights: a copy of all that is stored about them, and its deletion."""

import json

from telegram import InputFile

from bot.addressing import is_private
from bot.buttons import forget_buttons
from bot.desk import Case, Outcome
from bot.sending import Unsure, persistently
from bot.store import Store

EXPORT_FILE = "kuaizui-export.json"


async def export(case: Case) -> Outcome:
    """/export: a file, in the private chat only."""
    person = case.place.person
    if person is None or case.message is None or not is_private(case.message):
        await case.say(case.texts.export_only_private)
        return Outcome(detail="asked in a group")
    stored = await case.desk.recall(Store.export, person)
    content = json.dumps(stored, ensure_ascii=False, indent=2).encode("utf-8", "replace")
    caption = case.texts.export_caption
    try:
        await persistently(
            lambda: case.desk.bot.send_document(
                case.chat, InputFile(content, EXPORT_FILE), caption=caption, message_thread_id=case.place.thread
            )
        )
    except Unsure:
        case.unsure = True
    return Outcome()


async def ask_to_forget(case: Case) -> Outcome:
    """/forget: asked once more, since nothing brings it back."""
    if case.place.person is None:
        return Outcome("refused", "nobody's")
    await case.say(case.texts.forget_question, forget_buttons(case.texts, case.language, case.place.person))
    return Outcome()


async def forget(case: Case) -> Outcome:
    """The person wants it: all about them is deleted, in groups and what waits, too."""
    if not await _is_theirs(case):
        return Outcome("refused", "somebody else's button")
    assert case.place.person is not None
    case.desk.documents.forget(case.place.person)
    await case.desk.arrivals.forget(case.place.person, case.update.update_id)
    await case.answer_press()
    await case.edit(case.texts.forget_done)
    return Outcome()


async def keep(case: Case) -> Outcome:
    """The person has thought better of it."""
    if not await _is_theirs(case):
        return Outcome("refused", "somebody else's button")
    await case.answer_press()
    await case.edit(case.texts.forget_kept)
    return Outcome()


async def _is_theirs(case: Case) -> bool:
    if case.press is not None and case.press.about == str(case.place.person):
        return True
    await case.answer_press(case.texts.not_your_button)
    return False
