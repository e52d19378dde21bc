"""Documents of news: read into articles, and written back with headlines, as `kuaizui headlines` reads and writes.

A document is held in memory from its download to its answer, and nowhere else: it is small, and what never was a file
need not be deleted, not even after a power cut.
"""

import codecs
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any, Literal

from bot.models import Models
from corpora.articles import ENDINGS, FORMATS, ColumnError, InputRecord, NotText, articles_in, in_utf8
from corpora.articles.lines import buffered
from nlp.config import SearchConfig
from nlp.errors import BundleError
from nlp.headlines import Generator, HeadlineRecord, HeadlineWriter

Reason = Literal["unknown kind", "too large", "too many records", "not text", "no column", "quotes", "empty", "gone"]
_MARK = codecs.BOM_UTF8
_TABLES = (".csv", ".tsv")
READ_AGAIN_BYTES = 8 * 1024 * 1024
"""Of very short lines, so much takes two or three seconds of a core."""
_LONGEST_NAME, _LONGEST_SHOWN_NAME = 60, 30


class Refused(Exception):
    """No headlines can be written for a document; `reason` says why, `about` more of it where there is more."""

    def __init__(self, reason: Reason, about: str = "") -> None:
        super().__init__(reason)
        self.reason, self.about = reason, about


@dataclass(frozen=True)
class News:
    """A document that was read."""

    name: str
    articles: Sequence[InputRecord]
    """One for each record, those that cannot be read included."""
    marked: bool
    """The answer begins with a byte order mark, as the document did, or because a table was in GB18030: without one,
    spreadsheets would take UTF-8 for that."""


def ending_of(name: str | None) -> str:
    """The ending of a document's name, in lower case, if it is one of those that are read; else empty."""
    ending = PurePath(name or "").suffix.lower()
    return ending if ending in ENDINGS else ""


def read_news(content: bytes, name: str, most_records: int) -> News:
    """Read a document whose name has one of the known endings.

    Raises:
        Refused: it is not text in UTF-8 or GB18030, has more records or no articles, or its columns cannot be told.
    """
    ending, text = ending_of(name), in_utf8(content)
    if text is None:
        raise Refused("not text")
    articles: list[InputRecord] = []
    path = PurePath(name)
    shown = f"{path.stem[:_LONGEST_SHOWN_NAME]}{path.suffix}"
    try:
        for article in articles_in(buffered(_Bounded(text)), shown, ending):
            articles.append(article)
            if len(articles) > most_records:
                raise Refused("too many records")
    except NotText:
        raise Refused("not text") from None
    except ColumnError as error:
        raise Refused("no column", str(error)) from None
    if all(article.error for article in articles):
        raise Refused("empty", next((article.error for article in articles if article.error), ""))
    return News(name, articles, text.startswith(_MARK) or (text is not content and ending in _TABLES))


class _Bounded(io.BytesIO):
    """A file of which READ_AGAIN_BYTES may be read more than once: each double quote that is never closed has all that
    follows it read again, and a file can consist of such."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self._left = len(content) + READ_AGAIN_BYTES

    def readinto(self, buffer: Any) -> int:
        """Read into a buffer. Raises: Refused where that is too often."""
        count = super().readinto(buffer)
        self._left -= count
        if self._left < 0:
            raise Refused("quotes")
        return count


def answer_to(news: News, records: Sequence[HeadlineRecord]) -> tuple[str, bytes]:
    """Name and content of the document that answers: in the format of the one that came, a .tsv as CSV."""
    path = PurePath(news.name)
    ending = path.suffix.lower() if path.suffix.lower() in FORMATS else ".csv"
    mark = _MARK if news.marked else b""
    return f"{path.stem[:_LONGEST_NAME]}-headlines{ending}", mark + FORMATS[ending].window(records, is_first=True)


def faithful_search(generator: Generator) -> SearchConfig:
    """How `kuaizui headlines` searches where nothing is set: faithfully."""
    return replace(generator.search, faithful=True)


@dataclass(frozen=True)
class DocumentHeadlines:
    """The job that writes the records of articles; the record of one that cannot be read holds its error."""

    models: Models

    def __call__(self, articles: list[InputRecord]) -> list[HeadlineRecord]:
        """The record of each article."""
        return HeadlineWriter(self._generator, search_of=faithful_search).write(articles)

    def _generator(self, model: str) -> Generator:
        language = model.removeprefix("headlines-")
        if language not in self.models.headlines:
            raise BundleError("no model here writes headlines in that language")
        return self.models.headlines[language]
