"""Messages that no model answers: somebody may be in danger, or the program is abused; and what kind the others are.

The phrases are in `care.txt`, `abuse.txt` and `kinds.txt` of each language. A message is held against the lists of both
languages, since people mix them and write Chinese in Latin letters; and, for danger, against `others/care.txt`, which
holds what people say in some languages that no model here knows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Literal

from nlp.companion.folding import fold
from nlp.companion.languages import LANGUAGES
from nlp.companion.phrases import SETS, Phrases, Sections, read_sections
from nlp.companion.spelling import Spelling
from nlp.config import Language
from nlp.text import has_han, script_language

Danger = Literal["emergency", "other", "loss", "self"]
Kind = Literal["signs", "mood", "question", "short", "statement"]

FOLDER = Path(__file__).parent
DANGERS: tuple[Danger, ...] = ("emergency", "other", "loss", "self")
"""In the order in which they are looked for: who calls for an ambulance needs that word first."""
OF_OTHERS = ("other", "loss")
"""Dangers to somebody else, who may be a character in a story."""
OTHERS = "others"
"""The folder of what is neither English nor Chinese."""
MEDIA, HARMLESS, ABUSE = "media", "harmless", "abuse"
SHORT_WORDS, SHORT_HAN = 2, 4
"""A message of so many words or Han characters, or fewer, is short."""

_TITLE = re.compile("《[^《》]*》")
_QUOTED = re.compile('"[^"]*"|“[^“”]*”|‘[^‘’]*’|「[^「」]*」|『[^『』]*』')


@dataclass(frozen=True)
class Finding:
    """What a rule found in a message."""

    rule: Danger | Literal["abuse"]
    language: Language
    """The language to answer in."""
    is_foreign: bool = False
    """It was said in a language that is neither: the answer is one of `nlp.companion.wording.foreign_texts`."""


def finding(message: str) -> Finding | None:
    """What in `message` is not for a model to answer, if anything; danger comes before abuse.

    Titles in 《》 are not looked at, nor what stands in quotation marks near a word such as "song" or "film".
    """
    said = _without_titles(message)
    forms = _forms(said)
    danger = next(filter(None, map(_danger, forms)), None)
    # Unmended, since words of other languages are no slips in English ones.
    if danger is None and (foreign := _foreign_danger(fold(said))):
        return Finding(foreign, LANGUAGES[0], is_foreign=True)
    if (found := danger or next(filter(None, map(_abuse, forms)), None)) is None:
        return None
    rule, language = found
    # Chinese in Latin letters is Chinese.
    return Finding(rule, script_language(message) if has_han(message) else language)


def kind_of_message(message: str, language: Language) -> Kind:
    """What kind of thing `message` is, to be answered in `language`."""
    folded = fold(message)
    if not re.search(r"[^\W\d_]", folded):
        return "signs"
    phrases = _phrases(language, "kinds.txt")
    if phrases["mood"].found_in(folded):
        return "mood"
    if message.rstrip().endswith(("?", "？")) or phrases["question"].found_in(folded):
        return "question"
    length = sum(1 / SHORT_HAN if has_han(token) else 1 / SHORT_WORDS for token in folded.split()[1:-1])
    return "short" if length <= 1 else "statement"


def _without_titles(message: str) -> str:
    message = _TITLE.sub("，", message)
    return _QUOTED.sub("，", message) if _QUOTED.search(message) and _of_media(_fold(message)) else message


def _forms(message: str) -> list[str]:
    """The folded message, and where it has words run together, with these apart, too."""
    folded = _fold(message)
    return list(dict.fromkeys((folded, _spelling().opened(folded))))


def _fold(message: str) -> str:
    return fold(message, _spelling().word_meant)


def _of_media(folded: str) -> bool:
    return any(_phrases(language, "care.txt")[MEDIA].found_in(folded) for language in LANGUAGES)


def _danger(folded: str) -> tuple[Danger, Language] | None:
    lists = {language: _phrases(language, "care.txt") for language in LANGUAGES}
    of_media = _of_media(folded)
    for phrases in lists.values():
        folded = phrases[HARMLESS].without(folded)
    for danger in DANGERS:
        if of_media and danger in OF_OTHERS:
            continue
        for language, phrases in lists.items():
            if phrases[danger].found_in(folded):
                return danger, language
    return None


def _foreign_danger(folded: str) -> Danger | None:
    phrases = _phrases(OTHERS, "care.txt")
    folded = phrases[HARMLESS].without(folded)
    return next((danger for danger in DANGERS if danger in phrases and phrases[danger].found_in(folded)), None)


def _abuse(folded: str) -> tuple[Literal["abuse"], Language] | None:
    for language in LANGUAGES:
        phrases = _phrases(language, "abuse.txt")
        if phrases[ABUSE].found_in(phrases[HARMLESS].without(folded)):
            return "abuse", language
    return None


@cache
def _sections(language: str, name: str) -> Sections:
    return read_sections(FOLDER / language / name)


@cache
def _phrases(language: str, name: str) -> dict[str, Phrases]:
    sections = _sections(language, name)
    return {section: Phrases(lines, sections.get(SETS, ())) for section, lines in sections.items() if section != SETS}


@cache
def _spelling() -> Spelling:
    """All words of the lists about danger and abuse."""
    lists = [_phrases(language, name) for language in LANGUAGES for name in ("care.txt", "abuse.txt")]
    phrases = list(chain.from_iterable(each.values() for each in lists))
    return Spelling(
        chain.from_iterable(each.words() for each in phrases), chain.from_iterable(each.typable() for each in phrases)
    )
