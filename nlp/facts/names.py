"""Names in Latin letters: which words of a headline are names, and whether a text has them in some form.

In Chinese every Latin word is a name. In English a capital tells little: a headline may capitalise every word, and a
sentence its first. There a word counts as a name only where its shape says so ("EU", "iPhone", "McDonald"), or where
the model knows it in capitals alone: `ordinary_words` takes the words it knows in lower case from its own vocabulary.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from nlp.text import has_han

_LETTER = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff"
_WORD = re.compile(rf"(?:[{_LETTER}]\.){{2,}}|[{_LETTER}][{_LETTER}\d]*(?:['’][{_LETTER}]+)?(?:&[{_LETTER}]+)?")
_POSSESSIVE = re.compile(r"['’](?:s|S)?$")
_NUMBERED = re.compile(r"[A-Za-z]\d+")
"""A letter and a number, such as Q3 or G20: its number is what counts."""
_STARTS_SENTENCE = re.compile(r"(?:^|[.!?:;–—|]|--|[\"“”‘(\[]|(?<!\w)')\s*$")
_ENDINGS = (
    "s",
    "es",
    "ed",
    "d",
    "er",
    "ers",
    "ing",
    "n",
    "ns",
    "an",
    "ans",
    "ian",
    "ians",
    "ese",
    "ish",
    "ain",
    "i",
    "is",
)
"""What two forms of one name may differ by, among them the endings of peoples: Britain, British; Canada, Canadians."""
_WORD_ENDINGS = re.compile("(?:ing|ed|ly|tion|sion|ity|ness|able|ible|ive|ment|ous|ism|less|ful)s?$")
"""What ends ordinary words far more often than names; asked only where a capital says nothing."""
_INTERCHANGEABLE = tuple(
    frozenset(names.split())
    for names in (
        "us usa america american americans",
        "uk britain british briton britons",
        "eu europe european europeans",
        "france french",
        "spain spanish spaniard spaniards",
        "netherlands dutch",
        "switzerland swiss",
        "poland polish poles",
        "denmark danish danes",
        "ireland irish",
    )
)
"""Names that newsrooms swap freely, and peoples and their countries where the letters do not tell it."""
_TITLE_CASE_SHARE = 0.7
_MIN_LONG_WORD = 4
"""Letters from which a word is capitalised in a title-cased headline; "to" and "for" often are not."""
_MIN_VARIANT = 3
_MIN_INSIDE = 5
"""Letters from which a name may stand inside another word: Wal-Mart for Walmart."""
_SMALL_WORDS = {"a", "an", "and", "de", "for", "in", "of", "on", "the", "to"}


def ordinary_words(surfaces: Iterable[str]) -> frozenset[str]:
    """The words that a tokenizer knows in lower case, from the surfaces of its tokens (`Tokenizer.surfaces`)."""
    return frozenset(
        word for surface in surfaces if (word := surface.strip()).isalpha() and word.islower() and word.isascii()
    )


@dataclass(frozen=True)
class NameIndex:
    """The words of a text, to look names up in."""

    text: str

    def has(self, name: str) -> bool:
        """Whether the text has `name` in some form.

        The case may differ, and the ending, as in plurals, possessives and the names of peoples; it may be cut short
        ("Fed") or stand inside a longer word. An acronym may be spelt out ("ETF": exchange-traded fund).
        """
        name = name[:-1] if name[-1] == "s" and name[:-1].isupper() else name  # ETFs
        key = _key(name)
        if any(key in group and not group.isdisjoint(self._capitalized) for group in _INTERCHANGEABLE):
            return True
        if name.isupper() and len(key) <= _MIN_VARIANT:
            # "US" and "WHO" are not "us" and "who", unless the whole text is in lower case.
            return key in self._capitalized or self._spells_out(key)
        if not self._variants.isdisjoint(_variants(key)) or (len(key) >= _MIN_INSIDE and key in self._letters):
            return True
        if any(word.startswith(key) or _are_akin(word, key) for word in self._keys):
            return True
        return name.isupper() and self._spells_out(key)

    def has_initials(self, names: Sequence[str]) -> bool:
        """Whether the text has the acronym that the first letters of `names` spell."""
        return len(names) > 1 and "".join(name[0] for name in names).lower() in self._acronyms

    def _spells_out(self, acronym: str) -> bool:
        letters = "".join(character for character in acronym if character.isalnum())
        if letters in self._initials or letters in self._inner_capitals:
            return True
        # "CEO" for a chief executive, "EU" for what is European.
        return (len(letters) > 2 and letters[:-1] in self._initials) or any(
            word.startswith(letters) for word in self._capitalized
        )

    @cached_property
    def _words(self) -> list[str]:
        return [match[0] for match in _WORD.finditer(self.text)]

    @cached_property
    def _keys(self) -> frozenset[str]:
        return frozenset(map(_key, self._words))

    @cached_property
    def _capitalized(self) -> frozenset[str]:
        keys = frozenset(_key(word) for word in self._words if not word.islower())
        return keys or self._keys

    @cached_property
    def _variants(self) -> frozenset[str]:
        return frozenset(variant for key in self._keys for variant in _variants(key))

    @cached_property
    def _letters(self) -> str:
        return "".join(character for character in self.text.lower() if character.isalnum())

    @cached_property
    def _initials(self) -> str:
        """First letters of all words, and once more without the small ones: Bank of Japan, mergers and acquisitions."""
        keys = list(map(_key, self._words))
        return "".join(key[0] for key in keys) + " " + "".join(key[0] for key in keys if key not in _SMALL_WORDS)

    @cached_property
    def _inner_capitals(self) -> frozenset[str]:
        """The gsk of GlaxoSmithKline."""
        return frozenset("".join(filter(str.isupper, word)).lower() for word in self._words if not word.isupper())

    @cached_property
    def _acronyms(self) -> frozenset[str]:
        return frozenset(_key(word) for word in self._words if word.isupper())


def names_of(text: str, ordinary: Collection[str] = ()) -> Iterator[str]:
    """The names among the words of a normalised text, in order; `ordinary` are words known to be none (lower case)."""
    chinese = has_han(text)
    matches = list(_WORD.finditer(text))
    title_cased = not chinese and _is_title_cased([match[0] for match in matches])
    shouted = text.isupper()
    for match in matches:
        word = _POSSESSIVE.sub("", match[0])
        if len(_key(word)) < 2 or _NUMBERED.fullmatch(word):
            continue
        if chinese:
            yield word
        elif not word.islower():
            starts = title_cased or shouted or _STARTS_SENTENCE.search(text[: match.start()]) is not None
            if not starts or _is_odd(word, shouted) or _is_unknown(word, ordinary):
                yield word


def _is_title_cased(words: list[str]) -> bool:
    if not words or words[0].islower():
        return False
    long = [word for word in words[1:] if len(word) >= _MIN_LONG_WORD]
    return sum(word[0].isupper() for word in long) >= _TITLE_CASE_SHARE * len(long)


def _is_odd(word: str, shouted: bool) -> bool:
    return not shouted and any(character.isupper() for character in word[1:])


def _is_unknown(word: str, ordinary: Collection[str]) -> bool:
    key = _key(word)
    if not ordinary or len(key) <= _MIN_VARIANT or "'" in key or _WORD_ENDINGS.search(key):
        return False
    return not any(variant in ordinary or f"{variant}e" in ordinary for variant in _variants(key))


def _key(word: str) -> str:
    return _POSSESSIVE.sub("", word).replace(".", "").replace("’", "'").lower()


def _are_akin(first: str, second: str) -> bool:
    """Whether two words begin alike and differ in a short ending: Mexico and Mexican, Greece and Greek."""
    shared = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False)))
    return shared >= _MIN_LONG_WORD and max(len(first), len(second)) - shared <= _MIN_VARIANT


def _variants(key: str) -> set[str]:
    found = {key}
    for ending in _ENDINGS:
        if key.endswith(ending) and len(key) - len(ending) >= _MIN_VARIANT:
            found.add(key[: -len(ending)])
    if key.endswith(("a", "e", "y")) and len(key) > _MIN_VARIANT:
        found.add(key[:-1])
    return found
