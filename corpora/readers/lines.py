"""The lines of a text file, plain or compressed, in constant memory.

Bytes that are not UTF-8 come through as lone surrogates ("surrogateescape"), so that the format readers can tell in
which field they are and skip that record only.
"""

from __future__ import annotations

import gzip
import lzma
import zlib
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import NamedTuple

from corpora.errors import CorpusError
from corpora.readers.problems import Problem, Problems

MAX_LINE_BYTES = 8 * 2**20
"""A longer line is reported and skipped: it is a file without line ends far more often than a text."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_MAGIC = {
    b"\x1f\x8b": ("gzip", ".gz"),
    b"\xfd7zXZ\x00": ("xz", ".xz"),
    b"PK\x03\x04": ("zip", ""),
    b"BZh91AY&SY": ("bzip2", ""),
}
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
# One stray byte in a small file is a problem of its line; this many, and this share of the text, is another encoding.
_MIN_BROKEN_CHARACTERS = 16
_MAX_BROKEN_SHARE = 0.1

_Stream = BufferedReader | gzip.GzipFile | lzma.LZMAFile


class Line(NamedTuple):
    """One physical line, its line end included."""

    number: int
    text: str


def read_lines(path: Path, problems: Problems) -> Iterator[Line]:
    """The lines of `path`, decompressed by its ending, without a byte order mark.

    Of a compressed file that is damaged or cut, the lines that unpack before the damage come first (its last few
    kilobytes may be lost with it, and xz can notice damage late).

    Raises:
        CorpusError: the file cannot be opened, is not text in UTF-8, or its compression is wrong, damaged or cut.
    """
    number = 0
    try:
        with _open(path) as stream:
            _refuse_binary(path, stream.peek(8192))
            for number, raw in enumerate(_bounded_lines(stream), start=1):
                if len(raw) > MAX_LINE_BYTES:
                    problems(
                        Problem(
                            str(path),
                            number,
                            "line",
                            f"longer than {MAX_LINE_BYTES // 2**20} MiB; write one record a line.",
                        )
                    )
                    continue
                raw = raw.removeprefix(_BYTE_ORDER_MARK) if number == 1 else raw
                yield Line(number, raw.decode("utf-8", "surrogateescape"))
    except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
        raise CorpusError(_damage(path, number, error)) from error


def _open(path: Path) -> _Stream:
    if path.suffix.lower() in (".gz", ".xz") and path.stat().st_size == 0:
        raise EOFError  # gzip takes an empty file for an empty text, though it is a broken download
    match path.suffix.lower():
        case ".gz":
            return gzip.open(path, "rb")
        case ".xz":
            return lzma.open(path, "rb")
        case _:
            return path.open("rb")


def _bounded_lines(stream: _Stream) -> Iterator[bytes]:
    """Lines of at most one byte more than the limit; the rest of a longer one is thrown away."""
    while raw := stream.readline(MAX_LINE_BYTES + 1):
        rest = raw
        while len(rest) > MAX_LINE_BYTES and not rest.endswith(b"\n"):
            rest = stream.readline(MAX_LINE_BYTES + 1)
        yield raw


def _refuse_binary(path: Path, head: bytes) -> None:
    for magic, (name, ending) in _MAGIC.items():
        if head.startswith(magic):
            advice = f"name it {path.name}{ending}" if ending and path.suffix != ending else "unpack it first"
            raise CorpusError(f"{path}: line 1: the file is packed with {name}; {advice}.")
    text = head.decode("utf-8", "replace")
    broken = sum(character == "\ufffd" or (character < " " and character not in "\t\n\r\f") for character in text)
    if head.startswith(_UTF16_MARKS) or (broken >= _MIN_BROKEN_CHARACTERS and broken > _MAX_BROKEN_SHARE * len(text)):
        raise CorpusError(
            f"{path}: line 1: this is not text in UTF-8 but {_guess(head)}. Convert it first, "
            f"for example with: iconv -f {_encoding(head)} -t UTF-8 {path.name} > utf8-{path.name}"
            if _encoding(head)
            else f"{path}: line 1: this is not text in UTF-8 but {_guess(head)}. Give a text file, one record a line."
        )


def _encoding(head: bytes) -> str:
    """The encoding that `head` seems to be in; empty for binary data."""
    if head.startswith(_UTF16_MARKS):
        return "UTF-16"
    if b"\0" in head:
        return ""
    try:
        head[: 2 * (len(head) // 4)].decode("gb18030")
    except UnicodeDecodeError as error:
        # A cut in the middle of a character says nothing against the encoding.
        return "GB18030" if error.end >= 2 * (len(head) // 4) else ""
    return "GB18030"


def _guess(head: bytes) -> str:
    return {"UTF-16": "UTF-16", "GB18030": "an older encoding, perhaps GB18030"}.get(_encoding(head), "binary data")


def _damage(path: Path, lines_read: int, error: Exception) -> str:
    where = f"{path}: line {lines_read + 1}"
    match error:
        case EOFError():
            return (
                f"{where}: the compressed file ends too early ({lines_read} lines could be read). "
                "Copy or download it again."
            )
        case gzip.BadGzipFile() if lines_read == 0:
            return f"{where}: the file is named {path.suffix} but is not packed with gzip. Correct its ending."
        case lzma.LZMAError() if "format not supported" in str(error):
            return f"{where}: the file is named {path.suffix} but is not packed with xz. Correct its ending."
        case gzip.BadGzipFile() | lzma.LZMAError() | zlib.error():
            return (
                f"{where}: the compressed data is damaged ({lines_read} lines could be read): {error}. "
                "Copy or download it again."
            )
        case _:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            return f"{where}: the file cannot be read: {reason}. Check its permissions and the disk."
