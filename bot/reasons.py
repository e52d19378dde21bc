"""Why a record of a person's file has no headline, in their language: `corpora` and `nlp` tell it in English."""

import re
import tomllib
from functools import cache
from pathlib import Path

from nlp.config import Language

_WHERE = re.compile(r"(?P<file>.*?), line (?P<line>\d+)(?:, [^:]*)?: (?P<reason>.+)", re.S)


def reason_in(language: Language, reason: str) -> str:
    """A reason as the person reads it, with the file and the line that it names; in English as it is."""
    if language == "en":
        return reason
    found = _WHERE.fullmatch(reason)
    words = _reasons(language)
    where, why = "", reason
    if found:
        where = words["where"].format(file=found["file"], line=found["line"])
        why = found["reason"]
    return where + _translated(words, why.rstrip("."))


def _translated(words: dict[str, str], reason: str) -> str:
    for pattern, text in words.items():
        if pattern not in ("where", "other") and (found := re.fullmatch(pattern, reason, re.S)):
            return text.format(*found.groups())
    return words["other"]


@cache
def _reasons(language: Language) -> dict[str, str]:
    """English patterns and what stands for them, in the order in which they are tried."""
    file = Path(__file__).parent / "texts" / f"reasons-{language}.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))
