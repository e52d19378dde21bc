"""The best piece of an article to stand for its headline, word for word: what is said when nothing written is safe."""

from __future__ import annotations

import re
from collections.abc import Iterable

from nlp.article_text import clean_article
from nlp.constraints import width
from nlp.facts.numbers import number_spans
from nlp.metrics.tokens import chinese_words
from nlp.text import script_language

DEFAULT_CHARACTERS = {"en": 40.0, "zh": 30.0}
"""Widest extract where no limit is given, as `nlp.constraints.width` counts: 80 letters, 30 Chinese characters."""
_LEAST_SHARE = 0.3
"""A piece narrower than this share of the limit says too little, if a longer one can be cut."""
_BEYOND = 40
"""Characters read beyond the widest piece that fits, so that nothing that reaches over its end is cut."""

_SENTENCE_END = re.compile(
    r"[。！？!?…]+[”’」』）)\]】\"']*|(?<![A-Z])(?<!\b[A-Z][a-z])(?<!\b[A-Z][a-z]{2})\.[\"'”’)]*(?=\s+[\"“'(]?[A-Z\d]|$)"
)
_CLAUSE_END = re.compile(r"[，,；;：:。！？!?](?![\d])|\s(?:--?|[–—])\s|——")
_TRAILING = " \t,，、;；:：.。-–—(（“‘「『《[【"
_PAIRS = tuple(map(tuple, ("《》", "〈〉", "“”", "‘’", "「」", "『』", "（）", "()", "【】", "[]")))
_OPENING = "\"'" + "".join(opening for opening, _ in _PAIRS)
_SINGLE_OPENS, _SINGLE_CLOSES = re.compile(r"(?<!\w)'(?=\w)"), re.compile(r"(?<=[\w.,!?])'(?!\w)")
_DANGLING = re.compile(
    r"\s(?:a|an|the|to|of|in|on|at|by|for|from|with|and|or|but|as|that|which|who|whose|when|while|where|after|before|"
    r"because|if|its|his|her|their|is|are|was|were|has|have|had|will|would|be|been|than|into|over|about|amid)$",
    re.IGNORECASE,
)
_BEFORE_THIS = re.compile(
    r"\s(?=(?:that|which|who|whose|when|while|where|after|before|because|as|amid|but|and|with|by|for|in|on|from|to)\s)",
    re.IGNORECASE,
)
_LEAD_IN = re.compile(
    r"(?:近日|近期|日前|昨日|今天|目前|连日来|(?:当地|北京)时间[^，]{1,14}"
    r"|\d{1,2} ?月 ?\d{1,2} ?日[^，]{0,6}|\d{1,2}[日号][^，]{0,4}"
    r"|据[^，]{1,20}(?:报道|消息|悉|称|了解|统计|通报|介绍|透露)|据悉|据了解)[，,：:]\s?"
)
"""When and from whom: a clause before a Chinese sentence that no headline needs."""


def best_extract(source: str, max_characters: float = 0.0) -> str:
    """The beginning of an article's first sentence that fits into `max_characters` (see `nlp.constraints.width`), cut
    at the end of a clause where one is near, else between two words; without punctuation at its end.

    0 is `DEFAULT_CHARACTERS` of the source's language. Always a piece of `clean_article(source)`; empty where the
    source holds no word or its first word does not fit.
    """
    text = clean_article(source)
    chinese = script_language(text) == "zh"
    room = max_characters or DEFAULT_CHARACTERS["zh" if chinese else "en"]
    while chinese and (lead_in := _LEAD_IN.match(text)) and lead_in.end() < len(text):
        text = text[lead_in.end() :]
    text = text[: int(2 * room) + _BEYOND]
    extract = _cut(text, room, chinese)
    while not extract and text[:1] and text[0] in _OPENING:  # a quotation that does not end in time
        text = text[1:]
        extract = _cut(text, room, chinese)
    return extract


def _cut(text: str, room: float, chinese: bool) -> str:
    sentence = _first_sentence(text)
    whole = _trimmed(sentence)
    if width(whole) <= room and not _is_open(whole):
        return whole if any(map(str.isalnum, whole)) else ""
    ends = [match.start() for match in _CLAUSE_END.finditer(sentence)]
    if clause := _longest(sentence, ends, room):
        return clause
    if not chinese and (phrase := _longest(sentence, [m.start() for m in _BEFORE_THIS.finditer(sentence)], room, 0.45)):
        return phrase
    return _longest(sentence, _chinese_ends(sentence) if chinese else _word_ends(sentence), room, least=0.0)


def _first_sentence(text: str) -> str:
    """Up to the first end of a sentence that leaves no mark open; a closing mark stays where its opening one does."""
    for match in _SENTENCE_END.finditer(text):
        for sentence in (text[: match.start()], text[: match.end()]):
            if any(map(str.isalnum, sentence)) and not _is_open(sentence):
                return sentence
    return text


def _longest(text: str, ends: Iterable[int], room: float, least: float = _LEAST_SHARE) -> str:
    """The longest piece of `text` up to one of `ends` (ascending) that fits; empty where that is too short to tell.

    No number is cut: 300 is not what 300万 says, nor 3 what "3 million" says.
    """
    spans = number_spans(text)
    for end in reversed(list(ends)):
        piece = _trimmed(text[:end])
        if width(piece) <= room and not _is_open(piece) and not any(a < len(piece) < b for a, b in spans):
            return piece if width(piece) >= least * room else ""
    return ""


def _is_open(piece: str) -> bool:
    """Whether `piece` opens a bracket or a quotation that it does not close; straight marks by parity."""
    if piece.count('"') % 2 or any(piece.count(opening) > piece.count(closing) for opening, closing in _PAIRS):
        return True
    return "'" in piece and len(_SINGLE_OPENS.findall(piece)) > len(_SINGLE_CLOSES.findall(piece))


def _trimmed(text: str) -> str:
    while True:
        kept = _DANGLING.sub("", text.rstrip(_TRAILING))
        if kept.endswith('"') and kept.count('"') % 2:
            kept = kept[:-1]
        if kept == text:
            return text
        text = kept


def _word_ends(text: str) -> list[int]:
    return [match.end() for match in re.finditer(r"\S+", text)]


def _chinese_ends(text: str) -> list[int]:
    """Where words end."""
    ends, end = [], 0
    lowered = text.lower()  # as `chinese_words` sees it
    for word in chinese_words(lowered):
        end = lowered.index(word, end) + len(word)
        if not (
            lowered[end - 1].isascii() and lowered[end : end + 1].isascii() and lowered[end - 1 : end + 1].isalnum()
        ):
            ends.append(end)
    return ends
