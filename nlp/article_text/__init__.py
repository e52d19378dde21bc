"""The text of an article as it comes, made the text that a model reads: no markup, no dateline, no boilerplate.

`nlp.encoding` calls this for every headline model, in training and in service. Rules are conservative: what might be
part of the sentence stays. `english` and `chinese` hold them, `rules` says how one works, `markup` takes HTML away.
"""

from __future__ import annotations

import re
from functools import cache

from nlp.article_text.markup import clean_markup
from nlp.article_text.rules import Rule, apply_all
from nlp.text import has_han, script_language

__all__ = ["clean_article", "clean_markup", "rules_for"]

_SCRIPT_CHARACTERS = 100
"""What of a text is looked at for its script; counting all letters would take longer than all rules together."""

_ELLIPSIS = Rule(
    "ellipsis at the end",
    "tail",
    re.compile(r"[ ,，]*(?:\.{2,}|…+)(?: ?[\[(]?(?:more|continued)[\])]?)?$"),
    ("..", "…"),
)


@cache
def _english() -> tuple[Rule, ...]:
    # Here and below, because compiling the rules of a language takes a tenth of the time to a first headline.
    from nlp.article_text import english

    return (*english.HEAD_RULES, *english.TAIL_RULES, _ELLIPSIS)


@cache
def _chinese() -> tuple[Rule, ...]:
    from nlp.article_text import chinese

    return (*chinese.HEAD_RULES, *chinese.INSIDE_RULES, *chinese.TAIL_RULES, _ELLIPSIS)


def clean_article(text: str) -> str:
    """`text` normalised (`nlp.text.normalize`), without markup, datelines, bylines, credits and boilerplate tails.

    Idempotent. A text that holds a word never becomes empty: what is nothing but a dateline stays one.
    """
    text = clean_markup(text)
    while (cleaner := apply_all(rules_for(text), text)) != text:
        text = clean_markup(cleaner)  # what is cut away can bring the two halves of a tag together
    return text


def rules_for(text: str) -> tuple[Rule, ...]:
    """The rules that `clean_article` applies to a text without markup, by the script in which it begins."""
    chinese = has_han(text) and script_language(text[:_SCRIPT_CHARACTERS]) == "zh"
    return _chinese() if chinese else _english()
