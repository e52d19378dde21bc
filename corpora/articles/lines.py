"""Lines of a UTF-8 file of any size, read in bounded memory."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple, cast

from corpora.errors import CorpusError

BYTE_ORDER_MARK = codecs.BOM_UTF8
UTF16_ADVICE = "iconv -f UTF-16 -t UTF-8; UTF-16LE or UTF-16BE where it has no byte order mark"
ENCODINGS = "for example GB18030 or BIG5 (Chinese), WINDOWS-1252 or LATIN1 (Western European)"


class NotText(CorpusError):
    """The file is no text in UTF-8 but a binary one, or UTF-16."""


@dataclass
class Meter:
    """How much of an input has been read; the reader writes it, a progress display reads it."""

    bytes_read: int = 0


class Line(NamedTuple):
    """One line of a file, without its end-of-line characters."""

    number: int
    """Counted from 1."""
    content: bytes
    cut: bool
    """The line was longer than the limit, and the rest of it was passed over."""

    def decode(self) -> str:
        """The text of the line.

        Raises:
            UnicodeDecodeError: it is not UTF-8.
        """
        return codecs.getincrementaldecoder("utf-8")().decode(self.content, final=not self.cut)


def buffered(file: BinaryIO) -> io.BufferedReader:
    """`file` with a buffer that can be peeked into."""
    return file if isinstance(file, io.BufferedReader) else io.BufferedReader(cast(io.RawIOBase, file))


def refuse_binary(file: io.BufferedReader, name: str) -> None:
    """Look at the first block of `file`, without consuming it, and step over a byte order mark.

    Raises:
        NotText: it holds NUL bytes, as text in UTF-8 never does.
    """
    block = file.peek(8192)
    if block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or _seems_utf16(block):
        raise NotText(f"{name}: this is UTF-16 text; save it as UTF-8 ({UTF16_ADVICE}).")
    if b"\0" in block:
        raise NotText(f"{name}: this is not text but a binary file (it holds NUL bytes). Give a text file in UTF-8.")
    if block.startswith(BYTE_ORDER_MARK):
        file.read(len(BYTE_ORDER_MARK))


def read_lines(file: io.BufferedReader, limit_bytes: int, meter: Meter) -> Iterator[Line]:
    """Yield the lines of `file`, of each no more than its first `limit_bytes`."""
    number = 0
    while content := file.readline(limit_bytes):
        number += 1
        meter.bytes_read += len(content)
        cut = len(content) == limit_bytes and not content.endswith(b"\n")
        if cut:
            meter.bytes_read += skip_line(file, limit_bytes)
        yield Line(number, content.rstrip(b"\r\n"), cut)


def _seems_utf16(block: bytes) -> bool:
    """Whether `block` without a byte order mark is UTF-16: NUL bytes in one half of each pair only, and all text."""
    even, odd = b"\0" in block[0::2], b"\0" in block[1::2]
    if even == odd:
        return False
    try:
        text = block[: len(block) // 2 * 2].decode("utf-16-be" if even else "utf-16-le")
    except UnicodeDecodeError as error:
        if error.reason != "unexpected end of data":  # the block may end within a pair of surrogates
            return False
        text = block[: error.start].decode("utf-16-be" if even else "utf-16-le")
    return all(character.isprintable() or character.isspace() for character in text)


def skip_line(file: io.BufferedReader, block_bytes: int) -> int:
    """Pass over the rest of a line and return its length in bytes."""
    skipped = 0
    while rest := file.readline(block_bytes):
        skipped += len(rest)
        if rest.endswith(b"\n"):
            break
    return skipped


def not_utf8(error: UnicodeDecodeError) -> str:
    """What to tell the person about a line that cannot be decoded."""
    return (
        f"not UTF-8 (byte 0x{error.object[error.start]:02X} at position {error.start + 1}); "
        f"convert the file to UTF-8 with iconv -f ENCODING -t UTF-8, where ENCODING is {ENCODINGS}"
    )
