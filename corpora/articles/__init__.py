"""Articles to write headlines for, one record each, out of .txt, .csv, .tsv and .jsonl; and records of headlines as
bytes of these formats.

For everything that takes news from people: the command line and the bot. Pairs to learn from: `corpora.readers`.
"""

from corpora.articles.encodings import in_utf8
from corpora.articles.formats import FORMATS, OutputFormat, Writable, text_line
from corpora.articles.lines import Meter, NotText
from corpora.articles.reading import ENDINGS, articles_in
from corpora.articles.record import ARTICLE_BYTES, ARTICLE_CHARACTERS, Columns, InputRecord
from corpora.articles.rows import ColumnError

__all__ = [
    "ARTICLE_BYTES",
    "ARTICLE_CHARACTERS",
    "ENDINGS",
    "FORMATS",
    "ColumnError",
    "Columns",
    "InputRecord",
    "Meter",
    "NotText",
    "OutputFormat",
    "Writable",
    "articles_in",
    "in_utf8",
    "text_line",
]
