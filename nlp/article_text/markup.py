"""HTML in a text: entities become what they stand for, tags disappear, and with them what half-cleaned feeds left.

Regular expressions and not an HTML parser: what comes here is plain text with stray markup, and a parser takes the
rest of "x <b and c" for a tag. So only names that HTML knows count as tags, and only entities that end in a semicolon.
"""

from __future__ import annotations

import html
import re

from nlp.article_text.rules import has_word
from nlp.text import normalize

_INLINE = "a|abbr|b|big|cite|code|em|font|i|ins|mark|q|s|small|span|strike|strong|sub|sup|tt|u"
_BLOCK = (
    "address|article|aside|blockquote|body|br|button|caption|center|dd|del|div|dl|dt|embed|figcaption|figure|footer|"
    "form|h[1-6]|head|header|hr|html|iframe|img|input|label|li|link|main|meta|nav|noscript|object|ol|option|p|picture|"
    "pre|section|select|source|svg|table|tbody|td|tfoot|th|thead|time|title|tr|ul|video|wbr"
)
_ATTRIBUTES = r"""(?:\s+[\w:-]+\s*=\s*(?:"[^"<>]*"|'[^'<>]*'|[^\s"'<>]+))*\s*/?"""

_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_ESCAPED_AMPERSANDS = re.compile(r"&(?:(?:amp|#0{0,4}38|#[xX]0{0,4}26);)+")
_INVISIBLE = re.compile(r"<(script|style)\b[^<>]*>.*?</\1\s*>|<!--.*?-->|<!DOCTYPE[^<>]*>", re.IGNORECASE)
_BLOCK_TAG = re.compile(rf"</?(?:{_BLOCK}){_ATTRIBUTES}>", re.IGNORECASE)
_INLINE_TAG = re.compile(rf"</?(?:{_INLINE}){_ATTRIBUTES}>", re.IGNORECASE)

# Feeds that lost their "&" and "<": "AT amp;T", "Dell #39;s", "lt;b gt;", "p /p p By Jane Roe /p p", "... /b".
_JOINED_AMPERSAND = re.compile(r"(?<=\w) amp;(?=\w)")
_BARE_APOSTROPHE = re.compile(r" ?#0?39;(?=(?:s|t|d|m|re|ve|ll)\b)")
_BARE_ENTITY = re.compile(r"(?<![&\w#])(?:(amp|quot|lt|gt|nbsp|apos|mdash|ndash)|#(\d{2,4}));")
_BARE_TAGS = re.compile(r"(?<!\S)(?:p /p|/p p)(?: p)?(?!\S)|(?<!\S)(?:br )?/(?:p|b|i|em|strong|A)(?!\S)")
_BARE_LINK = re.compile(r'(?:\ba )?\bhref="?[^\s"]*(?: target=[^\s"]*)?"|\btarget=/stocks/\S*"', re.IGNORECASE)


def clean_markup(text: str) -> str:
    """`text` normalised (`nlp.text.normalize`), without HTML entities and tags, however often they were escaped.

    A "<" that opens no tag of HTML stays: "5 < 7", "<unk>". Idempotent; a text that is nothing but markup stays.
    """
    text = normalize(text)
    while (cleaner := _once(text)) != text and (has_word(cleaner) or not has_word(text)):
        text = cleaner
    return text


def _once(text: str) -> str:
    before = text
    if "&" in text:
        text = _ESCAPED_AMPERSANDS.sub("&", text)
        text = _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)
    if ";" in text:
        text = _BARE_APOSTROPHE.sub("'", _JOINED_AMPERSAND.sub("&", text))
        text = _BARE_ENTITY.sub(lambda bare: html.unescape(f"&{bare[1] or '#' + bare[2]};"), text)
    if "<" in text:
        text = _INLINE_TAG.sub("", _BLOCK_TAG.sub(" ", _INVISIBLE.sub(" ", text)))
    if "/" in text:
        text = _BARE_TAGS.sub(" ", _BARE_LINK.sub(" ", text))
    return text if text == before else normalize(text)
