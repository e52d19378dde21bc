"""Documents of news: each comes back as a document with headlines, with its progress shown and a button to cancel."""

import asyncio
import logging
from collections.abc import Sequence

from telegram import Document, InputFile, Message, ReplyParameters
from telegram.error import BadRequest, InvalidToken

from bot.addressing import is_private
from bot.desk import Case, Outcome
from bot.document_progress import progress_of
from bot.document_work import BrokenOff, OpenDocument, TooMany
from bot.documents import DocumentHeadlines, News, Refused, answer_to, ending_of, read_news
from bot.inference import Full, Stopped
from bot.logs import described, log_event
from bot.news import may_be_news
from bot.pacing import sending_in
from bot.reasons import reason_in
from bot.sending import Unsure, Unwelcome, persistently
from bot.turns import Lane
from corpora.articles import InputRecord
from nlp.headlines import HeadlineRecord, windows

BATCH_RECORDS, BATCH_CHARACTERS = 2, 20_000
"""Of all documents together, one batch at most stands before a chat message. Batches of eight were half as much again
to twice as fast, and made those who chat wait two to five times as long."""
MEGABYTE = 1024 * 1024
_FULL_PAUSE_SECONDS = 0.2
_FETCH_ATTEMPTS = 3
_SHOWN_ERRORS, _SHOWN_ERROR_CHARACTERS = 5, 80
_SHOWN_REASON_CHARACTERS = 300


def is_document(message: Message) -> bool:
    """Whether a message is a document to be read, or to be told that it cannot; news under it goes before."""
    if not is_private(message) or message.document is None or message.animation:
        return False
    return bool(ending_of(message.document.file_name)) or not may_be_news(message)


async def document(case: Case) -> Outcome:
    """A document in a private chat."""
    try:
        with sending_in(Lane.REPLY):  # all that takes longer goes behind commands, however it was admitted
            return await _answer(case)
    except Refused as refusal:
        assert case.message is not None
        if refusal.reason == "unknown kind" and not await case.desk.albums.may_speak(case.message):
            return Outcome("refused", "part of an album")
        await case.say(_refusal(case, refusal))
        return Outcome("refused", refusal.reason)
    except TooMany as refusal:
        await case.say(case.texts.document_one if refusal.own else case.texts.busy, quotes=True)
        return Outcome("busy", f"documents: {refusal}")


async def edited_caption(case: Case) -> Outcome:
    """What stands under a document was changed: the document is the same, and is not read again."""
    return Outcome("refused", "the caption of a document was edited")


async def cancel_document(case: Case) -> Outcome:
    """The button under the progress of a document."""
    about = case.press.about if case.press else ""
    is_broken_off = about.isdecimal() and case.desk.documents.cancel(case.place.person or 0, int(about))
    await case.answer_press(case.texts.document_stops if is_broken_off else "")
    if not is_broken_off:
        await case.edit(case.texts.document_over)
    return Outcome(detail="a document" if is_broken_off else "no document at work")


async def _answer(case: Case) -> Outcome:
    assert case.message is not None and case.message.document is not None and case.place.person is not None
    desk, sent = case.desk, case.message.document
    if not ending_of(sent.file_name):
        raise Refused("unknown kind")
    _see_to_size(case, sent.file_size)
    with desk.documents.opened(case.place.person, case.message.message_id, desk.settings.open_documents) as opened:
        try:
            async with progress_of(case, opened):
                news, records = await opened.work(_written(case, opened, sent))
        except BrokenOff:
            return _broken_off(opened)
        await _send(case, news, records)
    return Outcome(detail=f"a document of {len(records)} records")


def _broken_off(opened: OpenDocument) -> Outcome:
    if opened.ending == "stopped":
        raise Stopped("The document is done again after the next start.")
    if opened.ending == "unwelcome":
        raise Unwelcome("the progress of a document was refused")
    return Outcome(detail=f"a document, {opened.ending} after {opened.done} of {opened.total} records")


async def _written(case: Case, opened: OpenDocument, sent: Document) -> tuple[News, list[HeadlineRecord]]:
    """Fetch and read the document, and write the record of each article. Raises: Refused, Stopped."""
    desk, settings = case.desk, case.desk.settings
    content = await _fetched(case, sent)
    news = await asyncio.to_thread(read_news, content, sent.file_name or "", settings.document_records)
    opened.total = len(news.articles)
    records: list[HeadlineRecord] = []
    for batch in windows(news.articles, BATCH_RECORDS, BATCH_CHARACTERS):
        async with desk.documents.turn:
            records += await asyncio.gather(*(_record(case, article) for article in batch))
        opened.done = len(records)
    return news, records


async def _record(case: Case, article: InputRecord) -> HeadlineRecord:
    """What the models write for an article; where they fail, that is its error, and costs no other. Raises: Stopped."""
    while True:
        try:
            return await case.desk.ask(DocumentHeadlines(case.desk.models), article)
        except Full:  # those who chat go before
            await asyncio.sleep(_FULL_PAUSE_SECONDS)
        except Stopped:
            raise
        except Exception as error:
            log_event("a record failed", logging.ERROR, update=case.update.update_id, error=described(error))
            return HeadlineRecord(article.id, error=f"{article.where}: the model failed on this text")


async def _fetched(case: Case, sent: Document) -> bytes:
    """The content of the document. Raises: Refused."""
    for _ in range(_FETCH_ATTEMPTS):
        try:
            file = await persistently(lambda: case.desk.bot.get_file(sent.file_id))
            _see_to_size(case, file.file_size)
            content = bytes(await persistently(file.download_as_bytearray))
        except Unsure:  # to ask again changes nothing
            continue
        except InvalidToken:  # what the library makes of "not found": the file has another place by now
            continue
        except BadRequest as error:
            raise Refused("too large" if "too big" in error.message else "gone") from None
        _see_to_size(case, len(content))
        return content
    raise Refused("gone")


def _see_to_size(case: Case, size_bytes: int | None) -> None:
    if (size_bytes or 0) > case.desk.settings.document_megabytes * MEGABYTE:
        raise Refused("too large")


async def _send(case: Case, news: News, records: Sequence[HeadlineRecord]) -> None:
    name, content = answer_to(news, records)
    caption = _caption(case, records)
    assert case.message is not None
    reply = ReplyParameters(case.message.message_id, allow_sending_without_reply=True)
    try:
        await persistently(
            lambda: case.desk.bot.send_document(
                case.chat,
                InputFile(content, name),
                caption=caption,
                reply_parameters=reply,
                message_thread_id=case.place.thread,
            )
        )
    except Unsure:
        case.unsure = True


def _caption(case: Case, records: Sequence[HeadlineRecord]) -> str:
    """How many headlines there are, and what is the matter with records that have none: the first few whole."""
    errors = [record.error for record in records if record.error is not None]
    lines = [case.texts.document_done.format(count=f"{len(records) - len(errors):,}")]
    if errors:
        lines.append(case.texts.document_bad.format(count=f"{len(errors):,}"))
        said = [reason_in(case.language, error) for error in errors[:_SHOWN_ERRORS]]
        lines += [error[:_SHOWN_ERROR_CHARACTERS] for error in said]
        lines += ["..."] if len(errors) > _SHOWN_ERRORS else []
    return "\n".join(lines)


def _refusal(case: Case, refusal: Refused) -> str:
    texts, settings = case.texts, case.desk.settings
    said = {
        "unknown kind": texts.document_unknown,
        "too large": texts.document_too_large.format(megabytes=f"{settings.document_megabytes:g}"),
        "too many records": texts.document_too_many.format(records=f"{settings.document_records:,}"),
        "not text": texts.document_not_text,
        "no column": texts.document_no_column,
        "quotes": texts.document_quotes,
        "empty": texts.document_empty,
        "gone": texts.document_gone,
    }[refusal.reason]
    about = reason_in(case.language, refusal.about) if refusal.about else ""
    return f"{said}\n\n{about[:_SHOWN_REASON_CHARACTERS]}" if about else said
