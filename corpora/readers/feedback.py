"""Rated chat replies as a corpus: `{"prompt", "context", "reply", "rating", "correction"}`, one object a line.

What people liked is learned, what they corrected is learned as corrected, and with more weight, because somebody took
the trouble. What they disliked without saying better, or did not judge, is left out: a network cannot be told what not
to say by a pair.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from corpora.pairs import Pair
from corpora.readers.fields import Parsed, conversation_field, text_field, turns_field
from corpora.readers.problems import FieldError

CORRECTED_WEIGHT = 2.0
LEFT_OUT = 0.0
"""The weight of a pair that must not be learned; `corpora.cleaning` drops and counts it."""

_LIKED = {"up", "like", "liked", "good", "+1", "1", "true", "👍"}
_DISLIKED = {"down", "dislike", "disliked", "bad", "-1", "false", "👎"}
_UNJUDGED = {"", "0", "none", "null"}


def is_feedback(values: Mapping[str, Any]) -> bool:
    """Whether an object is a rated reply and no ordinary pair."""
    return "prompt" in values and "reply" in values and "target" not in values


def parse_feedback(values: Mapping[str, Any]) -> Parsed:
    """The pair of one rated reply; of weight 0 where it must not be learned.

    `context` holds the turns before the prompt, oldest first, and may be missing, as may rating and correction.

    Raises:
        FieldError: a field of the wrong kind, or a rating that is none.
    """
    context = values.get("context")
    turns = (*(turns_field(context, "context") if context else ()), text_field(values["prompt"], "prompt"))
    correction = text_field(values.get("correction") or "", "correction").strip()
    reply, liked = text_field(values["reply"], "reply"), _is_liked(values.get("rating"))
    weight = CORRECTED_WEIGHT if correction else 1.0 if liked else LEFT_OUT
    conversation = values.get("conversation")
    named = None if conversation is None else conversation_field(conversation, "conversation")
    return Parsed(Pair(turns, correction or reply, weight), named)


def _is_liked(rating: object) -> bool:
    """Whether a rating is a good one.

    Raises:
        FieldError: it is none.
    """
    if isinstance(rating, int | float):
        return rating > 0
    word = "" if rating is None else str(rating).strip().lower()
    if not isinstance(rating, str | None) or word not in _LIKED | _DISLIKED | _UNJUDGED:
        raise FieldError("rating", f"a number (above 0 is liked), up or down is wanted, not {str(rating)[:40]!r}.")
    return word in _LIKED
