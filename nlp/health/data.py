"""What became of the corpus on its way to ids."""

from __future__ import annotations

from dataclasses import dataclass

from nlp.health.finding import Finding, advised, judge, percent

UNKNOWN_LOOK, UNKNOWN_WRONG = 0.005, 0.03
"""UNK among all tokens. A sentence has some 20 to 30: from 0.5 % one in eight holds a hole, from 3 % every other."""
TRUNCATED_LOOK = 0.25
"""Sources that were cut. Never wrong by itself: news says what matters in its first lines, a chat in its last turn."""
LEFT_OUT_LOOK, LEFT_OUT_WRONG = 0.02, 0.2
"""Pairs left out for their long target. A few are freaks; a fifth is a part of the language that is never learnt."""


@dataclass(frozen=True)
class DataShares:
    """Shares of the training data, each in [0, 1]."""

    unknown: float
    """Tokens that are UNK."""
    truncated: float
    """Sources longer than `model.max_source_tokens`, of which a part was cut off."""
    left_out: float = 0.0
    """Pairs whose target is longer than `model.max_target_tokens`."""


def check_data(shares: DataShares) -> tuple[Finding, ...]:
    """Unknown tokens, cut sources, targets too long."""
    return (
        advised(
            "unknown tokens",
            judge(shares.unknown, UNKNOWN_LOOK, UNKNOWN_WRONG),
            f"{percent(shares.unknown)} of the tokens in the training data are unknown to the tokenizer.",
            "The model can neither read nor write them. Raise tokenizer.vocab_size or tokenizer.character_coverage, "
            "or take tokenizer.kind = 'unigram', which spells rare words in pieces.",
        ),
        advised(
            "cut sources",
            judge(shares.truncated, TRUNCATED_LOOK),
            f"{percent(shares.truncated)} of the sources were cut to model.max_source_tokens.",
            "The model never sees the rest. That is usual for news, whose first lines say what matters; otherwise "
            "raise model.max_source_tokens, for which training time grows in proportion.",
        ),
        advised(
            "targets too long",
            judge(shares.left_out, LEFT_OUT_LOOK, LEFT_OUT_WRONG),
            f"{percent(shares.left_out)} of the pairs were left out because their target is too long.",
            "The model will not learn to write such texts. Raise model.max_target_tokens to keep them.",
        ),
    )
