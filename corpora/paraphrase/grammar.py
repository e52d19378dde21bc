"""The grammar of one language, read strictly from its `grammar.toml`, whose comments say what each table means."""

from __future__ import annotations

import functools
import random
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from corpora.errors import CorpusError
from corpora.paraphrase.typing_slips import Slips

Act = Literal["question", "request", "statement", "other"]
"""What a prompt does, as far as it can be told from its first and last words."""
Step = Literal["reword", "fill", "shorten", "slip", "capitals", "emoji", "after"]
SLOT = re.compile(r"\{([^{}]*)\}")
"""A slot of a template: `{a|b}` is one of the texts inside, `{}` what the template is put around."""
CHOICE = re.compile(r"\{[^{}]*\|[^{}]*\}")
"""What makes a template of a prompt."""


class Rule(NamedTuple):
    """A place in a text, and what may stand there instead."""

    pattern: re.Pattern[str]
    texts: tuple[str, ...]
    light: bool = False
    """Whether it makes the tone lighter, which sober prompts do not bear."""

    def apply(self, text: str, chance: random.Random) -> str:
        """`text` with the first place of the pattern changed, unless nothing is left of it then."""
        return self.pattern.sub(chance.choice(self.texts), text, count=1) or text


class Fillers(NamedTuple):
    """Templates around a prompt that change nothing of its meaning, and the prompts that they suit."""

    texts: tuple[str, ...]
    acts: tuple[str, ...]
    intents: tuple[str, ...]
    unless: tuple[str, ...]
    """Intents they do not suit."""

    def suit(self, intent: str, act: Act) -> bool:
        """Whether they may stand around a prompt."""
        return act in self.acts and matches(intent, self.intents) and not matches(intent, self.unless)


@dataclass(frozen=True)
class Grammar:
    """All that is known of how people of one language write small talk."""

    spaced: bool
    """Whether a space stands between words."""
    shares: Mapping[Step, float]
    """How often (0 to 1) each step is taken."""
    acts: Mapping[Act, re.Pattern[str]]
    rewordings: tuple[Rule, ...]
    short_forms: tuple[Rule, ...]
    fillers: tuple[Fillers, ...]
    emoji: tuple[Fillers, ...]
    endings: Mapping[Act, tuple[str, ...]]
    sober_endings: tuple[str, ...]
    slips: Slips
    verbatim: tuple[str, ...]
    """Intents whose prompts are games with words, or no words: only case and ending vary."""
    sober: tuple[str, ...]
    """Intents of grief, danger and illness: their prompts get no fillers, emoji, short forms or light rules."""
    leaning: tuple[str, ...]
    """Intents that answer what was said just before: they never follow an exchange about something else."""
    leaning_words: re.Pattern[str]
    """What shows that a turn of a conversation does not stand alone."""
    leaning_reply: re.Pattern[str]
    """What shows that a reply takes up more than the last turn."""
    least_alone: int
    """Words (characters where there are no spaces) that a turn needs to stand alone."""

    def act_of(self, text: str) -> Act:
        """What a lower-case text without its ending does."""
        return next((act for act, pattern in self.acts.items() if pattern.search(text)), "other")


def read_toml(path: Path) -> dict[str, Any]:
    """The values of a TOML file.

    Raises:
        CorpusError: it is missing or broken.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise CorpusError(f"{path}: the file cannot be read ({error}).") from None
    except tomllib.TOMLDecodeError as error:
        raise CorpusError(f"{path}: this is not valid TOML: {error}.") from None


@functools.cache
def matches(intent: str, patterns: tuple[str, ...]) -> bool:
    """Whether an intent is among `patterns`, in which `*` stands for any text."""
    return any(fnmatchcase(intent, pattern) for pattern in patterns)


def read_grammar(path: Path) -> Grammar:
    """Read a `grammar.toml`.

    Raises:
        CorpusError: it is missing or broken; a key is unknown, missing or of the wrong kind; a rule is no regular
            expression.
    """
    values = read_toml(path)
    try:
        grammar = _grammar(values)
        if values:
            raise CorpusError(f"unknown key {min(values)!r}.")
    except KeyError as error:
        raise CorpusError(f"{path}: the key {error} is missing.") from None
    except (TypeError, AttributeError) as error:
        raise CorpusError(f"{path}: a value is of the wrong kind: {error}.") from None
    except re.error as error:
        raise CorpusError(f"{path}: {error.pattern!r} is no regular expression: {error}.") from None
    except CorpusError as error:
        raise CorpusError(f"{path}: {error}") from None
    return grammar


def _grammar(values: dict[str, Any]) -> Grammar:
    """The grammar in `values`, which is emptied on the way."""
    spaced, alone, intents = values.pop("spaced"), values.pop("standing_alone"), values.pop("intents")
    synonyms = [rule for group in values.pop("synonyms") for rule in _synonyms(group, spaced)]
    endings = values.pop("endings")
    acts = {act: _compiled(pattern, spaced=False) for act, pattern in values.pop("acts").items()}
    return Grammar(
        spaced=spaced,
        shares=_shares(values.pop("shares")),
        acts=_by_act(acts),
        rewordings=(*(_rule(each) for each in values.pop("rewordings")), *synonyms),
        short_forms=tuple(Rule(_compiled(word, spaced), _texts(to)) for word, to in values.pop("short_forms").items()),
        fillers=tuple(map(_fillers, values.pop("fillers"))),
        emoji=tuple(map(_fillers, values.pop("emoji"))),
        sober_endings=_texts(endings.pop("sober")),
        endings=_by_act({act: _texts(texts) for act, texts in endings.items()}),
        slips=Slips.from_values(values.pop("slips")),
        verbatim=_texts(intents["verbatim"]),
        sober=_texts(intents["sober"]),
        leaning=_texts(intents["leaning"]),
        leaning_words=_compiled(alone["leaning"], spaced=False),
        leaning_reply=_compiled(alone["reply"], spaced=False),
        least_alone=int(alone["least"]),
    )


def _rule(values: Mapping[str, Any]) -> Rule:
    return Rule(_compiled(values["from"], spaced=False), _texts(values["to"]), values.get("light", False))


def _synonyms(group: Sequence[str], spaced: bool) -> list[Rule]:
    return [
        Rule(_compiled(re.escape(word), spaced), tuple(other for other in _texts(group) if other != word))
        for word in group
    ]


def _compiled(pattern: str, spaced: bool) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w']){pattern}(?![\w'])" if spaced else pattern)


def _fillers(values: Mapping[str, Any]) -> Fillers:
    return Fillers(
        _texts(values["texts"]),
        _texts(values.get("acts", get_args(Act))),
        _texts(values.get("intents", ["*"])),
        _texts(values.get("unless", [])),
    )


def _by_act(values: Mapping[str, Any]) -> dict[Act, Any]:
    if unknown := values.keys() - set(get_args(Act)):
        raise CorpusError(f"unknown act {min(unknown)!r}; acts are {', '.join(get_args(Act))}.")
    return {act: values[act] for act in get_args(Act) if act in values}


def _shares(values: Mapping[str, Any]) -> dict[Step, float]:
    if values.keys() != set(get_args(Step)) or not all(0 <= share <= 1 for share in values.values()):
        raise CorpusError(f"[shares] wants a number from 0 to 1 for each of {', '.join(get_args(Step))}.")
    return {step: float(values[step]) for step in get_args(Step)}


def _texts(values: Any) -> tuple[str, ...]:
    if isinstance(values, str) or not all(isinstance(value, str) for value in values):
        raise TypeError(f"{values!r} is no list of texts")
    return tuple(values)


def filled(template: str, chance: random.Random, text: str = "") -> str:
    """`template` with each of its slots filled: `{}` with `text`, the others with one of their own texts."""
    return SLOT.sub(lambda slot: chance.choice(slot[1].split("|")) if slot[1] else text, template)
