"""/models: which models the bot uses, and the switch to others, by buttons, for admins."""

from collections.abc import Iterator, Sequence
from typing import cast, get_args

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.buttons import Press, language_name
from bot.desk import Case, Outcome
from bot.handlers.figures import is_admin
from bot.handlers.words import unknown_command
from bot.logs import log_event
from bot.models import Models
from bot.switching import Candidate, SwitchFailed, before_promotion, candidates, given_models, stands_for, switch
from bot.texts.admins import AdminTexts, admin_texts_of
from nlp.companion.languages import LANGUAGES
from nlp.config import Language, Task
from nlp.errors import BundleError
from nlp.registry import roll_back

Slot = tuple[Task, Language]
_BACK = "back"
"""In the place of a candidate's key: take the promotion back."""


async def show_models(case: Case) -> Outcome:
    """/models."""
    if not is_admin(case):
        return await unknown_command(case)
    try:
        await case.say(*_overview(case, admin_texts_of(case.language)))
    except BundleError as error:  # the list of promotions is damaged: its reader is the one to mend it
        await case.say(str(error))
    return Outcome()


async def choose_model(case: Case) -> Outcome:
    """A button of /models: a task and language, one of its models, the promotion to take back, or the list again."""
    texts = admin_texts_of(case.language)
    if not is_admin(case):
        await case.answer_press(case.texts.not_your_button)
        return Outcome("refused", "somebody else's button")
    try:
        await case.edit(*await _after_press(case, texts, case.press.about if case.press else ""))
    except BundleError as error:
        await case.edit(str(error))
    return Outcome(detail="models")


async def _after_press(case: Case, texts: AdminTexts, about: str) -> tuple[str, InlineKeyboardMarkup]:
    """What the message with the button becomes."""
    task, language, key = (*about.split("."), "", "", "")[:3]
    if task not in get_args(Task) or language not in LANGUAGES:
        await case.answer_press()
        return _overview(case, texts)
    slot = cast(Slot, (task, language))
    if not key:
        await case.answer_press()
        return _choices(case, texts, slot)
    await case.answer_press(texts.model_loading)
    note = await (_take_back(case, texts, slot) if key == _BACK else _switch(case, texts, slot, key))
    said, keyboard = _choices(case, texts, slot)
    return f"{note}\n\n{said}", keyboard


async def _switch(case: Case, texts: AdminTexts, slot: Slot, key: str) -> str:
    """Switch to the candidate of this key, and say what came of it."""
    chosen = next((each for each in _candidates(case, slot) if each.key == key), None)
    if chosen is None:
        return texts.model_gone
    try:
        await switch(case.desk, chosen.bundle)
    except SwitchFailed as failure:
        log_event("a model was not switched", model=chosen.bundle.name, why=str(failure))
        return texts.model_failed.format(name=chosen.label, why=failure)
    log_event("a model was switched", task=slot[0], language=slot[1], model=chosen.bundle.name)
    return texts.model_switched.format(name=chosen.label)


async def _take_back(case: Case, texts: AdminTexts, slot: Slot) -> str:
    """Let the promoted name stand for what it stood for before, and use that."""
    name, bundle = next(iter(before_promotion(*slot).items()), ("", None))
    if bundle is None:
        return texts.model_gone
    try:
        await switch(case.desk, bundle)
        roll_back(name)
    except SwitchFailed as failure:
        return texts.model_failed.format(name=name, why=failure)
    except (BundleError, OSError) as error:
        return texts.model_not_taken_back.format(name=name, why=error)
    log_event("a promotion was taken back", name=name, model=bundle.name)
    return texts.model_taken_back.format(name=name, folder=stands_for(name).path.name)


def _overview(case: Case, texts: AdminTexts) -> tuple[str, InlineKeyboardMarkup]:
    """What is in use, with a button for each task and language that has a choice."""
    lines, buttons = [], []
    for task in get_args(Task):
        for language in LANGUAGES:
            what = _named(case, texts, (task, language))
            lines.append(f"{what}: {_used(case.desk.models, texts, (task, language))}")
            if _candidates(case, (task, language)):
                buttons.append([_button(what, case.language, f"{task}.{language}")])
    return texts.models.format(models="\n".join(lines)), InlineKeyboardMarkup(buttons)


def _used(models: Models, texts: AdminTexts, slot: Slot) -> str:
    generators = models.of_task(slot[0])
    bundle = generators.bundle(slot[1])
    if bundle is None:
        return texts.model_none
    state = texts.model_loaded if generators.is_loaded(slot[1]) else texts.model_not_loaded
    size = texts.model_size.format(megabytes=f"{bundle.bytes / 1e6:.1f}", parameters=f"{bundle.parameters:,}")
    return f"{Candidate(bundle).label}, {size}, {state}"


def _choices(case: Case, texts: AdminTexts, slot: Slot) -> tuple[str, InlineKeyboardMarkup]:
    """The models that there are for a task and language."""
    used = case.desk.models.of_task(slot[0]).bundle(slot[1])
    rows = [
        list(_row(case, each, slot, used is not None and each.bundle.path == used.path))
        for each in _candidates(case, slot)
    ]
    about = ".".join(slot)
    for name in list(before_promotion(*slot))[:1]:
        rows.append([_button(texts.model_take_back.format(name=name), case.language, f"{about}.{_BACK}")])
    rows.append([_button(texts.models_back, case.language, "")])
    return texts.model_choose.format(what=_named(case, texts, slot)), InlineKeyboardMarkup(rows)


def _row(case: Case, candidate: Candidate, slot: Slot, is_used: bool) -> Iterator[InlineKeyboardButton]:
    name = f"{candidate.label} ★" if candidate.stands_for else candidate.label
    about = f"{'.'.join(slot)}.{candidate.key}"
    yield _button(f"✓ {name}" if is_used else name, case.language, about)


def _candidates(case: Case, slot: Slot) -> Sequence[Candidate]:
    return candidates(case.desk.models, given_models(case.desk), *slot)


def _named(case: Case, texts: AdminTexts, slot: Slot) -> str:
    task = texts.task_dialogue if slot[0] == "dialogue" else texts.task_headlines
    return f"{task}, {language_name(case.texts, slot[1])}"


def _button(text: str, language: Language, about: str) -> InlineKeyboardButton:
    return InlineKeyboardButton(text, callback_data=Press("models", about, language).data)
