"""/retrain: a model learns new texts, in a process of its own, and an admin decides with buttons what becomes of it."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from pathlib import PurePath

from telegram import Document, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import BadRequest, InvalidToken, TelegramError

from bot.addressing import is_private
from bot.buttons import Press
from bot.desk import Case, Outcome
from bot.document_progress import keep_showing
from bot.feedback_file import feedback_lines
from bot.handlers.figures import is_admin
from bot.handlers.words import unknown_command
from bot.logs import described, log_event
from bot.pacing import sending_in
from bot.retraining import AtWork, Retraining
from bot.sending import Gone, Unsure, Unwelcome, edit_text, persistently
from bot.settings import store_path
from bot.switching import SwitchFailed, stands_for, switch
from bot.texts.admins import AdminTexts, admin_texts_of
from bot.turns import Lane
from nlp.bundle import BundleInfo
from nlp.errors import BundleError, KuaizuiError, UsageError
from nlp.registry import promotions

FROM_FEEDBACK = "feedback"
"""In the place of a document: what people think of the replies, as it is stored."""
_ENDINGS = (".tsv", ".jsonl", ".csv", ".txt")
_MOST_SHOWN = 3000
_MOST_BYTES = 20_000_000


async def retrain(case: Case) -> Outcome:
    """/retrain NAME, as the caption of a document, as a reply to one, or with "feedback"; alone, how it stands."""
    message, work = case.message, case.desk.retraining
    if not is_admin(case) or message is None:
        return await unknown_command(case)
    texts = admin_texts_of(case.language)
    if not is_private(message) or not work.is_possible:
        await case.say(texts.retrain_off)
        return Outcome(detail="no retraining here")
    words = (message.text or message.caption or "").split()[1:]
    source = message.document or (message.reply_to_message.document if message.reply_to_message else None)
    try:
        if not words:
            await case.say(*_standing(case, texts))
        else:
            await _take(case, words[0], source, FROM_FEEDBACK in words[1:])
            _accompany(case, texts.retrain_rehearsing, work.rehearse)
    except (AtWork, KuaizuiError) as error:
        await case.say(texts.retrain_at_work if isinstance(error, AtWork) else str(error))
        return Outcome(detail="no retraining")
    return Outcome(detail="a retraining")


async def decide(case: Case) -> Outcome:
    """A button under a retraining: it acts on that one only, and not on whatever came after it."""
    texts, work = admin_texts_of(case.language), case.desk.retraining
    if not is_admin(case) or not work.is_possible:
        await case.answer_press(case.texts.not_your_button)
        return Outcome("refused", "somebody else's button")
    wanted, _, mark = (case.press.about if case.press else "").partition(".")
    steps = {"train": (texts.retrain_training, work.train), "promote": (texts.retrain_promoting, work.promote)}
    stages = {"train": ("asked", "begun"), "promote": ("done",)}
    try:
        if mark != work.mark:
            await case.answer_press(texts.retrain_other)
        elif wanted == "cancel":
            await case.answer_press(texts.retrain_stops if work.cancel() else texts.retrain_over)
        elif wanted == "discard":
            await asyncio.to_thread(work.discard)
            await case.answer_press()
            await case.edit(texts.retrain_discarded)
        elif wanted in steps and work.stage in stages[wanted] and not work.is_at_work:
            await case.answer_press()
            _accompany(case, *steps[wanted])
        else:
            await case.answer_press(texts.retrain_at_work if work.is_at_work else texts.retrain_over)
    except AtWork:
        await case.answer_press(texts.retrain_at_work)
    return Outcome(detail="a retraining")


async def _take(case: Case, name: str, document: Document | None, from_feedback: bool) -> None:
    """Keep the corpus. Raises: AtWork, UsageError, StoreError."""
    texts, work = admin_texts_of(case.language), case.desk.retraining
    parent = _parent(case, name)
    if from_feedback:
        lines = await asyncio.to_thread(lambda: list(feedback_lines(store_path(case.desk.settings))))
        if not lines:
            raise UsageError(texts.retrain_no_feedback)
        work.take(name, parent.path, "".join(f"{line}\n" for line in lines).encode(), ".jsonl")
        return
    ending = PurePath((document.file_name if document else "") or "").suffix.lower()
    if document is None or ending not in _ENDINGS:
        raise UsageError(texts.retrain_usage)
    work.take(name, parent.path, await _fetched(case, document), ending)


def _parent(case: Case, name: str) -> BundleInfo:
    """The model of this name that is in use: nobody names a folder of the machine from Telegram. Raises: UsageError."""
    offered = _offered(case)
    if name not in offered:
        raise UsageError(admin_texts_of(case.language).retrain_unknown.format(names=", ".join(offered)))
    return offered[name]


def _offered(case: Case) -> dict[str, BundleInfo]:
    """The models in use, by the name that was switched to each, else by its own. Raises: BundleError."""
    both = (case.desk.models.dialogue, case.desk.models.headlines)
    bundles = [bundle for each in both for language in each if (bundle := each.bundle(language))]
    switched = {folders[-1].resolve(): name for name, folders in promotions().items()}
    return {switched.get(bundle.path.resolve(), bundle.name): bundle for bundle in bundles}


async def _fetched(case: Case, document: Document) -> bytes:
    """The content of a document. Raises: UsageError."""
    gone = UsageError(case.texts.document_gone)
    if (document.file_size or 0) > _MOST_BYTES:
        raise UsageError(case.texts.document_too_large.format(megabytes=f"{_MOST_BYTES / 1e6:g}"))
    try:
        file = await persistently(lambda: case.desk.bot.get_file(document.file_id))
        return bytes(await persistently(file.download_as_bytearray))
    except (Unsure, BadRequest, InvalidToken):
        raise gone from None


def _standing(case: Case, texts: AdminTexts) -> tuple[str, InlineKeyboardMarkup | None]:
    """How the retraining stands, with what can be decided."""
    work = case.desk.retraining
    if work.is_at_work:
        return _tail(work), _buttons(case, texts, work.mark, "cancel")
    if work.stage == "nothing":
        return f"{texts.retrain_usage}\n\n{texts.retrain_unknown.format(names=', '.join(_offered(case)))}", None
    said = {"asked": texts.retrain_asked, "begun": texts.retrain_begun, "done": texts.retrain_done}[work.stage]
    return said.format(name=work.request.name), _decisions(case, texts, work.mark)


def _decisions(case: Case, texts: AdminTexts, mark: str | None) -> InlineKeyboardMarkup | None:
    """What can be decided about a retraining; nothing, where another has taken its place."""
    work = case.desk.retraining
    if work.stage == "nothing" or mark != work.mark:
        return None
    return _buttons(case, texts, mark, "promote" if work.stage == "done" else "train", "discard")


def _buttons(case: Case, texts: AdminTexts, mark: str | None, *wanted: str) -> InlineKeyboardMarkup:
    names = {
        "train": texts.button_train,
        "cancel": case.texts.button_cancel,
        "promote": texts.button_promote,
        "discard": texts.button_discard,
    }
    presses = {each: Press("retrain", f"{each}.{mark or ''}", case.language).data for each in wanted}
    return InlineKeyboardMarkup([[InlineKeyboardButton(names[each], callback_data=presses[each]) for each in wanted]])


def _tail(work: Retraining) -> str:
    """The last lines of what a step has said, as many as a message holds."""
    shown: list[str] = []
    for line in reversed(work.lines):
        if sum(map(len, shown)) + len(shown) + len(line) > _MOST_SHOWN:
            break
        shown.append(line)
    return "\n".join(reversed(shown)) or "..."


def _accompany(case: Case, title: str, step: Callable[[], Coroutine[None, None, int]]) -> None:
    """Do a step beside, show what it says, and offer what can be decided at its end."""
    work = case.desk.retraining
    work.task = asyncio.create_task(_shown(case, title, step, work.mark))


async def _shown(case: Case, title: str, step: Callable[[], Coroutine[None, None, int]], mark: str | None) -> None:
    texts, work, over = admin_texts_of(case.language), case.desk.retraining, asyncio.Event()
    try:
        with sending_in(Lane.REPLY):
            cancel = _buttons(case, texts, mark, "cancel")
            sent = await case.say(title, cancel, anew=True)
            if not sent:  # nobody could cancel what is not shown; /retrain says that nothing has begun
                return
            message = sent[-1]
            running = asyncio.create_task(step())
            running.add_done_callback(lambda _: over.set())

            async def show(text: str) -> None:
                await edit_text(case.desk.bot, case.place, message, text, cancel)

            await keep_showing(show, lambda: f"{title}\n\n{_tail(work)}", over)
            said = await _ending(case, texts, await running, promotes=step == work.promote)
            await edit_text(case.desk.bot, case.place, message, said, _decisions(case, texts, mark))
    except (Gone, Unwelcome, TelegramError) as error:
        log_event("a retraining is not shown any more", logging.WARNING, error=described(error))
    except (AtWork, KuaizuiError, OSError) as error:
        log_event("a retraining failed", logging.ERROR, error=described(error))
        await case.say(str(error) or texts.retrain_at_work, anew=True)


async def _ending(case: Case, texts: AdminTexts, code: int, *, promotes: bool) -> str:
    """What to say of a step that has ended; a promoted model is put to use."""
    work = case.desk.retraining
    log_event("a step of a retraining ended", code=code, cancelled=work.cancelled)
    if work.cancelled:
        return f"{_tail(work)}\n\n{texts.retrain_cancelled}"
    if code or not promotes:
        return f"{_tail(work)}\n\n{texts.retrain_failed}" if code else _tail(work)
    name = work.request.name
    try:
        bundle = stands_for(name)
        await switch(case.desk, bundle)
    except (SwitchFailed, BundleError) as failure:
        return texts.model_failed.format(name=name, why=failure)
    await asyncio.to_thread(work.discard)
    return texts.retrain_promoted.format(name=name, folder=bundle.path.name)
