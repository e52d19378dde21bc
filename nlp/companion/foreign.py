"""Messages in a language that no model here has learned: told by their script, or by very common words.

It is said of a message only where that is sure, for whoever writes slang, names or a few words of another language is
to be answered as always.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path

from nlp.companion.folding import MAX_READ_CHARACTERS, plain
from nlp.companion.phrases import read_sections
from nlp.text import HAN_RANGES, normalize

LEAST_KANA_SHARE = 0.25
"""Of kana and Han together, from which a text is Japanese, unless it holds words that only Chinese has."""
LEAST_WORDS = 2
"""Very common words of one language that tell it."""

_KANA = re.compile("[\u3041-\u306d\u306f-\u3096\u30a1-\u30fa\u30fc]{2,}|[\u3041-\u306d\u306f-\u3096]")
"""Without the one of which Chinese makes a sign of its own for "of"; a single katakana may be part of a face."""
_HAN = re.compile(f"[{HAN_RANGES}]")
_ONLY_CHINESE = re.compile("[吗嗎呢吧么麼们們这這你她它说說谁哪您很啥怎跟]")
_OTHER_SCRIPTS = re.compile(
    "[\u0370-\u03ff\u1f00-\u1fff]{2,}|[\u0400-\u052f]{2,}|[\u0531-\u058f]{2,}|[\u05d0-\u05ea]{2,}"  # Greek to Hebrew
    "|[\u0620-\u06ff\u0750-\u077f]{2,}|[\u0900-\u0dff]{2,}|[\u0e01-\u0eff]{2,}|[\u0f00-\u0fff]{2,}"  # Arabic to Tibetan
    "|[\u1000-\u109f]{2,}|[\u10a0-\u10ff]{2,}|[\u1200-\u139f]{2,}|[\u1780-\u17ff]{2,}|[\uac00-\ud7a3]{2,}"
)
"""Two letters at least: a single one is mathematics, or part of a face."""
_VIETNAMESE = re.compile("[\u01a1\u01b0\u0111\u1ea0-\u1ef9]")
_ACCENT = re.compile("[\u00df-\u00ff\u0153]")
_LATIN_WORD = re.compile("[a-z]+")
_ALONE, _ENGLISH = "alone", "en"


def is_foreign(message: str) -> bool:
    """Whether `message` is surely neither English nor Chinese."""
    text = normalize(message[:MAX_READ_CHARACTERS])
    if text.isascii():
        return _has_foreign_words(text)
    text = unicodedata.normalize("NFKC", text)
    han, kana = len(_HAN.findall(text)), sum(map(len, _KANA.findall(text)))
    other = sum(map(len, _OTHER_SCRIPTS.findall(text)))
    latin = sum(map(len, _LATIN_WORD.findall(plain(text))))
    if kana and kana + han > latin and not _ONLY_CHINESE.search(text):
        return kana >= LEAST_KANA_SHARE * (kana + han)
    if other > latin + 2 * han:  # a Han character is worth two letters, or more
        return True
    if latin <= 2 * han + other:
        return False
    return len(_VIETNAMESE.findall(text.casefold())) >= LEAST_WORDS or _has_foreign_words(text)


def _has_foreign_words(text: str) -> bool:
    words = _LATIN_WORD.findall(plain(text))
    lists = _lists()
    distinct = set(words)
    english = len(distinct & lists[_ENGLISH])
    if not english and distinct & lists[_ALONE]:
        return True
    found = {name: len(distinct & known) for name, known in lists.items() if name not in (_ALONE, _ENGLISH)}
    most = max(found.values())
    if most and _ACCENT.search(text.casefold()):
        most += 1
    return most >= LEAST_WORDS and most > english


@cache
def _lists() -> dict[str, frozenset[str]]:
    sections = read_sections(Path(__file__).parent / "others" / "words.txt")
    return {name: frozenset(" ".join(lines).split()) for name, lines in sections.items()}
