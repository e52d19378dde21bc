"""The one normalisation of text, shared by training and serving, and the questions asked about scripts.

Every character range is written out instead of asked from `unicodedata.category`, so that a model sees the same text
under every Python version.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

HAN_RANGES = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
"""Han characters, with the iteration mark and the zero, as the inside of a regular expression's [...]."""

ZH_SHARE_OF_LETTERS = 0.2
"""Han share of all letters from which a text counts as Chinese; names in Latin letters are common in Chinese news."""

_REMOVED = re.compile(
    "["
    "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"  # control characters, except those that are whitespace
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0"  # soft hyphen, joiners, fillers
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f"  # zero-width and direction marks
    "\ufe00-\ufe0f\ufeff\ufff0-\ufffc"  # variation selectors, byte order mark, annotation marks
    "\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufffe\uffff"  # surrogates, private use, non-characters
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U0010ffff"  # invisible marks and private planes
    "]+"
)
_FOLDABLE = re.compile("[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\u2581]")
_FOLDED = {
    code: code - 0xFEE0 for start, end in ("09", "AZ", "az") for code in range(ord(start) + 0xFEE0, ord(end) + 0xFEE1)
} | {0x2581: ord("_")}
_HAN = re.compile(f"[{HAN_RANGES}]")


def normalize(text: str) -> str:
    """Bring `text` into the one form that tokenizers and models see. Idempotent.

    Control, zero-width, private-use and surrogate characters disappear; full-width Latin letters and digits become
    half width, while Chinese punctuation stays; the result is in NFC; a run of any whitespace is one space, with none
    at either end. The block U+2581, which tokenizers use to mark a space, becomes the underscore it looks like.
    """
    # Removal and folding come before NFC: both can bring a letter and its accent together.
    text = _REMOVED.sub("", text)
    if not text.isascii():
        if _FOLDABLE.search(text):
            text = text.translate(_FOLDED)
        text = unicodedata.normalize("NFC", text)
    return " ".join(text.split())


def has_han(text: str) -> bool:
    """Tell whether `text` holds at least one Han character."""
    return _HAN.search(text) is not None


def script_language(text: str) -> Literal["en", "zh"]:
    """Tell by its letters which language's model suits `text`: "zh" from a share of `ZH_SHARE_OF_LETTERS` Han."""
    han = len(_HAN.findall(text))
    if not han:
        return "en"
    return "zh" if han >= ZH_SHARE_OF_LETTERS * sum(map(str.isalpha, text)) else "en"


def with_capital(text: str) -> str:
    """`text` with a capital at its start, unless its first word has capitals inside, as eBay and iPhone have."""
    first = text.split(" ", 1)[0]
    return text[:1].upper() + text[1:] if first == first.lower() else text
