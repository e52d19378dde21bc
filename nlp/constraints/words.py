"""Rules about words and phrases of the text, however the tokens cut it."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from nlp.constraints.edits import Edits, Prefixes
from nlp.text import HAN_RANGES, normalize
from nlp.tokenizers.protocol import EOS

Ints = NDArray[np.int64]

_APOSTROPHES = str.maketrans("‘’ʼ＇", "''''")

_UNSPACED_SCRIPT = re.compile(f"[{HAN_RANGES}\u3040-\u30ff]")  # Han and kana: words stand next to words


def contains_word(text: str, word: str) -> bool:
    """Tell whether `text` holds `word`, a word or a phrase, whatever the case of either.

    At an end that is a letter or digit of a spaced script, the word must be whole: "ass" is not in "class" nor in
    "assembly", but in "ASS!" and next to Chinese. At other ends anything may follow: "北京" is in "北京人". The empty
    word is in every text.
    """
    searched, folded = fold(" ".join(text.split())), _folded(word)
    start = searched.find(folded)
    while start >= 0:
        if _is_whole(searched, start, folded):
            return True
        start = searched.find(folded, start + 1)
    return False


def fold(text: str) -> str:
    """`text` without the differences that no rule about words knows: case, and the kinds of apostrophe. Each character
    is mapped by itself."""
    return text.casefold().translate(_APOSTROPHES)


def _folded(word: str) -> str:
    return fold(normalize(word))


def _joins(character: str) -> bool:
    """Whether a letter or digit next to `character` belongs to the same word; so does not what is not there, ""."""
    is_of_a_word = character.isalnum() or (character != "" and unicodedata.category(character).startswith("M"))
    return is_of_a_word and not _UNSPACED_SCRIPT.match(character)


def _is_whole(text: str, start: int, word: str) -> bool:
    end = start + len(word)
    before, after = text[start - 1 : start] if start else "", text[end : end + 1]
    return not word or not ((_joins(word[0]) and _joins(before)) or (_joins(word[-1]) and _joins(after)))


@dataclass(frozen=True)
class EndsOnlyWith:
    """The output does not end before it holds `word` (see `contains_word`)."""

    word: str
    hard: ClassVar[bool] = False

    def edits(self, prefixes: Prefixes) -> Edits:
        """Rule EOS out while the text lacks the word."""
        lacking = [row for row, text in enumerate(prefixes.texts) if not contains_word(text, self.word)]
        return Edits.forbidding_end(np.array(lacking, np.int64))


@dataclass(frozen=True)
class BlockedWords:
    """No output contains one of `words` (see `contains_word`), however its pieces spell it.

    A token is ruled out as soon as a blocked word would certainly stand in the text: from inside the token, or begun by
    the text and completed by the token. Where only the next token decides whether a word ends there ("ass", then
    "embly" or "."), that next token must go on with the word: EOS and whatever starts with a non-letter are ruled out.
    So nothing is ruled out but what would bring a blocked word, and no blocked word gets by.
    """

    words: tuple[str, ...]
    surfaces: Sequence[str] = field(repr=False)
    hard: ClassVar[bool] = True

    def edits(self, prefixes: Prefixes) -> Edits:
        """Rule out what would complete a blocked word, or end the text or a word with one."""
        barred = [self._index.barred_after(text) for text in prefixes.texts]
        for row, unknown in prefixes.unknown_words():
            index = _unknown_index(self.words, unknown, len(self.surfaces))
            barred[row] = np.concatenate([barred[row], index.barred_after(prefixes.texts[row])])
        return Edits.forbidding_each(barred)

    @cached_property
    def _index(self) -> _BlockedIndex:
        return _index_of(self.words, tuple(self.surfaces))


@lru_cache(maxsize=8)  # once for a tokenizer and a list, not for each search
def _index_of(words: tuple[str, ...], surfaces: tuple[str, ...]) -> _BlockedIndex:
    return _BlockedIndex(_beginnings_of(words), surfaces)


@lru_cache(maxsize=256)  # the sources of a batch, each with words of its own
def _unknown_index(words: tuple[str, ...], surfaces: tuple[str, ...], first: int) -> _BlockedIndex:
    return _BlockedIndex(_beginnings_of(words), surfaces, first)


@lru_cache(maxsize=8)
def _beginnings_of(words: tuple[str, ...]) -> _Beginnings:
    return _Beginnings(words)


class _Beginnings:
    """Blocked words, folded, and the ways to begin them."""

    def __init__(self, words: Iterable[str]) -> None:
        self.words = sorted({_folded(word) for word in words} - {""})
        self.longest = max(map(len, self.words), default=0)
        self.begun: defaultdict[str, list[str]] = defaultdict(list)
        for word in self.words:
            # A whole word waits for the next token only where that can make it another word.
            for end in range(len(word) + _joins(word[-1])):
                self.begun[word[:end]].append(word)


class _BlockedIndex:
    """Which of the tokens from id `first` on are barred after which end of a text; all texts here are case-folded.

    Case folding maps each character by itself, so that folded tokens join to the folded text.
    """

    def __init__(self, blocked: _Beginnings, surfaces: Sequence[str], first: int = 0) -> None:
        folded = [fold(surface) for surface in surfaces]
        self._joined = _SortedTokens(folded, first)
        # At the start of a text and after a space, spaces in front of a token vanish.
        self._spaced = _SortedTokens([surface.lstrip() for surface in folded], first)
        self._begun, self._longest = blocked.begun, blocked.longest
        self._always = _tokens_with_a_word_inside(blocked.words, folded) + first
        self._completing: dict[tuple[str, bool], Ints] = {}

    def barred_after(self, text: str) -> Ints:
        """The tokens that must not follow `text`, in no order, some perhaps twice."""
        tail = fold(text[-self._longest - 1 :])
        spaced = not tail or tail[-1] == " "
        barred = [self._always]
        for start in range(max(0, len(tail) - self._longest), len(tail) + 1):
            beginning = tail[start:]
            first = beginning[:1] or "a"  # of the words that begin with the next token only those that join matter
            if beginning in self._begun and not (start and _joins(first) and _joins(tail[start - 1])):
                barred.append(self._tokens_completing(beginning, spaced))
        return np.concatenate(barred) if len(barred) > 1 else self._always

    def _tokens_completing(self, beginning: str, spaced: bool) -> Ints:
        """The tokens that complete a blocked word which the text began with `beginning`, at a word's start."""
        if (beginning, spaced) not in self._completing:
            tokens = self._spaced if spaced else self._joined
            found: set[int] = set()
            for word in self._begun[beginning]:
                found.update(self._ways_to_end(word, word[len(beginning) :], tokens))
            self._completing[beginning, spaced] = np.array(sorted(found), np.int64)
        return self._completing[beginning, spaced]

    @staticmethod
    def _ways_to_end(word: str, rest: str, tokens: _SortedTokens) -> Iterator[int]:
        must_be_whole = _joins(word[-1])
        for token, follows in tokens.starting_with(rest):
            # The token that ends with the word leaves it to the next one whether the word is whole.
            if not must_be_whole or (follows and not _joins(follows)):
                yield token
        if not rest and must_be_whole:
            yield EOS


def _tokens_with_a_word_inside(blocked: Sequence[str], folded: Sequence[str]) -> Ints:
    """Places of the surfaces that bring a whole blocked word whatever stands around them."""
    words = set(blocked)
    lengths = sorted({len(word) for word in words})
    return np.array([place for place, surface in enumerate(folded) if _holds_one(surface, words, lengths)], np.int64)


def _holds_one(surface: str, words: set[str], lengths: Sequence[int]) -> bool:
    for start in range(len(surface)):
        for length in lengths:
            word = surface[start : start + length]
            if len(word) < length:
                break
            certain_before = start or not _joins(word[0])
            certain_after = start + length < len(surface) or not _joins(word[-1])
            if word in words and certain_before and certain_after and _is_whole(surface, start, word):
                return True
    return False


class _SortedTokens:
    """Tokens by their text, to find those that start with a given one."""

    def __init__(self, texts: Sequence[str], first: int) -> None:
        self._sorted = sorted((text, token) for token, text in enumerate(texts, first) if text)

    def starting_with(self, beginning: str) -> Iterator[tuple[int, str]]:
        """Each token whose text starts with `beginning`, and the character after that, "" at its end."""
        for place in range(bisect_left(self._sorted, (beginning, -1)), len(self._sorted)):
            text, token = self._sorted[place]
            if not text.startswith(beginning):
                return
            yield token, text[len(beginning) : len(beginning) + 1]
