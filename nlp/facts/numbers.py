"""Numbers in English and Chinese text, however they are written, and what they are worth."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

MAX_DIGITS = 40
"""A longer run of digits is no quantity; it is compared as it is written."""

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_WORDS = {word: value for value, word in enumerate(_SMALL.split())}
_WORDS |= {word: 10 * value for value, word in enumerate(_TENS.split(), start=2)}
_SCALES = {"dozen": 12, "hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fifth": 5, "eighth": 8, "ninth": 9, "twelfth": 12}
_ORDINALS |= {f"{word}th": value for word, value in _WORDS.items() if 4 <= value < 20 and value not in (5, 8, 9, 12)}
_ORDINALS |= {f"{word[:-1]}ieth": value for word, value in _WORDS.items() if word.endswith("ty")}
_SHORT_SCALES = {
    "k": 10**3,
    "m": 10**6, "mn": 10**6, "mln": 10**6,
    "b": 10**9, "bn": 10**9, "bln": 10**9,
    "tn": 10**12, "trn": 10**12, "trln": 10**12,
}  # fmt: skip
_VAGUE_WORDS = {"one", "first", "second"}
"""Words that are as often no number: "no one", "First Lady", "a second"."""

_DIGITS = {
    sign: value
    for value, signs in enumerate(
        ("零〇", "一壹弌", "二贰貳两兩俩", "三叁參仨", "四肆", "五伍", "六陆陸", "七柒", "八捌", "九玖")
    )
    for sign in signs
}
_POWERS = {"十": 10, "拾": 10, "廿": 20, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_LARGE = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
_POWER_SIGNS = _POWERS | _LARGE
NUMERALS = "".join((*_DIGITS, *_POWERS, *_LARGE))
"""Every sign of a Chinese number."""
_COUNTED = (
    "人名位个只条辆起次天日月年岁元块美家部门大项场件架艘枚种类层级度分秒时小周届期号代轮倍成折国省市地队组批吨米公斤"
    "克升平亩栋座套间台双对方步连强胎死伤"
)
"""What follows a single Chinese numeral that counts something; elsewhere it is mostly part of a name or a word."""

_NUMBER = re.compile(
    r"(?<!\d)(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,])|\d+(?:\.\d+)?|(?<!\w)\.\d+)"
    r"(?:[ -]?(?P<scale>hundred|thousand|million|billion|trillion|dozen|mln|bln|trln|trn|bn|mn|tn)\b"
    r"|(?P<letter>[kmb])\b| ?(?P<vague>[多余])?(?P<han>[十百千万亿萬億拾佰仟]+)(?P<rest>\d+[千万萬]|\d(?![\d.,%]))?)?"
    r"|(?<![^\W_])(?P<words>(?:an? )?(?:{numeral})(?: and a half)?(?:(?:[ -]| and )(?:{numeral}))*)(?![^\W_])"
    r"|(?!百分之)(?P<bottom>[{numerals}]+)分之(?P<top>[{numerals}]+)"
    r"|(?P<percent>百分之)?(?P<numerals>[{numerals}]+(?:点[{numerals}]+)?)".replace(
        "{numeral}", "|".join(sorted((*_WORDS, *_SCALES, *_ORDINALS), key=len, reverse=True))
    ).replace("{numerals}", NUMERALS),
    re.IGNORECASE,
)


_ABOUT_BEFORE = re.compile(
    r"(?:超过?|逾|近|约|达|破|over|nearly|about|almost|around|some|than|least|most|under|above|below|roughly|up to)"
    r"[ $€£¥]{0,2}$",
    re.IGNORECASE,
)
_UNIT_BEFORE = re.compile(r"[$£€] ?$")
_UNIT_AFTER = re.compile(
    r"[ -]?(?:(?P<percent>%|per ?cent\b|pct\b)|(?P<dollar>dollars?\b|美元)|(?P<euro>euros?\b|欧元))", re.I
)
_UNIT_NAMES = {"percent": "%", "dollar": "$", "euro": "€"}
_YEAR_BEFORE = re.compile(r"(?<!\d)(?:19|20)(?=\d\d[-–/]$)")
_OVER = re.compile("/(\\d{1,2})(?![\\d/])")
_ABOUT_AFTER = re.compile("[多余几]|[ -]?plus\\b|\\+")


@dataclass(frozen=True)
class Number:
    """A number as it stands in a text."""

    text: str
    values: tuple[Decimal, ...]
    """What it may be worth; more than one for "3m", which can be metres. Empty where only its letters count."""
    parts: tuple[Decimal, ...]
    """What else the text says with it: the 3 of "3 million"."""
    precision: Decimal
    """The worth of one step of its last digit: 0.1 million for "1.5 million"."""
    is_claim: bool
    """Whether it says a quantity, unlike the one of "no one" or the 三 of 三亚."""

    unit: str = ""
    """One of $, £, € and %, where it stands with the number."""
    is_wide: bool = False
    """Whether it says no more than how many digits the number has: 数百, 上千."""

    def is_supported_by(self, others: tuple[Number, ...]) -> bool:
        """Whether one of `others` says the same or, more precisely, what this one rounds or cuts."""
        if not self.values:
            return any(self.text == other.text for other in others)
        return any(
            self._rounds(mine, theirs, other.precision)
            for other in others
            if not (self.unit and other.unit and self.unit != other.unit)
            for mine in self.values
            for theirs in (*other.values, *other.parts)
        )

    def _rounds(self, mine: Decimal, theirs: Decimal, precision: Decimal) -> bool:
        if mine == theirs or (self.is_wide and mine <= theirs < 10 * mine):
            return True
        if precision >= self.precision:
            return False
        difference = theirs - mine
        return -self.precision / 2 <= difference < self.precision


def numbers_of(text: str) -> Iterator[Number]:
    """The numbers of a normalised text, in the order in which they stand."""
    for match in _NUMBER.finditer(text):
        if match["digits"]:
            yield _from_digits(match, text)
        elif match["top"]:
            if bottom := _worth(match["bottom"]):
                yield Number(match[0], (_worth(match["top"]) / bottom,), (), Decimal(0), True)
        elif match["words"]:
            if (number := _from_words(match["words"])) is not None:
                yield number
        else:
            yield _from_numerals(match, text)


def number_spans(text: str) -> list[tuple[int, int]]:
    """Where the numbers of a normalised text begin and end."""
    return [match.span() for match in _NUMBER.finditer(text)]


def _from_digits(match: re.Match[str], text: str) -> Number:
    digits = match["digits"].replace(",", "")
    if len(digits) > MAX_DIGITS:
        return Number(match[0], (), (), Decimal(0), True)
    value, step = Decimal(digits), Decimal(1).scaleb(-len(digits.partition(".")[2]))
    if (
        match["vague"]
        or _ABOUT_BEFORE.search(text[max(0, match.start() - 12) : match.start()])
        or _ABOUT_AFTER.match(text, match.end())
    ):
        step *= 10 ** (len(digits) - len(digits.rstrip("0")) if "." not in digits else 0)
    scale = _scale(match)
    worth = value * scale
    if match["rest"]:
        rest = match["rest"].rstrip("千万萬")
        step = scale = scale / 10 if rest == match["rest"] else _worth("一" + match["rest"][-1])  # 3万5, 1亿9059万
        parts = (value, Decimal(rest)) + ((worth,) if rest == match["rest"] else ())  # 100万2天后 may be meant
        return Number(match[0], (worth + Decimal(rest) * scale,), parts, step, True)
    values: tuple[Decimal, ...] = (worth, value) if match["letter"] else (worth,)
    if len(digits) == 2 and (century := _YEAR_BEFORE.search(text, max(0, match.start() - 5), match.start())):
        values += (int(century[0]) * 100 + value,)  # 2009-10
    return Number(
        match[0], values, (value, *_implied(digits, value, match, text)), step * scale, True, _unit(match, text)
    )


def _implied(digits: str, value: Decimal, match: re.Match[str], text: str) -> Iterator[Decimal]:
    """What a number says with what follows it: the 24 of 2024年, the third of 1/3."""
    if len(digits) == 4 and digits[:2] in ("19", "20") and text.startswith("年", match.end()):
        yield value % 100
    if (over := _OVER.match(text, match.end())) and int(over[1]):
        yield value / int(over[1])


def _unit(match: re.Match[str], text: str) -> str:
    if before := _UNIT_BEFORE.search(text, max(0, match.start() - 2), match.start()):
        return before[0][0]
    after = _UNIT_AFTER.match(text, match.end())
    return _UNIT_NAMES[after.lastgroup] if after and after.lastgroup else ""


def _scale(match: re.Match[str]) -> Decimal:
    scale = Decimal(1)
    if name := (match["scale"] or match["letter"] or "").lower():
        scale = Decimal(_SCALES.get(name) or _SHORT_SCALES[name])
    for sign in match["han"] or "":
        scale *= _POWERS.get(sign) or _LARGE[sign]
    return scale


def _from_words(text: str) -> Number | None:
    whole = text.lower().replace(" and a half", "")
    names = [name for name in re.split(r"[ -]", whole) if name not in ("and", "a", "an")]
    if all(name in _SCALES for name in names) and not text.lower().startswith(("a ", "an ")):
        return None  # "millions of", "a few hundred": no quantity that could be compared
    total = group = Decimal(0)
    for name in names:
        if name in _SCALES:
            group = (group or Decimal(1)) * _SCALES[name]
            if _SCALES[name] >= 1000:
                total, group = total + group, Decimal(0)
        else:
            group += _WORDS[name] if name in _WORDS else _ORDINALS[name]
    parts = tuple(Decimal(value) for name in names if (value := _WORDS.get(name, _ORDINALS.get(name))) is not None)
    is_claim = len(names) > 1 or names[0] not in _VAGUE_WORDS
    values: tuple[Decimal, ...] = (total + group,)
    if len(whole) < len(text):
        scales = [_SCALES[name] for name in names if name in _SCALES]
        values += (values[0] + Decimal(math.prod(scales)) / 2,)
    return Number(text, values, parts, Decimal(0), is_claim)


def _from_numerals(match: re.Match[str], text: str) -> Number:
    whole, _, fraction = match["numerals"].partition("点")
    parts: tuple[Decimal, ...] = ()
    if fraction:
        digits = "".join(str(_DIGITS.get(sign, 0)) for sign in fraction)
        value, step = _worth(whole) + Decimal(f"0.{digits}"), Decimal(1).scaleb(-len(digits))
    else:
        value, step = _worth(whole), Decimal(1)
    following = text[match.end() : match.end() + 1]
    if following == "成":  # 三成 is 30 per cent
        value, step, parts = value * 10, step * 10, (value,)
    counts = len(whole) == 1 and whole in "二两三四五六七八九十" and following != "" and following in _COUNTED
    spelt_out = len(whole) > 1 and any(sign in _DIGITS or sign in "十拾" for sign in whole)
    before = text[max(0, match.start() - 1) : match.start()]
    is_wide = (
        before in ("数", "几", "上") and following != "" and following in _COUNTED and all(map(_POWER_SIGNS.get, whole))
    )
    is_claim = bool(match["percent"]) or counts or spelt_out or is_wide
    unit = "%" if match["percent"] or following == "成" else ""
    return Number((before if is_wide else "") + match[0], (value,), parts, step, is_claim, unit, is_wide)


def _worth(numerals: str) -> Decimal:
    """Value of 三百二十万, of 二〇二五 (digit by digit) and of what mixes them."""
    if all(sign in _DIGITS for sign in numerals):
        return Decimal("".join(str(_DIGITS[sign]) for sign in numerals[:MAX_DIGITS]) or "0")
    total = group = digit = Decimal(0)
    numerals = numerals[:MAX_DIGITS]
    for sign in numerals:
        if sign in _LARGE:
            total = (total + group + digit or Decimal(1)) * _LARGE[sign]
            group = digit = Decimal(0)
        elif sign in _POWERS:
            group += (digit or Decimal(1)) * _POWERS[sign]
            digit = Decimal(0)
        else:
            digit = Decimal(_DIGITS[sign])
    power = _POWER_SIGNS.get(numerals[-2], 1) if len(numerals) > 1 else 1
    return total + group + digit * (Decimal(power) / 10 if power > 10 else 1)  # the 二 of 一百二 is 20
