"""Lists of words that a bot or a headline must not use, one file a language, and the reader of the user's own."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from nlp.config import Language
from nlp.errors import UsageError
from nlp.text import normalize

MAX_WORD_CHARACTERS = 100
"""A longer line is no word or phrase: most likely the file is no list at all."""

MAX_FILE_BYTES = 4_000_000
"""Some 400,000 words, far more than a search could mind."""


@cache
def load_blocklist(language: Language) -> tuple[str, ...]:
    """The blocked words that ship for `language`, normalised."""
    return read_blocklist(Path(__file__).parent / f"{language}.txt")


def read_blocklist(path: Path) -> tuple[str, ...]:
    """Read a list of words and phrases: UTF-8, one a line; empty lines and those that start with # say nothing.

    The words come normalised, each once, in the order of the file.

    Raises:
        UsageError: the file is missing or too large, or a line is not UTF-8 or too long for a word.
    """
    words = [normalize(_decoded(path, number, line)) for number, line in enumerate(_read(path).splitlines(), 1)]
    for number, word in enumerate(words, 1):
        if len(word) > MAX_WORD_CHARACTERS and not word.startswith("#"):
            raise UsageError(
                f"{path}, line {number}: {len(word)} characters are too long for a word or phrase "
                f"(at most {MAX_WORD_CHARACTERS}). Put one word on each line."
            )
    return tuple(dict.fromkeys(word for word in words if word and not word.startswith("#")))


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path}: the list of blocked words cannot be read ({error.strerror}).") from None
    if len(content) > MAX_FILE_BYTES:
        raise UsageError(f"{path}: a list of blocked words has at most {MAX_FILE_BYTES:,} bytes. Is this the file?")
    return content


def _decoded(path: Path, number: int, line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{path}, line {number}: byte {error.start + 1} is not UTF-8 text. Save the list as UTF-8."
        ) from None
