"""Whether a message looks like a news text rather than like something said: headlines are offered for it.

When in doubt it was said: whoever meant news has /headline, and nobody who tells of their grief is to be offered
headlines. So news has to show what talk has not: it speaks of nobody as "I" or "you", and names days, numbers, offices
or sources. Whether a text tells of danger is asked elsewhere (`nlp.companion.rules`), since that takes longer.
"""

import re

from telegram import Message, MessageOriginChannel

from bot.addressing import text_of
from nlp.companion.foreign import is_foreign
from nlp.constraints import width

LEAST_NEWS_WIDTH, LEAST_FORWARDED_WIDTH = 120, 40
"""From this width of its words on (see `nlp.constraints.width`), a text that was pasted or forwarded may be news."""
LEAST_SENTENCES, LEAST_SIGNS = 2, 2
"""Of a pasted text: sentences, and signs of news that differ."""

_QUOTED = re.compile('"[^"]*"|“[^“”]*”|「[^「」]*」|『[^『』]*』')
_ANYBODY = re.compile(
    r"(?i:\b(?:i|im|ive|id|i['’](?:m|ve|ll|d)|me|my|mine|myself|our|ours|you|your|yours|youre|u|ur)\b)"
    r"|\b(?:we|We|us|WE)\b|我(?![国國省市县縣区區州军軍院党黨])|俺|咱|你|您|怎么办"
)
"""Somebody who speaks, or who is spoken to. "US" is a country, and so is 我国 as newspapers write it."""
_SENTENCE_END = re.compile(r"[.!?](?=\s|$)|[。！？]|\n")
_DATELINE = re.compile(
    r"^\W*(?:[A-Z][A-Z .,'/-]{2,40}(?:, [A-Z][a-z]+\.? \d{1,2})? ?\([A-Za-z ]{2,20}\) ?[-–—]|\([A-Z]{2,8}\) ?[-–—]?"
    r"|(?:新华社|中新社|中新网|央视网|本报|路透社|法新社|美联社)[^。]{0,25}(?:电|讯|消息))"
)
_SIGNS = (
    re.compile(  # when
        r"(?i:\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|june|july|august|september"
        r"|october|november|december|yesterday|last (?:week|month|year)|this (?:week|month|year))\b)"
        r"|[周星期][一二三四五六日]|\d{1,4} ?[年月日]|日前|近日|昨日|昨天|今年|去年|[上下]午|凌晨|当地时间"
    ),
    re.compile(r"\d|%|(?i:\b(?:hundred|thousand|million|billion|percent|per cent|dozens)\b)|[百千万亿](?:人|元|名)|亿"),
    re.compile(  # who says so
        r"(?i:\b(?:said|says|told|according to|reported(?:ly)?|announced|spokes(?:man|woman|person)|officials?|sources"
        r"|experts?|researchers|analysts|statement|reuters)\b)|表示|宣布|报道|记者|消息|通报|透露|介绍|指出|公布|发布|获悉|据"
    ),
    re.compile(  # who acts
        r"(?i:\b(?:government|president|minister|ministry|parliament|senate|congress|council|court|police|company|union"
        r"|committee|election|voted|votes?|party|army|market|shares|authorities|agency|mayor|governor|court|bank)\b)"
        r"|政府|总统|总理|主席|部长|议会|国会|委员会|法院|警方|公司|集团|企业|大学|选举|投票|市民|部门|会议|当局|银行|项目"
    ),
    re.compile(r"(?<=[a-z,] )[A-Z][a-z]+ [A-Z][a-z]+"),  # a name of two words within a sentence
)


def may_be_news(message: Message) -> bool:
    """Whether a message looks like news; of what comes from a channel less is wanted, and of what is forwarded."""
    text = text_of(message)
    if isinstance(message.forward_origin, MessageOriginChannel):
        is_long = _width_of_words(text) >= LEAST_FORWARDED_WIDTH and not is_foreign(text)
        return is_long and (not _is_talk(text) or _signs_of_news(text) > 0)
    return reads_as_news(text, is_forwarded=message.forward_origin is not None)


def reads_as_news(text: str, *, is_forwarded: bool = False) -> bool:
    """Whether a text looks like news, whoever sends it."""
    least_width, least_sentences, least_signs = LEAST_NEWS_WIDTH, LEAST_SENTENCES, LEAST_SIGNS
    if is_forwarded:
        least_width, least_sentences, least_signs = LEAST_FORWARDED_WIDTH, 1, 1
    if _width_of_words(text) < least_width or is_foreign(text):
        return False
    if _DATELINE.search(text):
        return True
    sentences = [part for part in _SENTENCE_END.split(text) if re.search(r"\w", part)]
    signs = _signs_of_news(text)
    is_whole = len(sentences) >= least_sentences or signs > least_signs  # leads of one long sentence are news, too
    return not _is_talk(text) and is_whole and signs >= least_signs


def _width_of_words(text: str) -> float:
    """The width of what has letters: emoji and numbers are no news, however many."""
    return width(" ".join(re.findall(r"[^\W\d_]+", text)))


def _is_talk(text: str) -> bool:
    """Whether somebody speaks of themselves, or to somebody, outside of quotations."""
    return _ANYBODY.search(_QUOTED.sub(" ", text)) is not None


def _signs_of_news(text: str) -> int:
    """How many of the signs that news has are there."""
    return sum(sign.search(text) is not None for sign in _SIGNS)
