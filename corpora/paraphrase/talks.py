"""Conversations as pairs: every reply after the turns before it, and after the last of them alone where that can be."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from corpora.digests import digest
from corpora.paraphrase.grammar import Grammar
from corpora.paraphrase.variants import retyped, variants
from corpora.readers.small_talk import Conversation

MAX_TURNS = 3
"""Turns before a reply: what was just said, and what came before it. The chat shows its model as many."""
_WORDS = re.compile(r"[a-z]{4,}")
_HAN = re.compile(r"[\u4e00-\u9fff]+")


def expand_conversation(
    conversation: Conversation, grammar: Grammar, count: int, seed: int
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Turns and reply for each turn of the program, then up to `count // 2` variants of the person's last words.

    A variant of later words keeps their wording and is only typed otherwise, since it answers what stands before it.
    """
    turns = conversation.turns
    chance = random.Random(digest("conversation", str(seed), *turns))
    for end in range(1, len(turns), 2):
        earlier, last, reply = turns[max(0, end - MAX_TURNS) : end - 1], turns[end - 1], turns[end]
        if end == 1:
            texts = [last, *variants(last, conversation.topic, grammar, count // 2, seed)]
        else:
            texts = list(dict.fromkeys([last, *(retyped(last, grammar, chance) for _ in range(count // 2))]))
        yield from (((*earlier, text), reply) for text in texts)
        if earlier and stands_alone(turns[:end], reply, grammar):
            yield from (((text,), reply) for text in texts)


def stands_alone(turns: tuple[str, ...], reply: str, grammar: Grammar) -> bool:
    """Whether `reply` suits the last turn without those before it.

    The turn is long enough, says something of its own, and neither points back; the reply takes up no word (Chinese: no
    two characters) of the earlier turns that the last one lacks.
    """
    *earlier, last = (turn.lower() for turn in turns)
    words = len(last.split()) if grammar.spaced else len(last)
    if words < grammar.least_alone or grammar.act_of(last) == "other" or grammar.leaning_words.search(last):
        return False
    if grammar.leaning_reply.search(reply.lower()):
        return False
    taken_up = _content(reply.lower()) - _content(last)
    return taken_up.isdisjoint(set().union(*map(_content, earlier)))


def _content(text: str) -> set[str]:
    runs = _HAN.findall(text)
    return {*_WORDS.findall(text), *(run[start : start + 2] for run in runs for start in range(len(run) - 1))}
