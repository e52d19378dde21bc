"""Teacher-forced figures: how well a model predicts references it is shown token by token."""

from __future__ import annotations

import math

from nlp.errors import UsageError


def perplexity(negative_log_likelihood: float, tokens: int) -> float:
    """exp of the mean loss: `negative_log_likelihood` in nats summed over `tokens` tokens, each text's end included.

    Infinite where it exceeds what a float holds. Only models with the same tokenizer can be compared by it.

    Raises:
        UsageError: there are no tokens.
    """
    _require_some(tokens, "tokens")
    try:
        return math.exp(negative_log_likelihood / tokens)
    except OverflowError:
        return math.inf


def bits_per_character(negative_log_likelihood: float, characters: int) -> float:
    """The loss in bits over the references' characters; comparable across tokenizers.

    `negative_log_likelihood` is in nats and includes each text's end; `characters` does not count it.

    Raises:
        UsageError: there are no characters.
    """
    _require_some(characters, "characters")
    return negative_log_likelihood / math.log(2) / characters


def token_accuracy(correct: int, tokens: int) -> float:
    """Share of reference tokens that the model ranks first, each text's end included.

    Raises:
        UsageError: there are no tokens.
    """
    _require_some(tokens, "tokens")
    return correct / tokens


def _require_some(count: int, what: str) -> None:
    if count <= 0:
        raise UsageError(f"Nothing to evaluate: the references hold no {what}.")
