"""The ways in which a prompt may be said: reworded, with fillers around it, and spelt as people type."""

from __future__ import annotations

import random
import re
from itertools import chain
from typing import NamedTuple

from corpora.digests import digest
from corpora.paraphrase.grammar import CHOICE, Act, Grammar, Rule, filled, matches

TRIES = 12
"""Drawings for each variant; where a prompt has fewer wordings than are asked for, some find nothing new."""
WITHOUT_COMMAS, WITHOUT_APOSTROPHES = 0.5, 0.3
"""Shares of the texts written without care that lack them."""
_ENDING = re.compile(r"[\s.!?…。！？~～]+$")
_COMMA = re.compile(r"[,，、]\s*")
_FIRST_PERSON = re.compile(r"\bi(?=\b)")


class _Known(NamedTuple):
    """A prompt, and what may be done to it."""

    core: str
    """In lower case and without its ending."""
    intent: str
    act: Act
    sober: bool
    names: frozenset[str]
    """Words that are written with a capital."""
    rules: tuple[Rule, ...]
    fillers: tuple[str, ...]


def variants(prompt: str, intent: str, grammar: Grammar, count: int, seed: int) -> list[str]:
    """Up to `count` different texts that say what `prompt` says, none of them the prompt; the same from the same seed.

    A prompt with slots, `{a|b}`, is filled anew for each.
    """
    chance = random.Random(digest("variants", str(seed), intent, prompt))
    found = {prompt: None}  # a dictionary keeps their order
    known = None if CHOICE.search(prompt) else _known(prompt, intent, grammar)
    for _ in range(TRIES * count):
        if len(found) > count:
            break
        text = _variant(known or _known(filled(prompt, chance), intent, grammar), grammar, chance)
        if text.strip():
            found.setdefault(text)
    return [text for text in found if text != prompt]


def retyped(text: str, grammar: Grammar, chance: random.Random) -> str:
    """`text` in the same words, spelt as people type."""
    known = _known(text, "", grammar)
    return _typed(known.core, known, grammar, chance) or text


def _known(text: str, intent: str, grammar: Grammar) -> _Known:
    written = _ENDING.sub("", text) or text
    core = written.lower()
    act = grammar.act_of(core)
    names = {word for word in written.split()[1:] if word[0].isupper() and not _FIRST_PERSON.match(word.lower())}
    sober = matches(intent, grammar.sober)
    rules: tuple[Rule, ...] = ()
    fillers: tuple[str, ...] = ()
    if not matches(intent, grammar.verbatim):
        usable = (rule for rule in grammar.rewordings if not (sober and rule.light))
        rules = tuple(rule for rule in usable if rule.pattern.search(core))
        if not sober:
            fillers = tuple(chain.from_iterable(group.texts for group in grammar.fillers if group.suit(intent, act)))
    return _Known(core, intent, act, sober, frozenset(names) if grammar.spaced else frozenset(), rules, fillers)


def _variant(known: _Known, grammar: Grammar, chance: random.Random) -> str:
    if matches(known.intent, grammar.verbatim):
        return _dressed(known.core, known, grammar, chance)
    text = known.core
    if known.rules and chance.random() < grammar.shares["reword"]:
        for rule in chance.sample(known.rules, min(len(known.rules), chance.choice((1, 1, 2)))):
            text = rule.apply(text, chance)
    if known.fillers and chance.random() < grammar.shares["fill"]:
        filler = filled(chance.choice(known.fillers), chance, "{}")
        text = text if _repeats(filler, text, grammar) else filled(filler, chance, text)
    return _typed(text, known, grammar, chance)


def _repeats(filler: str, text: str, grammar: Grammar) -> bool:
    """Whether a filler says again what the text says already, such as "so, so what"."""
    parts = [part.strip(" ,.，…") for part in filler.split("{}")]
    if grammar.spaced:
        words = set(_COMMA.sub(" ", text).split())
        return any(not words.isdisjoint(_COMMA.sub(" ", part).split()) for part in parts)
    return any(part and (part in text or part[-1] == text[0] or part[0] == text[-1]) for part in parts)


def _typed(text: str, known: _Known, grammar: Grammar, chance: random.Random) -> str:
    """`text` as somebody in a hurry would type it."""
    for rule in grammar.short_forms if not known.sober else ():
        if chance.random() < grammar.shares["shorten"]:
            text = rule.apply(text, chance)
    if chance.random() < grammar.shares["slip"]:
        text = grammar.slips.apply(text, chance)
    text = _dressed(text, known, grammar, chance)
    if chance.random() < grammar.shares["emoji"] and not known.sober:
        emoji = next((group.texts for group in grammar.emoji if group.suit(known.intent, known.act)), ())
        text = f"{text} {chance.choice(emoji)}" if emoji else text
    return text


def _dressed(text: str, known: _Known, grammar: Grammar, chance: random.Random) -> str:
    """`text` with an ending, and with or without capitals, commas and apostrophes."""
    ending = chance.choice(grammar.sober_endings if known.sober else grammar.endings.get(known.act, ("",)))
    if chance.random() < grammar.shares["capitals"]:
        return (_capitalised(text, known.names) if grammar.spaced else text) + ending
    if chance.random() < WITHOUT_COMMAS:
        text = _COMMA.sub(" ", text)
    if chance.random() < WITHOUT_APOSTROPHES:
        text = text.replace("'", "")
    return text + ending


def _capitalised(text: str, names: frozenset[str]) -> str:
    by_small = {name.lower(): name for name in names}
    text = " ".join(by_small.get(word, word) for word in _FIRST_PERSON.sub("I", text).split(" "))
    return text[:1].upper() + text[1:]
