"""Messages in the one form that rules about them are matched against, whatever disguise they come in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from nlp.text import HAN_RANGES, normalize

MAX_READ_CHARACTERS = 8_000
"""Of a longer message the rest is not looked at: no person types so much in a turn."""

SPACELESS = HAN_RANGES + "\u3041-\u3096\u309d\u309e\u30a1-\u30fa\u30fc-\u30fe\u1100-\u11ff"
"""Characters that are tokens each for itself: Han, kana, and the letters of which Hangul is made, since Japanese and
Korean do not set apart by spaces what a phrase ends with."""

LETTER = f"[^\\W_{SPACELESS}]"
"""A letter or digit of a spaced script, as a regular expression."""

HAN = f"[{SPACELESS}]"
BEGINNING, END, BORDER = "^", "$", ","
"""What stands in a folded message at its ends, and where one clause or sentence ends and the next begins."""

LEAST_SPELT_OUT = 3
"""Single letters in a row from which they spell a word."""

_APOSTROPHES = re.compile("['’‘ʼ`´]")
_LINE_END = re.compile(r"\s*[\r\n\u2028\u2029]\s*")
_TOKEN = re.compile(rf"{HAN}|[@$]?{LETTER}(?:(?:{LETTER}|[@$!|*])*(?:{LETTER}|\*))?")
_DISGUISE = re.compile(r"[@$!|*]+")
_BORDER_SIGNS = re.compile(r"[。!?;]|\.\s")
_HAN_BORDER_SIGNS = re.compile(r"[。!?;,，、]")
_CYRILLIC_LOOKALIKES = str.maketrans("аеорсухіјѕкмтнвԁ", "aeopcyxijskmthbd")
_HAN = re.compile(HAN)
_LATIN, _CYRILLIC = re.compile("[a-z]"), re.compile("[\u0430-\u04ff]")
_TRADITIONAL, _SIMPLIFIED = (
    "殺樓殘嗎傷著這個沒會無藥為爲尋結開離媽說麼覺來過還樣兒爺腦廢滾閉賤瘋醜機難頭給氣餓纍樂電劇書聽觀點們對現動報護車發斷燒壓臟療騙嚇臉與遺願妳裡裏"
    "寫憂鬱輕見繼續讓滅門蟲舊絕別處關係誰幾請問歲兩熱凍爛視圖館學師親愛話總從後隻雙遠邊長間時應當實經",
    "杀楼残吗伤着这个没会无药为为寻结开离妈说么觉来过还样儿爷脑废滚闭贱疯丑机难头给气饿累乐电剧书听观点们对现动报护车发断烧压脏疗骗吓脸与遗愿你里里"
    "写忧郁轻见继续让灭门虫旧绝别处关系谁几请问岁两热冻烂视图馆学师亲爱话总从后只双远边长间时应当实经",
)
_TO_SIMPLIFIED = str.maketrans(_TRADITIONAL, _SIMPLIFIED)


def plain(text: str) -> str:
    """`text` without what only decorates: case, accents, apostrophes, letters of fancy alphabets, and for the
    characters that rules need, traditional against simplified Han."""
    text = unicodedata.normalize("NFKC", normalize(text)).casefold()
    text = "".join(sign for sign in unicodedata.normalize("NFKD", text) if unicodedata.category(sign) != "Mn")
    return _APOSTROPHES.sub("", text).translate(_TO_SIMPLIFIED)


def fold(message: str, spell: Callable[[str], str] = lambda word: word) -> str:
    """`message` as its words and Han characters, a space behind each: "^ i 想 die , $ ".

    `BEGINNING` and `END` stand at its ends, `BORDER` between clauses. Other signs disappear, also from between letters:
    "k.i.l.l" and "k i l l" are one word. `spell` maps each word of a spaced script to the word it is meant for; see
    `nlp.companion.spelling`.
    """
    # Line ends are borders, and normalisation would make spaces of them.
    text = plain(_LINE_END.sub(" ; ", message[:MAX_READ_CHARACTERS]))
    words = [BEGINNING]
    for token in _joined_letters(_tokens(text, spell)):
        words += [BORDER] * token.border
        words.append(token.text if token.is_han else spell(token.text))
    return "".join(f"{word} " for word in (*words, END))


def tokens_of(words: str) -> str:
    """`words` of a rule in the form of a folded message, without its ends."""
    if words.isascii() and words.replace(" ", "").isalnum():
        return f"{words.casefold()} "  # most are, and there are thousands
    return "".join(f"{token.text} " for token in _tokens(plain(words), lambda word: word))


@dataclass(frozen=True)
class _Token:
    text: str
    is_han: bool
    apart: bool
    """Something stands between this token and the one before it."""
    border: bool
    """What stands there ends a clause."""


def _tokens(text: str, spell: Callable[[str], str]) -> list[_Token]:
    """Han characters one by one, and words; a word with signs in it that spell no known word falls into its parts."""
    tokens: list[_Token] = []
    end = 0
    for found in _TOKEN.finditer(text):
        between, end = text[end : found.start()], found.end()
        is_han = _HAN.match(found[0]) is not None
        touches_han = is_han or (bool(tokens) and tokens[-1].is_han)
        border = bool(tokens) and _is_border(between, touches_han)
        for number, part in enumerate(_parts(found[0], spell)):
            tokens.append(_Token(part, is_han, bool(between) or number > 0, border and number == 0))
    return tokens


def _is_border(between: str, touches_han: bool) -> bool:
    """Whether the signs `between` two words end a clause; dots in a row are a pause, not an end."""
    signs = between.replace("...", "")
    return (_HAN_BORDER_SIGNS if touches_han else _BORDER_SIGNS).search(signs) is not None


def _parts(word: str, spell: Callable[[str], str]) -> list[str]:
    word = _latin(word)
    if not _DISGUISE.search(word) or spell(word) != word:
        return [word]
    return _DISGUISE.sub(" ", word).split()


def _latin(word: str) -> str:
    """`word` with Cyrillic letters among Latin ones read as what they look like."""
    mixed = _LATIN.search(word) and _CYRILLIC.search(word)
    return word.translate(_CYRILLIC_LOOKALIKES) if mixed else word


def _joined_letters(tokens: list[_Token]) -> Iterator[_Token]:
    """The tokens, runs of three or more single letters as one word, and no border inside a run of single Han."""
    position = 0
    while position < len(tokens):
        run = _run_of_singles(tokens, position)
        first = tokens[position]
        if len(run) >= LEAST_SPELT_OUT and not first.is_han:
            yield replace(first, text="".join(token.text for token in run))
        else:
            yield first
            yield from (replace(token, border=False) for token in run[1:])
        position += max(1, len(run))


def _run_of_singles(tokens: list[_Token], start: int) -> list[_Token]:
    """From `start` on: single letters, or Han characters, each of which stands apart from its neighbours."""
    end = start
    while end < len(tokens) and len(tokens[end].text) == 1 and tokens[end].is_han == tokens[start].is_han:
        stands_apart = tokens[end].apart or end == start
        if not stands_apart or (end + 1 < len(tokens) and not tokens[end + 1].apart):
            break
        end += 1
    return tokens[start:end]
