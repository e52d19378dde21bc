"""Word vectors in text files, as word2vec, GloVe and fastText write them: a word and its numbers on each line.

The file is streamed, whatever its size. word2vec and fastText begin with a line of two numbers, `words dimension`;
GloVe does not, and some of its words hold spaces. So the numbers of a line are counted from its end.
"""

from __future__ import annotations

import gzip
import itertools
import lzma
import zlib
from collections import Counter
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import NamedTuple

from nlp.errors import UsageError

MAX_LINE_BYTES = 2**20
"""Longer lines are skipped: 1,000 numbers take some 10,000 bytes."""
LINES_TO_JUDGE = 50
"""First lines, whose most frequent count of numbers is the dimension: single ones may be damaged."""
MAX_WORD_PARTS = 8
"""Parts of a word with spaces; a line of more parts is two lines that ran together."""
BINARY_SHARE = 0.1
"""Share of characters that text in UTF-8 never holds from which a file is binary; damaged text has single ones."""

_HEAD_BYTES = 2**16
_GZIP, _XZ = b"\x1f\x8b", b"\xfd7zXZ\x00"
_ARCHIVES = {b"PK\x03\x04": "zip", b"BZh": "bzip2", b"7z\xbc\xaf": "7-zip"}
_Stream = BufferedReader | gzip.GzipFile | lzma.LZMAFile


class VectorLine(NamedTuple):
    """One line of a vector file, its numbers not read yet."""

    word: str
    """Empty where the line is damaged: too short, too long, or not UTF-8."""
    numbers: bytes


class VectorFile:
    """A text file of word vectors, plain or packed by gzip or xz. Iterate over its lines, as often as wanted."""

    def __init__(self, path: Path) -> None:
        """Look at the beginning of the file.

        Raises:
            UsageError: it cannot be read, is binary or holds no vectors; the message names file, line and remedy.
        """
        self.path = path
        head = b"".join(itertools.islice(self._raw_lines(), LINES_TO_JUDGE + 1))
        lines = head.splitlines()
        _refuse_binary(path, head[:_HEAD_BYTES])
        self.has_header = bool(lines) and _is_header(lines[0])
        sizes = Counter(_numbers_at_end(line) for line in lines[self.has_header :])
        self.dimension = sizes.most_common(1)[0][0] if sizes else 0
        """Numbers to a word."""
        if self.dimension < 1:
            raise UsageError(
                f"{path}: line {len(lines) or 1}: there are no word vectors here. A word and its numbers are wanted on "
                "each line, as in the text files of word2vec, GloVe and fastText (.vec)."
            )

    def __iter__(self) -> Iterator[VectorLine]:
        """The lines after the header, damaged ones without a word.

        Raises:
            UsageError: the compressed data is damaged or ends too early; the message names the line.
        """
        for raw in itertools.islice(self._raw_lines(), int(self.has_header), None):
            yield self._parsed(raw)

    def _parsed(self, raw: bytes) -> VectorLine:
        # A word and nothing else is told by the first space alone, which spares millions of lines the splitting.
        word, _, numbers = raw.partition(b" ")
        if raw.count(b" ") != self.dimension or b"\t" in raw or raw.endswith((b" ", b" \n", b" \r\n")):
            *words, numbers = _split_from_end(raw, self.dimension)
            word = b" ".join(words)
        if not word or not numbers or word.count(b" ") >= MAX_WORD_PARTS:
            return VectorLine("", b"")
        try:
            return VectorLine(word.decode("utf-8"), numbers)
        except UnicodeDecodeError:
            return VectorLine("", b"")

    def _raw_lines(self) -> Iterator[bytes]:
        """Lines with their ends; of one beyond `MAX_LINE_BYTES` its beginning, too long to be a vector."""
        number = 0
        try:
            with _open(self.path) as stream:
                while raw := stream.readline(MAX_LINE_BYTES):
                    number += 1
                    yield raw
                    while not raw.endswith(b"\n") and (raw := stream.readline(MAX_LINE_BYTES)):
                        pass
        except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise UsageError(
                f"{self.path}: line {number + 1}: the file cannot be read ({reason}). Check its name and permissions; "
                "if it was copied or downloaded, do so again."
            ) from None


def _open(path: Path) -> _Stream:
    """Open by content: downloaded files are often named without their packing."""
    with path.open("rb") as file:
        magic = file.read(len(_XZ))
    if magic.startswith(_GZIP):
        return gzip.open(path, "rb")
    return lzma.open(path, "rb") if magic == _XZ else path.open("rb")


def _split_from_end(raw: bytes, dimension: int) -> list[bytes]:
    """The word's parts, and last the numbers joined; empty where the line is too short."""
    parts = raw.split()
    if len(parts) <= dimension:
        return [b""]
    return [*parts[:-dimension], b" ".join(parts[-dimension:])]


def _numbers_at_end(line: bytes) -> int:
    """How many numbers a line ends with; its first part is a word, even one of digits."""
    parts = line.split()[1:]
    return sum(1 for _ in itertools.takewhile(_is_number, reversed(parts)))


def _is_number(part: bytes) -> bool:
    try:
        float(part)
    except ValueError:
        return False
    return True


def _is_header(line: bytes) -> bool:
    parts = line.split()
    return len(parts) == 2 and all(part.isdigit() for part in parts)


def _refuse_binary(path: Path, head: bytes) -> None:
    packed = next((name for magic, name in _ARCHIVES.items() if head.startswith(magic)), "")
    if packed:
        raise UsageError(
            f"{path}: line 1: the file is packed with {packed}. Unpack it first, or pack it with gzip or xz."
        )
    text = head.decode("utf-8", "replace")
    broken = [place for place, character in enumerate(text) if character == "\ufffd" or character == "\0"]
    if len(broken) <= BINARY_SHARE * len(text):
        return
    raise UsageError(
        f"{path}: line {text.count(chr(10), 0, broken[0]) + 1}: this is no text in UTF-8 but binary data. Give vectors "
        "as text: of fastText the .vec file in place of the .bin; of word2vec, gensim's KeyedVectors."
        "load_word2vec_format(NAME, binary=True) reads the file, save_word2vec_format(NAME, binary=False) writes text."
    )
