"""Which of the two encodings that Chinese texts come in a file has."""

from __future__ import annotations

from corpora.articles.lines import BYTE_ORDER_MARK


def in_utf8(content: bytes) -> bytes | None:
    """The content in UTF-8, whether it was in UTF-8 or in GB18030; None where it is in neither.

    It is in UTF-8 if at least half of the lines that tell are: a broken line then costs only itself. Judging by the
    whole would read a UTF-8 file with one stray byte as GB18030, in which nearly any bytes are some character. Lines of
    a word or two can be valid in both; they count as UTF-8.
    """
    telling = [line for line in content.removeprefix(BYTE_ORDER_MARK).split(b"\n") if not line.isascii()]
    if 2 * sum(map(_is_utf8, telling)) >= len(telling):
        return content
    try:
        return content.decode("gb18030").encode("utf-8")
    except UnicodeDecodeError:
        return None


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
