"""Which language a person is answered in."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nlp.config import Language
from nlp.text import has_han, normalize, script_language

LANGUAGES: tuple[Language, ...] = ("en", "zh")

_LETTER = re.compile(r"[^\W\d_]")
_SHARED = re.compile(
    r"(?:ok(?:ay)?|ha+|he+|hi+|(?:ha|he)+h?|h+|e*m+|hm+|u[hm]+|[oae]h+|w+o+w+|x+d+|lo+l+|b+y+e+|yes|no)"
)
"""What people write in Latin letters in either language, letters doubled at will; not "hello", which is English."""


def message_language(turns: Sequence[str], default: Language) -> Language:
    """The language of the last turn, else of the nearest turn before it that tells one, else `default`.

    A turn tells no language where it has no letter ("???", numbers, emoji), or only such as people write in both.
    """
    return next((script_language(turn) for turn in reversed(turns) if _tells(turn)), default)


def _tells(turn: str) -> bool:
    text = normalize(turn).casefold()
    words = re.findall(r"[^\W\d_]+", text)
    return has_han(text) or any(_LETTER.match(word) and not _SHARED.fullmatch(word) for word in words)
