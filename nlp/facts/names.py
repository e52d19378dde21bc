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

from nlp.text import script_language

_LETTER = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff"
_WORD = re.compile(rf"(?:[{_LETTER}]\.){{2,}}|[{_LETTER}][{_LETTER}\d]*(?:['’][{_LETTER}]+)?(?:&[{_LETTER}]+)?")
_POSSESSIVE = re.compile(r"['’](?:s|S)?$")
_NUMBERED = re.compile(r"[A-Za-z]\d+")
"""A letter and a number, such as Q3 or G20: its number is what counts."""
_STARTS_SENTENCE = re.compile(r"(?:^|[.!?:;–—|]|--|[\"“”‘(\[]|(?<!\w)')\s*$")
_INFLECTIONS = ("s", "es", "ed", "d", "er", "ers", "ing")
"""What two forms of an ordinary word may differ by."""
_PEOPLES = tuple(
    (ending, people)
    for line in (
        "a an|a ian|o an|o oan|e ean|e ian|y ian|i ian|u uvian|um an|us iot|as an|os otian|is isian",
        "n nian|l lian|t tian|q qi|n ni|l li|t ti|r ri|sh shi|ia i|istan |stan ",
        "n nese|a ese|l lese|on ese|o olese|al uese|am amese|en ish|ey ish|d dish|k kish|w wish|ain ish|ain on",
        "land lish|land tish|land lander|land landic|many man|tina tine|ce k|tan tani|bet betan|waii waiian",
        "at atic|lam lamic|lam lamist|egro egrin",
    )
    for ending, people in (pair.split(" ") for pair in line.split("|"))
)
"""How the name of a country, a city or a faith ends, and that of its people: Mexico and Mexican, Japan and Japanese."""
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
        "thailand thai thais",
        "chechnya chechen chechens",
        "north northern",
        "south southern",
        "east eastern",
        "west western",
        "finland finnish finn finns",
        "norway norwegian norwegians",
        "wales welsh",
        "philippines philippine filipino filipinos",
        "serbia serbian serb serbs",
        "croatia croatian croat croats",
        "slovakia slovak slovaks",
        "turkey turkish turk turks",
        "australia australian aussie aussies",
        "york yorker yorkers",
        "london londoner londoners",
        "california calif",
        "pennsylvania penn",
    )
)
"""Names that newsrooms swap freely, and peoples and their countries where the letters do not tell it."""
_TITLE_CASE_SHARE = 0.7
_MIN_LONG_WORD = 4
"""Letters from which a word is capitalised in a title-cased headline; "to" and "for" often are not."""
_MIN_VARIANT = 3
_MAX_CUT = 4
"""Letters of the longest name that a longer word supports by its beginning: Fed, Corp."""
_MIN_SHOUTED = 4
"""Words from which a headline in capitals is taken to shout; "IBM BUYS HP" may be three acronyms."""
_PART = re.compile(rf"[{_LETTER}][^\WA-Z\d_]+|[A-Z]+(?![a-z])")
_SMALL_WORDS = {"a", "an", "and", "de", "for", "in", "of", "on", "the", "to"}


def ordinary_words(surfaces: Iterable[str]) -> frozenset[str]:
    """The words that a tokenizer knows in lower case, from the surfaces of its tokens (`Tokenizer.surfaces`).

    Only what begins with a space: another piece may be any part of a word.
    """
    return frozenset(
        surface[1:]
        for surface in surfaces
        if surface.startswith(" ") and surface[1:].isalpha() and surface.islower() and surface.isascii()
    )


@dataclass(frozen=True)
class NameIndex:
    """The words of a text, to look names up in."""

    text: str

    def has(self, name: str) -> bool:
        """Whether the text has `name` in some form.

        The case may differ, and the ending, as in plurals, possessives and the names of peoples; a short one may be
        cut ("Fed"), or be a part of a word in mixed case. An acronym may be spelt out ("ETF": exchange-traded fund).
        """
        name = name[:-1] if name[-1] == "s" and name[:-1].isupper() else name  # ETFs
        key = _key(name)
        if any(key in group and not group.isdisjoint(self._capitalized) for group in _INTERCHANGEABLE):
            return True
        if name.isupper() and len(key) <= _MIN_VARIANT:
            # "US" and "WHO" are not "us" and "who", unless the whole text is in lower case.
            return key in self._capitalized or self._spells_out(key)
        if any(form in self._forms for form in (*_singulars(key), *_kin(key))):
            return True
        if not _inflected(key).isdisjoint(self._ordinary) or (
            not key.isalpha() and len(key) > _MAX_CUT and _bare(key) in self._letters
        ):
            return True
        if any(cut in self._beginnings for cut in _singulars(key)):
            return True
        return name.isupper() and self._spells_out(key)

    def has_joined(self, names: Sequence[str]) -> bool:
        """Whether the text writes `names` as one word: Spiderman for Spider-Man."""
        return len(names) > 1 and "".join(map(_key, names)) in self._forms

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
    def _forms(self) -> frozenset[str]:
        """The words of the text and their singulars, the parts of GlaxoSmithKline, and neighbours made one word."""
        keys = list(map(_key, self._words))
        found = {form for key in self._keys for form in _singulars(key)}
        found.update(part.lower() for word in self._words if not word.islower() for part in _PART.findall(word))
        found.update(key.rstrip("0123456789") for key in self._keys)
        found.update(first + second for first, second in itertools.pairwise(keys))
        found.update(map("".join, zip(keys, keys[1:], keys[2:], strict=False)))
        return frozenset(found)

    @cached_property
    def _ordinary(self) -> frozenset[str]:
        """Every form of the words in lower case, where they are told from names by it."""
        words = {word for word in self._words if word.islower()}
        return (
            frozenset(form for word in words for form in _inflected(word))
            if len(words) < len(self._words)
            else frozenset()
        )

    @cached_property
    def _beginnings(self) -> frozenset[str]:
        return frozenset(key[:size] for key in self._keys for size in range(2, _MAX_CUT + 1))

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


def names_of(text: str, ordinary: Collection[str] = (), shouted: bool = False) -> Iterator[str]:
    """The names among the words of a normalised text, in order.

    Args:
        ordinary: words known to be no names (lower case).
        shouted: whether capitals tell nothing in a text that has nothing else, however short it is.
    """
    chinese = script_language(text) == "zh"
    matches = list(_WORD.finditer(text))
    title_cased = not chinese and _is_title_cased([match[0] for match in matches])
    shouted = text.isupper() and (shouted or len(matches) >= _MIN_SHOUTED)
    short = text.isupper() and not shouted
    for match in matches:
        word = _POSSESSIVE.sub("", match[0])
        if len(_key(word)) < 2 or _NUMBERED.fullmatch(word):
            continue
        if chinese:
            yield word
        elif not word.islower():
            starts = title_cased or shouted or _STARTS_SENTENCE.search(text[: match.start()]) is not None
            if short and not _inflected(_key(word)).isdisjoint(ordinary):
                continue
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
    return not any(variant in ordinary or f"{variant}e" in ordinary for variant in _inflected(key))


def _key(word: str) -> str:
    return _POSSESSIVE.sub("", word).replace(".", "").replace("’", "'").lower()


def _bare(key: str) -> str:
    return "".join(filter(str.isalnum, key))


def _singulars(key: str) -> list[str]:
    """`key`, and what it may be the plural of."""
    found = [key]
    if key.endswith("s") and len(key) > _MIN_VARIANT:
        found.append(key[:-1])
        if key.endswith(("ses", "xes", "zes", "ches", "shes")):
            found.append(key[:-2])
        if key.endswith("ies"):
            found.append(key[:-3] + "y")
    return found


def _kin(key: str) -> Iterator[str]:
    """What the country of a people, or the people of a country, may be called."""
    for form in _singulars(key):
        for pair in _PEOPLES:
            for mine, other in (pair, pair[::-1]):
                if form.endswith(mine) and len(form) - len(mine) >= _MIN_VARIANT:
                    yield form.removesuffix(mine) + other


def _inflected(key: str) -> set[str]:
    """`key` and what is left of it without the endings of words."""
    found = {key}
    for ending in _INFLECTIONS:
        if key.endswith(ending) and len(key) - len(ending) >= _MIN_VARIANT:
            found.add(key[: -len(ending)])
    if key.endswith(("a", "e", "y")) and len(key) > _MIN_VARIANT:
        found.add(key[:-1])
    return found
